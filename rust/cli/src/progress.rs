//! Progress on standard error: a bar on a terminal, a line a second otherwise, nothing when quiet.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use faspstream::Session;
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
    Lines { started: Instant },
}

impl Progress {
    /// For a stream of `length` bytes, None if nobody knows.
    pub(crate) fn new(report: Report, length: Option<u64>) -> Self {
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
            How::Bar(bar)
        } else {
            How::Lines { started: Instant::now() }
        };
        Self { how, next: Instant::now() + Duration::from_secs(1) }
    }

    /// `bytes` have passed so far; cheap enough for every chunk.
    pub(crate) fn advance(&mut self, session: &Session, bytes: u64) {
        if let How::Bar(bar) = &self.how {
            bar.set_position(bytes);
        }
        if matches!(self.how, How::Silent) || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + Duration::from_secs(1);
        let stats = session.stats();
        let rtt = stats.counters.rtt.as_secs_f64() * 1e3;
        let loss = stats.loss_ratio() * 100.0;
        match &self.how {
            How::Silent => {}
            How::Bar(bar) => bar.set_message(format!("rtt {rtt:.1} ms, loss {loss:.2} %")),
            How::Lines { started } => {
                let rate = bytes as f64 / started.elapsed().as_secs_f64() / 1e6;
                // Progress that nobody can read any more is no reason to stop.
                let _ = writeln!(
                    std::io::stderr(),
                    "{bytes} bytes, {rate:.1} MB/s, rtt {rtt:.1} ms, loss {loss:.2} %"
                );
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
