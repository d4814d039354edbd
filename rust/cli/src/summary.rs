//! What is said at the end: a sentence, or one JSON object.

use std::io::Write;
use std::time::Duration;

use faspstream::{Carrier, Rate, Receipt, Session, Stats};
use serde_json::json;

use crate::args::Report;

/// Which of the standard streams carry the bytes themselves and so must stay clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandardOutput {
    /// Ours to write on.
    Free,
    /// Carries the stream.
    CarriesStream,
}

/// One transfer that came to a good end.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) stream: String,
    pub(crate) receipt: Receipt,
    pub(crate) stats: Stats,
    /// From connect to delivered.
    pub(crate) elapsed: Duration,
    /// The byte of the stream at which it began; above 0 where it was resumed.
    pub(crate) from: u64,
}

impl Summary {
    /// Of a session that has just completed.
    pub(crate) fn new(
        stream: &str,
        session: &Session,
        receipt: Receipt,
        elapsed: Duration,
        from: u64,
    ) -> Self {
        Self { stream: stream.to_owned(), receipt, stats: session.stats(), elapsed, from }
    }

    /// Prints what `report` asks for where it does not disturb.
    pub(crate) fn print(&self, report: Report, standard_output: StandardOutput) {
        let text = match (report.json, report.quiet) {
            (true, _) => self.json(),
            (false, true) => return,
            (false, false) => self.sentence(),
        };
        // A reader that has gone away is no reason to call a good transfer failed.
        let _ = match standard_output {
            StandardOutput::Free if report.json => writeln!(std::io::stdout(), "{text}"),
            _ => writeln!(std::io::stderr(), "{text}"),
        };
    }

    fn rate(&self) -> Rate {
        let seconds = self.elapsed.as_secs_f64().max(1e-9);
        Rate::from_bps((self.receipt.bytes as f64 * 8.0 / seconds) as u64)
    }

    fn json(&self) -> String {
        let transport = carrier_words(self.stats.carrier);
        json!({
            "stream": self.stream,
            "session": self.receipt.session_id,
            "peer": self.receipt.peer,
            "bytes": self.receipt.bytes,
            "resumed_at": self.from,
            "seconds": self.elapsed.as_secs_f64(),
            "bits_per_second": self.rate().as_bps(),
            "digest": self.receipt.digest_hex(),
            "digest_algorithm": self.receipt.digest.algorithm().name(),
            "rtt_ms": self.stats.counters.rtt.as_secs_f64() * 1e3,
            "datagrams_sent": self.stats.counters.datagrams_sent,
            "datagrams_retransmitted": self.stats.counters.datagrams_retransmitted,
            "bytes_duplicate": self.stats.counters.bytes_duplicate,
            "loss": self.stats.loss_ratio(),
            "transport": transport,
        })
        .to_string()
    }

    fn sentence(&self) -> String {
        format!(
            "{}: {} bytes in {:.2} s, {}, round trip {:.1} ms, loss {:.2} %, {} {}",
            self.stream,
            self.receipt.bytes,
            self.elapsed.as_secs_f64(),
            self.rate(),
            self.stats.counters.rtt.as_secs_f64() * 1e3,
            self.stats.loss_ratio() * 100.0,
            self.receipt.digest.algorithm().name(),
            self.receipt.digest_hex(),
        )
    }
}

/// What carries a stream, for scripts.
pub(crate) fn carrier_words(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::Udp => "UDP",
        Carrier::Tcp => "TCP",
    }
}

/// Prints an answer: as JSON where that was asked for, else in words. A reader that has gone away is no failure.
pub(crate) fn say(as_json: bool, json: &serde_json::Value, words: impl FnOnce() -> String) {
    let text = if as_json { json.to_string() } else { words() };
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}
