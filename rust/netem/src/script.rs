//! Changes of a link over time.

use core::time::Duration;
use std::collections::VecDeque;

use crate::config::{GilbertElliott, Jitter, Policer, Reordering};
use crate::units::{BitRate, Time};

/// One change of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Rate of the bottleneck; the packet being sent goes on at the new rate.
    Rate(Option<BitRate>),
    /// Bytes that the queue holds; what is in it stays.
    Queue(u64),
    /// Propagation delay of the packets that leave the queue from now on. Order is not kept when it falls.
    Delay(Duration),
    /// Variation of the delay.
    Jitter(Jitter),
    /// Share of independent loss.
    Loss(f64),
    /// Loss in bursts.
    Bursts(Option<GilbertElliott>),
    /// Share of packets that arrive twice.
    Duplication(f64),
    /// Share of packets that are damaged.
    Damage(f64),
    /// Packets that are overtaken.
    Reordering(Option<Reordering>),
    /// Token bucket without a queue; starts full.
    Policer(Option<Policer>),
    /// Largest packet that passes.
    Mtu(u64),
    /// False: nothing enters and what leaves the queue is lost. What was under way already arrives.
    Up(bool),
}

/// Changes, each at its moment.
#[derive(Clone, Debug, Default)]
pub struct Script {
    changes: VecDeque<(Time, Change)>,
}

impl Script {
    /// Adds `change` at the moment `at`; changes of one moment happen in the order of addition.
    pub fn then(mut self, at: Time, change: Change) -> Self {
        let position = self.changes.partition_point(|(t, _)| *t <= at);
        self.changes.insert(position, (at, change));
        self
    }

    /// Nothing passes from `from` for the time `lasting`.
    pub fn outage(self, from: Time, lasting: Duration) -> Self {
        self.then(from, Change::Up(false)).then(from + lasting, Change::Up(true))
    }

    /// The changes that are still to come, each with its moment, in order.
    pub fn changes(&self) -> impl Iterator<Item = &(Time, Change)> {
        self.changes.iter()
    }

    /// When the next change is due.
    pub(crate) fn next_at(&self) -> Option<Time> {
        self.changes.front().map(|(at, _)| *at)
    }

    /// Takes the next change.
    pub(crate) fn pop(&mut self) -> Option<(Time, Change)> {
        self.changes.pop_front()
    }
}
