//! Progress on standard error: a bar on a terminal, a line a second otherwise, nothing when quiet.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use faspstream::{Limit, Session};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::Report;

/// Tells how far a transfer is.
#[derive(Debug)]
pub(crate) struct Progress {
    how: How,
    next: Instant,
}

#[derive(Debug)]
enum How {
    Silent,
    Bar(ProgressBar),
    Lines { started: Instant, from: u64, length: Option<u64> },
}

impl Progress {
    /// For a stream that goes from byte `from` to byte `length`, None if nobody knows.
    pub(crate) fn new(report: Report, from: u64, length: Option<u64>) -> Self {
        let how = if report.quiet || report.json {
            How::Silent
        } else if std::io::stderr().is_terminal() {
            let template = match length {
                Some(_) => "{bar:30} {bytes}/{total_bytes} {binary_bytes_per_sec} eta {eta} {msg}",
                None => "{spinner} {bytes} {binary_bytes_per_sec} {msg}",
            };
            let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(8));
            bar.set_style(
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.set_position(from);
            bar.reset_eta();
            How::Bar(bar)
        } else {
            How::Lines { started: Instant::now(), from, length }
        };
        Self { how, next: Instant::now() + Duration::from_secs(1) }
    }

    /// The stream is at byte `bytes` now; cheap enough for every chunk.
    pub(crate) fn advance(&mut self, session: &Session, bytes: u64) {
        if let How::Bar(bar) = &self.how {
            bar.set_position(bytes);
        }
        if matches!(self.how, How::Silent) || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + Duration::from_secs(1);
        let path = path_words(session);
        match &self.how {
            How::Silent => {}
            How::Bar(bar) => bar.set_message(path),
            How::Lines { started, from, length } => {
                let rate = (bytes - from) as f64 / started.elapsed().as_secs_f64();
                let eta = length.map_or(String::new(), |all| {
                    format!(", eta {:.0} s", all.saturating_sub(bytes) as f64 / rate.max(1.0))
                });
                // Progress that nobody can read any more is no reason to stop.
                let _ = writeln!(std::io::stderr(), "{bytes} bytes, {:.1} MB/s{eta}, {path}", rate / 1e6);
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let How::Bar(bar) = &self.how {
            bar.finish_and_clear();
        }
    }
}

/// What the path does to the stream, and what limits it.
fn path_words(session: &Session) -> String {
    let stats = session.stats();
    let rtt = stats.counters.rtt.as_secs_f64() * 1e3;
    let loss = stats.loss_ratio() * 100.0;
    format!("rtt {rtt:.1} ms, loss {loss:.2} %, limit: {}", limit_words(session.diagnose().limit()))
}

/// A limit in a word or two.
pub(crate) fn limit_words(limit: Limit) -> &'static str {
    match limit {
        Limit::ApplicationWrite => "writer",
        Limit::ApplicationRead => "reader",
        Limit::TargetRate => "target rate",
        Limit::NetworkCapacity => "network",
        Limit::ReceiveWindow => "buffer.max",
        Limit::LocalSocketBuffer => "local socket buffer",
        Limit::PeerSocketBuffer => "peer socket buffer",
        Limit::Cpu => "cpu",
        Limit::Outage => "outage",
    }
}
