//! A UDP socket in the hands of the driver.

use std::collections::HashMap;
use std::time::Instant;

use faspstream_proto::config::ConnectionId;

use super::SlotId;
use super::drops::{DropWatch, Dropped};
use super::siege::{Order, Siege};
use super::socket::WatchedUdp;

/// A socket and who receives there.
pub(super) struct Port {
    pub(super) socket: WatchedUdp,
    pub(super) slots: HashMap<ConnectionId, SlotId>,
    /// To be dropped with its last session.
    pub(super) closing: bool,
    pub(super) drops: DropWatch,
    pub(super) siege: Siege,
}

impl Port {
    /// Nobody receives there yet.
    pub(super) fn new(socket: WatchedUdp, now: Instant) -> Self {
        let (drops, siege) = (DropWatch::new(now), Siege::new(now));
        Self { socket, slots: HashMap::new(), closing: false, drops, siege }
    }

    /// Has strangers' floods filtered away, and gives what the sessions have to hear of drops: nothing while the kernel counts the filtered
    /// ones alike.
    pub(super) fn defend(&mut self, now: Instant, dropped: Option<Dropped>) -> Option<Dropped> {
        let was_filtering = self.siege.is_filtering();
        // Without a session there is nobody to defend.
        let id = self.slots.keys().next()?;
        match self.siege.judge(now, dropped.as_ref()) {
            Order::Begin if !self.socket.admit_only((id.0 >> 24) as u8) => self.siege.give_up(),
            Order::End => self.socket.admit_all(),
            _ => {}
        }
        dropped.filter(|_| !was_filtering)
    }
}
