//! One reliable byte stream in one direction: inputs, outputs and getters on one page.
//!
//! See [`crate::io`] for the caller's loop. The rooms behind it: `channel` (keys, numbers, path), `sending` with `sending_data` and
//! `acknowledging`, `receiving`, `incoming` (datagrams and frames), `transmit`, `timers`, `phase` (the end), `report` (statistics).

mod acknowledging;
mod channel;
mod incoming;
mod phase;
mod receiving;
mod report;
mod sending;
mod sending_data;
mod timers;
mod transmit;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;

use crate::config::{Config, ConfigError, PathMemory, Rates, Role};
use crate::error::{CloseReason, ErrorCode};
use crate::io::{Discard, EndOfStream, Event, Limit, LimitTimes, Misuse, Stats, Transmit};
use crate::memory::ChunkPool;
use crate::units::Instant;
use crate::wire::frame::cut_reason;

use channel::Channel;
use phase::{Farewell, Phase};
use receiving::RecvHalf;
use sending::SendHalf;

/// One end of a stream. Not thread-safe by itself: one owner calls it.
#[derive(Debug)]
pub struct Session {
    /// The latest moment that was handed in.
    now: Instant,
    role: Role,
    phase: Phase,
    channel: Channel,
    half: Half,
    events: VecDeque<Event>,
    /// A PING is to be sent.
    ping_due: bool,
    /// A PATH_RESPONSE is to be sent there.
    path_response: Option<(SocketAddr, [u8; 8])>,
    is_send_blocked: bool,
    /// When that was so last.
    send_blocked_at: Option<Instant>,
    /// The caller has no processor time left.
    is_busy: bool,
    /// Frames and datagrams that are not opened in place.
    scratch: Vec<u8>,
}

/// The half of the stream that this end has.
#[derive(Debug)]
enum Half {
    Send(Box<SendHalf>),
    Recv(Box<RecvHalf>),
}

/// Inputs.
impl Session {
    /// A session whose clock starts now, at [`Instant::ZERO`].
    ///
    /// # Errors
    /// [`ConfigError`] names the value that is not allowed.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Self::with_memory(config, ChunkPool::default())
    }

    /// The same; bytes that arrive lie in chunks of `memory`, and bytes that the peer has acknowledged go back there.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_memory(config: Config, memory: ChunkPool) -> Result<Self, ConfigError> {
        config.check()?;
        let mut channel = Channel::new(&config);
        // The client speaks first (wire-format.md §4.3).
        let ping_due = config.remote.is_some();
        if ping_due {
            channel.silence.on_ping(Instant::ZERO);
        }
        let half = match config.role {
            Role::Sender => {
                let mut send = SendHalf::new(&config, channel.path.overhead(), memory);
                send.set_carried(Instant::ZERO, channel.path.is_carried());
                Half::Send(Box::new(send))
            }
            Role::Receiver => Half::Recv(Box::new(RecvHalf::new(&config, memory))),
        };
        Ok(Self {
            now: Instant::ZERO,
            role: config.role,
            phase: Phase::Open,
            ping_due,
            channel,
            half,
            events: VecDeque::new(),
            path_response: None,
            is_send_blocked: false,
            send_blocked_at: None,
            is_busy: false,
            scratch: vec![0; usize::from(config.datagram_max.max(crate::mtu::BASE))],
        })
    }

    /// A datagram has come from `from`: opens it, accounts for it, stores its bytes.
    ///
    /// # Errors
    /// [`Discard`] says why the datagram was not taken; nothing but a counter has changed.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), Discard> {
        let now = self.clock(now);
        self.incoming(now, from, datagram)
    }

    /// Receiver: the system's counter of datagrams that it dropped at this session's socket stands at `total`.
    pub fn handle_local_drops(&mut self, total: u64) {
        if let Half::Recv(recv) = &mut self.half
            && total > recv.counters.local_drops
        {
            recv.counters.local_drops = total;
            recv.dropped_at = Some(self.now);
        }
    }

    /// The local socket takes no more datagrams (true), or takes them again. Nothing is given out in between.
    pub fn handle_send_blocked(&mut self, now: Instant, blocked: bool) {
        let now = self.clock(now);
        if core::mem::replace(&mut self.is_send_blocked, blocked) || blocked {
            self.send_blocked_at = Some(now);
        }
        self.note_limit(now);
    }

    /// The thread that serves this session has no time left (true), or has again. Changes nothing but what is named as the limit.
    pub fn handle_busy(&mut self, now: Instant, busy: bool) {
        let now = self.clock(now);
        self.is_busy = busy;
        self.note_limit(now);
    }

    /// Sender: from now on (true) the caller gives turns to this session and others like it, so that what they have in flight together
    /// stays short, and a target is all that is paced; or no longer.
    pub fn handle_turns(&mut self, now: Instant, takes_turns: bool) {
        let now = self.clock(now);
        if let Half::Send(send) = &mut self.half {
            send.set_turns(now, takes_turns);
        }
    }

    /// Sender: the next bytes of the stream.
    ///
    /// # Errors
    /// [`Misuse`] if the stream is finished or the session over, or at 2^48 - 1 bytes; the bytes are not taken.
    pub fn handle_write(&mut self, now: Instant, bytes: Bytes) -> Result<(), Misuse> {
        let now = self.clock(now);
        self.sender()?.write(now, bytes)
    }

    /// Sender: what was written so far shall not wait for more.
    ///
    /// # Errors
    /// [`Misuse`] at the receiving end or after the session is over.
    pub fn handle_flush(&mut self, now: Instant) -> Result<(), Misuse> {
        self.clock(now);
        self.sender()?.flush();
        Ok(())
    }

    /// Sender: the stream ends here.
    ///
    /// # Errors
    /// [`Misuse`] if it was finished before, or if `end` has not the length that was written.
    pub fn handle_finish(&mut self, now: Instant, end: EndOfStream) -> Result<(), Misuse> {
        self.clock(now);
        self.sender()?.finish(end)
    }

    /// Receiver: the application has taken `total` bytes since the beginning.
    ///
    /// # Errors
    /// [`Misuse`] if that is more than `poll_read` has given out.
    pub fn handle_consumed(&mut self, now: Instant, total: u64) -> Result<(), Misuse> {
        let now = self.clock(now);
        self.receiver()?.on_consumed(now, total)
    }

    /// Receiver: the answer to [`Event::EndOfStream`], after the application has taken the last byte.
    ///
    /// # Errors
    /// [`Misuse`] if that event was not given yet.
    pub fn handle_verified(&mut self, now: Instant, agrees: bool) -> Result<(), Misuse> {
        let now = self.clock(now);
        let recv = self.receiver()?;
        let given = recv.reassembly.read();
        if !recv.is_end_told {
            return Err(Misuse::OutOfRange { what: "verified position", value: u64::MAX, most: given });
        }
        recv.on_consumed(now, given)?;
        if agrees {
            self.phase = Phase::Complete(Farewell::complete(now, self.role));
        } else {
            self.abort(now, ErrorCode::Integrity, "the digest of what arrived is not that of what was sent");
        }
        Ok(())
    }

    /// The control channel says that the peer has ended the session; None is completion, which tells a receiver only that its own word of
    /// it has come: then it lingers no longer.
    pub fn handle_peer_ended(&mut self, now: Instant, reason: Option<CloseReason>) {
        let now = self.clock(now);
        match reason {
            Some(reason) => self.close(CloseReason { by_peer: true, ..reason }, Farewell::silent()),
            None => self.on_complete(now, false),
        }
    }

    /// This end gives up; the peer is told `code` and `reason` (cut at 512 bytes).
    pub fn handle_abort(&mut self, now: Instant, code: ErrorCode, reason: &str) {
        let now = self.clock(now);
        self.abort(now, code, reason);
    }

    /// This end's own address may have changed: the peer is shown the new one, and the path is learnt anew.
    pub fn handle_path_change(&mut self, now: Instant) {
        let now = self.clock(now);
        self.ping_due = true;
        let headers = self.channel.path.overhead();
        if let Half::Send(send) = &mut self.half {
            send.on_path_change(now, headers);
        }
    }

    /// Client: datagrams go to `to` from now on, a connection that was set up with the peer
    /// ([`crate::carrier::connection_address`]). The server follows the first that comes.
    pub fn handle_carrier(&mut self, now: Instant, to: SocketAddr) {
        let now = self.clock(now);
        if self.channel.path.move_to(to) {
            self.ping_due = true;
            self.on_moved(now);
        }
    }

    /// Client: asks whether the peer answers at `to` (some 3 s long); the session moves there when it does.
    pub fn handle_probe(&mut self, now: Instant, to: SocketAddr) {
        self.clock(now);
        if self.phase.is_open() {
            self.channel.path.probe(to, transmit::PROBE_BYTES);
        }
    }

    /// A sign of life is wanted of the peer, if none was asked for already.
    pub fn handle_ping(&mut self, now: Instant) {
        let now = self.clock(now);
        if self.phase.is_open() && !self.channel.silence.is_asking() {
            self.channel.silence.on_ping(now);
            self.ping_due = true;
        }
    }

    /// Sender: new target, minimum or policy.
    pub fn handle_rates(&mut self, now: Instant, rates: Rates) {
        let now = self.clock(now);
        if let Half::Send(send) = &mut self.half {
            send.set_rates(now, rates);
        }
    }

    /// The moment that `poll_timeout` named has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        let now = self.clock(now);
        self.timeout(now);
    }
}

/// Outputs.
impl Session {
    /// Fills `buf`, which holds at least one datagram of the largest size, with up to `max_datagrams` datagrams of equal size but the
    /// last; None if there is nothing to send now.
    pub fn poll_transmit(&mut self, now: Instant, buf: &mut [u8], max_datagrams: usize) -> Option<Transmit> {
        let now = self.clock(now);
        let transmit = self.transmit(now, buf, max_datagrams);
        if transmit.is_none() {
            self.note_limit(now);
        }
        transmit
    }

    /// Receiver: the next bytes in order; None until more arrive.
    pub fn poll_read(&mut self) -> Option<Bytes> {
        let Half::Recv(recv) = &mut self.half else { return None };
        let bytes = recv.reassembly.poll_read();
        if let Some(end) = recv.take_end() {
            self.events.push_back(Event::EndOfStream(end));
        }
        bytes
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When `handle_timeout` and `poll_transmit` are to be called next; a moment in the past means at once. None once drained.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_timeout()
    }
}

/// Getters.
impl Session {
    /// Counters and estimates.
    pub fn stats(&self) -> Stats {
        self.report()
    }

    /// Sender: the active bound, and how long each has been active up to `now`. At the receiver, what it can see of it.
    pub fn limits(&self, now: Instant) -> (Limit, LimitTimes) {
        self.report_limits(now.max(self.now))
    }

    /// True when the session is over, whichever way.
    pub fn is_closed(&self) -> bool {
        !self.phase.is_open()
    }

    /// True when nothing is left to send or to linger for; the session may be dropped.
    pub fn is_drained(&self) -> bool {
        self.phase.is_drained(self.now, self.role)
    }

    /// Sender: the peer has all stream bytes below this; their memory is free again.
    pub fn acknowledged(&self) -> u64 {
        match &self.half {
            Half::Send(send) => send.queue.acknowledged(),
            Half::Recv(_) => 0,
        }
    }

    /// Sender: wire bytes that were sent and are neither acknowledged nor found lost.
    pub fn in_flight(&self) -> u64 {
        match &self.half {
            Half::Send(send) => send.flight.ring.in_flight().0,
            Half::Recv(_) => 0,
        }
    }

    /// Sender: what a later session to the same peer may start from; None until it is known.
    pub fn path_memory(&self) -> Option<PathMemory> {
        let Half::Send(send) = &self.half else { return None };
        // The last samples of a stream are those of its tail.
        let rate = send.flight.delivery.peak().or(send.flight.delivery.latest())?;
        Some(PathMemory { min_rtt: send.flight.base.rtt()?, rate })
    }

    /// Where datagrams go; None until it is known.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.channel.path.remote()
    }
}

impl Session {
    /// As if `bytes`, a multiple of 64 KiB, of the stream were behind it already; before anything was sent.
    #[cfg(test)]
    pub(crate) fn pretend_at(&mut self, bytes: u64) {
        match &mut self.half {
            Half::Send(send) => {
                send.queue.pretend_acknowledged(bytes);
                send.peer.limit += bytes;
                send.peer.consumed = bytes;
            }
            Half::Recv(recv) => {
                recv.reassembly.pretend_read(bytes);
                recv.flow.on_consumed(bytes);
                recv.flow.on_told();
                recv.reassembly.raise_limit(recv.flow.limit());
            }
        }
    }

    /// Time never goes back.
    fn clock(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }

    fn sender(&mut self) -> Result<&mut SendHalf, Misuse> {
        match (&mut self.half, self.phase.code()) {
            (Half::Recv(_), _) => Err(Misuse::WrongRole),
            (_, Some(code)) => Err(Misuse::Closed(code)),
            (Half::Send(send), None) => Ok(send),
        }
    }

    fn receiver(&mut self) -> Result<&mut RecvHalf, Misuse> {
        match (&mut self.half, self.phase.code()) {
            (Half::Send(_), _) => Err(Misuse::WrongRole),
            (_, Some(code)) => Err(Misuse::Closed(code)),
            (Half::Recv(recv), None) => Ok(recv),
        }
    }

    /// Ends the session without completion, and tells the peer.
    fn abort(&mut self, now: Instant, code: ErrorCode, reason: &str) {
        let reason = CloseReason { code, by_peer: false, reason: cut_reason(reason).to_owned() };
        let farewell = match self.channel.path.remote() {
            Some(_) => Farewell::abort(now, self.probe_timeout()),
            None => Farewell::silent(),
        };
        self.close(reason, farewell);
    }

    /// Ends the session without completion; the first reason counts.
    fn close(&mut self, reason: CloseReason, farewell: Farewell) {
        if self.phase.is_open() {
            self.events.push_back(Event::Closed(reason.clone()));
            self.phase = Phase::Closed(reason, farewell);
        }
    }

    /// The peer's application has read it all; `answers` if it waits for an acknowledgement of its word.
    fn on_complete(&mut self, now: Instant, answers: bool) {
        match (&self.phase, self.role) {
            (Phase::Open, Role::Sender) => {
                let farewell = if answers { Farewell::complete(now, self.role) } else { Farewell::silent() };
                self.phase = Phase::Complete(farewell);
                if let Half::Send(send) = &mut self.half {
                    send.on_complete();
                }
                self.events.push_back(Event::Completed);
            }
            (Phase::Complete(_), _) => self.phase = Phase::Complete(Farewell::silent()),
            _ => {}
        }
    }
}
