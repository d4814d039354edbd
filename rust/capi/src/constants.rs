//! The numbers of the ABI. None is ever given another meaning.

/// What every call that can fail returns: FASP_OK or one of the other values of `fasp_code`.
pub type fasp_result = i32;

/// The codes. 1 to 99 are failures of the engine, 100 and above belong to this interface.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fasp_code {
    /// It went well.
    FASP_OK = 0,
    /// Used after close: the handle is stale.
    FASP_CLOSED = 1,
    /// Connecting or opening took longer than connect.timeout. (A wait of the caller that has run out is FASP_AGAIN.)
    FASP_TIMEOUT = 2,
    /// Nobody listens there.
    FASP_CONNECTION_REFUSED = 3,
    /// The peer's process or host went away.
    FASP_CONNECTION_LOST = 4,
    /// Nothing was heard for outage.timeout.
    FASP_OUTAGE = 5,
    /// Access key or certificate not accepted.
    FASP_AUTHENTICATION = 6,
    /// The key does not allow this.
    FASP_PERMISSION = 7,
    /// The peer's application rejected the stream.
    FASP_REJECTED = 8,
    /// The peer's application aborted the stream.
    FASP_ABORTED_BY_PEER = 9,
    /// This end's application aborted the stream.
    FASP_ABORTED = 10,
    /// Length or digest disagree, or too many forged datagrams.
    FASP_INTEGRITY = 11,
    /// The peer broke the wire format.
    FASP_PROTOCOL = 12,
    /// No common version.
    FASP_VERSION = 13,
    /// A value that is not allowed.
    FASP_CONFIGURATION = 14,
    /// The port is taken.
    FASP_ADDRESS_IN_USE = 15,
    /// A limit of sessions, memory or file descriptors is reached.
    FASP_RESOURCES = 16,
    /// The operating system reported an error.
    FASP_IO = 17,
    /// A bug of the engine; the process can go on.
    FASP_INTERNAL = 18,
    /// The peer is closing down.
    FASP_SHUTDOWN = 19,
    /// The waiting thread was interrupted.
    FASP_INTERRUPTED = 20,
    /// Closed without completion where that counts as an abort.
    FASP_INCOMPLETE = 21,
    /// Not within the given time; nothing has changed, and the call may be repeated.
    FASP_AGAIN = 100,
    /// The verified end of the stream.
    FASP_END = 101,
    /// A null pointer, a text that is no UTF-8, or a number out of range: a bug of the caller.
    FASP_INVALID = 102,
    /// The caller's buffer is too small for the text; what fits was written, and the length says how much there is.
    FASP_TRUNCATED = 103,
}

/// Which way the bytes of a session go.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fasp_direction {
    /// From the client to the server.
    FASP_PUSH = 0,
    /// From the server to the client.
    FASP_PULL = 1,
}

/// How a session shares the network.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fasp_policy {
    /// Sends at the target rate whatever the network says.
    FASP_POLICY_FIXED = 0,
    /// About twice the share of FASP_POLICY_FAIR.
    FASP_POLICY_HIGH = 1,
    /// An equal share.
    FASP_POLICY_FAIR = 2,
    /// Yields to everything else.
    FASP_POLICY_LOW = 3,
}

/// What carries the datagrams of a session.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fasp_carrier {
    /// UDP.
    FASP_CARRIER_UDP = 0,
    /// The control connection, where UDP is blocked.
    FASP_CARRIER_TCP = 1,
}

/// Where a session stands.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fasp_session_phase {
    /// The peer's engine has not answered yet; writing is possible already.
    FASP_OPENING = 0,
    /// Bytes flow.
    FASP_OPEN = 1,
    /// All of it was read by the receiving application, and the digests agreed.
    FASP_COMPLETED = 2,
}

/// What limits a stream; also the index into `fasp_diagnosis.shares`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fasp_limit {
    /// The writing application gives less than could be sent.
    FASP_LIMIT_APPLICATION_WRITE = 0,
    /// The reading application takes less than arrives.
    FASP_LIMIT_APPLICATION_READ = 1,
    /// The configured target rate.
    FASP_LIMIT_TARGET_RATE = 2,
    /// The path: its capacity, or the share of it that the policy takes.
    FASP_LIMIT_NETWORK_CAPACITY = 3,
    /// buffer.max is below what the path needs.
    FASP_LIMIT_RECEIVE_WINDOW = 4,
    /// The local system takes no more datagrams.
    FASP_LIMIT_LOCAL_SOCKET_BUFFER = 5,
    /// The peer's system drops datagrams before its engine sees them.
    FASP_LIMIT_PEER_SOCKET_BUFFER = 6,
    /// The engine gets too little processor time.
    FASP_LIMIT_CPU = 7,
    /// Nothing is heard from the peer.
    FASP_LIMIT_OUTAGE = 8,
}

/// What `fasp_poller_wait` reports: a set of bits.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fasp_ready {
    /// Client: the server has let us in.
    FASP_READY_CONNECTED = 1,
    /// Server: a session waits to be accepted.
    FASP_READY_ACCEPT = 2,
    /// Session: the peer's engine has accepted it.
    FASP_READY_OPENED = 4,
    /// Session: a read gives something other than FASP_AGAIN.
    FASP_READY_READABLE = 8,
    /// Session: a write takes bytes again.
    FASP_READY_WRITABLE = 16,
    /// It is over, whichever way. Given once, as the last.
    FASP_READY_ENDED = 32,
}

/// A rate that means "no limit".
pub const FASP_RATE_UNLIMITED: u64 = u64::MAX;

/// A timeout that waits for as long as it takes; every negative number does.
pub const FASP_FOREVER: i64 = -1;

/// Most bytes of the digest in a receipt; `digest_length` says how many there are.
pub const FASP_DIGEST_LENGTH_MAX: usize = 32;

/// How many limits `fasp_diagnosis.shares` has.
pub const FASP_LIMIT_COUNT: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;
    use faspstream::{ErrorCode, Limit, Ready};

    #[test]
    fn the_numbers_are_those_of_the_engine() {
        assert_eq!(fasp_code::FASP_CLOSED as i32, ErrorCode::Closed as i32);
        assert_eq!(fasp_code::FASP_INTEGRITY as i32, ErrorCode::Integrity as i32);
        assert_eq!(fasp_code::FASP_INCOMPLETE as i32, ErrorCode::Incomplete as i32);
        assert_eq!(fasp_code::FASP_INCOMPLETE as usize, ErrorCode::ALL.len());
        assert_eq!(FASP_LIMIT_COUNT, Limit::COUNT);
        assert_eq!(fasp_limit::FASP_LIMIT_OUTAGE as i32, Limit::Outage as i32);
        assert_eq!(fasp_ready::FASP_READY_ENDED as u32, Ready::ENDED.bits());
        assert_eq!(fasp_ready::FASP_READY_ACCEPT as u32, Ready::ACCEPT.bits());
    }
}
