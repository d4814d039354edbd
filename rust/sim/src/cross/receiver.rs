//! The receiving end of a TCP model.

use std::collections::BTreeMap;

use faspstream_netem::Time;

use crate::metrics::Bins;
use crate::packet::{AgentId, Body, Segment};
use crate::world::Agent;

use super::PAYLOAD;

/// Bytes on the wire of an acknowledgement.
const ACK_WIRE: u64 = 64;

/// Acknowledges every packet.
#[derive(Debug)]
pub struct TcpReceiver {
    id: AgentId,
    next: u64,
    /// Ranges above `next`: first number to one past the last.
    ranges: BTreeMap<u64, u64>,
    pending: Vec<(u64, Time)>,
    delivered: Bins,
    now: Time,
}

impl TcpReceiver {
    /// A receiver that has nothing yet.
    pub fn new(id: AgentId) -> Self {
        let (ranges, pending, delivered) = (BTreeMap::new(), Vec::new(), Bins::default());
        Self { id, next: 0, ranges, pending, delivered, now: Time::ZERO }
    }

    /// Bytes that came for the first time, over time.
    pub fn delivered(&self) -> &Bins {
        &self.delivered
    }

    /// Notes a packet; true if it is new.
    fn insert(&mut self, number: u64) -> bool {
        let before = self.ranges.range(..=number).next_back().map(|(s, e)| (*s, *e));
        if number < self.next || before.is_some_and(|(_, end)| number < end) {
            return false;
        }
        let start = before.filter(|(_, end)| *end == number).map_or(number, |(start, _)| start);
        let end = self.ranges.remove(&(number + 1)).unwrap_or(number + 1);
        self.ranges.insert(start, end);
        if let Some(end) = self.ranges.remove(&self.next) {
            self.next = end;
        }
        true
    }

    /// The range around the newest packet, then the highest ones.
    fn blocks(&self, newest: u64) -> [(u64, u64); 3] {
        let around = self.ranges.range(..=newest).next_back().filter(|(_, end)| newest < **end);
        let mut all = around.into_iter().chain(self.ranges.iter().rev()).map(|(s, e)| (*s, *e));
        [(); 3].map(|()| all.next().unwrap_or((0, 0)))
    }
}

impl Agent for TcpReceiver {
    fn accept(&mut self, now: Time, packet: Segment) {
        self.now = now;
        if let Body::TcpData { number } = packet.body {
            if self.insert(number) {
                self.delivered.add(now, PAYLOAD);
            }
            self.pending.push((number, packet.sent));
        }
    }

    fn run(&mut self, now: Time, out: &mut Vec<Segment>) {
        let mut pending = core::mem::take(&mut self.pending);
        for (newest, echo) in pending.drain(..) {
            let body = Body::TcpAck { next: self.next, newest, echo, blocks: self.blocks(newest) };
            out.push(Segment::new(self.id, now, ACK_WIRE, body));
        }
        self.pending = pending;
    }

    fn next_wake(&self) -> Option<Time> {
        (!self.pending.is_empty()).then_some(self.now)
    }

    fn is_done(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_the_lowest_gap_is_next() {
        let mut r = TcpReceiver::new(AgentId(0));
        for number in [0, 2, 3, 5, 4, 2] {
            r.insert(number);
        }
        assert_eq!((r.next, r.blocks(4)), (1, [(2, 6), (2, 6), (0, 0)]));
        assert!(r.insert(1) && !r.insert(5));
        assert_eq!((r.next, r.ranges.len()), (6, 0));
    }
}
