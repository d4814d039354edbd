//! How a command fails: one line for a human, one exit code for a script.

use std::fmt;
use std::process::ExitCode;

use faspstream::{Error, ErrorCode};

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or a file that it names is not usable: exit code 2.
    Usage(String),
    /// The engine says no; the exit code tells authentication (3), network (4) and integrity (5) apart.
    Engine(Error),
    /// A local file or pipe: exit code 1.
    Local(String),
}

impl Failure {
    /// A local read or write that failed; `what` names the file and the act.
    pub(crate) fn local(what: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::Local(format!("{what}: {error}"))
    }

    /// 1 local, 2 usage, 3 authentication, 4 network, 5 integrity.
    pub(crate) fn exit_code(&self) -> ExitCode {
        use ErrorCode::*;
        ExitCode::from(match self {
            Self::Local(_) => 1,
            Self::Usage(_) => 2,
            Self::Engine(error) => match error.code() {
                Authentication | Permission => 3,
                Timeout | ConnectionRefused | ConnectionLost | Outage | AddressInUse | Shutdown => 4,
                Integrity | Protocol => 5,
                Configuration => 2,
                _ => 1,
            },
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Local(message) => f.write_str(message),
            Self::Engine(error) => error.fmt(f),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}
