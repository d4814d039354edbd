//! The boundary of a session, on one page.
//!
//! Three families: `handle_*` takes something in, `poll_*` gives something out, getters tell the state. The caller's loop:
//!
//! 1. hand in what has happened (`handle_datagram`, `handle_write`, `handle_consumed`, `handle_timeout`, ...),
//! 2. drain `poll_transmit` until it gives nothing, `poll_read` and `poll_event` likewise,
//! 3. sleep until `poll_timeout`, or until something happens.
//!
//! Time is an argument and never goes back (a moment before the last one is taken for the last one). Misuse is an error value, never a
//! panic.

use core::time::Duration;
use std::net::SocketAddr;

use crate::digest::Digest;
use crate::error::{CloseReason, ErrorCode};

/// One or several datagrams for the network, laid one behind the other in the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where they go.
    pub destination: SocketAddr,
    /// Bytes in the buffer, all datagrams together.
    pub len: usize,
    /// Size of every datagram but the last, which may be shorter (what UDP segmentation offload wants).
    pub segment: usize,
    /// True if the datagrams must not be fragmented nor cut otherwise (path MTU probes travel alone).
    pub is_mtu_probe: bool,
}

/// The end of a stream, as the sender states it (wire-format.md §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndOfStream {
    /// Bytes in the whole stream.
    pub length: u64,
    /// What it adds up to.
    pub digest: Digest,
}

/// What a session tells its owner; each is given once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first authentic datagram of the peer has come: the data channel works.
    Established,
    /// Receiver: all bytes up to the end were given out by `poll_read`, and this is what they must add up to. The owner compares
    /// when its application has taken them all and answers by `handle_verified`.
    EndOfStream(EndOfStream),
    /// Sender: the peer's application has read it all and the digest agreed.
    Completed,
    /// The session is over without completion. Given once, whoever ended it.
    Closed(CloseReason),
}

/// Why a datagram was not taken; counted in the statistics, never answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
    /// Too short, or reserved bits set (wire-format.md §3).
    Malformed,
    /// Not for this session.
    UnknownConnection,
    /// The tag does not fit.
    NotAuthentic,
    /// Received before, or too old to tell.
    Replayed,
    /// Its bytes would make one gap too many in the stream; as if it had been lost.
    NoRoom,
    /// The session is over.
    Closed,
}

/// What limits the stream (the `Diagnosis` of the APIs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Limit {
    /// The writing application gives less than could be sent.
    ApplicationWrite = 0,
    /// The reading application takes less than arrives.
    ApplicationRead = 1,
    /// The configured target rate.
    TargetRate = 2,
    /// The path: its capacity, or the share of it that the policy takes.
    NetworkCapacity = 3,
    /// Flow control while the reader does keep up: `buffer.max` is below the bandwidth-delay product.
    ReceiveWindow = 4,
    /// The local system takes no more datagrams.
    LocalSocketBuffer = 5,
    /// The peer's system drops datagrams before its engine sees them.
    PeerSocketBuffer = 6,
    /// The engine gets too little processor time.
    Cpu = 7,
    /// Nothing is heard from the peer.
    Outage = 8,
}

impl Limit {
    /// How many there are.
    pub const COUNT: usize = 9;
}

/// The time that each limit has been the active one, indexed by `Limit as usize`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitTimes(pub [Duration; Limit::COUNT]);

/// A snapshot of counters and estimates. Counters accumulate from the start of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Stream bytes handed in by the application (sender).
    pub bytes_accepted: u64,
    /// Stream bytes sent at least once (sender).
    pub bytes_sent: u64,
    /// Stream bytes known to have reached the peer without a gap (sender).
    pub bytes_acknowledged: u64,
    /// Stream bytes that the reading application has taken; exact at the receiver, as last heard at the sender.
    pub bytes_delivered: u64,
    /// Stream bytes received in order (receiver).
    pub bytes_received: u64,
    /// Stream bytes that arrived more than once; exact at the receiver, as last heard at the sender.
    pub bytes_duplicate: u64,
    /// Wire bytes sent, IP and UDP headers included.
    pub wire_bytes_sent: u64,
    /// Wire bytes received and authenticated, IP and UDP headers included.
    pub wire_bytes_received: u64,
    /// Datagrams sent, of all kinds.
    pub datagrams_sent: u64,
    /// Datagrams received that authenticated and were new.
    pub datagrams_received: u64,
    /// Data datagrams declared lost (sender).
    pub datagrams_lost: u64,
    /// Data datagrams that carried only bytes sent before (sender).
    pub datagrams_retransmitted: u64,
    /// Of those declared lost, how many arrived after all (sender).
    pub datagrams_spuriously_lost: u64,
    /// Data datagrams that brought nothing new (receiver).
    pub datagrams_duplicate: u64,
    /// Data datagrams that came after one with a higher packet number (receiver).
    pub datagrams_reordered: u64,
    /// Datagrams discarded: malformed, not authentic, replayed.
    pub datagrams_rejected: u64,
    /// Datagrams that the receiving system dropped before its engine saw them.
    pub local_drops: u64,
    /// Smoothed round-trip time; zero until known.
    pub rtt: Duration,
    /// Smallest round-trip time in the base window; zero until known.
    pub rtt_min: Duration,
    /// Variation of the round-trip time (RFC 9002 section 5.3).
    pub rtt_variation: Duration,
    /// Queueing delay on the way to the receiver, smoothed.
    pub queueing_delay: Duration,
    /// Bits per second of wire bytes at which the pacer sends; `u64::MAX` if unlimited.
    pub pacing_rate: u64,
    /// Bits per second of wire bytes that arrive, over about the last round trip.
    pub delivery_rate: u64,
    /// Wire bytes in flight.
    pub bytes_in_flight: u64,
    /// UDP payload of a full datagram.
    pub datagram_size: u16,
    /// Stream bytes held in memory by this end.
    pub buffer_used: u64,
    /// Most stream bytes that this end may hold now.
    pub buffer_size: u64,
    /// Feedback datagrams sent (receiver) or received (sender).
    pub feedbacks: u64,
    /// Silences longer than a probe timeout that the session has outlived.
    pub outages: u64,
    /// Key updates of the sending direction.
    pub key_updates: u64,
}

/// A call that does not fit the state of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// Writing at the receiving end, reading at the sending end.
    #[error("this end of the session does not have that half of the stream")]
    WrongRole,
    /// Writing or finishing after the stream was finished.
    #[error("the stream was finished already; open a new session for more data")]
    Finished,
    /// The session is over.
    #[error("the session is closed ({0:?})")]
    Closed(ErrorCode),
    /// More was reported than had happened.
    #[error("{what} is {value}, the most that is possible now is {most}")]
    OutOfRange {
        /// Which argument.
        what: &'static str,
        /// What it was.
        value: u64,
        /// What it may be at most.
        most: u64,
    },
}
