//! The books of the sessions of a runtime, and what is the same at both ends of the control channel.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use faspstream_proto::config::{Cipher, Config, ConnectionId, MasterSecret, Rates, Role, Side};
use faspstream_proto::error::{CloseReason, ErrorCode};
use faspstream_proto::units::Rate;
use zeroize::Zeroizing;

use super::ClientId;
use super::aggregate::Aggregate;
use super::connection::Connection;
use super::messages::{How, Message, SessionId, Terms};
use super::quota::Quota;
use super::thread::ControlThread;
use crate::api::options::Options;
use crate::control::auth::SESSION_LABEL;
use crate::io::{IoCommand, SlotId};
use crate::paths::{self, PathKey};
use crate::shared::{Pipe, SessionShared};

/// How long a peer whose kernel has closed the control connection may be silent on the data channel before it is given up.
const SILENCE_AFTER_CLOSE: Duration = Duration::from_secs(5);
/// The same when a new connection was refused: nobody listens there any more.
const SILENCE_AFTER_REFUSAL: Duration = Duration::from_secs(1);
/// The first flow-control window of `buffer.size = auto`.
const FIRST_WINDOW: u64 = 4 << 20;
/// Largest UDP payload of `datagram.size = auto`: an IPv6 packet of 9,000 bytes.
const DATAGRAM_AUTO: u16 = 8_952;
/// UDP payload of the first datagrams (wire-format.md §4.5).
const DATAGRAM_START: u16 = 1_200;

/// Whose session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    Server,
    Client(ClientId),
}

/// One session that both ends have agreed upon.
pub(crate) struct Entry {
    pub(crate) shared: Arc<SessionShared>,
    pub(crate) session: SessionId,
    pub(crate) resume_key: Zeroizing<[u8; 32]>,
    pub(crate) home: Home,
    pub(crate) local_id: ConnectionId,
    /// The control connection that speaks for it now.
    pub(crate) conn: Option<usize>,
    /// Since when there is none, and whether the peer's kernel has closed it.
    pub(crate) detached: Option<(Instant, bool)>,
    /// The most that this end's application lets through.
    pub(crate) cap: Rate,
    /// The most that the server, or its key at a server, allows whatever the application says.
    pub(crate) most: Rate,
    /// At a server: what a client with a limited key may bring.
    pub(crate) quota: Option<Quota>,
    /// Code point of this end's datagrams, where the user has set one.
    pub(crate) dscp: Option<u8>,
    /// Only lingering is left to the driver.
    pub(crate) over: bool,
}

/// All sessions, by either name.
#[derive(Default)]
pub(crate) struct Books {
    by_slot: HashMap<SlotId, Entry>,
    by_session: HashMap<SessionId, SlotId>,
}

impl Books {
    pub(crate) fn insert(&mut self, slot: SlotId, entry: Entry) {
        self.by_session.insert(entry.session, slot);
        self.by_slot.insert(slot, entry);
    }

    pub(crate) fn remove(&mut self, slot: SlotId) -> Option<Entry> {
        let entry = self.by_slot.remove(&slot)?;
        self.by_session.remove(&entry.session);
        Some(entry)
    }

    pub(crate) fn get_mut(&mut self, slot: SlotId) -> Option<&mut Entry> {
        self.by_slot.get_mut(&slot)
    }

    /// The session with this id, if `conn` speaks for it: nobody ends or tunes the sessions of others.
    fn of_conn(&mut self, conn: usize, session: &SessionId) -> Option<(SlotId, &mut Entry)> {
        let slot = *self.by_session.get(session)?;
        self.by_slot.get_mut(&slot).filter(|e| e.conn == Some(conn)).map(|e| (slot, e))
    }

    pub(crate) fn by_session(&mut self, session: &SessionId) -> Option<(SlotId, &mut Entry)> {
        let slot = *self.by_session.get(session)?;
        self.by_slot.get_mut(&slot).map(|e| (slot, e))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SlotId, &Entry)> {
        self.by_slot.iter().map(|(slot, entry)| (*slot, entry))
    }

    /// The same, to change them.
    pub(crate) fn live_mut(&mut self, home: Home) -> impl Iterator<Item = (SlotId, &mut Entry)> {
        self.by_slot
            .iter_mut()
            .filter(move |(_, e)| e.home == home && !e.over)
            .map(|(slot, entry)| (*slot, entry))
    }

    /// The sessions of `home` that are not over.
    pub(crate) fn live(&self, home: Home) -> impl Iterator<Item = (SlotId, &Entry)> {
        self.iter().filter(move |(_, e)| e.home == home && !e.over)
    }
}

impl Entry {
    fn is_sender(&self) -> bool {
        matches!(self.shared.pipe, Pipe::Send(_))
    }

    /// Bytes that have gone through so far, as far as the driver has told.
    fn moved(&self) -> u64 {
        let counters = self.shared.stats().counters;
        if self.is_sender() { counters.bytes_sent } else { counters.bytes_received }
    }

    /// Since when nothing has been heard on the data channel, nor could have been.
    fn silent_since(&self, detached: Instant) -> Instant {
        detached.max(self.shared.last_heard())
    }
}

impl ControlThread {
    /// ENDED has come.
    pub(super) fn on_ended(&mut self, conn: usize, session: &SessionId, how: How) {
        let Some((slot, _)) = self.books.of_conn(conn, session) else { return };
        let reason = match how {
            // To a receiver that still reads this says nothing: it has its own eyes. One that has said COMPLETE need not say it again.
            How::Complete => None,
            How::Aborted { code, reason } => {
                let code = if code == ErrorCode::Aborted { ErrorCode::AbortedByPeer } else { code };
                Some(CloseReason { code, by_peer: true, reason })
            }
        };
        self.io.send(IoCommand::PeerEnded(slot, reason));
    }

    /// TUNE has come: the receiving end wishes other rates.
    pub(super) fn on_tune(&mut self, conn: usize, session: &SessionId, wish: Rates) {
        let Some((slot, entry)) = self.books.of_conn(conn, session).filter(|(_, e)| e.is_sender()) else {
            return;
        };
        if entry.home != Home::Server {
            // The server's word is the limit here, whether it has become more or less.
            entry.most = wish.target;
        }
        let target = wish.target.min(entry.cap);
        let rates = Rates { target, min: wish.min.min(target), policy: wish.policy };
        entry.shared.adopt_rates(rates);
        self.apply_rates(slot);
    }

    /// The application has changed the rates.
    pub(super) fn on_rates(&mut self, slot: SlotId, rates: Rates) {
        if let Some(entry) = self.books.get_mut(slot) {
            entry.cap = rates.target;
            self.apply_rates(slot);
        }
    }

    /// Tells whoever sends the rates that are in force: this end's driver, or the peer.
    pub(super) fn apply_rates(&mut self, slot: SlotId) {
        let aggregate = self.server.as_ref().and_then(|s| s.aggregate.as_ref());
        let Some(entry) = self.books.get_mut(slot).filter(|e| !e.over) else { return };
        let share = match (entry.home, aggregate) {
            (Home::Server, Some(aggregate)) => aggregate.share(slot),
            _ => Rate::UNLIMITED,
        };
        let wanted = entry.shared.rates();
        let target = wanted.target.min(share).min(entry.most);
        let rates = Rates { target, min: wanted.min.min(target), policy: wanted.policy };
        if entry.is_sender() {
            self.io.send(IoCommand::Rates(slot, rates));
        } else if let Some(conn) = entry.conn {
            let message = Message::Tune { session: entry.session, rates };
            self.send_to(conn, &message);
        }
    }

    /// Divides the cap over all sessions anew when it is time, or when their number or the cap has changed.
    pub(super) fn divide_aggregate(&mut self, now: Instant) {
        let is_changed = core::mem::take(&mut self.share_changed);
        let Some(aggregate) = self.server.as_mut().and_then(|s| s.aggregate.as_mut()) else { return };
        if is_changed || aggregate.next_look() <= now {
            let live: Vec<(SlotId, u64)> =
                self.books.live(Home::Server).map(|(slot, entry)| (slot, entry.moved())).collect();
            let changed = aggregate.divide(now, &live);
            changed.into_iter().for_each(|slot| self.apply_rates(slot));
        }
        let next = self.server.as_ref().and_then(|s| s.aggregate.as_ref()).map(Aggregate::next_look);
        if self.books.live(Home::Server).nth(1).is_some() {
            next.into_iter().for_each(|at| self.check_by(at));
        }
    }

    /// The driver: a session is over. The peer hears it here too, as a second witness (wire-format.md §4.2).
    pub(super) fn on_over(&mut self, slot: SlotId, reason: Option<&CloseReason>) {
        let Some(entry) = self.books.get_mut(slot) else { return };
        entry.over = true;
        let shared = Arc::clone(&entry.shared);
        let message = match reason {
            Some(reason) if reason.by_peer => None,
            Some(reason) => Some(How::Aborted { code: outward(reason.code), reason: reason.reason.clone() }),
            None => Some(How::Complete),
        }
        .map(|how| Message::Ended { session: entry.session, how });
        let conn = entry.conn;
        match (conn, message) {
            (Some(conn), Some(message)) if self.conns.contains_key(&conn) => {
                self.send_to(conn, &message);
                self.when_flushed(conn, shared, reason.is_none());
            }
            _ => finish(&shared, reason.is_none()),
        }
        self.share_changed = true;
        self.after_over();
    }

    /// The driver: nothing is left of a session.
    pub(super) fn on_gone(&mut self, slot: SlotId) {
        let Some(entry) = self.books.remove(slot) else { return };
        finish(&entry.shared, false);
        match entry.home {
            Home::Server => self.server.iter_mut().for_each(|s| s.ids.release(entry.local_id)),
            Home::Client(id) => self.clients.get_mut(&id).into_iter().for_each(|c| {
                c.ids.release(entry.local_id);
                c.carrying.forget(slot);
            }),
        }
        self.after_over();
    }

    /// The application has given a session up.
    pub(super) fn on_abort(&mut self, slot: SlotId, code: ErrorCode, reason: String) {
        if self.books.get_mut(slot).is_some() {
            self.io.send(IoCommand::Abort { slot, code: outward(code), reason });
        } else {
            self.abandon_opening(slot);
        }
    }

    /// A control connection is gone; its sessions go on without it for now.
    pub(super) fn detach(&mut self, conn: usize, by_peer: bool) {
        let now = Instant::now();
        let of_conn = self.books.by_slot.values_mut().filter(|e| e.conn == Some(conn));
        for entry in of_conn {
            entry.conn = None;
            entry.detached = Some((now, by_peer));
        }
        self.check_by(now + SILENCE_AFTER_REFUSAL);
    }

    /// Ends the sessions that bring more than their keys allow.
    pub(super) fn check_quotas(&mut self, now: Instant) {
        let mut greedy = Vec::new();
        let mut next = None;
        for (slot, entry) in self.books.live_mut(Home::Server) {
            let moved = if entry.quota.is_some() { entry.moved() } else { continue };
            let Some(quota) = &mut entry.quota else { continue };
            if let Some(most) = quota.exceeded(now, moved) {
                greedy.push((slot, most, entry.shared.facts.principal.clone()));
            }
            let look = quota.next_look();
            next = Some(next.map_or(look, |n: Instant| n.min(look)));
        }
        next.into_iter().for_each(|at| self.check_by(at));
        for (slot, most, id) in greedy {
            let reason = format!("more than {most} has come, which is what access key {id:?} allows");
            self.io.send(IoCommand::Abort { slot, code: ErrorCode::Permission, reason });
        }
    }

    /// Gives up the sessions whose peer is gone: closed on TCP and silent on UDP.
    pub(super) fn give_up_silent(&mut self, now: Instant) {
        let mut lost = Vec::new();
        let mut waiting = false;
        for (slot, entry) in self.books.iter().filter(|(_, e)| !e.over) {
            let Some((since, by_peer)) = entry.detached else { continue };
            let refused =
                matches!(entry.home, Home::Client(id) if self.clients.get(&id).is_some_and(|c| c.refused));
            let patience = match (refused, by_peer) {
                (true, _) => SILENCE_AFTER_REFUSAL,
                (false, true) => SILENCE_AFTER_CLOSE,
                // Only the network is in question: the outage timeout decides.
                (false, false) => continue,
            };
            if now.saturating_duration_since(entry.silent_since(since)) >= patience {
                lost.push(slot);
            } else {
                waiting = true;
            }
        }
        if waiting {
            self.check_by(now + Duration::from_millis(200));
        }
        for slot in lost {
            let reason = "the peer's control connection is closed and nothing more comes from it".to_owned();
            self.io.send(IoCommand::Abort { slot, code: ErrorCode::ConnectionLost, reason });
        }
    }
}

/// The last word is out, or has no way out.
pub(super) fn finish(shared: &SessionShared, completed: bool) {
    if completed {
        shared.complete();
    }
    shared.mark_told();
}

/// What the peer is told in the place of what this end's application knows.
fn outward(code: ErrorCode) -> ErrorCode {
    if code == ErrorCode::Aborted { ErrorCode::AbortedByPeer } else { code }
}

/// What both ends know once OPEN and OPENED have crossed.
pub(crate) struct Agreement<'a> {
    pub(crate) session: SessionId,
    pub(crate) side: Side,
    pub(crate) client: ConnectionId,
    pub(crate) server: ConnectionId,
    pub(crate) cipher: Cipher,
    pub(crate) options: &'a Options,
    pub(crate) peer: Terms,
    pub(crate) rates: Rates,
    pub(crate) is_sender: bool,
}

/// What this end says of itself.
pub(crate) fn terms(options: &Options) -> Terms {
    let bound = options.buffer_bound();
    let by_buffer = u16::try_from(bound / 4).unwrap_or(u16::MAX);
    Terms {
        datagram_max: options.datagram_size.unwrap_or(DATAGRAM_AUTO).min(by_buffer),
        first_window: options.buffer_size.unwrap_or(FIRST_WINDOW).min(bound),
        outage: options.outage_timeout,
    }
}

impl Agreement<'_> {
    /// The path that this end would send along.
    fn path(&self, peer: IpAddr, remote: Option<SocketAddr>) -> PathKey {
        match remote {
            Some(server) => PathKey::to_server(server, self.rates.policy),
            None => PathKey::to_client(peer, self.rates.policy),
        }
    }

    /// The protocol's configuration, with the secrets of this connection (wire-format.md §2.2). None if the connection is not
    /// established.
    pub(crate) fn config(&self, connection: &Connection, remote: Option<SocketAddr>) -> Option<Config> {
        let context =
            [&self.session[..], &self.client.0.to_be_bytes(), &self.server.0.to_be_bytes()].concat();
        let master = MasterSecret::new(*connection.export(SESSION_LABEL, &context)?);
        let own = terms(self.options);
        let most = own.datagram_max.min(self.peer.datagram_max).max(Config::DATAGRAM_MIN);
        let (local_id, remote_id) = match self.side {
            Side::Client => (self.client, self.server),
            Side::Server => (self.server, self.client),
        };
        let control_peer = connection.peer().ip().to_canonical();
        let known = paths::recall(&self.path(control_peer, remote)).filter(|_| self.is_sender);
        // A path that has become narrower is found out like any black hole.
        let start = match (self.options.datagram_size, known) {
            (Some(_), _) => most,
            (None, Some(known)) => known.datagram.max(DATAGRAM_START).min(most),
            (None, None) => DATAGRAM_START.min(most),
        };
        Some(Config {
            role: if self.is_sender { Role::Sender } else { Role::Receiver },
            side: self.side,
            local_id,
            remote_id,
            master,
            cipher: self.cipher,
            rates: self.rates,
            remote,
            control_peer: Some(control_peer),
            datagram_start: start,
            datagram_max: most,
            first_window: if self.is_sender { self.peer.first_window.min(1 << 40) } else { own.first_window },
            buffer_max: self.options.buffer_bound(),
            outage_timeout: own.outage.min(self.peer.outage).max(Duration::from_millis(100)),
            path_memory: known.map(|known| known.memory),
            seed: crate::random::bytes(),
        })
    }
}
