//! The loop of the I/O thread: the single writer of all its sessions.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use faspstream_os::Events;
use faspstream_proto::carrier::{connection_address, connection_number};
use faspstream_proto::config::ConnectionId;
use faspstream_proto::connection_id;
use quinn_udp::RecvMeta;

use super::crowd::{Crowd, Pass};
use super::drops::Dropped;
use super::load::LoadMeter;
use super::news::News;
use super::port::Port;
use super::slot::Slot;
use super::socket::{UdpEndpoint, canonical};
use super::tunnel::{self, Tunnel};
use super::way::Way;
use super::{IoCommand, NewSlot, SlotId, SocketId};
use crate::api::error::Error;
use crate::control::connection::Carried;
use crate::control::{ControlCommand, ControlMail};
use faspstream_os::Reactor;

/// Buffers of one receive call. A buffer takes all that the kernel has coalesced.
const BUFFERS: usize = 8;
/// Bytes of one such buffer.
const BUFFER: usize = 65_536;
/// Most bytes of one send call: what fits one UDP datagram of IPv4, before it is cut into segments.
const SEND: usize = 65_000;
/// Receive calls on one socket before sending gets its turn, and before all that has come is dealt with: so many, and more while they have
/// brought little, as they do where the kernel coalesces nothing.
const RECEIVE_TURNS: usize = 4;
const RECEIVE_TURNS_MAX: usize = 24;
/// So many bytes are much.
const RECEIVE_MUCH: usize = 256 << 10;
/// With work at hand the poller is asked every so many rounds only; the sockets are tried directly.
const POLL_EVERY: u32 = 16;
/// How many sockets are tried directly.
const DIRECT_MAX: usize = 2;
/// How long sessions may linger once the thread is told to end.
const LINGER: Duration = Duration::from_millis(250);

/// What is left to do after a session was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// More can be done at once.
    Again,
    /// Nothing until something happens, or until the session's timer.
    Rest,
    /// The session may be dropped.
    Drop,
}

/// All state of the I/O thread.
pub(crate) struct Driver {
    reactor: Arc<Reactor>,
    inbox: Receiver<IoCommand>,
    control: ControlMail,
    ports: HashMap<SocketId, Port>,
    tunnels: HashMap<u64, Tunnel>,
    slots: HashMap<SlotId, Slot>,
    timers: BTreeSet<(Instant, SlotId)>,
    queue: VecDeque<SlotId>,
    crowd: Crowd,
    news: News,
    buffers: Vec<u8>,
    scratch: Vec<u8>,
    unknown: Arc<AtomicU64>,
    load: LoadMeter,
    ending: Option<Instant>,
}

impl Driver {
    pub(crate) fn new(
        reactor: Arc<Reactor>,
        inbox: Receiver<IoCommand>,
        control: ControlMail,
        unknown: Arc<AtomicU64>,
    ) -> Self {
        Self {
            reactor,
            inbox,
            control,
            ports: HashMap::new(),
            tunnels: HashMap::new(),
            slots: HashMap::new(),
            timers: BTreeSet::new(),
            queue: VecDeque::new(),
            crowd: Crowd::default(),
            news: News::default(),
            buffers: vec![0; BUFFERS * BUFFER],
            scratch: vec![0; SEND],
            unknown,
            load: LoadMeter::new(Instant::now()),
            ending: None,
        }
    }

    /// Takes over a socket.
    pub(crate) fn add_socket(&mut self, id: SocketId, endpoint: UdpEndpoint) -> io::Result<()> {
        let key = usize::try_from(id.0).map_err(io::Error::other)?;
        let (socket, now) = (endpoint.watch(&self.reactor, key)?, Instant::now());
        self.ports.insert(id, Port::new(socket, now));
        Ok(())
    }

    /// Serves until told to end.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        let mut events = Events::new();
        let mut rounds = 0u32;
        loop {
            rounds = rounds.wrapping_add(1);
            let direct = !self.queue.is_empty()
                && self.ports.len() <= DIRECT_MAX
                && self.tunnels.is_empty()
                && !rounds.is_multiple_of(POLL_EVERY);
            if direct {
                let ids: Vec<SocketId> = self.ports.keys().copied().collect();
                ids.into_iter().for_each(|id| self.receive(id));
            } else {
                self.sleep(&mut events)?;
                for event in events.iter() {
                    match tunnel::number_of(event.key) {
                        Some(number) => self.on_tunnel_ready(number, event.writable),
                        None => self.on_ready(SocketId(event.key as u64), event.readable, event.writable),
                    }
                }
            }
            self.take_commands();
            let now = Instant::now();
            self.fire_timers(now);
            if let Some(is_full) = self.load.change(now) {
                self.slots.values_mut().for_each(|slot| slot.on_load(now, is_full));
            }
            self.serve_queue();
            self.let_go(now);
            if let Some(until) = self.ending
                && (self.slots.is_empty() || until <= Instant::now())
            {
                return Ok(());
            }
        }
    }

    fn sleep(&mut self, events: &mut Events) -> io::Result<()> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let deadline = [timer, self.ending, self.crowd.deadline()].into_iter().flatten().min();
        let (queue, inbox) = (&self.queue, &self.inbox);
        let from = Instant::now();
        let result = self.reactor.wait(events, deadline, || !queue.is_empty() || !inbox.is_empty());
        self.load.on_slept(from, Instant::now());
        result
    }

    fn on_ready(&mut self, id: SocketId, readable: bool, writable: bool) {
        if writable && let Some(port) = self.ports.get_mut(&id) {
            port.socket.watch_writable(false);
            let now = Instant::now();
            let ids: Vec<SlotId> = port.slots.values().copied().collect();
            for slot in ids {
                self.with_slot(slot, |s| s.on_writable(now));
            }
        }
        if readable {
            self.receive(id);
        }
    }

    /// Takes in what has come on a socket, a few calls' worth.
    fn receive(&mut self, id: SocketId) {
        let mut meta = [RecvMeta::default(); BUFFERS];
        let mut bytes = 0;
        for turn in 1..=RECEIVE_TURNS_MAX {
            let Some(port) = self.ports.get(&id) else { return };
            let mut buffers = core::mem::take(&mut self.buffers);
            let mut parts = buffers.chunks_mut(BUFFER);
            let mut slices: [IoSliceMut<'_>; BUFFERS] =
                core::array::from_fn(|_| IoSliceMut::new(parts.next().unwrap_or_default()));
            let received = port.socket.receive(&mut slices, &mut meta);
            let now = Instant::now();
            for (meta, buffer) in meta[..received].iter().zip(buffers.chunks(BUFFER)) {
                self.dispatch(id, now, meta, &buffer[..meta.len.min(BUFFER)]);
                bytes += meta.len;
            }
            self.buffers = buffers;
            self.note_drops(id, now);
            if received < BUFFERS || (turn >= RECEIVE_TURNS && bytes >= RECEIVE_MUCH) {
                return;
            }
        }
    }

    /// The sessions of a socket hear what the kernel has dropped there.
    fn note_drops(&mut self, id: SocketId, now: Instant) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let dropped = port.socket.dropped(&mut port.drops, now);
        if port.siege.is_filtering() {
            self.unknown.fetch_add(dropped.as_ref().map_or(0, Dropped::count), Ordering::Relaxed);
        }
        let Some(dropped) = port.defend(now, dropped) else { return };
        for slot in port.slots.values() {
            if let Some(slot) = self.slots.get_mut(slot) {
                slot.on_drops(&dropped);
            }
        }
    }

    /// Hands the datagrams of one buffer to their sessions.
    fn dispatch(&mut self, id: SocketId, now: Instant, meta: &RecvMeta, bytes: &[u8]) {
        let from = canonical(meta.addr);
        if connection_number(from).is_some() {
            // No host has such an address.
            self.unknown.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if let Some(port) = self.ports.get_mut(&id) {
            port.drops.on_received(bytes.len().div_ceil(meta.stride.max(1)) as u64);
        }
        let mut datagrams = bytes.chunks(meta.stride.max(1)).peekable();
        while let Some(first) = datagrams.peek() {
            // What the kernel has coalesced mostly goes to one session, which is looked up once.
            let connection = connection_id(first);
            let run = core::iter::from_fn(|| datagrams.next_if(|next| connection_id(next) == connection));
            self.deliver(id, now, from, meta.dst_ip, connection, run);
        }
    }

    /// Hands datagrams of one connection to its session.
    fn deliver<'a>(
        &mut self,
        id: SocketId,
        now: Instant,
        from: SocketAddr,
        to: Option<IpAddr>,
        connection: Option<ConnectionId>,
        datagrams: impl Iterator<Item = &'a [u8]>,
    ) {
        let slot = connection.and_then(|connection| self.find(id, connection));
        let Some((slot, found)) = slot.and_then(|slot| Some((slot, self.slots.get_mut(&slot)?))) else {
            let strangers = datagrams.count() as u64;
            self.unknown.fetch_add(strangers, Ordering::Relaxed);
            if let Some(port) = self.ports.get_mut(&id) {
                port.siege.on_strangers(strangers);
            }
            return;
        };
        found.on_datagrams(now, from, to, datagrams);
        if !core::mem::replace(&mut found.queued, true) {
            self.queue.push_back(slot);
        }
    }

    fn find(&mut self, id: SocketId, connection: ConnectionId) -> Option<SlotId> {
        let found = self.ports.get(&id)?.slots.get(&connection).copied();
        if found.is_some() || self.inbox.is_empty() {
            return found;
        }
        // The session may be on its way to us: the peer is told of it only after we are.
        self.take_commands();
        self.ports.get(&id)?.slots.get(&connection).copied()
    }

    fn take_commands(&mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            self.handle(command);
        }
    }

    fn handle(&mut self, command: IoCommand) {
        let now = Instant::now();
        match command {
            IoCommand::AddSocket(id, endpoint) => {
                if let Err(e) = self.add_socket(id, *endpoint) {
                    log::error!(target: "faspstream::io", "a UDP socket can't be watched: {e}");
                }
            }
            IoCommand::RemoveSocket(id) => {
                self.ports.get_mut(&id).into_iter().for_each(|p| p.closing = true);
                self.drop_idle_port(id);
            }
            IoCommand::Add(new) => self.add(*new),
            IoCommand::Kick(slot) => self.with_slot(slot, |_| {}),
            IoCommand::Refresh(slot) => self.with_slot(slot, |s| s.refresh(now)),
            IoCommand::Abort { slot, code, reason } => {
                self.with_slot(slot, |s| s.on_abort(now, code, &reason))
            }
            IoCommand::PeerEnded(slot, reason) => self.with_slot(slot, |s| s.on_peer_ended(now, reason)),
            IoCommand::Rates(slot, rates) => self.with_slot(slot, |s| s.on_rates(now, rates)),
            IoCommand::PathChange(slot) => self.with_slot(slot, |s| s.on_path_change(now)),
            IoCommand::AddTunnel(number, port, carried) => self.add_tunnel(now, number, port, *carried),
            IoCommand::RemoveTunnel(number) => {
                self.tunnels.remove(&number);
            }
            IoCommand::Carry(slot, number) => self.with_slot(slot, |s| s.on_carrier(now, number)),
            IoCommand::Shutdown => self.ending = Some(now + LINGER),
        }
    }

    fn add(&mut self, new: NewSlot) {
        let (id, socket) = (new.slot, new.socket);
        let slot = match Slot::new(new) {
            Ok(slot) => slot,
            Err((shared, error)) => {
                shared.fail(Error::configuration(format!("this session can't be: {error}")));
                return self.control.send(ControlCommand::Gone(id));
            }
        };
        let Some(port) = self.ports.get_mut(&socket) else {
            slot.shared.fail(Error::internal("the UDP socket of this session is gone"));
            return self.control.send(ControlCommand::Gone(id));
        };
        port.slots.insert(slot.local_id, id);
        self.slots.insert(id, slot);
        let is_full = self.load.is_full();
        self.with_slot(id, |slot| slot.on_load(Instant::now(), is_full));
    }

    /// Does something to a session and puts it into the queue.
    fn with_slot(&mut self, id: SlotId, act: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.slots.get_mut(&id) {
            act(slot);
            if !core::mem::replace(&mut slot.queued, true) {
                self.queue.push_back(id);
            }
        }
    }

    fn fire_timers(&mut self, now: Instant) {
        while let Some((at, id)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, id));
            self.with_slot(id, |slot| {
                slot.timer = None;
                slot.on_timer(now);
            });
        }
    }

    /// Serves everybody in the queue once.
    fn serve_queue(&mut self) {
        for _ in 0..self.queue.len() {
            let Some(id) = self.queue.pop_front() else { break };
            self.serve(id);
        }
        self.news.tell();
    }

    /// Those for whom a crowd has room again go on.
    fn let_go(&mut self, now: Instant) {
        for id in self.crowd.let_go(now, self.slots.len()) {
            self.with_slot(id, |slot| slot.let_go(now));
        }
        while let Some(id) = self.crowd.turns.idle(now) {
            self.crowd.turns.forget(id);
            self.with_slot(id, |slot| slot.member.lose_turn());
        }
        while let Some(id) = self.crowd.next_turn(now, self.slots.len()) {
            match self.slots.get_mut(&id) {
                Some(slot) => slot.begin_turn(now, &mut self.news),
                None => self.crowd.turns.forget(id),
            }
            self.with_slot(id, |_| {});
        }
        self.news.tell();
    }

    fn serve(&mut self, id: SlotId) {
        let sessions = self.slots.len();
        let Some(slot) = self.slots.get_mut(&id) else { return };
        slot.queued = false;
        let Some(port) = self.ports.get_mut(&slot.socket) else { return };
        let now = Instant::now();
        let room = if slot.is_sender() { slot.member.room(&mut self.crowd, sessions) } else { u64::MAX };
        if room > 0 && slot.member.takes_turns() && slot.member.pass == Pass::Waits {
            slot.let_go(now);
        }
        let waited = slot.member.pass == Pass::Waits;
        let mut way = Way { udp: &mut port.socket, tunnels: &mut self.tunnels, room };
        let next = slot.serve(now, &mut way, &mut self.news, &mut self.scratch);
        let is_crowd = Crowd::is_one(sessions);
        if !is_crowd {
            self.news.tell();
        }
        slot.meet(now, id, &mut self.crowd, is_crowd, &mut self.news);
        if slot.member.pass == Pass::Waits && !waited && !slot.member.takes_turns() {
            self.crowd.wait(now, id);
        }
        if let Some(verdict) = slot.take_verdict() {
            self.control.send(ControlCommand::Over(id, verdict));
        }
        if let Some(wish) = slot.take_wish() {
            self.control.send(ControlCommand::Wish(id, wish));
        }
        if next == Next::Drop {
            return self.remove(id);
        }
        let deadline = slot.deadline(now);
        if deadline != slot.timer {
            self.timers.extend(deadline.map(|at| (at, id)));
            if let Some(old) = slot.timer {
                self.timers.remove(&(old, id));
            }
            slot.timer = deadline;
        }
        if next == Next::Again && !core::mem::replace(&mut slot.queued, true) {
            self.queue.push_back(id);
        }
    }

    fn remove(&mut self, id: SlotId) {
        let Some(mut slot) = self.slots.remove(&id) else { return };
        slot.meet(Instant::now(), id, &mut self.crowd, false, &mut self.news);
        if let Some(at) = slot.timer {
            self.timers.remove(&(at, id));
        }
        if let Some(port) = self.ports.get_mut(&slot.socket) {
            port.slots.remove(&slot.local_id);
        }
        self.drop_idle_port(slot.socket);
        self.control.send(ControlCommand::Gone(id));
    }

    fn drop_idle_port(&mut self, id: SocketId) {
        if self.ports.get(&id).is_some_and(|p| p.closing && p.slots.is_empty()) {
            self.ports.remove(&id);
            self.tunnels.retain(|_, tunnel| tunnel.port != id);
        }
    }

    // ---- connections in the place of UDP

    fn add_tunnel(&mut self, now: Instant, number: u64, port: SocketId, carried: Carried) {
        // A tunnel takes the place of a former one of its number, which must not be watched any more by then.
        self.tunnels.remove(&number);
        match Tunnel::new(&self.reactor, number, port, carried) {
            Ok(tunnel) => {
                self.tunnels.insert(number, tunnel);
                self.on_tunnel_ready(number, false);
                // What went to its predecessor is lost.
                self.each_carried_by(number, |slot| slot.on_path_change(now));
            }
            Err(e) => self.lose_tunnel(number, &e),
        }
    }

    fn on_tunnel_ready(&mut self, number: u64, writable: bool) {
        let Some(tunnel) = self.tunnels.get_mut(&number) else { return };
        let (port, read) = (tunnel.port, tunnel.read());
        let has_room = if writable { tunnel.on_writable() } else { Ok(false) };
        let (now, from, whole) = (Instant::now(), connection_address(number), tunnel.take_whole());
        for datagram in tunnel::datagrams(&whole) {
            self.deliver(port, now, from, None, connection_id(datagram), core::iter::once(datagram));
        }
        match read.and(has_room) {
            Ok(true) => self.unblock(port, now),
            Ok(false) => {}
            Err(e) => self.lose_tunnel(number, &e),
        }
    }

    /// There is room again on a way that sessions of this port wait for; one may have gone elsewhere meanwhile.
    fn unblock(&mut self, port: SocketId, now: Instant) {
        let waits = |slot: &Slot| slot.socket == port && slot.is_blocked();
        let ids: Vec<SlotId> = self.slots.iter().filter(|(_, s)| waits(s)).map(|(id, _)| *id).collect();
        for id in ids {
            self.with_slot(id, |slot| slot.on_writable(now));
        }
    }

    fn lose_tunnel(&mut self, number: u64, error: &io::Error) {
        log::debug!(target: "faspstream::io", "a connection that carries datagrams is lost: {error}");
        if let Some(tunnel) = self.tunnels.remove(&number) {
            self.unblock(tunnel.port, Instant::now());
        }
        self.control.send(ControlCommand::TunnelGone(number));
    }

    fn each_carried_by(&mut self, number: u64, act: impl Fn(&mut Slot)) {
        let carried = |slot: &Slot| slot.is_carried_by(number);
        let ids: Vec<SlotId> = self.slots.iter().filter(|(_, s)| carried(s)).map(|(id, _)| *id).collect();
        for id in ids {
            self.with_slot(id, &act);
        }
    }
}
