//! The datagrams that were sent, by packet number: a ring of compact records.

use std::collections::VecDeque;

use crate::units::{ByteCount, Instant};

/// What a datagram was for; decides what its loss means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Bytes of the stream.
    Data,
    /// Control that makes the receiver answer.
    Eliciting,
    /// Control that is not answered; not in flight.
    Silent,
    /// A path MTU probe: its loss says nothing about congestion (RFC 8899 section 3).
    MtuProbe,
}

/// What is known of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing yet; its bytes are in flight.
    Outstanding,
    /// Taken for lost; a late acknowledgement is still possible.
    Lost,
    /// It arrived.
    Arrived,
}

/// One datagram; 40 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentDatagram {
    pub(crate) sent_at: Instant,
    /// Where its first byte stands in the stream (data only).
    pub(crate) offset: u64,
    /// Stream bytes in it (data only).
    pub(crate) len: u16,
    /// Bytes on the wire, IP and UDP headers included.
    pub(crate) wire: u16,
    /// Which snapshot of the delivery was the newest when it was sent.
    pub(crate) epoch: u32,
    pub(crate) purpose: Purpose,
    pub(crate) fate: Fate,
    /// How often its first byte had been sent before; saturates.
    pub(crate) tries: u8,
    /// True if the rate did not limit the sender when this was sent.
    pub(crate) app_limited: bool,
    /// Distance to another datagram with the same bytes, zero if there is none.
    pub(crate) twin: i16,
}

impl SentDatagram {
    /// True while it counts as in flight.
    pub(crate) fn is_in_flight(&self) -> bool {
        self.fate == Fate::Outstanding && self.purpose != Purpose::Silent
    }
}

/// All datagrams whose fate is still of interest, and the sums over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SentRing {
    ring: VecDeque<SentDatagram>,
    /// The packet number of the front.
    first: u64,
    in_flight: ByteCount,
    in_flight_count: u64,
}

impl SentRing {
    /// The packet number of the next datagram.
    pub(crate) fn next_number(&self) -> u64 {
        self.first + self.ring.len() as u64
    }

    /// The lowest packet number that is still remembered.
    pub(crate) fn first_number(&self) -> u64 {
        self.first
    }

    /// Wire bytes in flight.
    pub(crate) fn in_flight(&self) -> ByteCount {
        self.in_flight
    }

    /// Datagrams in flight.
    pub(crate) fn in_flight_count(&self) -> u64 {
        self.in_flight_count
    }

    /// Notes the datagram with number [`Self::next_number`].
    pub(crate) fn push(&mut self, datagram: SentDatagram) {
        if datagram.is_in_flight() {
            self.in_flight += ByteCount(u64::from(datagram.wire));
            self.in_flight_count += 1;
        }
        self.ring.push_back(datagram);
    }

    /// The datagram with this number, if it is still remembered.
    pub(crate) fn get(&self, number: u64) -> Option<&SentDatagram> {
        self.ring.get(self.index(number)?)
    }

    /// Settles what became of a datagram; gives the record as it was before.
    pub(crate) fn settle(&mut self, number: u64, fate: Fate) -> Option<SentDatagram> {
        let index = self.index(number)?;
        let datagram = self.ring.get_mut(index)?;
        let before = *datagram;
        datagram.fate = fate;
        if before.is_in_flight() && !datagram.is_in_flight() {
            self.in_flight = self.in_flight.saturating_sub(ByteCount(u64::from(before.wire)));
            self.in_flight_count -= 1;
        }
        Some(before)
    }

    /// Links two datagrams that carry the same bytes; too far apart, they stay unlinked.
    pub(crate) fn link(&mut self, earlier: u64, later: u64) {
        let Ok(distance) = i16::try_from(later - earlier) else { return };
        let (Some(a), Some(b)) = (self.index(earlier), self.index(later)) else { return };
        if b < self.ring.len() {
            self.ring[a].twin = distance;
            self.ring[b].twin = -distance;
        }
    }

    /// The datagram with the same bytes as `number`, which is `datagram`.
    pub(crate) fn twin_of(&self, number: u64, datagram: &SentDatagram) -> Option<&SentDatagram> {
        if datagram.twin == 0 {
            return None;
        }
        self.get(number.checked_add_signed(i64::from(datagram.twin))?)
    }

    /// Lets go of the oldest that have arrived, and of lost ones sent before `before`: their late arrival tells nothing any more.
    pub(crate) fn forget(&mut self, before: Instant) {
        while let Some(front) = self.ring.front() {
            let settled = match front.fate {
                Fate::Arrived => true,
                Fate::Lost => front.sent_at < before,
                Fate::Outstanding => front.purpose == Purpose::Silent && front.sent_at < before,
            };
            if !settled {
                return;
            }
            self.ring.pop_front();
            self.first += 1;
        }
    }

    /// The oldest datagram in flight that carries data. Looks at all older ones: for probe timeouts, not for every datagram.
    pub(crate) fn oldest_data(&self) -> Option<(u64, &SentDatagram)> {
        (self.first..)
            .zip(&self.ring)
            .find(|(_, datagram)| datagram.is_in_flight() && datagram.purpose == Purpose::Data)
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn data(ms: u64, offset: u64) -> SentDatagram {
        SentDatagram {
            sent_at: Instant::from_nanos(ms * 1_000_000),
            offset,
            len: 1_000,
            wire: 1_059,
            epoch: 0,
            purpose: Purpose::Data,
            fate: Fate::Outstanding,
            tries: 0,
            app_limited: false,
            twin: 0,
        }
    }

    #[test]
    fn sent_is_delivered_plus_lost_plus_in_flight() {
        let mut ring = SentRing::default();
        (0..10).for_each(|i| ring.push(data(i, i * 1_000)));
        assert_eq!((ring.in_flight(), ring.in_flight_count()), (ByteCount(10_590), 10));
        ring.settle(3, Fate::Lost);
        ring.settle(4, Fate::Arrived);
        // A late arrival does not leave twice.
        ring.settle(3, Fate::Arrived);
        assert_eq!((ring.in_flight(), ring.in_flight_count()), (ByteCount(8 * 1_059), 8));
        assert_eq!(ring.settle(10, Fate::Lost).map(|d| d.offset), None);
    }

    #[test]
    fn the_lost_are_remembered_for_a_while_and_the_arrived_are_not() {
        let mut ring = SentRing::default();
        (0..5).for_each(|i| ring.push(data(i, 0)));
        for number in [0, 2] {
            ring.settle(number, Fate::Arrived);
        }
        ring.settle(1, Fate::Lost);
        ring.forget(Instant::ZERO);
        assert_eq!(ring.first_number(), 1);
        ring.forget(Instant::from_nanos(10_000_000));
        assert_eq!((ring.first_number(), ring.next_number()), (3, 5));
    }

    #[test]
    fn twins_find_each_other() {
        let mut ring = SentRing::default();
        (0..5).for_each(|i| ring.push(data(i, 0)));
        ring.link(1, 4);
        let four = *ring.get(4).expect("just sent");
        let one = *ring.get(1).expect("just sent");
        assert_eq!(ring.twin_of(4, &four).map(|d| d.sent_at), Some(one.sent_at));
        assert_eq!(ring.twin_of(1, &one).map(|d| d.sent_at), Some(four.sent_at));
    }
}
