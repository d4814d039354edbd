//! The server's side of the control channel.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use faspstream_proto::config::{ConnectionId, Side};
use faspstream_proto::error::ErrorCode;
use faspstream_proto::units::Rate;
use rustls::{ServerConfig, ServerConnection};

use super::aggregate::Aggregate;
use super::auth::verify_resume;
use super::books::{Agreement, Entry, Home, terms};
use super::connection::{Connection, Gone};
use super::envelope::Envelopes;
use super::greeting::Door;
use super::half_open::HalfOpen;
use super::messages::{How, Message, Open, Opened, SessionId};
use super::quota::Quota;
use super::strikes::Strikes;
use super::thread::{Conn, ControlThread, Fault, LISTENER, Who};
use crate::api::error::Error;
use crate::api::key::AccessKey;
use crate::api::key_limits::KeyLimits;
use crate::api::options::Transport;
use crate::io::{ConnectionIds, IoCommand, NewSlot, SlotId, SlotLink, SocketId};
use crate::shared::server::ServerShared;
use faspstream_os::Watched;

/// How long a client may take until it is welcome: over a path of 1 s that loses 30 %, each lost packet of TCP and TLS costs seconds.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// How long nothing is accepted after the system has run out of something.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a closing server waits for its last words to be read.
const FAREWELL: Duration = Duration::from_millis(500);

/// A client of ours.
#[derive(Debug, Default)]
pub(crate) struct Guest {
    pub(super) welcome: bool,
    pub(super) principal: String,
    pub(super) limits: KeyLimits,
    /// Opens what the client sealed before it was welcome; None without a key.
    pub(super) envelopes: Option<Envelopes>,
}

/// A session that the authenticator is asked about.
pub(super) struct Asked {
    /// The connection that it is asked for on, and where that comes from.
    pub(super) key: usize,
    pub(super) from: IpAddr,
    pub(super) open: Open,
}

/// The server of this runtime.
pub(crate) struct ServerSide {
    pub(super) shared: Arc<ServerShared>,
    listener: Option<Watched<TcpListener>>,
    paused_until: Option<Instant>,
    half_open: HalfOpen,
    tls: Arc<ServerConfig>,
    pub(super) door: Door,
    pub(super) strikes: Strikes,
    /// Sessions that wait for the authenticator, by the number of the question.
    pub(super) questions: HashMap<u64, Asked>,
    pub(super) socket: SocketId,
    /// Connections that carry datagrams.
    pub(super) tunnels: HashSet<u64>,
    pub(super) ids: ConnectionIds,
    /// Cap of the sum of all sessions.
    pub(super) aggregate: Option<Aggregate>,
    /// Set while closing: when the rest is aborted, and when it is all over at the latest.
    pub(super) closing: Option<(Instant, bool)>,
}

impl ServerSide {
    pub(crate) fn new(
        shared: Arc<ServerShared>,
        listener: Watched<TcpListener>,
        tls: Arc<ServerConfig>,
        door: Door,
        socket: SocketId,
    ) -> Self {
        Self {
            shared,
            listener: Some(listener),
            paused_until: None,
            half_open: HalfOpen::default(),
            tls,
            door,
            socket,
            strikes: Strikes::default(),
            questions: HashMap::new(),
            tunnels: HashSet::new(),
            ids: ConnectionIds::default(),
            aggregate: None,
            closing: None,
        }
    }
}

impl ServerSide {
    /// The answer to `open`: what this end has agreed to.
    fn opened(&self, open: &Open, session: SessionId, own: ConnectionId, cap: Rate) -> Opened {
        let options = &self.shared.config.options;
        Opened {
            request: open.request,
            session,
            metadata: Default::default(),
            server: own,
            target: cap,
            cipher: open.cipher,
            digest: open.digest,
            terms: terms(options),
            udp_port: if options.transport == Transport::Tcp { 0 } else { self.shared.udp.port() },
        }
    }

    /// A connection has proven itself, or is gone.
    pub(super) fn leave_half_open(&mut self, key: usize) {
        self.half_open.leave(key);
        self.count_half_open();
    }

    fn count_half_open(&self) {
        self.shared.counters.half_open.store(self.half_open.len() as u64, Ordering::Relaxed);
    }

    /// The configured bound.
    pub(super) fn max_sessions(&self) -> u64 {
        self.door.max_sessions
    }
}

impl ControlThread {
    /// Accepts everybody who waits.
    pub(super) fn accept_all(&mut self) {
        loop {
            let Some(listener) = self.server.as_mut().and_then(|s| s.listener.as_mut()) else { return };
            match listener.accept() {
                Ok((socket, peer)) => self.admit(socket, peer),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(e)
                    if e.kind() == io::ErrorKind::Interrupted
                        || e.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(e) => return self.pause_accepting(&e),
            }
        }
    }

    /// The system is out of something, file descriptors most likely: a listener that stays readable must not spin.
    fn pause_accepting(&mut self, error: &io::Error) {
        log::warn!(target: "faspstream::control", "accepting connections: {error}; trying again in a moment");
        let until = Instant::now() + PAUSE;
        if let Some(server) = &mut self.server {
            server.paused_until = Some(until);
            if let Some(listener) = &mut server.listener {
                let _ = listener.watch(LISTENER, false, false);
            }
        }
        self.check_by(until);
    }

    fn admit(&mut self, socket: TcpStream, peer: SocketAddr) {
        let key = self.draw_key();
        self.make_half_open_room(peer.ip());
        let Some(server) = &mut self.server else { return };
        let tls = ServerConnection::new(Arc::clone(&server.tls)).map_err(io::Error::other);
        match tls.and_then(|tls| Connection::accepted(&self.reactor, key, socket, peer, tls.into())) {
            Ok(link) => {
                server.half_open.enter(key, peer.ip());
                server.count_half_open();
                let deadline = Instant::now() + HANDSHAKE;
                self.conns.insert(key, Conn::new(link, Who::Guest(Guest::default()), deadline));
                self.check_by(deadline);
            }
            Err(e) => log::warn!(target: "faspstream::control", "taking a connection of {peer}: {e}"),
        }
    }

    /// With too many connections that are not welcome yet one goes for that which comes from `ip`.
    fn make_half_open_room(&mut self, ip: IpAddr) {
        let displaced = self.server.as_ref().and_then(|server| server.half_open.to_displace(ip));
        if let Some((key, conn)) = displaced.and_then(|key| self.conns.remove(&key).map(|conn| (key, conn))) {
            self.on_conn_gone(key, conn, &Gone::Displaced);
        }
    }

    pub(super) fn on_guest_message(
        &mut self,
        key: usize,
        conn: &mut Conn,
        message: Message,
    ) -> Result<(), Fault> {
        let Who::Guest(guest) = &conn.who else { return Ok(()) };
        match (guest.welcome, message) {
            (false, Message::Hello { version, key_id, proof }) => {
                self.on_hello(conn, (version, &key_id, &proof))
            }
            (true, Message::Open(open)) => self.on_open(key, conn, open),
            (true, Message::Sealed(sealed)) => self.on_sealed(key, conn, sealed),
            (true, Message::Resume { session, proof }) => self.on_resume(key, conn, session, &proof),
            (true, Message::Ended { session, how }) => {
                self.on_ended(key, &session, how);
                Ok(())
            }
            (true, Message::Tune { session, rates }) => {
                self.on_tune(key, &session, rates);
                Ok(())
            }
            (true, Message::Goodbye) => Ok(()),
            (true, Message::Carry) => self.on_carry(conn),
            (_, other) => Err(Fault::protocol(format!("this message has no place here: {}", other.name()))),
        }
    }

    pub(super) fn on_open(&mut self, key: usize, conn: &mut Conn, open: Open) -> Result<(), Fault> {
        if self.is_asking() {
            return self.ask(key, conn, open);
        }
        self.decide(key, conn, open, Ok(()))
    }

    /// Answers OPEN: with a session if `verdict` and all limits allow one.
    pub(super) fn decide(
        &mut self,
        key: usize,
        conn: &mut Conn,
        open: Open,
        verdict: Result<(), Fault>,
    ) -> Result<(), Fault> {
        let request = open.request;
        match verdict.and_then(|()| self.try_open(key, conn, open)) {
            Ok(opened) => answer(conn, &Message::Opened(opened)),
            Err(refusal) => {
                if let Some(server) = &self.server {
                    server.shared.counters.refused.fetch_add(1, Ordering::Relaxed);
                }
                answer(conn, &Message::Refused { request, code: refusal.code, reason: refusal.words })
            }
        }
    }

    /// Opens a session: books it, hands it to the driver and to the application.
    fn try_open(&mut self, key: usize, conn: &Conn, mut open: Open) -> Result<Opened, Fault> {
        self.check_room(conn.link.peer().ip())?;
        let Who::Guest(guest) = &conn.who else { return Err(Fault::protocol("no client")) };
        self.check_key(guest, &open)?;
        let Some(server) = &mut self.server else {
            return Err(Fault::new(ErrorCode::Shutdown, "no server here"));
        };
        let allowed = guest.limits.target_rate.unwrap_or(Rate::UNLIMITED);
        let cap = server.shared.config.options.target_rate.min(allowed);
        open.rates.target = open.rates.target.min(cap);
        let shared = server.shared.new_session(&open, conn.link.peer(), &guest.principal);
        let options = &server.shared.config.options;
        let own = server.ids.draw();
        let session: SessionId = crate::random::bytes();
        let agreement = Agreement {
            session,
            side: Side::Server,
            client: open.client,
            server: own,
            cipher: open.cipher,
            options,
            peer: open.terms,
            rates: shared.rates(),
            is_sender: matches!(open.direction, crate::api::session::Direction::Pull),
        };
        let Some(config) = agreement.config(&conn.link, None) else {
            return Err(Fault::new(ErrorCode::Internal, "no exporter value on an established connection"));
        };
        let opened = server.opened(&open, session, own, cap);
        let (slot, dscp) = (server.shared.draw_slot(), options.dscp);
        let now = Instant::now();
        let is_limited = allowed != Rate::UNLIMITED && !agreement.is_sender;
        let quota = is_limited.then(|| Quota::new(allowed, now));
        let entry = Entry {
            shared: Arc::clone(&shared),
            session,
            resume_key: config.master.resumption_key(),
            home: Home::Server,
            local_id: own,
            conn: Some(key),
            detached: None,
            cap,
            most: allowed,
            quota,
            dscp,
            over: false,
        };
        let socket = server.socket;
        self.begin(slot, socket, entry, config, None);
        self.check_quotas(now);
        if let Some(server) = &self.server {
            server.shared.offer(shared);
        }
        self.share_changed = true;
        Ok(opened)
    }

    /// Books a session and hands it to the driver.
    pub(super) fn begin(
        &mut self,
        slot: SlotId,
        socket: SocketId,
        entry: Entry,
        config: faspstream_proto::config::Config,
        fallback_from: Option<SocketAddr>,
    ) {
        let shared = Arc::clone(&entry.shared);
        shared.set_link(Box::new(SlotLink { slot, io: self.io.clone(), control: self.mail.clone() }));
        self.io.send(IoCommand::Add(Box::new(NewSlot {
            slot,
            socket,
            config,
            dscp: entry.dscp,
            fallback_from,
            shared: Arc::clone(&shared),
        })));
        let session = entry.session;
        self.books.insert(slot, entry);
        shared.open(session);
    }

    fn on_resume(
        &mut self,
        key: usize,
        conn: &mut Conn,
        session: SessionId,
        proof: &[u8],
    ) -> Result<(), Fault> {
        let Some(exported) = conn.link.exported() else {
            return Err(Fault::new(ErrorCode::Internal, "no exporter value on an established connection"));
        };
        let entry = self.books.by_session(&session).filter(|(_, e)| e.home == Home::Server && !e.over);
        match entry {
            Some((_, entry)) if verify_resume(&entry.resume_key, &exported, &session, proof) => {
                entry.conn = Some(key);
                entry.detached = None;
                answer(conn, &Message::Resumed { session })
            }
            // Whether it never was, is over, or belongs to somebody else is nobody's business.
            _ => {
                let reason = "the server does not know this session any more".to_owned();
                let how = How::Aborted { code: ErrorCode::ConnectionLost, reason };
                answer(conn, &Message::Ended { session, how })
            }
        }
    }

    pub(super) fn on_guest_gone(&mut self, key: usize, guest: &Guest, dismissed: bool) {
        let Some(server) = &mut self.server else { return };
        server.questions.retain(|_, asked| asked.key != key);
        if guest.welcome {
            server.shared.counters.connections.fetch_sub(1, Ordering::Relaxed);
        } else if !dismissed {
            server.leave_half_open(key);
            server.shared.counters.handshakes_failed.fetch_add(1, Ordering::Relaxed);
        }
        self.after_over();
    }

    /// A peer is being dismissed: a client that was not let in leaves the half-open ones.
    pub(super) fn note_fault(&mut self, conn: &mut Conn, fault: &Fault) {
        match &conn.who {
            Who::Guest(guest) => {
                let Some(server) = &mut self.server else { return };
                if !guest.welcome {
                    server.leave_half_open(conn.link.key());
                    server.shared.counters.handshakes_failed.fetch_add(1, Ordering::Relaxed);
                    log::info!(target: "faspstream::control", "{} was not let in: {}", conn.link.peer(), fault.words);
                }
            }
            Who::Host(client) => self.note_host_fault(*client, fault),
            Who::Carrier(client) => self.note_carrier_fault(*client, fault),
        }
    }

    pub(super) fn set_aggregate(&mut self, rate: Rate) {
        if let Some(server) = &mut self.server {
            match &mut server.aggregate {
                Some(aggregate) => aggregate.set_cap(rate),
                none => *none = Some(Aggregate::new(rate, Instant::now())),
            }
            self.share_changed = true;
        }
    }

    pub(super) fn set_access_keys(&mut self, keys: Vec<AccessKey>) {
        if let Some(server) = &mut self.server {
            server.door.keys = keys;
        }
    }

    pub(super) fn start_close_server(&mut self, grace: Duration) {
        let now = Instant::now();
        let Some(server) = &mut self.server else { return self.end() };
        let until = now.checked_add(grace).unwrap_or(now + Duration::from_secs(86_400 * 365));
        server.closing = Some((until, false));
        server.listener = None;
        let guests: Vec<usize> = self.conns.keys().copied().collect();
        for key in guests {
            self.send_to(key, &Message::Goodbye);
        }
        self.check_by(until);
        self.after_over();
    }

    /// Goes on with closing, if that is what the server does, once sessions have ended or time has passed.
    pub(super) fn check_server(&mut self, now: Instant) {
        let Some(server) = &mut self.server else { return };
        if let Some(until) = server.paused_until {
            if until <= now {
                server.paused_until = None;
                if let Some(listener) = &mut server.listener {
                    let _ = listener.watch(LISTENER, true, false);
                }
            } else {
                self.check_by(until);
            }
        }
        self.go_on_closing(now);
    }

    fn go_on_closing(&mut self, now: Instant) {
        let Some(server) = &mut self.server else { return };
        let Some((until, last_words)) = server.closing else { return };
        let live: Vec<SlotId> = self.books.live(Home::Server).map(|(slot, _)| slot).collect();
        if live.is_empty() || (last_words && until <= now) {
            return self.end_server();
        }
        if until > now {
            return self.check_by(until);
        }
        let until = now + FAREWELL;
        server.closing = Some((until, true));
        for slot in live {
            let reason = "the server was closed".to_owned();
            if let Some(entry) = self.books.get_mut(slot) {
                entry.shared.fail(Error::new(ErrorCode::Aborted, "the server of this session was closed"));
            }
            self.io.send(IoCommand::Abort { slot, code: ErrorCode::Shutdown, reason });
        }
        self.check_by(until);
    }

    fn end_server(&mut self) {
        let keys: Vec<usize> = self.conns.keys().copied().collect();
        keys.into_iter().for_each(|key| self.part(key));
        self.io.send(IoCommand::Shutdown);
        if let Some(server) = self.server.take() {
            server.shared.mark_ended();
        }
        self.end();
    }

    /// A session is over: whoever waited for the last one goes on.
    pub(super) fn after_over(&mut self) {
        let now = Instant::now();
        self.go_on_closing(now);
        self.check_clients(now);
    }
}

/// Puts an answer on the connection that is being handled.
pub(super) fn answer(conn: &mut Conn, message: &Message) -> Result<(), Fault> {
    conn.link.send(message).map_err(|gone| Fault::new(ErrorCode::Io, gone.to_string()))
}
