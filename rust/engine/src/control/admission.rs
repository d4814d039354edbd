//! Who is let in, and what they may open.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use faspstream_proto::error::ErrorCode;

use super::accept::{Asked, Guest, answer};
use super::books::Home;
use super::connection::Gone;
use super::messages::{Message, Open};
use super::thread::{Conn, ControlThread, Fault, Who};
use crate::api::authenticator::{AccessRequest, Question};

impl ControlThread {
    /// Lets a client in that has proven itself.
    pub(super) fn on_hello(&mut self, conn: &mut Conn, hello: (u64, &str, &[u8])) -> Result<(), Fault> {
        let (Some(server), Some(exported)) = (&mut self.server, conn.link.exported()) else {
            return Err(Fault::new(ErrorCode::Internal, "no exporter value on an established connection"));
        };
        let admitted = server.door.admit(hello, &exported, conn.link.peer_certificate())?;
        self.check_crowd(conn.link.peer().ip())?;
        let Some(server) = &mut self.server else { return Err(Fault::protocol("no server")) };
        server.leave_half_open(conn.link.key());
        server.shared.counters.connections.fetch_add(1, Ordering::Relaxed);
        conn.who = Who::Guest(Guest {
            welcome: true,
            principal: admitted.principal,
            limits: admitted.limits,
            envelopes: admitted.envelopes,
        });
        conn.deadline = None;
        conn.link.trust();
        answer(conn, &admitted.welcome)
    }

    /// A client that has proven itself has asked without waiting for WELCOME.
    pub(super) fn on_sealed(&mut self, key: usize, conn: &mut Conn, sealed: Vec<u8>) -> Result<(), Fault> {
        let Who::Guest(Guest { envelopes: Some(envelopes), .. }) = &mut conn.who else {
            return Err(Fault::protocol("a sealed message from a client that has proven no access key"));
        };
        match envelopes.open(sealed)? {
            Message::Open(open) => self.on_open(key, conn, open),
            other => Err(Fault::protocol(format!("this message is not sealed: {}", other.name()))),
        }
    }

    /// Whether the client's key allows the session.
    pub(super) fn check_key(&self, guest: &Guest, open: &Open) -> Result<(), Fault> {
        let id = &guest.principal;
        if let Some(why) = guest.limits.refuses(open.direction, &open.stream) {
            return Err(Fault::new(ErrorCode::Permission, format!("access key {id:?} {why}")));
        }
        let own = self.books.live(Home::Server).filter(|(_, e)| e.shared.facts.principal == *id).count();
        match guest.limits.max_sessions {
            Some(most) if own >= most as usize => {
                let words =
                    format!("access key {id:?} has {own} sessions, which is its limit: try again later");
                Err(Fault::new(ErrorCode::Resources, words))
            }
            _ => Ok(()),
        }
    }

    /// How long a client that has not proven itself waits for the answer.
    pub(super) fn delay_of(&mut self, conn: &Conn, fault: &Fault) -> Duration {
        match (&conn.who, &mut self.server) {
            (Who::Guest(guest), Some(server))
                if !guest.welcome && fault.code == ErrorCode::Authentication =>
            {
                server.strikes.strike(conn.link.peer().ip(), Instant::now())
            }
            _ => Duration::ZERO,
        }
    }

    /// True if somebody is to be asked about each session.
    pub(super) fn is_asking(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.door.authenticator.is_some())
    }

    /// Asks the authenticator, if the limits allow the session at all; `on_decided` goes on.
    pub(super) fn ask(&mut self, key: usize, conn: &mut Conn, open: Open) -> Result<(), Fault> {
        let Who::Guest(guest) = &conn.who else { return Err(Fault::protocol("no client")) };
        if let Err(refusal) =
            self.check_room(conn.link.peer().ip()).and_then(|()| self.check_key(guest, &open))
        {
            return self.decide(key, conn, open, Err(refusal));
        }
        let request = AccessRequest {
            // A principal that is a certificate has a colon, which no id of a key has.
            key_id: if guest.principal.contains(':') { String::new() } else { guest.principal.clone() },
            certificate: conn.link.peer_certificate().map(<[u8]>::to_vec),
            direction: open.direction,
            stream: open.stream.clone(),
            metadata: open.metadata.clone(),
            remote: conn.link.peer(),
        };
        let number = self.draw_key() as u64;
        let Some(server) = &mut self.server else { return Ok(()) };
        server.questions.insert(number, Asked { key, from: request.remote.ip(), open });
        let question = Question::new(request, number, self.mail.clone());
        if let Some(authenticator) = server.door.authenticator.clone() {
            // A question that is dropped by a panic answers itself.
            let asked = catch_unwind(AssertUnwindSafe(|| authenticator.ask(question)));
            if asked.is_err() {
                log::error!(target: "faspstream::control", "the authenticator panicked: the session is denied");
            }
        }
        Ok(())
    }

    /// The authenticator has answered.
    pub(super) fn on_decided(&mut self, question: u64, refusal: Option<String>) {
        let asked = self.server.as_mut().and_then(|server| server.questions.remove(&question));
        let Some(Asked { key, open, .. }) = asked else { return };
        // Who has left meanwhile needs no answer.
        let Some(mut conn) = self.conns.remove(&key) else { return };
        let verdict = refusal.map_or(Ok(()), |reason| Err(Fault::new(ErrorCode::Permission, reason)));
        let answered = self.decide(key, &mut conn, open, verdict);
        let flushed = conn.link.flush();
        match (answered, flushed) {
            (Ok(()), Err(gone)) => self.on_conn_gone(key, conn, &gone),
            (Err(fault), _) => {
                log::debug!(target: "faspstream::control", "answering {}: {}", conn.link.peer(), fault.words);
                self.on_conn_gone(key, conn, &Gone::Backlog);
            }
            (Ok(()), Ok(_)) => drop(self.conns.insert(key, conn)),
        }
    }
}
