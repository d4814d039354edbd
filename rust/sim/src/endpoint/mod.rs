//! One end of a flow: a session, the application on it, and the machine around it.

mod host;
mod sink;
mod source;
mod tally;

use core::time::Duration;
use std::collections::VecDeque;
use std::net::SocketAddr;

use faspstream_netem::Time;
use faspstream_proto::Session;
use faspstream_proto::config::{Config, Rates};
use faspstream_proto::error::{CloseReason, ErrorCode};
use faspstream_proto::io::{Event, Stats};
use faspstream_proto::units::Instant;

use crate::clock::Clock;
use crate::packet::{AgentId, Body, IP_UDP_HEADER, Segment};
use crate::world::Agent;

pub use host::{HostConfig, Stalls, Wakes};
pub use sink::SinkPlan;
pub use source::SourcePlan;
pub use tally::{SAMPLE_EVERY, Sample, Tally};

pub(crate) use host::Host;
pub(crate) use sink::Sink;
pub(crate) use source::Source;

/// Most datagrams asked for at once, as an engine with segmentation offload would.
const BATCH: usize = 64;

/// Calls of `poll_transmit` in one run that are taken for a session which never has enough.
const MOST_BATCHES: u32 = 100_000;

/// The application's half of an end.
#[derive(Debug)]
pub(crate) enum App {
    Source(Source),
    Sink(Sink),
}

/// Something that is done to an end at a moment.
#[derive(Clone, Debug)]
pub enum Order {
    /// The user changes the rates.
    Rates(Rates),
    /// The address changes. A change that the end notices is told to the session; that of a NAT on the way is not.
    Move {
        /// The new address.
        address: SocketAddr,
        /// True if the end notices.
        noticed: bool,
    },
    /// The machine is put to sleep: nothing is sent, what comes is lost.
    Sleep {
        /// How long.
        lasting: Duration,
        /// True where the clock of the session stands still meanwhile, as on Linux and macOS; on Windows it goes on.
        clock_stands: bool,
    },
    /// The application gives up.
    Abort(&'static str),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It did not.
    Running,
    /// The stream is complete: all of it was read and the digest agreed.
    Completed(Time),
    /// It was closed without completion.
    Closed(Time, CloseReason),
}

/// What an end is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
    pub(crate) host: Host,
    pub(crate) start: Time,
    pub(crate) drift_ppm: i32,
    pub(crate) orders: VecDeque<(Time, Order)>,
    /// From when on steady-state figures are taken.
    pub(crate) measure_from: Time,
}

/// One end of a flow.
#[derive(Debug)]
pub struct Endpoint {
    id: AgentId,
    session: Session,
    app: App,
    address: SocketAddr,
    host: Host,
    clock: Clock,
    start: Time,
    buffer_max: u64,
    orders: VecDeque<(Time, Order)>,
    measure_from: Time,
    tally: Tally,
    ending: Ending,
    asleep_until: Time,
    fault: Option<String>,
    buffer: Vec<u8>,
    now: Time,
    has_begun: bool,
}

impl Endpoint {
    /// An end with its own session. The configuration must be one that a session can be made of.
    pub(crate) fn new(id: AgentId, parts: Parts) -> Self {
        let buffer_max = parts.config.buffer_max;
        let session = Session::new(parts.config).expect("scenarios configure sessions that exist");
        Self {
            id,
            session,
            app: parts.app,
            address: parts.address,
            host: parts.host,
            clock: Clock::new(parts.start, parts.drift_ppm),
            start: parts.start,
            buffer_max,
            orders: parts.orders,
            measure_from: parts.measure_from,
            tally: Tally::default(),
            ending: Ending::Running,
            asleep_until: Time::ZERO,
            fault: None,
            buffer: vec![0; 65_536],
            now: parts.start,
            has_begun: false,
        }
    }

    /// What was counted.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How it ended.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// When it began.
    pub fn start(&self) -> Time {
        self.start
    }

    /// What the session's clock shows at `now`.
    pub fn local(&self, now: Time) -> Instant {
        self.clock.local(now)
    }

    /// What went wrong that never may, in words.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Datagrams dropped at this end's own socket.
    pub fn local_drops(&self) -> u64 {
        self.host.dropped()
    }

    /// True if every datagram that came is accounted for, and the session's counters say the same as ours.
    pub fn accounts_for_datagrams(&self) -> Result<(), String> {
        let (t, s) = (&self.tally, self.session.stats());
        let gone = t.misaddressed
            + t.slept_through
            + t.taken
            + t.discarded
            + t.too_late
            + self.host.dropped()
            + self.host.waiting();
        let pairs = [
            ("arrived", t.arrived, gone),
            ("datagrams_sent", s.datagrams_sent, t.sent),
            ("wire_bytes_sent", s.wire_bytes_sent, t.sent_bytes.total()),
            ("datagrams_received", s.datagrams_received, t.taken),
            ("wire_bytes_received", s.wire_bytes_received, t.taken_bytes.total()),
            ("datagrams_rejected", s.datagrams_rejected, t.discarded),
        ];
        match pairs.iter().find(|(_, a, b)| a != b) {
            Some((what, a, b)) => Err(format!("{what} is {a}, counted outside: {b}")),
            None => Ok(()),
        }
    }

    fn handle_inbox(&mut self, local: Instant) -> u64 {
        let mut inbox = self.host.take_inbox();
        let count = inbox.len() as u64;
        for packet in inbox.drain(..) {
            let Body::Datagram { source, destination, bytes } = packet.body else { continue };
            if destination != self.address {
                self.tally.misaddressed += 1;
            } else if self.session.is_drained() {
                self.tally.too_late += 1;
            } else if self.session.handle_datagram(local, source, &bytes).is_ok() {
                self.tally.taken += 1;
                self.tally.taken_bytes.add(self.now, packet.wire_len);
            } else {
                self.tally.discarded += 1;
            }
        }
        self.host.put_back(inbox);
        self.session.handle_local_drops(self.host.dropped());
        count
    }

    fn handle_orders(&mut self, local: Instant) {
        while self.orders.front().is_some_and(|(at, _)| *at <= self.now) {
            let Some((_, order)) = self.orders.pop_front() else { return };
            match order {
                Order::Rates(rates) => self.session.handle_rates(local, rates),
                Order::Move { address, noticed } => {
                    self.address = address;
                    if noticed {
                        self.session.handle_path_change(local);
                    }
                }
                Order::Sleep { lasting, clock_stands } => {
                    self.asleep_until = self.now + lasting;
                    if clock_stands {
                        self.clock.stand_still(lasting);
                    }
                }
                Order::Abort(reason) => self.session.handle_abort(local, ErrorCode::Aborted, reason),
            }
        }
    }

    fn step_app(&mut self, local: Instant) -> Result<(), String> {
        match &mut self.app {
            App::Source(source) => {
                let budget = write_ahead(&self.session.stats()).min(self.buffer_max);
                source.step(self.now, local, &mut self.session, budget).map_err(|e| e.to_string())?;
            }
            App::Sink(sink) => sink.receive(&mut self.session).map_err(|e| e.to_string())?,
        }
        while let Some(event) = self.session.poll_event() {
            match (event, &mut self.app) {
                (Event::EndOfStream(end), App::Sink(sink)) => sink.on_end(end).map_err(|e| e.to_string())?,
                (Event::Completed, App::Source(_)) => self.ending = Ending::Completed(self.now),
                (Event::Closed(reason), _) => self.ending = Ending::Closed(self.now, reason),
                (Event::Established, _) => {}
                (event, _) => return Err(format!("{event:?} at the wrong end")),
            }
        }
        if let App::Sink(sink) = &mut self.app {
            sink.step(self.now, local, &mut self.session).map_err(|e| e.to_string())?;
            if sink.is_verified() && self.ending == Ending::Running {
                self.ending = Ending::Completed(self.now);
            }
        }
        Ok(())
    }

    fn transmit(&mut self, local: Instant, out: &mut Vec<Segment>) -> Result<u64, String> {
        let before = out.len();
        for _ in 0..MOST_BATCHES {
            if let Some(blocked) = self.host.block_change(self.now) {
                self.session.handle_send_blocked(local, blocked);
            }
            let Some(t) = self.session.poll_transmit(local, &mut self.buffer, BATCH) else {
                let sent = (out.len() - before) as u64;
                self.tally.sent += sent;
                return Ok(sent);
            };
            if t.len == 0 || t.segment == 0 || t.len > self.buffer.len() || t.len.div_ceil(t.segment) > BATCH
            {
                return Err(format!("{t:?} is no transmit"));
            }
            for datagram in self.buffer[..t.len].chunks(t.segment) {
                let wire_len = datagram.len() as u64 + IP_UDP_HEADER;
                self.tally.sent_bytes.add(self.now, wire_len);
                self.host.on_sent(self.now, wire_len);
                let bytes = datagram.to_vec();
                let body = Body::Datagram { source: self.address, destination: t.destination, bytes };
                out.push(Segment::new(self.id, self.now, wire_len, body));
            }
        }
        Err(format!("poll_transmit gave {MOST_BATCHES} times something to send at one moment"))
    }

    fn measure(&mut self) {
        if !self.tally.wants_sample(self.now) {
            return;
        }
        let stats = self.session.stats();
        let (limit, _) = self.session.limits(self.clock.local(self.now));
        let (held, arrived) = match &self.app {
            App::Source(source) => {
                let acknowledged = self.session.acknowledged();
                (source.written() - acknowledged, acknowledged)
            }
            App::Sink(sink) => {
                // What was handed out and not consumed is in the application's half of the buffer.
                let unread = sink.given_out() - sink.consumed();
                (stats.buffer_used + unread, sink.given_out() + stats.buffer_used)
            }
        };
        self.tally.memory_peak = self.tally.memory_peak.max(held);
        self.tally.samples.push(Sample { at: self.now, stats, limit, arrived });
    }
}

/// How far a writer may be ahead of the peer: twice what is under way, so that it is never the writer who waits, up to the window;
/// at least 4 MiB. The engine does the same.
fn write_ahead(stats: &Stats) -> u64 {
    const LEAST: u64 = 4 << 20;
    let under_way = stats.bytes_sent - stats.bytes_acknowledged;
    LEAST.max((under_way * 2).min(stats.buffer_size))
}

impl Agent for Endpoint {
    fn accept(&mut self, now: Time, packet: Segment) {
        self.now = now;
        self.tally.arrived += 1;
        if now < self.asleep_until {
            self.tally.slept_through += 1;
            return;
        }
        self.tally.waited.record(packet.waited);
        if now >= self.measure_from {
            self.tally.waited_measured.record(packet.waited);
        }
        self.host.accept(now, packet);
    }

    fn run(&mut self, now: Time, out: &mut Vec<Segment>) {
        self.now = now;
        if now < self.asleep_until || !self.host.is_free(now) || self.fault.is_some() {
            return;
        }
        self.has_begun = true;
        let local = self.clock.local(now);
        let mut handled = self.handle_inbox(local);
        self.handle_orders(local);
        if self.session.poll_timeout().is_some_and(|at| at <= local) {
            self.session.handle_timeout(local);
        }
        match self.step_app(local).and_then(|()| self.transmit(local, out)) {
            Ok(sent) => handled += sent,
            Err(fault) => self.fault = Some(fault),
        }
        self.host.work(now, handled);
        if let Some(is_full) = self.host.load_change(now) {
            self.session.handle_busy(local, is_full);
        }
        self.measure();
    }

    fn next_wake(&self) -> Option<Time> {
        if self.fault.is_some() {
            return None;
        }
        if !self.has_begun {
            return Some(self.start);
        }
        let app = match &self.app {
            App::Source(source) => source.next_wake(self.now),
            App::Sink(sink) => sink.next_wake(self.now),
        };
        let timer = self.session.poll_timeout().and_then(|at| self.clock.world(at));
        let order = self.orders.front().map(|(at, _)| *at);
        let due = self.host.next_wake(self.now, [app, timer, order].into_iter().flatten().min());
        due.map(|at| at.max(self.asleep_until))
    }

    fn is_done(&self) -> bool {
        self.fault.is_some() || self.session.is_drained()
    }
}
