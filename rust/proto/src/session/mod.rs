//! One reliable byte stream in one direction: inputs, outputs and getters on one page.
//!
//! See [`crate::io`] for the caller's loop.

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;

use crate::config::{Config, ConfigError, PathMemory, Rates, Role};
use crate::error::{CloseReason, ErrorCode};
use crate::io::{Discard, EndOfStream, Event, Limit, LimitTimes, Misuse, Stats, Transmit};
use crate::units::Instant;

/// One end of a stream.
#[derive(Debug)]
pub struct Session {
    role: Role,
    remote: Option<SocketAddr>,
    events: VecDeque<Event>,
    closed: Option<ErrorCode>,
    stats: Stats,
}

/// Inputs.
impl Session {
    /// A session whose clock starts now, at [`Instant::ZERO`].
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            role: config.role,
            remote: config.remote,
            events: VecDeque::new(),
            closed: None,
            stats: Stats::default(),
        })
    }

    /// A datagram has come from `from`: opens it, accounts for it, stores its bytes.
    pub fn handle_datagram(
        &mut self,
        _now: Instant,
        _from: SocketAddr,
        _datagram: &[u8],
    ) -> Result<(), Discard> {
        Err(Discard::UnknownConnection)
    }

    /// The system's counter of datagrams that it dropped at this session's socket stands at `total`.
    pub fn handle_local_drops(&mut self, total: u64) {
        self.stats.local_drops = self.stats.local_drops.max(total);
    }

    /// The local socket takes no more datagrams (true), or takes them again.
    pub fn handle_send_blocked(&mut self, _now: Instant, _blocked: bool) {}

    /// Sender: the next bytes of the stream.
    pub fn handle_write(&mut self, _now: Instant, bytes: Bytes) -> Result<(), Misuse> {
        self.check(Role::Sender)?;
        self.stats.bytes_accepted += bytes.len() as u64;
        Ok(())
    }

    /// Sender: what was written so far shall not wait for more.
    pub fn handle_flush(&mut self, _now: Instant) -> Result<(), Misuse> {
        self.check(Role::Sender)
    }

    /// Sender: the stream ends here.
    pub fn handle_finish(&mut self, _now: Instant, _end: EndOfStream) -> Result<(), Misuse> {
        self.check(Role::Sender)
    }

    /// Receiver: the application has taken `total` bytes since the beginning.
    pub fn handle_consumed(&mut self, _now: Instant, _total: u64) -> Result<(), Misuse> {
        self.check(Role::Receiver)
    }

    /// Receiver: the answer to [`Event::EndOfStream`].
    pub fn handle_verified(&mut self, _now: Instant, _agrees: bool) -> Result<(), Misuse> {
        self.check(Role::Receiver)
    }

    /// The control channel says that the peer has ended the session; None is completion.
    pub fn handle_peer_ended(&mut self, _now: Instant, reason: Option<CloseReason>) {
        if let Some(reason) = reason {
            self.close(reason);
        }
    }

    /// This end gives up; the peer is told `code` and `reason` (cut at 512 bytes).
    pub fn handle_abort(&mut self, _now: Instant, code: ErrorCode, reason: &str) {
        self.close(CloseReason { code, by_peer: false, reason: reason.to_owned() });
    }

    /// This end's own address may have changed.
    pub fn handle_path_change(&mut self, _now: Instant) {}

    /// New target, minimum or policy.
    pub fn handle_rates(&mut self, _now: Instant, _rates: Rates) {}

    /// The moment that `poll_timeout` named has come.
    pub fn handle_timeout(&mut self, _now: Instant) {}
}

/// Outputs.
impl Session {
    /// Fills `buf` with up to `max_datagrams` datagrams of equal size but the last; None if there is nothing to send now.
    pub fn poll_transmit(
        &mut self,
        _now: Instant,
        _buf: &mut [u8],
        _max_datagrams: usize,
    ) -> Option<Transmit> {
        None
    }

    /// Receiver: the next bytes in order.
    pub fn poll_read(&mut self) -> Option<Bytes> {
        None
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When `handle_timeout` and `poll_transmit` are to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

/// Getters.
impl Session {
    /// Counters and estimates.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The active bound, and how long each has been active up to `now`.
    pub fn limits(&self, _now: Instant) -> (Limit, LimitTimes) {
        (Limit::ApplicationWrite, LimitTimes::default())
    }

    /// True when the session is over, whichever way.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// True when nothing is left to send or to linger for; the session may be dropped.
    pub fn is_drained(&self) -> bool {
        self.closed.is_some()
    }

    /// Sender: the peer has all stream bytes below this; their memory is free again.
    pub fn acknowledged(&self) -> u64 {
        self.stats.bytes_acknowledged
    }

    /// Sender: what a later session to the same peer may start from.
    pub fn path_memory(&self) -> Option<PathMemory> {
        None
    }

    /// Where datagrams go; None until it is known.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }
}

impl Session {
    fn check(&self, role: Role) -> Result<(), Misuse> {
        match self.closed {
            Some(code) => Err(Misuse::Closed(code)),
            None if self.role != role => Err(Misuse::WrongRole),
            None => Ok(()),
        }
    }

    fn close(&mut self, reason: CloseReason) {
        if self.closed.is_none() {
            self.closed = Some(reason.code);
            self.events.push_back(Event::Closed(reason));
        }
    }
}
