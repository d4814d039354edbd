//! How many connections and sessions a server has room for: in all, and from one address.

use std::net::IpAddr;

use faspstream_proto::error::ErrorCode;

use super::address;
use super::books::Home;
use super::thread::{ControlThread, Fault, Who};

/// Connections that are welcome, for each session that is allowed: a session whose connection has broken comes back on a new one before
/// anybody knows that the old one is dead.
const CONNECTIONS_PER_SESSION: usize = 2;
/// But so many at least, since clients without a session stay connected.
const CONNECTIONS_MIN: usize = 64;

impl ControlThread {
    /// Whether there is room for one more session from `ip`.
    pub(super) fn check_room(&self, ip: IpAddr) -> Result<(), Fault> {
        let Some(server) = &self.server else { return Ok(()) };
        if server.closing.is_some() {
            return Err(Fault::new(ErrorCode::Shutdown, "this server is closing down"));
        }
        let ours = address::of(ip);
        let opened = self.books.live(Home::Server).map(|(_, entry)| entry.shared.facts.remote.ip());
        let asked = server.questions.values().map(|asked| asked.from);
        let (all, same) = count(opened.chain(asked), ours);
        if all >= server.door.max_sessions as usize {
            return Err(full(format!("this server has {all} sessions, which is its max.sessions")));
        }
        if same >= server.door.max_per_address as usize {
            let words =
                format!("{ours} has {same} sessions here, which is this server's max.sessions.per.address");
            return Err(full(words));
        }
        Ok(())
    }

    /// Whether there is room for one more connection from `ip`, which has proven who it is.
    pub(super) fn check_crowd(&self, ip: IpAddr) -> Result<(), Fault> {
        let Some(server) = &self.server else { return Ok(()) };
        let ours = address::of(ip);
        let welcome =
            self.conns.values().filter(|conn| matches!(&conn.who, Who::Guest(guest) if guest.welcome));
        let (all, same) = count(welcome.map(|conn| conn.link.peer().ip()), ours);
        let most = |sessions: u64| (sessions as usize * CONNECTIONS_PER_SESSION).max(CONNECTIONS_MIN);
        if all >= most(server.door.max_sessions) {
            return Err(full(format!("this server has {all} connections, more than its max.sessions needs")));
        }
        if same >= most(server.door.max_per_address) {
            let words = format!(
                "{ours} has {same} connections here, more than this server's max.sessions.per.address needs"
            );
            return Err(full(words));
        }
        Ok(())
    }
}

/// How many there are in all, and how many of them are `ours`.
fn count(ips: impl Iterator<Item = IpAddr>, ours: IpAddr) -> (usize, usize) {
    ips.fold((0, 0), |(all, same), ip| (all + 1, same + usize::from(address::of(ip) == ours)))
}

fn full(words: String) -> Fault {
    Fault::new(ErrorCode::Resources, words + ": try again later")
}
