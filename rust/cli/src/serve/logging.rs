//! Log lines on standard error, in words or as JSON objects.

use std::io::Write;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

struct Lines {
    json: bool,
}

impl log::Log for Lines {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = record.level().as_str().to_lowercase();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = if self.json {
            json!({ "time": since.as_secs_f64(), "level": level, "target": record.target(), "message": record.args().to_string() })
                .to_string()
        } else {
            format!("{level}: {}: {}", record.target(), record.args())
        };
        // A log that nobody can read any more is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    fn flush(&self) {}
}

/// Logs records of `level` and graver from now on.
pub(crate) fn start(level: log::LevelFilter, json: bool) {
    static LINES: OnceLock<Lines> = OnceLock::new();
    // There is one logger for the process, and nobody else sets it.
    if log::set_logger(LINES.get_or_init(|| Lines { json })).is_ok() {
        log::set_max_level(level);
    }
}
