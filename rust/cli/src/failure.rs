//! How a command fails: one line for a human, one exit code for a script.

use std::fmt;
use std::process::ExitCode;

use faspstream::{Error, ErrorCode};

/// What the exit codes mean, for the manual page.
pub(crate) const EXIT_CODES: [(u8, &str); 7] = [
    (0, "it went well"),
    (1, "a local file, pipe or limit; whatever has no number of its own"),
    (2, "usage: the command line, or a file that it names"),
    (3, "authentication: the key or certificate was not accepted, or does not allow this"),
    (
        4,
        "network: nobody there, no answer, contact lost, port taken, server closing; it may help to try again",
    ),
    (5, "integrity: digest or length disagree, or the peer does not keep to the protocol"),
    (6, "refused: the peer's application rejected or aborted the stream"),
];

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or a file that it names is not usable: exit code 2.
    Usage(String),
    /// The engine says no; the exit code tells authentication (3), network (4) and integrity (5) apart.
    Engine(Error),
    /// A local file or pipe: exit code 1.
    Local(String),
    /// The server's application does not do this: exit code 6.
    Refused(String),
}

impl Failure {
    /// A local read or write that failed; `what` names the file and the act.
    pub(crate) fn local(what: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::Local(format!("{what}: {error}"))
    }

    /// The row of [`EXIT_CODES`].
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.number())
    }

    fn number(&self) -> u8 {
        use ErrorCode::*;
        match self {
            Self::Refused(_) => 6,
            Self::Local(_) => 1,
            Self::Usage(_) => 2,
            Self::Engine(error) => match error.code() {
                Authentication | Permission => 3,
                Timeout | ConnectionRefused | ConnectionLost | Outage | AddressInUse | Shutdown => 4,
                Integrity | Protocol | Version => 5,
                Rejected | AbortedByPeer => 6,
                Configuration => 2,
                _ => 1,
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Local(message) | Self::Refused(message) => f.write_str(message),
            Self::Engine(error) => error.fmt(f),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_authentication_network_integrity_and_refusal_are_told_apart() {
        let number = |code| Failure::Engine(Error::new(code, "x")).number();
        let numbers = [
            ErrorCode::Io,
            ErrorCode::Configuration,
            ErrorCode::Authentication,
            ErrorCode::Outage,
            ErrorCode::Integrity,
            ErrorCode::Rejected,
        ]
        .map(number);
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        assert!(EXIT_CODES.iter().enumerate().all(|(at, (code, _))| at == usize::from(*code)));
    }
}
