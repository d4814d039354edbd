//! What can go wrong.

use std::io;

/// Why a relay can't be.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A line of the settings is not understood.
    #[error("{line:?} is not understood; allowed is {allowed}")]
    Setting {
        /// The line.
        line: String,
        /// What may stand there.
        allowed: &'static str,
    },
    /// A socket or a thread was refused by the system.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// No relay has this handle.
    #[error("this network path is closed")]
    Closed,
}

/// Words for what was tried.
pub(crate) trait Tried<T> {
    /// The error, with what was tried.
    fn tried(self, what: impl FnOnce() -> String) -> Result<T, RelayError>;
}

impl<T> Tried<T> for io::Result<T> {
    fn tried(self, what: impl FnOnce() -> String) -> Result<T, RelayError> {
        self.map_err(|source| RelayError::System { what: what(), source })
    }
}
