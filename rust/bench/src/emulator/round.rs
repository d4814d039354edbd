//! The rhythm of a direction: rounds while packets come thick, sleep in between.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use faspstream_netem::Time;

use crate::sys::{MonotonicClock, Waker, sleep_until_readable};

/// The shortest time from one round to the next, so that a round has several packets to do. At 1 Gbit/s that is four full packets.
const ROUND: Duration = Duration::from_micros(50);

/// Lets the thread sleep until its next round.
pub(super) struct Rhythm {
    pub(super) clock: MonotonicClock,
    began: Time,
}

impl Rhythm {
    pub(super) fn new(clock: MonotonicClock) -> Self {
        Self { clock, began: Time::ZERO }
    }

    /// Begins a round and gives its moment.
    pub(super) fn begin(&mut self) -> Time {
        self.began = self.clock.now();
        self.began
    }

    /// Sleeps until the next round is due: if this one had something to do, for the rest of its time; then until `next`, or until the
    /// device or the waker has something.
    pub(super) fn rest(
        &self,
        busy: bool,
        next: Option<Time>,
        device: &impl AsFd,
        waker: &Waker,
    ) -> io::Result<()> {
        let now = self.clock.now();
        let end = self.began + ROUND;
        if busy && now < end {
            std::thread::sleep(end.since(now));
        }
        let left = next.map(|at| at.since(self.clock.now()));
        if left == Some(Duration::ZERO) {
            return Ok(());
        }
        sleep_until_readable([device.as_fd(), waker.as_fd()], left)
    }
}
