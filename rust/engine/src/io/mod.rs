//! The data channel: one thread that owns the UDP sockets and the sessions on them.

mod crowd;
pub(crate) mod driver;
mod drops;
mod figures;
mod load;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod marked;
mod news;
mod port;
mod reach;
mod siege;
pub(crate) mod slot;
pub(crate) mod socket;
mod tunnel;
mod turns;
mod way;

use std::sync::Arc;

use faspstream_proto::config::{Config, ConnectionId, Rates};
use faspstream_proto::error::{CloseReason, ErrorCode};

use crate::control::connection::Carried;
use crate::control::{ControlCommand, ControlMail};
use crate::mailbox::Mailbox;
use crate::shared::{Link, SessionShared};

pub(crate) use reach::Wish;

/// Names a session inside this process, from before it has an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotId(pub(crate) u64);

/// Names a UDP socket inside this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SocketId(pub(crate) u64);

/// A session on its way to the driver.
pub(crate) struct NewSlot {
    pub(crate) slot: SlotId,
    pub(crate) socket: SocketId,
    pub(crate) config: Config,
    /// Code point of the datagrams; None leaves it to the policy.
    pub(crate) dscp: Option<u8>,
    /// The server's UDP address, if a connection may carry the datagrams where that is not answered.
    pub(crate) fallback_from: Option<std::net::SocketAddr>,
    pub(crate) shared: Arc<SessionShared>,
}

/// What the driver can be told.
pub(crate) enum IoCommand {
    AddSocket(SocketId, Box<socket::UdpEndpoint>),
    /// No session uses it any more.
    RemoveSocket(SocketId),
    Add(Box<NewSlot>),
    /// The application has written, read, finished or accepted.
    Kick(SlotId),
    /// Fresh statistics are wanted.
    Refresh(SlotId),
    Abort {
        slot: SlotId,
        code: ErrorCode,
        reason: String,
    },
    PeerEnded(SlotId, Option<CloseReason>),
    Rates(SlotId, Rates),
    /// This end's own address may have changed.
    PathChange(SlotId),
    /// A connection that carries datagrams for the sessions of a socket, under this number.
    AddTunnel(u64, SocketId, Box<Carried>),
    /// No session uses it any more.
    RemoveTunnel(u64),
    /// That connection may carry this session.
    Carry(SlotId, u64),
    Shutdown,
}

/// The driver's mailbox.
pub(crate) type IoMail = Mailbox<IoCommand>;

/// The way from the application's calls to the engine's threads.
pub(crate) struct SlotLink {
    pub(crate) slot: SlotId,
    pub(crate) io: IoMail,
    pub(crate) control: ControlMail,
}

impl Link for SlotLink {
    fn kick(&self) {
        self.io.send(IoCommand::Kick(self.slot));
    }

    fn abort(&self, code: ErrorCode, reason: &str) {
        self.control.send(ControlCommand::Abort { slot: self.slot, code, reason: reason.to_owned() });
    }

    fn rates(&self, rates: Rates) {
        self.control.send(ControlCommand::Rates(self.slot, rates));
    }

    fn refresh(&self) {
        self.io.send(IoCommand::Refresh(self.slot));
    }
}

/// The connection ids in use on one socket (wire-format.md §3): random and unique. The first byte is the same for all, so that a filter tells
/// noise from what may be ours (`siege`).
pub(crate) struct ConnectionIds {
    first: u8,
    used: std::collections::HashSet<ConnectionId>,
}

impl Default for ConnectionIds {
    fn default() -> Self {
        let [first] = crate::random::bytes();
        Self { first, used: std::collections::HashSet::new() }
    }
}

impl ConnectionIds {
    /// A fresh one.
    pub(crate) fn draw(&mut self) -> ConnectionId {
        loop {
            let [a, b, c] = crate::random::bytes();
            let id = ConnectionId(u32::from_be_bytes([self.first, a, b, c]));
            if self.used.insert(id) {
                return id;
            }
        }
    }

    /// No datagram for it is expected any more.
    pub(crate) fn release(&mut self, id: ConnectionId) {
        self.used.remove(&id);
    }
}
