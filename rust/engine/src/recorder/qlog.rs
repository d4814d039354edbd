//! A recording as qlog: JSON text of the contained form (draft-ietf-quic-qlog-main-schema). The events are of a schema of our own; where
//! QUIC's schema has a field for the same thing (draft-ietf-quic-qlog-quic-events, recovery metrics), it has its name and unit.

use core::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use faspstream_proto::config::RatePolicy;

use super::{Entry, Recorder, What};

/// What a recording says about its session.
#[derive(Debug)]
pub(crate) struct Title<'a> {
    /// The id of the session.
    pub(crate) id: &'a str,
    /// The stream, as the client named it.
    pub(crate) stream: &'a str,
    /// This end writes.
    pub(crate) is_sender: bool,
    /// This end is the client.
    pub(crate) is_client: bool,
    /// When the session began.
    pub(crate) started: SystemTime,
}

impl Recorder {
    /// The recording as JSON text.
    pub(crate) fn to_qlog(&self, title: &Title<'_>) -> String {
        let mut out = String::with_capacity(256 + 96 * self.entries.len());
        let epoch_ms = title.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        out.push_str("{\"file_schema\":\"urn:ietf:params:qlog:file:contained\",");
        out.push_str("\"serialization_format\":\"application/qlog+json\",\"title\":\"faspstream session\",");
        out.push_str(
            "\"traces\":[{\"event_schemas\":[\"urn:faspstream:qlog:events:1\"],\"vantage_point\":{\"type\":",
        );
        out.push_str(if title.is_client { "\"client\"" } else { "\"server\"" });
        out.push_str("},\"common_fields\":{\"group_id\":");
        text(&mut out, title.id);
        out.push_str(",\"stream\":");
        text(&mut out, title.stream);
        put(&mut out, format_args!(",\"sends\":{},\"forgotten_events\":{}", title.is_sender, self.forgotten));
        put(&mut out, format_args!(",\"time_format\":\"relative_to_epoch\",\"reference_time\":{epoch_ms}}}"));
        out.push_str(",\"events\":[");
        for (n, entry) in self.entries.iter().enumerate() {
            out.push_str(if n == 0 { "\n" } else { ",\n" });
            event(&mut out, entry);
        }
        out.push_str("\n]}]}\n");
        out
    }
}

fn put(out: &mut String, words: core::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = out.write_fmt(words);
}

/// A JSON string (RFC 8259 section 7).
fn text(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if (c as u32) < 0x20 => put(out, format_args!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// An event; its time is in milliseconds.
fn event(out: &mut String, entry: &Entry) {
    let (ms, us) = (entry.at_us / 1_000, entry.at_us % 1_000);
    put(out, format_args!("{{\"time\":{ms}.{us:03},\"name\":\"faspstream:"));
    match entry.what {
        What::Sent(d) => {
            put(out, format_args!("datagrams_sent\",\"data\":{{\"count\":{},\"raw\":{}}}", d.count, d.bytes))
        }
        What::Received(d) => {
            put(
                out,
                format_args!("datagrams_received\",\"data\":{{\"count\":{},\"raw\":{}}}", d.count, d.bytes),
            );
        }
        What::Rejected(count) => put(out, format_args!("datagrams_dropped\",\"data\":{{\"count\":{count}}}")),
        What::Metrics { .. } => metrics(out, entry.what),
        What::Lost { lost, again } => {
            put(
                out,
                format_args!("datagrams_lost\",\"data\":{{\"count\":{lost},\"retransmitted\":{again}}}"),
            );
        }
        What::Limit(limit) => put(out, format_args!("limit_updated\",\"data\":{{\"new\":\"{limit:?}\"}}")),
        What::Mtu(size) => put(out, format_args!("mtu_updated\",\"data\":{{\"new\":{size}}}")),
        What::Outages(count) => put(out, format_args!("outage_survived\",\"data\":{{\"count\":{count}}}")),
        What::Blocked(blocked) => put(out, format_args!("socket_blocked\",\"data\":{{\"new\":{blocked}}}")),
        What::Rates { target_kbps, min_kbps, policy } => {
            let policy = policy_name(policy);
            put(
                out,
                format_args!(
                    "rates_updated\",\"data\":{{\"target_kbps\":{target_kbps},\"min_kbps\":{min_kbps},"
                ),
            );
            put(out, format_args!("\"policy\":\"{policy}\"}}"));
        }
        What::PathChange => out.push_str("path_changed\",\"data\":{}"),
        What::Established => state(out, "established"),
        What::EndOfStream => state(out, "end_of_stream"),
        What::Completed => state(out, "completed"),
        What::Abort(code) => put(out, format_args!("aborted\",\"data\":{{\"code\":\"{code:?}\"}}")),
        What::Closed(code) => put(out, format_args!("closed\",\"data\":{{\"code\":\"{code:?}\"}}")),
    }
    out.push('}');
}

fn state(out: &mut String, new: &str) {
    put(out, format_args!("state_updated\",\"data\":{{\"new\":\"{new}\"}}"));
}

/// Times in milliseconds, rates in bits per second, as QUIC's recovery metrics have them.
fn metrics(out: &mut String, what: What) {
    let What::Metrics { rtt_us, queue_us, pacing_kbps, delivery_kbps, in_flight } = what else { return };
    let ms = |us: u32| f64::from(us) / 1_000.0;
    let bps = |kbps: u32| u64::from(kbps) * 1_000;
    put(
        out,
        format_args!(
            "metrics_updated\",\"data\":{{\"smoothed_rtt\":{},\"queueing_delay\":{},",
            ms(rtt_us),
            ms(queue_us)
        ),
    );
    put(out, format_args!("\"pacing_rate\":{},\"delivery_rate\":{},", bps(pacing_kbps), bps(delivery_kbps)));
    put(out, format_args!("\"bytes_in_flight\":{in_flight}}}"));
}

fn policy_name(policy: RatePolicy) -> &'static str {
    match policy {
        RatePolicy::Fixed => "fixed",
        RatePolicy::High => "high",
        RatePolicy::Fair => "fair",
        RatePolicy::Low => "low",
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use core::time::Duration;

    use faspstream_proto::error::ErrorCode;
    use faspstream_proto::io::{Limit, Stats};

    use super::*;
    use crate::recorder::Datagrams;

    fn title(stream: &str) -> Title<'_> {
        Title { id: "ab", stream, is_sender: true, is_client: true, started: UNIX_EPOCH }
    }

    #[test]
    fn every_event_is_json() {
        let mut recorder = Recorder::default();
        let all = [
            What::Sent(Datagrams { count: 1, bytes: 1_200 }),
            What::Received(Datagrams { count: 2, bytes: 80 }),
            What::Rejected(1),
            What::Blocked(true),
            What::Rates { target_kbps: 1, min_kbps: 0, policy: RatePolicy::Low },
            What::PathChange,
            What::Established,
            What::EndOfStream,
            What::Completed,
            What::Abort(ErrorCode::Aborted),
            What::Closed(ErrorCode::Outage),
        ];
        all.iter().for_each(|what| recorder.note(Duration::from_micros(1_500), *what));
        let stats = Stats { datagrams_lost: 1, outages: 1, datagram_size: 1_200, ..Stats::default() };
        recorder.note_stats(Duration::ZERO, &Stats { rtt: Duration::from_millis(20), ..stats }, Limit::Cpu);
        let json: serde_json::Value =
            serde_json::from_str(&recorder.to_qlog(&title("a \"b\"\\\u{1}"))).unwrap();
        let trace = &json["traces"][0];
        assert_eq!(trace["common_fields"]["stream"], "a \"b\"\\\u{1}");
        let events = trace["events"].as_array().unwrap();
        assert_eq!(events.len(), all.len() + 5);
        assert_eq!(events[0]["time"], 1.5);
        let names: Vec<_> = events.iter().filter_map(|e| e["name"].as_str()).collect();
        assert!(names.contains(&"faspstream:outage_survived"), "{names:?}");
        let metrics = events.iter().find(|e| e["name"] == "faspstream:metrics_updated").unwrap();
        assert_eq!(metrics["data"]["smoothed_rtt"], 20.0);
    }

    #[test]
    fn an_empty_recording_is_json_too() {
        let json: serde_json::Value =
            serde_json::from_str(&Recorder::default().to_qlog(&title("s"))).unwrap();
        assert_eq!(json["traces"][0]["events"].as_array().map(Vec::len), Some(0));
    }
}
