//! The one error type of the engine.

use core::fmt;

use faspstream_proto::error::CloseReason;
pub use faspstream_proto::error::ErrorCode;

use crate::api::stats::Diagnosis;

/// What went wrong, in words that name the value, what is allowed and what to do.
///
/// Cheap to clone: the same failure is reported by every later call of a dead session.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: ErrorCode,
    message: String,
    bytes_delivered: u64,
    diagnosis: Option<Diagnosis>,
}

/// The result of most calls of this crate.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// An error with `message` for a human, one sentence or two without a line break.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { code, message: message.into(), bytes_delivered: 0, diagnosis: None }))
    }

    /// Which kind of failure this is; the numbers are those of wire-format.md §5.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// True if the same attempt may succeed later without a change by the user.
    pub fn retryable(&self) -> bool {
        self.0.code.is_retryable()
    }

    /// The message, as `Display` prints it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Stream bytes that the reading application had taken when the session failed; at the sender as last heard. Zero for errors
    /// that concern no session.
    pub fn bytes_delivered(&self) -> u64 {
        self.0.bytes_delivered
    }

    /// What limited the stream until it failed; None where nothing is known.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        self.0.diagnosis.as_ref()
    }

    /// The same error with what was delivered until then.
    pub(crate) fn with_delivery(mut self, bytes: u64, diagnosis: Option<Diagnosis>) -> Self {
        self.0.bytes_delivered = bytes;
        self.0.diagnosis = diagnosis;
        self
    }

    /// Any use after close.
    pub(crate) fn closed(what: &str) -> Self {
        Self::new(ErrorCode::Closed, format!("this {what} was closed; open a new one"))
    }

    /// A value that is not allowed.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Configuration, message)
    }

    /// A bug of ours.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, message)
    }

    /// How a session was closed, for its user.
    pub(crate) fn from_close(reason: &CloseReason) -> Self {
        let who = if reason.by_peer { "the peer ended the session" } else { "the session ended" };
        let message = match (reason.code, reason.reason.as_str()) {
            (code, "") => format!("{who}: {}", describe(code)),
            (code, words) => format!("{who}: {}: {words}", describe(code)),
        };
        Self::new(reason.code, message)
    }
}

/// The meaning of a code in a few words, with the remedy where there is one.
pub(crate) fn describe(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Closed => "used after close",
        ErrorCode::Timeout => "no answer in time; check host, port and firewall, or raise connect.timeout",
        ErrorCode::ConnectionRefused => {
            "nobody listens there; check that the server runs and the port is right"
        }
        ErrorCode::ConnectionLost => "the peer's process or host went away; try again",
        ErrorCode::Outage => {
            "nothing was heard from the peer for outage.timeout; check the network and the firewall's UDP rule"
        }
        ErrorCode::Authentication => {
            "the access key or certificate was not accepted; check access.key at both ends"
        }
        ErrorCode::Permission => "the access key does not allow this",
        ErrorCode::Rejected => "the peer's application rejected the stream",
        ErrorCode::AbortedByPeer => "aborted by the peer's application",
        ErrorCode::Aborted => "aborted",
        ErrorCode::Integrity => {
            "length or digest of the stream disagree, or too many forged datagrams; try again"
        }
        ErrorCode::Protocol => "the peer broke the protocol; check that both ends run compatible versions",
        ErrorCode::Version => "no common protocol version; update the older end",
        ErrorCode::Configuration => "a value is not allowed",
        ErrorCode::AddressInUse => "the port is taken; choose another, or 0 for any free one",
        ErrorCode::Resources => "a limit of sessions, memory or file descriptors is reached",
        ErrorCode::Io => "the operating system reported an error",
        ErrorCode::Internal => "a bug of the engine; please report it",
        ErrorCode::Shutdown => "the peer is closing down",
        ErrorCode::Interrupted => "the waiting thread was interrupted",
        ErrorCode::Incomplete => "closed without completion",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {})", self.0.code, self.0.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        use std::io::ErrorKind;
        let kind = match error.code() {
            ErrorCode::Timeout => ErrorKind::TimedOut,
            ErrorCode::ConnectionRefused => ErrorKind::ConnectionRefused,
            ErrorCode::ConnectionLost | ErrorCode::Outage => ErrorKind::ConnectionReset,
            ErrorCode::Closed => ErrorKind::NotConnected,
            ErrorCode::AddressInUse => ErrorKind::AddrInUse,
            ErrorCode::Configuration => ErrorKind::InvalidInput,
            ErrorCode::Authentication | ErrorCode::Permission => ErrorKind::PermissionDenied,
            ErrorCode::Integrity | ErrorCode::Protocol => ErrorKind::InvalidData,
            ErrorCode::Interrupted => ErrorKind::Interrupted,
            _ => ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
