//! One direction of the path: a link and the thread that lets datagrams out when their time has come.

use core::time::Duration;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use faspstream_netem::{Cause, Change, Link, LinkConfig, Time};

use crate::parcel::Parcel;

/// Most datagrams inside of one direction; more are dropped, as a network would.
const INSIDE_MAX: u64 = 200_000;

/// What one direction has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Datagrams that went in.
    pub offered: u64,
    /// Datagrams that came out.
    pub delivered: u64,
    /// Datagrams lost by chance or in an outage.
    pub lost: u64,
    /// Datagrams that found the queue full.
    pub queue_full: u64,
    /// Datagrams larger than the MTU.
    pub too_large: u64,
    /// UDP payload and headers that came out, in bytes.
    pub bytes: u64,
}

struct State<F> {
    link: Link<Parcel<F>>,
    /// The end of the outage that runs.
    down_until: Option<Time>,
    stopped: bool,
}

/// One direction.
pub(crate) struct Lane<F> {
    state: Mutex<State<F>>,
    wake: Condvar,
    began: Instant,
}

impl<F: Clone> Lane<F> {
    pub(crate) fn new(config: LinkConfig, seed: u64) -> Self {
        let state = State { link: Link::new(config, seed), down_until: None, stopped: false };
        Self { state: Mutex::new(state), wake: Condvar::new(), began: Instant::now() }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.began.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A datagram goes in.
    pub(crate) fn put(&self, flow: F, bytes: &[u8]) {
        let mut state = self.lock();
        if state.link.inside() < INSIDE_MAX {
            state.link.enqueue(self.now(), Parcel { flow, bytes: bytes.to_vec() });
            self.wake.notify_one();
        }
    }

    /// Waits for what comes out next; None when the lane is stopped.
    pub(crate) fn take(&self) -> Option<Parcel<F>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let now = self.now();
            if state.down_until.is_some_and(|until| until <= now) {
                state.down_until = None;
                state.link.apply(now, Change::Up(true));
            }
            if let Some(parcel) = state.link.poll(now) {
                return Some(parcel);
            }
            let next = [state.link.next_event(), state.down_until].into_iter().flatten().min();
            let wait = next.map_or(Duration::from_secs(3_600), |at| at.since(now));
            let waited = self.wake.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Changes the link from now on.
    pub(crate) fn change(&self, change: Change) {
        self.lock().link.apply(self.now(), change);
        self.wake.notify_one();
    }

    /// Nothing passes for so long from now on.
    pub(crate) fn outage(&self, lasting: Duration) {
        let mut state = self.lock();
        let now = self.now();
        state.link.apply(now, Change::Up(false));
        state.down_until = Some(now + lasting);
        drop(state);
        self.wake.notify_one();
    }

    /// When a byte that goes in now comes out, if it is not lost: for connections, whose bytes never are.
    pub(crate) fn due(&self) -> Instant {
        let state = self.lock();
        let now = self.now();
        let up = state.down_until.map_or(Duration::ZERO, |until| until.since(now));
        Instant::now() + up + state.link.config().delay
    }

    /// What it has done so far.
    pub(crate) fn counts(&self) -> Counts {
        let state = self.lock();
        let c = state.link.counters();
        let by = |cause| c.dropped_by(cause);
        Counts {
            offered: c.offered,
            delivered: c.delivered,
            lost: by(Cause::Loss) + by(Cause::Burst) + by(Cause::Outage),
            queue_full: by(Cause::Queue) + by(Cause::Policer),
            too_large: by(Cause::Mtu),
            bytes: c.delivered_bytes,
        }
    }

    /// Ends [`Lane::take`].
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.wake.notify_all();
    }
}

/// Lets out of `lane` what is due, until it is stopped.
pub(crate) fn drain<F: Clone>(lane: &Arc<Lane<F>>, send: impl Fn(&F, &[u8])) {
    while let Some(parcel) = lane.take() {
        send(&parcel.flow, &parcel.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_comes_out_after_its_delay_and_a_stopped_lane_gives_nothing() {
        let config = LinkConfig { delay: Duration::from_millis(20), ..LinkConfig::default() };
        let lane = Lane::new(config, 1);
        let began = Instant::now();
        lane.put(7, b"abc");
        let parcel = lane.take().expect("nothing is lost on this link");
        assert_eq!((parcel.flow, parcel.bytes), (7, b"abc".to_vec()));
        assert!(began.elapsed() >= Duration::from_millis(20));
        lane.stop();
        assert!(lane.take().is_none());
    }

    #[test]
    fn what_is_sent_in_an_outage_is_lost_and_what_comes_after_it_passes() {
        let lane = Lane::new(LinkConfig::default(), 1);
        lane.outage(Duration::from_millis(30));
        lane.put((), b"lost");
        assert!(lane.due() > Instant::now());
        while lane.lock().down_until.is_some_and(|until| until > lane.now()) {
            std::thread::yield_now();
        }
        lane.change(Change::Up(true));
        lane.put((), b"passes");
        assert_eq!(lane.take().map(|p| p.bytes), Some(b"passes".to_vec()));
        assert_eq!(lane.counts().lost, 1);
    }
}
