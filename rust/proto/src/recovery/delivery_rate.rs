//! How fast datagrams arrive, over about one round trip (draft-ietf-ccwg-bbr section 4.1).
//!
//! The times of arrival are the receiver's own, so a jittery or congested feedback path does not show in the rate. All datagrams
//! sent between two feedbacks share one snapshot, which keeps the record of a datagram small.

use std::collections::VecDeque;

use core::cmp::Reverse;
use core::time::Duration;

use super::sent::SentDatagram;
use super::windowed::WindowedMin;
use crate::units::{ByteCount, Instant, Rate};

/// For how long a peak counts: this, and so many round trips.
const PEAK_WINDOW: Duration = Duration::from_secs(5);
const PEAK_RTTS: u32 = 10;

/// What was delivered when a datagram left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Wire bytes that had arrived.
    pub(crate) delivered: ByteCount,
    /// When the newest of them arrived, by the receiver's clock.
    arrived_at: Instant,
    /// When the newest of them had been sent.
    sent_at: Instant,
}

/// The estimator.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryRate {
    snapshots: VecDeque<Snapshot>,
    /// Which epoch stands at the front.
    first: u32,
    delivered: ByteCount,
    /// What was delivered when the newest datagram of the last sample left.
    prior: ByteCount,
    /// As long as no more than this was delivered, samples are limited by the application.
    app_limited_until: ByteCount,
    latest: Option<Rate>,
    peak: WindowedMin<Reverse<Rate>>,
}

impl Default for DeliveryRate {
    fn default() -> Self {
        Self {
            snapshots: VecDeque::from([Snapshot::default()]),
            first: 0,
            delivered: ByteCount::ZERO,
            prior: ByteCount::ZERO,
            app_limited_until: ByteCount::ZERO,
            latest: None,
            peak: WindowedMin::default(),
        }
    }
}

impl DeliveryRate {
    /// The snapshot that datagrams sent now belong to.
    pub(crate) fn epoch(&self) -> u32 {
        self.first.wrapping_add(self.snapshots.len() as u32 - 1)
    }

    /// All wire bytes known to have arrived.
    pub(crate) fn delivered(&self) -> ByteCount {
        self.delivered
    }

    /// What was delivered when the newest datagram that is known to have arrived left.
    pub(crate) fn prior(&self) -> ByteCount {
        self.prior
    }

    /// The newest rate.
    pub(crate) fn latest(&self) -> Option<Rate> {
        self.latest
    }

    /// The best rate of the last while.
    pub(crate) fn peak(&self) -> Option<Rate> {
        self.peak.get().map(|Reverse(rate)| rate)
    }

    /// The first datagram after a silence: the time before does not count for the rate.
    pub(crate) fn on_restart(&mut self, now: Instant) {
        if let Some(newest) = self.snapshots.back_mut() {
            newest.sent_at = now;
        }
    }

    /// There is nothing to send although the rate allows it.
    pub(crate) fn on_app_limited(&mut self, in_flight: ByteCount) {
        self.app_limited_until = self.delivered + in_flight + ByteCount(1);
    }

    /// True while datagrams that are sent count as limited by the application.
    pub(crate) fn is_app_limited(&self) -> bool {
        self.app_limited_until > self.delivered
    }

    /// `bytes` were found to have arrived.
    pub(crate) fn on_delivered(&mut self, bytes: ByteCount) {
        self.delivered += bytes;
    }

    /// A feedback was worked in: its newest datagram, which arrived at `arrived_at`, was known to have arrived after `rtt`. None if no time
    /// passed between the two ends of the sample.
    pub(crate) fn on_feedback(
        &mut self,
        newest: &SentDatagram,
        arrived_at: Instant,
        rtt: Duration,
    ) -> Option<Rate> {
        let prior = self.snapshot(newest.epoch);
        let rate = self.rate_since(prior, newest.sent_at, arrived_at, rtt);
        self.prior = prior.delivered;
        if let Some(rate) = rate {
            self.latest = Some(rate);
            // What the application or flow control has kept low says nothing of the path (draft-ietf-ccwg-bbr section 4.1).
            if !newest.app_limited || self.peak().is_none_or(|peak| rate >= peak) {
                self.peak.insert(arrived_at, PEAK_WINDOW.max(rtt * PEAK_RTTS), Reverse(rate));
            }
        }
        let sent_at = newest.sent_at;
        self.snapshots.push_back(Snapshot { delivered: self.delivered, arrived_at, sent_at });
        rate
    }

    /// No datagram of an epoch before `epoch` is waited for.
    pub(crate) fn forget_below(&mut self, epoch: u32) {
        let old = epoch.wrapping_sub(self.first) as usize;
        if old < self.snapshots.len() {
            self.snapshots.drain(..old);
            self.first = epoch;
        }
    }

    fn snapshot(&self, epoch: u32) -> Snapshot {
        let index = epoch.wrapping_sub(self.first) as usize;
        self.snapshots.get(index).or(self.snapshots.front()).copied().unwrap_or_default()
    }

    fn rate_since(
        &self,
        prior: Snapshot,
        sent_at: Instant,
        arrived_at: Instant,
        rtt: Duration,
    ) -> Option<Rate> {
        let sending = sent_at.since(prior.sent_at);
        // Nothing had arrived before the first round trip, which is what its datagrams took together: the first two may leave in one
        // burst, and the microseconds between them are no measure of the path.
        let arriving =
            if prior.delivered == ByteCount::ZERO { rtt } else { arrived_at.since(prior.arrived_at) };
        let bytes = self.delivered.saturating_sub(prior.delivered);
        let time = sending.max(arriving);
        (time > Duration::ZERO && bytes > ByteCount::ZERO).then(|| Rate::of(bytes, time))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sent::tests::data;
    use super::*;

    fn us(us: u64) -> Instant {
        Instant::from_nanos(us * 1_000)
    }

    fn sent(at: u64, epoch: u32) -> SentDatagram {
        SentDatagram { sent_at: us(at), epoch, ..data(0, 0) }
    }

    /// 1,000 bytes each 100 microseconds are 80 Mbit/s; feedback for ten at a time, `jitter` late.
    fn run(jitter: impl Fn(u64) -> u64) -> Vec<Rate> {
        let mut rate = DeliveryRate::default();
        let mut epochs = Vec::new();
        let mut rates = Vec::new();
        let mut feedbacks = (0_u64..100).map(|i| (i, 20_000 + i * 1_000 + 900 + jitter(i))).peekable();
        for datagram in 0..1_000_u64 {
            let now = datagram * 100;
            while let Some((i, at)) = feedbacks.next_if(|(_, at)| *at <= now) {
                let newest = i * 10 + 9;
                rate.on_delivered(ByteCount(10_000));
                let arrived = us(5_000_000 + newest * 100);
                let rtt = Duration::from_micros(at - newest * 100);
                rates.extend(rate.on_feedback(&sent(newest * 100, epochs[newest as usize]), arrived, rtt));
                assert!(at > newest * 100);
            }
            epochs.push(rate.epoch());
        }
        rates
    }

    #[test]
    fn the_rate_of_a_steady_stream_is_exact_whatever_the_feedback_path_does() {
        for rates in [run(|_| 0), run(|i| (i * 7_919) % 5_000)] {
            assert!(rates.len() > 50);
            for rate in &rates[30..] {
                let error = rate.as_bps().abs_diff(80_000_000);
                assert!(error < 8_000_000, "{rate}");
            }
        }
    }

    #[test]
    fn a_pause_of_the_application_marks_the_samples_until_what_was_in_flight_has_arrived() {
        let mut rate = DeliveryRate::default();
        assert!(!rate.is_app_limited());
        rate.on_app_limited(ByteCount(2_000));
        rate.on_delivered(ByteCount(2_000));
        assert!(rate.is_app_limited());
        rate.on_delivered(ByteCount(1));
        assert!(!rate.is_app_limited());
    }

    #[test]
    fn a_burst_at_the_very_beginning_is_no_fast_path() {
        let mut rate = DeliveryRate::default();
        let epoch = rate.epoch();
        rate.on_delivered(ByteCount(2_500));
        let measured = rate.on_feedback(&sent(100, epoch), us(150_000), Duration::from_millis(300));
        assert_eq!(measured, Some(Rate::of(ByteCount(2_500), Duration::from_millis(300))));
    }

    #[test]
    fn a_rate_that_the_application_keeps_low_does_not_wear_the_peak_down() {
        let mut rate = DeliveryRate::default();
        let second = |s: u64| us(s * 1_000_000);
        let mut deliver = |at: u64, bytes: u64, app_limited: bool| {
            let newest = SentDatagram { app_limited, ..sent(at * 1_000_000, rate.epoch()) };
            rate.on_delivered(ByteCount(bytes));
            rate.on_feedback(&newest, second(at), Duration::from_millis(100));
            rate.peak().expect("something was delivered")
        };
        deliver(1, 1_000, false);
        let best = deliver(2, 1_000_000, false);
        (3..60).for_each(|at| assert_eq!(deliver(at, 1_000, true), best));
        assert!(deliver(60, 1_000, false) < best, "what the path has kept low does");
    }

    #[test]
    fn snapshots_are_forgotten_with_the_datagrams_that_need_them() {
        let mut rate = DeliveryRate::default();
        (1..=50).for_each(|i| _ = rate.on_feedback(&sent(i, 0), us(i), Duration::ZERO));
        assert_eq!(rate.epoch(), 50);
        rate.forget_below(40);
        assert_eq!((rate.snapshots.len(), rate.epoch()), (11, 50));
    }
}
