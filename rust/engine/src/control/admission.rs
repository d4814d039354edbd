//! Who is let in, and what they may open.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use faspstream_proto::error::ErrorCode;

use super::accept::{Guest, answer};
use super::books::Home;
use super::messages::Open;
use super::thread::{Conn, ControlThread, Fault, Who};

impl ControlThread {
    /// Lets a client in that has proven itself.
    pub(super) fn on_hello(&mut self, conn: &mut Conn, hello: (u64, &str, &[u8])) -> Result<(), Fault> {
        let (Some(server), Some(exported)) = (&mut self.server, conn.link.exported()) else {
            return Err(Fault::new(ErrorCode::Internal, "no exporter value on an established connection"));
        };
        let admitted = server.door.admit(hello, &exported, conn.link.peer_certificate())?;
        server.shared.counters.half_open.fetch_sub(1, Ordering::Relaxed);
        server.shared.counters.connections.fetch_add(1, Ordering::Relaxed);
        conn.who =
            Who::Guest(Guest { welcome: true, principal: admitted.principal, limits: admitted.limits });
        conn.deadline = None;
        conn.link.trust();
        answer(conn, &admitted.welcome)
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
}
