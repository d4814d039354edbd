//! Connections that carry datagrams where UDP is blocked (wire-format.md §2.3): the client makes them, the server allows them.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use faspstream_proto::carrier::connection_address;
use faspstream_proto::error::ErrorCode;

use super::ClientId;
use super::accept::answer;
use super::books::Home;
use super::connect::ClientSide;
use super::connection::{Connection, Gone};
use super::greeting::check_welcome;
use super::messages::{How, Message, Opened};
use super::thread::{Conn, ControlThread, Fault, Who};
use crate::api::error::Error;
use crate::api::options::Transport;
use crate::io::{IoCommand, SlotId, Wish};

/// How long one attempt may take, and the first and the longest pause until the next.
const ATTEMPT: Duration = Duration::from_secs(5);
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How long a connection that no session needs any more is kept: the peer may still be sending on it.
const LINGER: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    None,
    Dialling(usize),
    Up,
    /// The next attempt comes then.
    Backoff(Instant),
    /// The server allows none.
    Refused,
}

/// A client's connection for datagrams.
#[derive(Debug, Default)]
pub(super) struct Carrying {
    state: State,
    /// Sessions that UDP does not reach.
    wanting: HashSet<SlotId>,
    /// UDP has failed a session and has served none since.
    is_udp_blocked: bool,
    backoff: Option<Duration>,
    /// When it is dropped, if nobody needs it until then.
    until: Option<Instant>,
}

impl Carrying {
    /// The connection that is being made.
    pub(super) fn dialling(&self) -> Option<usize> {
        if let State::Dialling(key) = self.state { Some(key) } else { None }
    }

    /// A session is gone.
    pub(super) fn forget(&mut self, slot: SlotId) {
        self.wanting.remove(&slot);
    }
}

/// Where the datagrams of a new session of a client may go.
pub(super) struct Ways {
    /// Where they go at first.
    pub(super) remote: SocketAddr,
    /// The server's UDP address, if a connection may take its place.
    pub(super) fallback_from: Option<SocketAddr>,
}

impl ClientSide {
    /// The number of this client's connection for datagrams.
    fn tunnel_number(&self) -> u64 {
        self.shared.id.0
    }

    /// Where the datagrams of a session may go, by what both ends want.
    ///
    /// # Errors
    /// One end insists on UDP, the other on TCP.
    pub(super) fn ways(&self, peer: SocketAddr, opened: &Opened) -> Result<Ways, Error> {
        let carried = Ways { remote: connection_address(self.tunnel_number()), fallback_from: None };
        let udp = SocketAddr::new(peer.ip().to_canonical(), opened.udp_port);
        match (self.shared.options().transport, opened.udp_port) {
            (Transport::Udp, 0) => {
                let target = self.shared.target();
                let words = format!("{target} carries data over TCP only: set transport = auto or tcp here");
                Err(Error::configuration(words))
            }
            (Transport::Tcp, _) | (_, 0) => Ok(carried),
            (Transport::Udp, _) => Ok(Ways { remote: udp, fallback_from: None }),
            (Transport::Auto, _) => Ok(Ways { remote: udp, fallback_from: Some(udp) }),
        }
    }
}

impl ControlThread {
    // ---- the client's side

    /// The server has let us in: where the data goes over TCP anyway, its connection need not wait for the first session.
    pub(super) fn carry_early(&mut self, id: ClientId) {
        let is_choice = |c: &ClientSide| c.shared.options().transport == Transport::Tcp;
        if self.clients.get(&id).is_some_and(|c| is_choice(c) && c.carrying.state == State::None) {
            self.dial_carrier(id);
        }
    }

    /// A session has begun: it gets a connection at once if UDP can't or does not carry it.
    pub(super) fn carry_new(&mut self, id: ClientId, slot: SlotId, ways: &Ways) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let insists = client.shared.options().transport != Transport::Udp && ways.fallback_from.is_none();
        if insists || client.carrying.is_udp_blocked {
            self.want_carrier(id, slot);
        }
    }

    /// The driver: what a session needs to reach its peer.
    pub(super) fn on_wish(&mut self, slot: SlotId, wish: Wish) {
        let Some(Home::Client(id)) = self.books.get_mut(slot).map(|entry| entry.home) else { return };
        match wish {
            Wish::Carrier => self.want_carrier(id, slot),
            Wish::Udp => self.on_udp_back(id, slot),
        }
    }

    fn want_carrier(&mut self, id: ClientId, slot: SlotId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.carrying.wanting.insert(slot);
        client.carrying.until = None;
        match client.carrying.state {
            State::Up => self.io.send(IoCommand::Carry(slot, client.tunnel_number())),
            State::None => self.dial_carrier(id),
            State::Dialling(_) | State::Backoff(_) => {}
            State::Refused => self.fail_carried(id),
        }
    }

    fn on_udp_back(&mut self, id: ClientId, slot: SlotId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.carrying.wanting.remove(&slot);
        if core::mem::take(&mut client.carrying.is_udp_blocked) {
            log::info!(target: "faspstream::transport", "{}: UDP is answered again", client.shared.target());
        }
        if client.carrying.wanting.is_empty() {
            let until = Instant::now() + LINGER;
            client.carrying.until = Some(until);
            self.check_by(until);
        }
    }

    fn dial_carrier(&mut self, id: ClientId) {
        let key = self.draw_key();
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(peer) = client.peer else { return };
        let deadline = Instant::now() + ATTEMPT;
        let dialled = client.tls_connection().and_then(|tls| {
            Connection::dial(&self.reactor, key, peer, tls.into())
                .map_err(|e| Error::new(ErrorCode::Io, e.to_string()))
        });
        match dialled {
            Ok(link) => {
                client.carrying.state = State::Dialling(key);
                self.conns.insert(key, Conn::new(link, Who::Carrier(id), deadline));
                self.check_by(deadline);
            }
            Err(error) => self.retry_carrier(id, &error.to_string()),
        }
    }

    fn retry_carrier(&mut self, id: ClientId, why: &str) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let target = client.shared.target();
        log::debug!(target: "faspstream::transport", "{target}: no connection for datagrams: {why}");
        let pause = client.carrying.backoff.unwrap_or(BACKOFF.0);
        client.carrying.backoff = Some((pause * 2).min(BACKOFF.1));
        let at = Instant::now() + pause;
        client.carrying.state = State::Backoff(at);
        self.check_by(at);
    }

    pub(super) fn on_carrier_message(
        &mut self,
        id: ClientId,
        conn: &mut Conn,
        message: Message,
    ) -> Result<(), Fault> {
        let Some(client) = self.clients.get_mut(&id) else { return Err(Fault::protocol("no such client")) };
        match message {
            Message::Welcome { version, proof, .. } => {
                let Some(exported) = conn.link.exported() else {
                    return Err(Fault::new(ErrorCode::Internal, "no exporter value"));
                };
                check_welcome(client.shared.config.access_keys.last(), &exported, version, &proof)?;
                conn.link.trust();
                Ok(())
            }
            Message::Carried if conn.link.is_trusted() => {
                conn.carries = true;
                Ok(())
            }
            Message::Refused { code, reason, .. } => {
                self.note_carrier_fault(id, &Fault::new(code, reason));
                conn.leaving = true;
                Ok(())
            }
            other => Err(Fault::protocol(format!("this message has no place here: {}", other.name()))),
        }
    }

    /// The server does not let this connection be, and will not let another.
    pub(super) fn note_carrier_fault(&mut self, id: ClientId, fault: &Fault) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if matches!(fault.code, ErrorCode::Permission | ErrorCode::Protocol) {
            let target = client.shared.target();
            log::warn!(target: "faspstream::transport", "{target} carries no data over TCP: {}", fault.words);
            client.carrying.state = State::Refused;
            self.fail_carried(id);
        }
    }

    /// Ends the sessions that have no other way than a connection that can't be had.
    fn fail_carried(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if client.shared.options().transport != Transport::Tcp {
            return;
        }
        let words =
            format!("{} carries data over UDP only: set transport = auto here", client.shared.target());
        for (slot, entry) in self.books.live(Home::Client(id)) {
            entry.shared.fail(Error::new(ErrorCode::Permission, words.clone()));
            self.io.send(IoCommand::Abort { slot, code: ErrorCode::AbortedByPeer, reason: words.clone() });
        }
    }

    pub(super) fn on_carrier_failed(&mut self, id: ClientId, gone: &Gone) {
        if self.clients.get(&id).is_some_and(|c| c.carrying.dialling().is_some()) {
            self.retry_carrier(id, &gone.to_string());
        }
    }

    /// Goes on with what depends on time.
    pub(super) fn check_carrier(&mut self, id: ClientId, now: Instant) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let carrying = &mut client.carrying;
        match (carrying.state, carrying.until) {
            (State::Backoff(_), _) if carrying.wanting.is_empty() => carrying.state = State::None,
            (State::Backoff(at), _) if at <= now => self.dial_carrier(id),
            (State::Backoff(at), _) => self.check_by(at),
            (State::Up, Some(until)) if until <= now => {
                (carrying.state, carrying.until) = (State::None, None);
                self.io.send(IoCommand::RemoveTunnel(client.tunnel_number()));
            }
            (State::Up, Some(until)) => self.check_by(until),
            _ => {}
        }
    }

    fn on_carrier_up(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        (client.carrying.state, client.carrying.backoff) = (State::Up, None);
        let number = client.tunnel_number();
        for slot in &client.carrying.wanting {
            self.io.send(IoCommand::Carry(*slot, number));
        }
        let is_choice = client.shared.options().transport == Transport::Tcp;
        if !is_choice && !core::mem::replace(&mut client.carrying.is_udp_blocked, true) {
            log::warn!(
                target: "faspstream::transport",
                "{}: the server's UDP port is not answered, a firewall may block it; the data goes over TCP until UDP works \
                 (open the server's udp.port in the firewall, or set transport = tcp)",
                client.shared.target()
            );
        }
    }

    // ---- the server's side

    /// A client wants its connection to carry datagrams.
    pub(super) fn on_carry(&mut self, conn: &mut Conn) -> Result<(), Fault> {
        let Some(server) = &self.server else { return Err(Fault::protocol("no server here")) };
        if server.shared.config.options.transport == Transport::Udp {
            let words =
                "this server carries data over UDP only (transport = udp): let UDP through the firewall";
            return Err(Fault::new(ErrorCode::Permission, words));
        }
        if server.tunnels.len() as u64 >= server.max_sessions() {
            let words = "this server has as many connections for data as max.sessions: try again later";
            return Err(Fault::new(ErrorCode::Resources, words));
        }
        answer(conn, &Message::Carried)?;
        conn.carries = true;
        Ok(())
    }

    // ---- both

    /// The connection belongs to the driver from now on.
    pub(super) fn hand_over(&mut self, key: usize, conn: Conn) {
        let Conn { link, who, .. } = conn;
        let place = match &who {
            Who::Guest(_) => self.server.as_ref().map(|s| (key as u64, s.socket)),
            Who::Host(id) | Who::Carrier(id) => {
                self.clients.get(id).and_then(|c| c.socket.map(|socket| (c.tunnel_number(), socket)))
            }
        };
        let Some((number, socket)) = place else { return };
        match link.give_away() {
            Ok(carried) => self.io.send(IoCommand::AddTunnel(number, socket, Box::new(carried))),
            Err(e) => {
                log::warn!(target: "faspstream::transport", "a connection can't be handed over: {e}");
                return self.on_tunnel_gone(number);
            }
        }
        match who {
            Who::Guest(_) => self.server.iter_mut().for_each(|s| {
                s.tunnels.insert(number);
            }),
            Who::Host(id) | Who::Carrier(id) => self.on_carrier_up(id),
        }
    }

    /// The driver: a connection that carried datagrams is gone.
    pub(super) fn on_tunnel_gone(&mut self, number: u64) {
        if let Some(server) = &mut self.server {
            if server.tunnels.remove(&number) {
                server.shared.counters.connections.fetch_sub(1, Ordering::Relaxed);
            }
            return;
        }
        let id = ClientId(number);
        if self.clients.get(&id).is_some_and(|c| c.carrying.state == State::Up) {
            self.retry_carrier(id, "the connection was lost");
        }
    }
}

impl ControlThread {
    /// Tells the server that the client has no way for a session that it has just opened.
    pub(super) fn decline(conn: &mut Conn, opened: &Opened, error: &Error) -> Result<(), Fault> {
        let how = How::Aborted { code: ErrorCode::AbortedByPeer, reason: error.message().to_owned() };
        answer(conn, &Message::Ended { session: opened.session, how })
    }
}
