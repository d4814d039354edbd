//! What the system asks of a server: to stop (Ctrl-C, SIGTERM), to read its configuration again (SIGHUP).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

/// Flags that signals set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    stop: Arc<AtomicBool>,
    reload: Arc<AtomicBool>,
}

impl Signals {
    /// Signals set flags from now on instead of ending the process.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let signals = Self::default();
        register(&signals).map_err(|e| Failure::Local(format!("can't watch for signals: {e}")))?;
        Ok(signals)
    }

    /// True once the server is to stop.
    pub(crate) fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// True once for each wish to reload; wishes that come together count as one.
    pub(crate) fn take_reload(&self) -> bool {
        self.reload.swap(false, Ordering::Relaxed)
    }
}

#[cfg(unix)]
fn register(signals: &Signals) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for (number, flag) in [(SIGINT, &signals.stop), (SIGTERM, &signals.stop), (SIGHUP, &signals.reload)] {
        signal_hook::flag::register(number, Arc::clone(flag))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn register(signals: &Signals) -> std::io::Result<()> {
    let flag = Arc::clone(&signals.stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).map_err(std::io::Error::other)
}
