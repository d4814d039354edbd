//! What can go wrong in the lab.

use std::io;

/// Why the lab did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The machine or the user lacks what the lab needs; nothing was changed.
    #[error("the lab cannot run here: {0}")]
    Unavailable(String),
    /// A setting was not understood.
    #[error("{key}: {value:?} is not allowed; {allowed}")]
    Setting {
        /// The name of the setting.
        key: String,
        /// What was given.
        value: String,
        /// What would be allowed.
        allowed: String,
    },
    /// The command line was not understood.
    #[error("{0}")]
    Usage(String),
    /// The system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system answered.
        source: io::Error,
    },
    /// Something outside of this process did not do its part.
    #[error("{0}")]
    Failed(String),
}

impl LabError {
    /// Exit code of a program that ends for this reason: 77 (the code by which test drivers know a skipped test) if the lab
    /// cannot run here, 2 for a bad command line or setting, 1 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unavailable(_) => 77,
            Self::Usage(_) | Self::Setting { .. } => 2,
            Self::Io { .. } | Self::Failed(_) => 1,
        }
    }
}

/// Adds what was tried to an error of the system.
pub(crate) trait Tried<T> {
    /// `what` in words, with the names that were used.
    fn tried(self, what: impl Into<String>) -> Result<T, LabError>;
}

impl<T> Tried<T> for io::Result<T> {
    fn tried(self, what: impl Into<String>) -> Result<T, LabError> {
        self.map_err(|source| LabError::Io { what: what.into(), source })
    }
}
