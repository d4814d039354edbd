//! A report for people.

use core::fmt::Write;
use core::time::Duration;

use faspstream_netem::{Cause, Counters, Time};
use faspstream_proto::units::Rate;

use crate::outcome::{FlowReport, Outcome};

/// The report of a run, several lines.
pub fn report(outcome: &Outcome) -> String {
    let mut out = String::new();
    let end = outcome.end.as_secs_f64();
    let _ = writeln!(out, "{} (seed {}): {end:.3} s, {} events", outcome.name, outcome.seed, outcome.events);
    for (which, counters) in [("forward", &outcome.forward), ("backward", &outcome.backward)] {
        let _ = writeln!(out, "  {which:8} {}", link(counters));
    }
    for (index, f) in outcome.flows.iter().enumerate() {
        let _ = writeln!(out, "  flow {index}: {:?}", f.sender_ending);
        flow(f, &mut out);
    }
    for (index, delivered) in outcome.cross.iter().enumerate() {
        let rate = Rate::from_bps(delivered.rate(outcome.measure_from, outcome.end) as u64);
        let _ = writeln!(out, "  TCP {index}: {rate} in the steady state");
    }
    if outcome.flows.len() > 1 {
        let last = outcome.end - Duration::from_secs(10);
        let jain = outcome.jain(last.max(Time::ZERO), outcome.end);
        let _ = writeln!(out, "  Jain index of the last 10 s: {jain:.4}");
    }
    out
}

/// The samples of a flow as comma-separated values.
pub fn series_csv(f: &FlowReport) -> String {
    let mut out = String::from(
        "ms,goodput_mbit,sent_mbit,pacing_mbit,delivery_mbit,rtt_ms,queueing_ms,in_flight,limit\n",
    );
    let mut last = Time::ZERO;
    for sample in &f.sender.samples {
        let s = &sample.stats;
        let mbit = |bps: f64| bps / 1e6;
        let _ = writeln!(
            out,
            "{},{:.3},{:.3},{:.3},{:.3},{:.3},{:.3},{},{:?}",
            sample.at.as_nanos() / 1_000_000,
            mbit(f.delivered.rate(last, sample.at)),
            mbit(f.sender.sent_bytes.rate(last, sample.at)),
            mbit(if s.pacing_rate == u64::MAX { -1e6 } else { s.pacing_rate as f64 }),
            mbit(s.delivery_rate as f64),
            millis(s.rtt),
            millis(s.queueing_delay),
            s.bytes_in_flight,
            sample.limit,
        );
        last = sample.at;
    }
    out
}

fn link(c: &Counters) -> String {
    let mut out = format!("offered {}, delivered {}", c.offered, c.delivered);
    for cause in Cause::ALL.into_iter().filter(|cause| c.dropped_by(*cause) > 0) {
        let share = c.dropped_by(cause) as f64 / c.offered.max(1) as f64 * 100.0;
        let _ = write!(out, ", {cause:?} {} ({share:.3} %)", c.dropped_by(cause));
    }
    let _ = write!(out, ", queue peak {} bytes", c.queue_peak);
    out
}

fn flow(f: &FlowReport, out: &mut String) {
    let percent = |share: f64| share * 100.0;
    let rate = |bps: f64| Rate::from_bps(bps as u64);
    let _ = writeln!(
        out,
        "    goodput {} of ideal {} = {:.2} % whole, {:.2} % steady; 90 % of capacity after {}",
        rate(f.goodput()),
        rate(f.ideal),
        percent(f.share()),
        percent(f.steady_share()),
        f.time_to_capacity().map_or("never".into(), |t| format!("{:.1} ms", millis(t))),
    );
    let s = &f.sent;
    let _ = writeln!(
        out,
        "    sent {} datagrams, {} declared lost, {} spuriously ({:.3} %), {} retransmitted; {:.4} % of the bytes came twice",
        s.datagrams_sent,
        s.datagrams_lost,
        s.datagrams_spuriously_lost,
        percent(f.spurious()),
        s.datagrams_retransmitted,
        percent(f.redundancy()),
    );
    let _ = writeln!(
        out,
        "    feedback {:.3} % of the bytes; queueing p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, most {:.2} ms",
        percent(f.feedback_share()),
        millis(f.queueing(0.5)),
        millis(f.queueing(0.95)),
        millis(f.queueing(0.99)),
        millis(f.receiver.waited_measured.most()),
    );
    let _ = writeln!(
        out,
        "    memory peak {} KiB sender, {} KiB receiver; RTT {:.2} ms, least {:.2} ms; datagram {}; wire peak over 100 ms {}",
        f.sender.memory_peak / 1024,
        f.receiver.memory_peak / 1024,
        millis(s.rtt),
        millis(s.rtt_min),
        s.datagram_size,
        rate(f.sender.sent_bytes.peak_rate(Duration::from_millis(100))),
    );
    let d = &f.delivery_delay;
    if d.count() > 0 {
        let _ = writeln!(
            out,
            "    delivery delay of {} writes: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, most {:.2} ms",
            d.count(),
            millis(d.quantile(0.5)),
            millis(d.quantile(0.99)),
            millis(d.quantile(0.999)),
            millis(d.most()),
        );
    }
}

fn millis(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}
