//! Error codes: one list of numbers for the wire and for every API (wire-format.md §5).

/// What went wrong. The numbers are part of the wire format and of the ABI and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ErrorCode {
    /// Used after close.
    Closed = 1,
    /// Connect or handshake took too long.
    Timeout = 2,
    /// Nobody listens there.
    ConnectionRefused = 3,
    /// The peer's process or host went away.
    ConnectionLost = 4,
    /// Nothing was heard for the outage timeout.
    Outage = 5,
    /// Access key or certificate not accepted.
    Authentication = 6,
    /// The key does not allow this.
    Permission = 7,
    /// The peer's application rejected the stream.
    Rejected = 8,
    /// The peer's application aborted the stream.
    AbortedByPeer = 9,
    /// This end's application aborted the stream.
    Aborted = 10,
    /// Length or digest disagree, or too many forged datagrams.
    Integrity = 11,
    /// The peer broke the wire format.
    Protocol = 12,
    /// No common version.
    Version = 13,
    /// A value that is not allowed.
    Configuration = 14,
    /// The port is taken.
    AddressInUse = 15,
    /// A limit of sessions, memory or file descriptors is reached.
    Resources = 16,
    /// The operating system reported an error.
    Io = 17,
    /// A bug of ours; the session is dead, the process is not.
    Internal = 18,
    /// The peer is closing down.
    Shutdown = 19,
    /// The waiting thread was interrupted.
    Interrupted = 20,
    /// Closed without completion where that counts as an abort.
    Incomplete = 21,
}

impl ErrorCode {
    /// Every code, in the order of the numbers.
    pub const ALL: [Self; 21] = [
        Self::Closed,
        Self::Timeout,
        Self::ConnectionRefused,
        Self::ConnectionLost,
        Self::Outage,
        Self::Authentication,
        Self::Permission,
        Self::Rejected,
        Self::AbortedByPeer,
        Self::Aborted,
        Self::Integrity,
        Self::Protocol,
        Self::Version,
        Self::Configuration,
        Self::AddressInUse,
        Self::Resources,
        Self::Io,
        Self::Internal,
        Self::Shutdown,
        Self::Interrupted,
        Self::Incomplete,
    ];

    /// The code with this number; an unknown one, from a newer peer, reads as [`ErrorCode::AbortedByPeer`].
    pub fn from_number(number: u64) -> Self {
        Self::ALL.into_iter().find(|c| *c as u64 == number).unwrap_or(Self::AbortedByPeer)
    }

    /// True if the same attempt may succeed later without a change by the user.
    pub fn is_retryable(self) -> bool {
        use ErrorCode::*;
        matches!(
            self,
            Timeout | ConnectionRefused | ConnectionLost | Outage | Integrity | Resources | Io | Shutdown
        )
    }
}

/// How a session came to its end without completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReason {
    /// What went wrong, seen from this end.
    pub code: ErrorCode,
    /// True if the peer said so, false if this end found it or wanted it.
    pub by_peer: bool,
    /// The words of whoever ended it, for a human; at most 512 bytes.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_from_its_number() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_number(code as u64), code);
        }
        assert_eq!(ErrorCode::from_number(0), ErrorCode::AbortedByPeer);
    }
}
