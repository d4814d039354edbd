//! One session in the hands of the driver.

mod events;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use faspstream_proto::Session;
use faspstream_proto::carrier::connection_number;
use faspstream_proto::config::{ConfigError, ConnectionId, RatePolicy, Rates};
use faspstream_proto::error::{CloseReason, ErrorCode};
use faspstream_proto::io::Misuse;
use faspstream_proto::units::{Instant as Moment, Rate};

use super::crowd::{Crowd, Member, Pass};
use super::driver::Next;
use super::drops::Dropped;
use super::news::News;
use super::reach::{Reach, Wish};
use super::socket::{Parcel, Sent, Stuck};
use super::way::Way;
use super::{NewSlot, SlotId, SocketId};
use crate::api::listener::Ready;
use crate::io::figures::Figures;
use crate::memory;
use crate::paths::PathKey;
use crate::pipe::{Batch, RecvPipe, SendPipe, lock};
use crate::recorder::{Turn, What};
use crate::shared::{Pipe, SessionShared};

/// Bytes that the protocol may hold unsent before the driver stops asking to be told of every new write.
const BACKLOG: u64 = 512 << 10;
/// Bytes that one session may send before others have their turn.
const SEND_BUDGET: usize = 256 << 10;

/// The code point of lower effort (RFC 8622).
const LOWER_EFFORT: u8 = 1;

/// One session.
pub(crate) struct Slot {
    session: Session,
    zero: Instant,
    pub(crate) shared: Arc<SessionShared>,
    pub(crate) socket: SocketId,
    pub(crate) local_id: ConnectionId,
    /// The entry of this session in the driver's timers.
    pub(crate) timer: Option<Instant>,
    /// It stands in the driver's queue.
    pub(crate) queued: bool,
    dscp: Option<u8>,
    local_ip: Option<IpAddr>,
    /// Datagrams that the socket had no room for.
    stuck: Option<Stuck>,
    blocked: bool,
    pub(super) member: Member,
    batch: Batch,
    chunks: VecDeque<Bytes>,
    handed: u64,
    acknowledged: u64,
    reported: u64,
    end_seen: bool,
    verified: bool,
    figures: Figures,
    /// What the control thread is to hear: how the session ended.
    verdict: Option<Option<CloseReason>>,
    rates: Rates,
    /// What the flight recorder is told at the end of this turn.
    turn: Turn,
    /// Datagrams since the kernel's drops were heard of last, and those drops that are taken for this session's.
    received: u64,
    dropped: u64,
    /// Sender: the path that the next session to this peer may start from.
    path: Option<PathKey>,
    /// Where a connection may carry the datagrams.
    reach: Option<Reach>,
    wish: Option<Wish>,
}

impl Slot {
    pub(crate) fn new(new: NewSlot) -> Result<Self, (Arc<SessionShared>, ConfigError)> {
        let NewSlot { socket, config, dscp, shared, fallback_from, .. } = new;
        let (local_id, rates) = (config.local_id, config.rates);
        let path = PathKey::of(&config);
        let remembered = config.path_memory.map_or(Rate::ZERO, |memory| memory.rate);
        let member = Member::new(config.path_memory);
        let memory = memory::of(matches!(shared.pipe, Pipe::Send(_)));
        let session = match Session::with_memory(config, memory) {
            Ok(session) => session,
            Err(error) => return Err((shared, error)),
        };
        let now = Instant::now();
        Ok(Self {
            session,
            zero: now,
            figures: Figures::new(now, remembered),
            shared,
            socket,
            dscp,
            local_id,
            timer: None,
            queued: false,
            local_ip: None,
            stuck: None,
            blocked: false,
            member,
            batch: Batch::default(),
            chunks: VecDeque::new(),
            handed: 0,
            acknowledged: 0,
            reported: 0,
            end_seen: false,
            verified: false,
            verdict: None,
            rates,
            turn: Turn::default(),
            received: 0,
            dropped: 0,
            path,
            reach: fallback_from.map(|udp| Reach::new(now, udp)),
            wish: None,
        })
    }

    /// The session's clock began when the slot was made.
    fn moment(&self, now: Instant) -> Moment {
        let nanos = now.saturating_duration_since(self.zero).as_nanos();
        Moment::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    // ---- what happens to it

    /// Datagrams have come.
    pub(crate) fn on_datagrams<'a>(
        &mut self,
        now: Instant,
        from: SocketAddr,
        to: Option<IpAddr>,
        datagrams: impl Iterator<Item = &'a [u8]>,
    ) {
        let moment = self.moment(now);
        let mut is_heard = false;
        for datagram in datagrams {
            self.received += 1;
            if self.session.handle_datagram(moment, from, datagram).is_ok() {
                is_heard = true;
                self.turn.received.add(1, datagram.len());
            } else {
                self.turn.rejected += 1;
            }
        }
        if is_heard {
            self.shared.mark_heard(now);
            self.local_ip = to.or(self.local_ip);
            self.reach.iter_mut().for_each(|reach| reach.on_heard(now));
        }
    }

    pub(crate) fn on_timer(&mut self, now: Instant) {
        self.session.handle_timeout(self.moment(now));
    }

    pub(crate) fn on_abort(&mut self, now: Instant, code: ErrorCode, reason: &str) {
        self.note(now, What::Abort(code));
        self.session.handle_abort(self.moment(now), code, reason);
    }

    pub(crate) fn on_peer_ended(&mut self, now: Instant, reason: Option<CloseReason>) {
        self.session.handle_peer_ended(self.moment(now), reason);
    }

    pub(crate) fn on_rates(&mut self, now: Instant, rates: Rates) {
        self.rates = rates;
        lock(&self.shared.recorder).note_rates(now.saturating_duration_since(self.zero), rates);
        self.session.handle_rates(self.moment(now), rates);
    }

    pub(crate) fn on_path_change(&mut self, now: Instant) {
        self.note(now, What::PathChange);
        self.session.handle_path_change(self.moment(now));
    }

    /// The kernel has dropped datagrams at the socket.
    pub(crate) fn on_drops(&mut self, dropped: &Dropped) {
        self.dropped += dropped.part(core::mem::take(&mut self.received));
        self.session.handle_local_drops(self.dropped);
    }

    /// The driver's thread has no time left (true), or has again.
    pub(crate) fn on_load(&mut self, now: Instant, is_full: bool) {
        self.session.handle_busy(self.moment(now), is_full);
    }

    /// Connection `number` may carry the datagrams.
    pub(crate) fn on_carrier(&mut self, now: Instant, number: u64) {
        let moment = self.moment(now);
        if let Some(reach) = &self.reach {
            reach.on_carrier(now, &mut self.session, moment, number);
        }
    }

    /// True if connection `number` carries the datagrams.
    pub(crate) fn is_carried_by(&self, number: u64) -> bool {
        self.session.remote().and_then(connection_number) == Some(number)
    }

    /// True if it waits for room on its way.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// The socket has room again.
    pub(crate) fn on_writable(&mut self, now: Instant) {
        if core::mem::take(&mut self.blocked) {
            self.note(now, What::Blocked(false));
            self.session.handle_send_blocked(self.moment(now), self.member.pass == Pass::Waits);
        }
    }

    pub(super) fn is_sender(&self) -> bool {
        matches!(self.shared.pipe, Pipe::Send(_))
    }

    /// A crowd leaves it room again.
    pub(super) fn let_go(&mut self, now: Instant) {
        self.member.pass = Pass::Due;
        self.session.handle_send_blocked(self.moment(now), self.blocked);
    }

    /// It is one of a crowd and was served, or there is no crowd (any more) for it.
    pub(super) fn meet(
        &mut self,
        now: Instant,
        id: SlotId,
        crowd: &mut Crowd,
        is_crowd: bool,
        news: &mut News,
    ) {
        let moment = self.moment(now);
        if is_crowd {
            self.member.take_part(now, id, &mut self.session, moment, crowd);
        } else {
            self.member.leave(now, id, &mut self.session, moment, crowd);
        }
        self.fit_writer(news);
    }

    /// Its turn begins.
    pub(super) fn begin_turn(&mut self, now: Instant, news: &mut News) {
        self.member.begin_turn();
        self.fit_writer(news);
        self.let_go(now);
    }

    /// A writer that takes turns may be as far ahead as its turn goes. It is told of room in its turn only.
    fn fit_writer(&mut self, news: &mut News) {
        if let (Pipe::Send(pipe), Some(ahead)) = (&self.shared.pipe, self.member.ahead())
            && pipe.set_limit(ahead, self.member.wake_share())
        {
            self.member.note_room();
        }
        if self.member.tell_writer() {
            news.add(&self.shared);
        }
    }

    /// Tells the flight recorder.
    fn note(&self, now: Instant, what: What) {
        lock(&self.shared.recorder).note(now.saturating_duration_since(self.zero), what);
    }

    /// When `on_timer` is to be called.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let at = self.session.poll_timeout().filter(|at| *at != Moment::NEVER);
        let session = at.and_then(|at| self.zero.checked_add(Duration::from_nanos(at.as_nanos())));
        let reach = self.reach.as_ref().filter(|_| !self.session.is_closed()).map(|r| r.deadline(now));
        [session, reach].into_iter().flatten().min()
    }

    /// What the control thread is to hear of the way to the peer, once.
    pub(crate) fn take_wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    /// How the session ended, once.
    pub(crate) fn take_verdict(&mut self) -> Option<Option<CloseReason>> {
        self.verdict.take()
    }

    // ---- serving it

    /// Takes in what the application has done, gives out what there is, and sends.
    pub(super) fn serve(
        &mut self,
        now: Instant,
        way: &mut Way<'_>,
        news: &mut News,
        scratch: &mut [u8],
    ) -> Next {
        self.shared.take_kick();
        let shared = Arc::clone(&self.shared);
        match &shared.pipe {
            Pipe::Send(pipe) => self.take_written(now, pipe),
            Pipe::Recv(pipe) => self.take_consumed(now, pipe),
        }
        self.watch_reach(now);
        let more = self.transmit(now, way, scratch);
        match &shared.pipe {
            Pipe::Send(pipe) => self.free_acknowledged(pipe, news),
            Pipe::Recv(pipe) => self.give_received(pipe, news),
        }
        self.turn.end(&mut lock(&shared.recorder), self.zero, now);
        // Who is told of the end finds the last figures.
        self.figures.publish(now, &self.session, self.moment(now), &self.shared, self.rates);
        self.take_events(now);
        let rested = match &shared.pipe {
            Pipe::Send(pipe) => self.backlog() > BACKLOG || self.session.is_closed() || pipe.await_more(),
            Pipe::Recv(_) => true,
        };
        match (self.session.is_drained(), more || !rested) {
            (true, _) => Next::Drop,
            (false, true) => Next::Again,
            (false, false) => Next::Rest,
        }
    }

    fn watch_reach(&mut self, now: Instant) {
        let moment = self.moment(now);
        if let Some(reach) = self.reach.as_mut().filter(|_| !self.session.is_closed()) {
            self.wish = reach.step(now, &mut self.session, moment).or(self.wish.take());
        }
    }

    /// Statistics are wanted now.
    pub(crate) fn refresh(&mut self, now: Instant) {
        self.figures.refresh(now, &self.session, self.moment(now), &self.shared, self.rates);
    }

    /// Bytes that were handed to the protocol and were never sent.
    fn backlog(&self) -> u64 {
        self.handed.saturating_sub(self.session.stats().bytes_sent)
    }

    fn take_written(&mut self, now: Instant, pipe: &SendPipe) {
        if self.session.is_closed() {
            return;
        }
        pipe.take(&mut self.batch);
        let moment = self.moment(now);
        let mut result = Ok(());
        for piece in self.batch.drain() {
            self.handed += piece.len() as u64;
            result = result.and(self.session.handle_write(moment, piece));
        }
        if self.batch.flush {
            result = result.and(self.session.handle_flush(moment));
        }
        if let Some(end) = self.batch.end.take() {
            result = result.and(self.session.handle_finish(moment, end));
        }
        if let Err(misuse) = result
            && !self.session.is_closed()
        {
            self.on_misuse(now, &misuse.to_string());
        }
    }

    fn take_consumed(&mut self, now: Instant, pipe: &RecvPipe) {
        if self.session.is_closed() {
            return;
        }
        let moment = self.moment(now);
        let consumed = pipe.report();
        let mut result = Ok(());
        if consumed > self.reported {
            self.reported = consumed;
            result = self.session.handle_consumed(moment, consumed);
        }
        if self.end_seen && !self.verified {
            result = result.and(self.confirm(moment, pipe));
        }
        if let Err(misuse) = result
            && !self.session.is_closed()
        {
            self.on_misuse(now, &misuse.to_string());
        }
    }

    /// Tells the sender how the comparison of the digests came out. A session that nobody has accepted does not complete, nor does one
    /// whose completion is held.
    fn confirm(&mut self, moment: Moment, pipe: &RecvPipe) -> Result<(), Misuse> {
        let known = pipe.verdict().is_some();
        pipe.check_end();
        let Some(agrees) = pipe.verdict() else { return Ok(()) };
        if agrees && !self.shared.may_complete() {
            if !known && self.shared.is_held() {
                // The end came after the last byte: a reader may be waiting for it.
                self.shared.notify(Ready::READABLE);
            }
            return Ok(());
        }
        self.verified = true;
        self.session.handle_verified(moment, agrees)?;
        if agrees {
            self.verdict = Some(None);
        }
        Ok(())
    }

    /// The session refuses what this file should never do.
    fn on_misuse(&mut self, now: Instant, words: &str) {
        log::error!(target: "faspstream::io", "a session was misused by its driver: {words}");
        self.session.handle_abort(self.moment(now), ErrorCode::Internal, "internal error");
    }

    /// Sends what may be sent. True if there was more than one turn's share.
    fn transmit(&mut self, now: Instant, way: &mut Way<'_>, scratch: &mut [u8]) -> bool {
        let moment = self.moment(now);
        if let Some(stuck) = self.stuck.take()
            && way.send(&self.parcel(stuck.to, &stuck.bytes, stuck.segment)) == Sent::Blocked
        {
            self.wait_for_room(moment, way, stuck);
            return false;
        }
        let room = if self.session.is_closed() { u64::MAX } else { way.room };
        let room = self.member.pass.claim(room);
        if self.member.pass == Pass::Waits {
            self.session.handle_send_blocked(moment, true);
            return false;
        }
        let mut sent = 0;
        while sent < SEND_BUDGET && (sent as u64) < room {
            let transmit = self.session.poll_transmit(moment, scratch, way.max_segments());
            let Some(transmit) = transmit else { return false };
            let datagrams = &scratch[..transmit.len];
            sent += transmit.len;
            self.turn.sent.add(transmit.len.div_ceil(transmit.segment.max(1)), transmit.len);
            if way.send(&self.parcel(transmit.destination, datagrams, transmit.segment)) == Sent::Blocked {
                let bytes = datagrams.to_vec();
                let stuck = Stuck { to: transmit.destination, segment: transmit.segment, bytes };
                self.note(now, What::Blocked(true));
                self.wait_for_room(moment, way, stuck);
                return false;
            }
        }
        true
    }

    fn wait_for_room(&mut self, moment: Moment, way: &mut Way<'_>, stuck: Stuck) {
        way.watch_writable(stuck.to);
        self.stuck = Some(stuck);
        self.blocked = true;
        self.session.handle_send_blocked(moment, true);
    }

    fn parcel<'a>(&self, to: SocketAddr, contents: &'a [u8], segment: usize) -> Parcel<'a> {
        let by_policy = if self.rates.policy == RatePolicy::Low { LOWER_EFFORT } else { 0 };
        Parcel { to, from: self.local_ip, contents, segment, dscp: self.dscp.unwrap_or(by_policy) }
    }

    fn free_acknowledged(&mut self, pipe: &SendPipe, news: &mut News) {
        let acknowledged = self.session.acknowledged();
        let mut wake = false;
        if acknowledged > self.acknowledged {
            self.acknowledged = acknowledged;
            wake = pipe.acknowledge(acknowledged, self.member.wake_share());
        }
        // Who sends in turns needs no more ahead than one of them takes.
        if pipe.is_blocked() && !self.member.takes_turns() {
            wake |= pipe.set_limit(self.figures.send_limit(&self.session, pipe), self.member.wake_share());
        }
        if wake && self.member.hear_of_room() {
            news.add(&self.shared);
        }
    }

    fn give_received(&mut self, pipe: &RecvPipe, news: &mut News) {
        while let Some(chunk) = self.session.poll_read() {
            self.chunks.push_back(chunk);
        }
        if self.chunks.is_empty() {
            return;
        }
        if self.shared.is_over() {
            self.chunks.clear();
        } else if pipe.push(&mut self.chunks) {
            news.add(&self.shared);
        }
    }
}
