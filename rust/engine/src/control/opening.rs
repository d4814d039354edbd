//! The client's side of the control channel: HELLO, and the sessions that it asks for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use faspstream_proto::config::{Rates, Side};
use faspstream_proto::error::ErrorCode;

use super::ClientId;
use super::auth::resume_proof;
use super::books::{Agreement, Entry, Home, finish, terms};
use super::connect::{BACKOFF, ClientSide, Phase, Request};
use super::connection::Gone;
use super::envelope::Envelopes;
use super::greeting::{check_welcome, hello};
use super::messages::{How, Message, Open, Opened};
use super::thread::{Conn, ControlThread, Fault};
use crate::api::error::Error;
use crate::io::socket::UdpEndpoint;
use crate::io::{IoCommand, SlotId, SocketId};
use crate::shared::{Pipe, SessionShared};

impl ControlThread {
    /// TLS stands: says who we are.
    pub(super) fn greet(&mut self, id: ClientId, conn: &mut Conn) -> Result<(), Gone> {
        let (Some(client), Some(exported)) = (self.clients.get(&id), conn.link.exported()) else {
            return Err(Gone::ByPeer);
        };
        conn.link.send(&hello(client.shared.config.access_keys.last(), &exported))
    }

    /// Asks for what is wanted already, behind HELLO: that saves a round trip. Where the access key alone tells who the server is, what
    /// is asked for is sealed with it.
    pub(super) fn ask_early(&mut self, id: ClientId, conn: &mut Conn) -> Result<(), Gone> {
        let (Some(client), Some(exported)) = (self.clients.get_mut(&id), conn.link.exported()) else {
            return Err(Gone::ByPeer);
        };
        let mut envelopes = client.shared.config.access_keys.last().map(|key| Envelopes::new(key, &exported));
        while let Some((slot, shared)) = client.waiting.pop_front() {
            let open = client.request(slot, shared);
            conn.link.send(&match &mut envelopes {
                Some(envelopes) => envelopes.seal(&open),
                None => open,
            })?;
        }
        Ok(())
    }

    pub(super) fn on_host_message(
        &mut self,
        id: ClientId,
        key: usize,
        conn: &mut Conn,
        message: Message,
    ) -> Result<(), Fault> {
        let ready = self.clients.get(&id).is_some_and(|c| c.phase == Phase::Ready(key));
        match (ready, message) {
            (false, Message::Welcome { version, proof, .. }) => {
                self.on_welcome(id, key, conn, version, &proof)
            }
            (_, Message::Refused { request: 0, code, reason }) => {
                self.note_host_fault(id, &Fault::new(code, reason));
                conn.leaving = true;
                Ok(())
            }
            (true, Message::Opened(opened)) => self.on_opened(id, key, conn, &opened),
            (true, Message::Refused { request, code, reason }) => {
                let error = Error::new(code, format!("the server refused the session: {reason}"));
                self.fail_request(id, request, &error);
                Ok(())
            }
            (true, Message::Ended { session, how }) => {
                self.on_ended(key, &session, how);
                Ok(())
            }
            (true, Message::Tune { session, rates }) => {
                self.on_tune(key, &session, rates);
                Ok(())
            }
            (true, Message::Resumed { .. }) => Ok(()),
            (true, Message::Goodbye) => {
                self.clients.get_mut(&id).into_iter().for_each(|c| c.goodbye = true);
                Ok(())
            }
            (_, _) => Err(Fault::protocol("the server sent a message that has no place here")),
        }
    }

    fn on_welcome(
        &mut self,
        id: ClientId,
        key: usize,
        conn: &mut Conn,
        version: u64,
        proof: &[u8],
    ) -> Result<(), Fault> {
        let (Some(client), Some(exported)) = (self.clients.get_mut(&id), conn.link.exported()) else {
            return Err(Fault::new(ErrorCode::Internal, "no such client"));
        };
        check_welcome(client.shared.config.access_keys.last(), &exported, version, proof)?;
        client.ensure_socket(&self.io, conn.link.peer())?;
        client.phase = Phase::Ready(key);
        client.peer = Some(conn.link.peer());
        client.backoff = BACKOFF.0;
        (client.was_ready, client.refused, client.goodbye) = (true, false, false);
        client.addresses.clear();
        client.attempts.clear();
        conn.deadline = None;
        conn.link.trust();
        client.shared.mark_connected(conn.link.peer());
        let moved = client.note_local(conn.link.local());
        for (slot, entry) in self.books.live_mut(Home::Client(id)) {
            entry.conn = Some(key);
            entry.detached = None;
            let proof = resume_proof(&entry.resume_key, &exported, &entry.session);
            put(conn, &Message::Resume { session: entry.session, proof })?;
            if moved {
                self.io.send(IoCommand::PathChange(slot));
            }
        }
        let waiting: Vec<_> = client.waiting.drain(..).collect();
        waiting.into_iter().try_for_each(|(slot, shared)| client.ask(conn, slot, shared))?;
        self.carry_early(id);
        Ok(())
    }

    /// The application wants a session.
    pub(super) fn start_open(&mut self, id: ClientId, slot: SlotId, shared: Arc<SessionShared>) {
        let Some(client) = self.clients.get_mut(&id).filter(|c| c.closing.is_none()) else {
            shared.fail(Error::closed("client"));
            return shared.mark_told();
        };
        match client.phase {
            Phase::Ready(key) => {
                let Some(mut conn) = self.conns.remove(&key) else { return };
                let asked = client.ask(&mut conn, slot, shared);
                let flushed = conn.link.flush();
                self.conns.insert(key, conn);
                if asked.is_err() || flushed.is_err() {
                    log::debug!(target: "faspstream::control", "OPEN could not be sent; the loss of the connection follows");
                }
            }
            Phase::Idle => {
                client.waiting.push_back((slot, shared));
                self.connect(id);
            }
            _ => client.waiting.push_back((slot, shared)),
        }
    }

    fn on_opened(&mut self, id: ClientId, key: usize, conn: &mut Conn, opened: &Opened) -> Result<(), Fault> {
        let Some(client) = self.clients.get_mut(&id) else { return Ok(()) };
        let asked = client.shared.options();
        if (opened.cipher, opened.digest) != (asked.cipher, asked.digest) {
            // The request stays booked, so that its session hears of the end of the connection.
            return Err(Fault::protocol("the server changed the cipher or the digest"));
        }
        let Some(request) = client.requests.remove(&opened.request) else {
            return put(conn, &given_up(opened));
        };
        let ways = match client.ways(conn.link.peer(), opened) {
            Ok(ways) => ways,
            Err(error) => {
                client.ids.release(request.local_id);
                Self::decline(conn, opened, &error)?;
                request.shared.fail(error);
                request.shared.mark_told();
                return Ok(());
            }
        };
        let shared = request.shared;
        let wanted = shared.rates();
        let target = wanted.target.min(opened.target);
        let rates = Rates { target, min: wanted.min.min(target), policy: wanted.policy };
        shared.adopt_rates(rates);
        let agreement = Agreement {
            session: opened.session,
            side: Side::Client,
            client: request.local_id,
            server: opened.server,
            cipher: opened.cipher,
            options: client.shared.options(),
            peer: opened.terms,
            rates,
            is_sender: matches!(shared.pipe, Pipe::Send(_)),
        };
        let (Some(config), Some(socket)) = (agreement.config(&conn.link, Some(ways.remote)), client.socket)
        else {
            return Err(Fault::new(ErrorCode::Internal, "no exporter value on an established connection"));
        };
        let entry = Entry {
            shared,
            session: opened.session,
            resume_key: config.master.resumption_key(),
            home: Home::Client(id),
            local_id: request.local_id,
            conn: Some(key),
            detached: None,
            cap: wanted.target,
            most: opened.target,
            quota: None,
            dscp: client.shared.options().dscp,
            over: false,
        };
        self.begin(request.slot, socket, entry, config, ways.fallback_from);
        self.carry_new(id, request.slot, &ways);
        Ok(())
    }

    pub(super) fn fail_request(&mut self, id: ClientId, request: u64, error: &Error) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if let Some(request) = client.requests.remove(&request) {
            client.ids.release(request.local_id);
            request.shared.fail(error.clone());
            request.shared.mark_told();
        }
    }

    /// The application has given up a session that was not open yet.
    pub(super) fn abandon_opening(&mut self, slot: SlotId) {
        for client in self.clients.values_mut() {
            let asked = client.requests.iter().find(|(_, r)| r.slot == slot).map(|(number, _)| *number);
            if let Some(request) = asked.and_then(|number| client.requests.remove(&number)) {
                client.ids.release(request.local_id);
                finish(&request.shared, false);
            }
            if let Some(at) = client.waiting.iter().position(|(s, _)| *s == slot) {
                client.waiting.remove(at).into_iter().for_each(|(_, shared)| finish(&shared, false));
            }
        }
    }
}

impl ClientSide {
    /// The UDP socket for all sessions of this client, of the family in which the server was reached.
    fn ensure_socket(&mut self, io: &crate::io::IoMail, peer: SocketAddr) -> Result<(), Fault> {
        if self.socket.is_some() {
            return Ok(());
        }
        let bind = |ip: IpAddr| UdpEndpoint::bind(SocketAddr::new(ip, 0));
        let endpoint = match bind(self.wildcard(peer)) {
            Err(_) if peer.is_ipv4() => bind(Ipv4Addr::UNSPECIFIED.into()),
            bound => bound,
        };
        let endpoint =
            endpoint.map_err(|e| Fault::new(ErrorCode::Io, format!("no UDP socket can be had: {e}")))?;
        let id = SocketId(self.shared.id.0);
        io.send(IoCommand::AddSocket(id, Box::new(endpoint)));
        self.socket = Some(id);
        Ok(())
    }

    /// The connection on which these were asked for will not be: they wait for the next.
    pub(super) fn ask_again(&mut self) {
        let mut asked: Vec<(u64, Request)> = self.requests.drain().collect();
        asked.sort_unstable_by_key(|(number, _)| core::cmp::Reverse(*number));
        for (_, request) in asked {
            self.ids.release(request.local_id);
            self.waiting.push_front((request.slot, request.shared));
        }
    }

    /// Sends OPEN.
    fn ask(&mut self, conn: &mut Conn, slot: SlotId, shared: Arc<SessionShared>) -> Result<(), Fault> {
        if self.goodbye {
            let words = format!("{} is closing down; try again later", self.shared.target());
            shared.fail(Error::new(ErrorCode::Shutdown, words));
            shared.mark_told();
            return Ok(());
        }
        let open = self.request(slot, shared);
        put(conn, &open)
    }

    /// Books a session as asked for, and gives the message that asks.
    fn request(&mut self, slot: SlotId, shared: Arc<SessionShared>) -> Message {
        let (request, local_id) = (self.next_request, self.ids.draw());
        self.next_request += 1;
        let options = self.shared.options();
        let open = Open {
            request,
            direction: shared.facts.direction,
            stream: shared.facts.stream.clone(),
            metadata: shared.facts.metadata.clone(),
            client: local_id,
            rates: shared.rates(),
            cipher: options.cipher,
            digest: options.digest,
            terms: terms(options),
        };
        self.requests.insert(request, Request { slot, shared, local_id });
        Message::Open(open)
    }
}

/// The answer to a session that nobody wants any more.
fn given_up(opened: &Opened) -> Message {
    let reason = "the client gave the session up".to_owned();
    let how = How::Aborted { code: ErrorCode::AbortedByPeer, reason };
    Message::Ended { session: opened.session, how }
}

/// Puts a message on the connection that is being handled.
fn put(conn: &mut Conn, message: &Message) -> Result<(), Fault> {
    conn.link.send(message).map_err(|gone| Fault::new(ErrorCode::Io, gone.to_string()))
}
