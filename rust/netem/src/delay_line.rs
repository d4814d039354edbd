//! Packets on their way, each with the moment at which it arrives.

use core::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use crate::units::Time;

/// A queue by arrival time; packets of one moment come out as they went in. What goes in order costs O(1), what overtakes O(log n).
#[derive(Clone, Debug)]
pub(crate) struct DelayLine<P> {
    ordered: VecDeque<Flying<P>>,
    overtaking: BinaryHeap<Flying<P>>,
    next_sequence: u64,
}

#[derive(Clone, Debug)]
struct Flying<P> {
    at: Time,
    sequence: u64,
    packet: P,
}

impl<P> DelayLine<P> {
    pub(crate) fn new() -> Self {
        Self { ordered: VecDeque::new(), overtaking: BinaryHeap::new(), next_sequence: 0 }
    }

    pub(crate) fn push(&mut self, at: Time, packet: P) {
        let flying = Flying { at, sequence: self.next_sequence, packet };
        self.next_sequence += 1;
        if self.ordered.back().is_none_or(|last| last.at <= at) {
            self.ordered.push_back(flying);
        } else {
            self.overtaking.push(flying);
        }
    }

    pub(crate) fn next_at(&self) -> Option<Time> {
        match (self.ordered.front(), self.overtaking.peek()) {
            (Some(a), Some(b)) => Some(a.at.min(b.at)),
            (a, b) => a.or(b).map(|f| f.at),
        }
    }

    /// The next packet, if it has arrived by `now`.
    pub(crate) fn pop(&mut self, now: Time) -> Option<P> {
        if self.next_at()? > now {
            return None;
        }
        let heap_first = match (self.ordered.front(), self.overtaking.peek()) {
            (Some(a), Some(b)) => (b.at, b.sequence) < (a.at, a.sequence),
            (a, _) => a.is_none(),
        };
        let first = if heap_first { self.overtaking.pop() } else { self.ordered.pop_front() };
        first.map(|f| f.packet)
    }

    pub(crate) fn len(&self) -> usize {
        self.ordered.len() + self.overtaking.len()
    }
}

impl<P> PartialEq for Flying<P> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<P> Eq for Flying<P> {}

impl<P> PartialOrd for Flying<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<P> Ord for Flying<P> {
    /// The earliest is the greatest, since the heap gives out its greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.sequence).cmp(&(self.at, self.sequence))
    }
}
