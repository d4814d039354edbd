//! The engine's log records on their way to `java.util.logging`.

use core::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender, bounded};
use log::LevelFilter;

use crate::record::Writer;

/// Most records that wait; further ones are counted and dropped.
const WAITING: usize = 1024;

/// The queue between the threads that log and the Java side that publishes.
pub(crate) struct Logs {
    sender: Sender<Vec<u8>>,
    receiver: Receiver<Vec<u8>>,
    dropped: AtomicU64,
}

impl Logs {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        let (sender, receiver) = bounded(WAITING);
        Self { sender, receiver, dropped: AtomicU64::new(0) }
    }

    /// True if `take` has something.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.receiver.is_empty()
    }

    /// All that waits, as one record after the other: level (1 byte), epoch milliseconds (8), target, message.
    pub(crate) fn take(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for record in self.receiver.try_iter().take(WAITING) {
            all.extend_from_slice(&record);
        }
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let words = format!("{dropped} records were dropped: too many at once");
            all.extend_from_slice(&encode(log::Level::Warn, "log", &words));
        }
        all
    }

    fn put(&self, level: log::Level, target: &str, message: &str) {
        if self.sender.try_send(encode(level, target, message)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn encode(level: log::Level, target: &str, message: &str) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    Writer::default().byte(level as u8).long(millis).text(target).text(message).finish()
}

impl log::Log for Logs {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            // `faspstream::control::tls` becomes `control.tls`, below the logger of the engine.
            let path = record.target();
            let path = path.strip_prefix("faspstream").map_or(path, |rest| rest.trim_start_matches("::"));
            self.put(record.level(), &path.replace("::", "."), &record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// The filter for a level of the Java side: 0 off, 1 error, to 5 trace.
pub(crate) fn filter(level: i32) -> LevelFilter {
    match level {
        ..=0 => LevelFilter::Off,
        1 => LevelFilter::Error,
        2 => LevelFilter::Warn,
        3 => LevelFilter::Info,
        4 => LevelFilter::Debug,
        5.. => LevelFilter::Trace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_bounded_and_says_what_it_dropped() {
        let logs = Logs::new();
        for _ in 0..WAITING + 5 {
            logs.put(log::Level::Info, "control", "hello");
        }
        assert!(logs.is_waiting());
        let all = String::from_utf8_lossy(&logs.take()).into_owned();
        assert_eq!(all.matches("hello").count(), WAITING);
        assert!(all.contains("5 records were dropped"));
        assert!(!logs.is_waiting() && logs.take().is_empty());
    }
}
