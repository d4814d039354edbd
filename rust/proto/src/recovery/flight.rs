//! Everything in flight: what one FEEDBACK, or the passing of time, means for the datagrams that were sent.

use core::ops::RangeInclusive;
use core::time::Duration;

use super::base_rtt::BasePath;
use super::delivery_rate::DeliveryRate;
use super::loss::LossDetector;
use super::missing::{Missing, Span};
use super::probe::ProbeTimer;
use super::rtt::RttEstimator;
use super::sent::{Fate, Purpose, SentDatagram, SentRing};
use crate::units::{ByteCount, Instant, Rate};
use crate::wire::feedback::Feedback;

/// How long a lost datagram is remembered, beside some round trips, so that its late arrival is recognised.
const LATE: Duration = Duration::from_millis(200);

/// A datagram whose fate was settled, as its record stood before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled {
    pub(crate) number: u64,
    pub(crate) datagram: SentDatagram,
}

/// What a feedback said of the path.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Wire bytes that were not known to have arrived.
    pub(crate) acked: ByteCount,
    pub(crate) rtt: Option<Duration>,
    pub(crate) queueing_delay: Option<Duration>,
    /// Nanoseconds by which its base has moved.
    pub(crate) base_moved: i64,
    /// How fast datagrams arrived over about one round trip.
    pub(crate) rate: Option<Rate>,
    pub(crate) app_limited: bool,
    /// An outage is over with it.
    pub(crate) ends_outage: bool,
}

/// The sender's memory of its datagrams and of the path.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) ring: SentRing,
    pub(crate) rtt: RttEstimator,
    pub(crate) base: BasePath,
    pub(crate) probe: ProbeTimer,
    pub(crate) delivery: DeliveryRate,
    pub(crate) queueing_delay: Duration,
    missing: Missing,
    loss: LossDetector,
    /// Wire bytes that have arrived and that nothing outstanding stands before, since they were last asked for.
    passed: ByteCount,
    spans: Vec<Span>,
    arrived: Vec<Settled>,
    lost: Vec<Settled>,
}

impl Flight {
    /// Nothing was sent yet; `remembered` is the round-trip time of an earlier session.
    pub(crate) fn new(remembered: Option<Duration>) -> Self {
        Self {
            ring: SentRing::default(),
            rtt: RttEstimator::new(remembered),
            base: BasePath::default(),
            probe: ProbeTimer::default(),
            delivery: DeliveryRate::default(),
            queueing_delay: Duration::ZERO,
            missing: Missing::default(),
            loss: LossDetector::default(),
            passed: ByteCount::ZERO,
            spans: Vec::new(),
            arrived: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// A datagram was sent, with the next number of the ring.
    pub(crate) fn on_sent(&mut self, mut datagram: SentDatagram) {
        let now = datagram.sent_at;
        if self.ring.in_flight_count() == 0 {
            self.delivery.on_restart(now);
        }
        if datagram.purpose != Purpose::Silent {
            self.probe.on_sent(now);
        }
        datagram.epoch = self.delivery.epoch();
        datagram.app_limited = self.delivery.is_app_limited();
        self.ring.push(datagram);
    }

    /// Works a FEEDBACK in. What it settles is to be fetched by [`Self::take_settled`].
    pub(crate) fn on_feedback(
        &mut self,
        now: Instant,
        feedback: &Feedback,
        ranges: impl Iterator<Item = RangeInclusive<u64>>,
    ) -> Measured {
        let known = self.missing.next();
        self.spans.clear();
        let spans = &mut self.spans;
        self.missing.arrived(ranges, |span| spans.push(span));
        let mut measured =
            Measured { acked: self.settle_arrived(now, feedback.largest, known), ..Measured::default() };
        if !self.arrived.is_empty() {
            measured.ends_outage = self.probe.on_answer();
        }
        if let Some(newest) = self.newest_of(feedback.largest, known) {
            self.measure(now, &newest, feedback, &mut measured);
        }
        self.detect(now);
        measured
    }

    /// Time has passed: looks for losses that no feedback tells of.
    pub(crate) fn on_timeout(&mut self, now: Instant) {
        if self.loss.deadline().is_some_and(|deadline| deadline <= now) {
            self.detect(now);
        }
    }

    /// When [`Self::on_timeout`] is due.
    pub(crate) fn loss_deadline(&self) -> Option<Instant> {
        self.loss.deadline()
    }

    /// When a probe is due.
    pub(crate) fn probe_deadline(&self) -> Option<Instant> {
        (self.ring.in_flight_count() > 0).then(|| self.probe.deadline(&self.rtt))
    }

    /// The datagrams that have arrived and those that are lost, since the last call; to be given back by [`Self::recycle`].
    pub(crate) fn take_settled(&mut self) -> (Vec<Settled>, Vec<Settled>) {
        (core::mem::take(&mut self.arrived), core::mem::take(&mut self.lost))
    }

    /// Wire bytes that have arrived and that nothing outstanding stands before, since the last call: what is lost is a share of these,
    /// since both wait for what may have been overtaken.
    pub(crate) fn take_passed(&mut self) -> ByteCount {
        core::mem::take(&mut self.passed)
    }

    /// When the newest datagram was sent of which it is known what became of it and of all before it.
    pub(crate) fn settled_at(&self) -> Instant {
        self.loss.settled_at()
    }

    /// Takes the memory of the lists back, and forgets what is of no interest any more.
    pub(crate) fn recycle(&mut self, now: Instant, mut arrived: Vec<Settled>, mut lost: Vec<Settled>) {
        arrived.clear();
        lost.clear();
        (self.arrived, self.lost) = (arrived, lost);
        self.ring.forget(now - (self.rtt.conservative() * 3 + LATE));
        let first = self.ring.first_number();
        self.missing.forget_below(first.min(self.missing.next()));
        let epoch = self.ring.get(first).map_or(self.delivery.epoch(), |datagram| datagram.epoch);
        self.delivery.forget_below(epoch);
    }

    /// The newest datagram, if this feedback is the first to tell of it.
    fn newest_of(&self, largest: u64, known: u64) -> Option<SentDatagram> {
        let settled = self.arrived.last().filter(|_| largest >= known)?;
        (settled.number == largest).then_some(settled.datagram)
    }

    fn settle_arrived(&mut self, now: Instant, largest: u64, known: u64) -> ByteCount {
        let newest_sent = self.ring.get(largest).map(|datagram| datagram.sent_at);
        let mut acked = ByteCount::ZERO;
        for span in self.spans.iter().rev() {
            for number in span.start.max(self.ring.first_number())..span.end {
                let Some(datagram) = self.ring.settle(number, Fate::Arrived) else { break };
                acked += ByteCount(u64::from(datagram.wire));
                self.arrived.push(Settled { number, datagram });
                if let Some(newest) = newest_sent.filter(|_| number < known) {
                    self.loss.on_reordering(now, &self.rtt, newest.since(datagram.sent_at));
                }
            }
        }
        self.delivery.on_delivered(acked);
        acked
    }

    fn measure(&mut self, now: Instant, newest: &SentDatagram, feedback: &Feedback, measured: &mut Measured) {
        let whole = now.since(newest.sent_at);
        let rtt = whole.checked_sub(feedback.delay).filter(|rtt| !rtt.is_zero()).unwrap_or(whole);
        self.rtt.on_sample(rtt);
        self.base.on_rtt(now, rtt);
        let queueing = self.base.on_delay(now, newest.sent_at, feedback.received_at, rtt);
        self.queueing_delay = (self.queueing_delay * 7 + queueing) / 8;
        measured.rtt = Some(rtt);
        measured.queueing_delay = Some(queueing);
        measured.base_moved = self.base.moved();
        measured.app_limited = newest.app_limited;
        let arrived_at = feedback.received_at;
        measured.rate = self.delivery.on_feedback(newest, arrived_at, rtt);
    }

    fn detect(&mut self, now: Instant) {
        let Some(largest) = self.missing.next().checked_sub(1) else { return };
        let lost = &mut self.lost;
        let ring = &self.ring;
        self.passed += self.loss.detect(now, largest, &self.rtt, ring, |number| {
            lost.extend(ring.get(number).map(|datagram| Settled { number, datagram: *datagram }));
        });
        for settled in &self.lost {
            self.ring.settle(settled.number, Fate::Lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sent::tests::data;
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    /// A datagram each millisecond; round trip 100 ms, answered at once.
    struct Link {
        flight: Flight,
        lost: Vec<u64>,
        arrived: Vec<u64>,
    }

    impl Link {
        fn new(count: u64) -> Self {
            let mut flight = Flight::new(None);
            (0..count).for_each(|i| flight.on_sent(data(i, i * 1_000)));
            Self { flight, lost: Vec::new(), arrived: Vec::new() }
        }

        fn feedback(&mut self, ms: u64, ranges: &[RangeInclusive<u64>]) -> Measured {
            let largest = *ranges[0].end();
            let feedback = Feedback { largest, received_at: at(ms - 50), ..Feedback::default() };
            let measured = self.flight.on_feedback(at(ms), &feedback, ranges.iter().cloned());
            self.collect(ms);
            measured
        }

        fn collect(&mut self, ms: u64) {
            let (arrived, lost) = self.flight.take_settled();
            self.arrived.extend(arrived.iter().map(|settled| settled.number));
            self.lost.extend(lost.iter().map(|settled| settled.number));
            self.flight.recycle(at(ms), arrived, lost);
        }
    }

    #[test]
    fn a_retransmission_that_is_lost_again_is_found_within_one_rtt() {
        let mut link = Link::new(100);
        link.feedback(110, &[6..=10, 0..=4]);
        assert_eq!(link.lost, [5]);
        // Number 100 carries the same bytes again, at 110 ms; it is lost as well, the ones behind it arrive.
        (110..120).for_each(|ms| link.flight.on_sent(data(ms, if ms == 110 { 5_000 } else { ms * 1_000 })));
        link.feedback(209, &[6..=99]);
        link.feedback(213, &[101..=103, 6..=99]);
        assert_eq!(link.lost, [5, 100], "103 ms after it was sent");
    }

    #[test]
    fn everything_sent_is_delivered_lost_or_in_flight() {
        let mut link = Link::new(200);
        link.feedback(150, &[40..=50, 20..=30, 0..=9]);
        let (arrived, lost) = (link.arrived.len() as u64, link.lost.len() as u64);
        assert_eq!((arrived, lost), (32, 19));
        assert_eq!(arrived + lost + link.flight.ring.in_flight_count(), 200);
        assert_eq!(link.flight.delivery.delivered(), ByteCount(32 * 1_059));
        // A late one is delivered after all, once.
        let measured = link.feedback(151, &[40..=51, 20..=30, 10..=10, 0..=9]);
        assert_eq!(measured.acked, ByteCount(2 * 1_059));
        assert_eq!(link.flight.delivery.delivered(), ByteCount(34 * 1_059));
        assert_eq!(link.flight.ring.in_flight_count(), 148);
    }

    #[test]
    fn the_receivers_own_delay_is_no_round_trip_time() {
        let mut link = Link::new(10);
        let feedback = Feedback { largest: 0, delay: 30 * MS, ..Feedback::default() };
        let measured = link.flight.on_feedback(at(130), &feedback, [0..=0].into_iter());
        assert_eq!(measured.rtt, Some(100 * MS));
    }

    #[test]
    fn reordering_that_was_seen_is_not_taken_for_loss_the_next_time() {
        let mut link = Link::new(1_000);
        link.feedback(130, &[6..=30, 0..=4]);
        assert_eq!(link.lost, [5]);
        link.feedback(131, &[0..=31]);
        link.feedback(160, &[52..=60, 0..=50]);
        assert_eq!(link.lost, [5], "it may still come");
        link.feedback(190, &[52..=90, 0..=50]);
        assert_eq!(link.lost, [5, 51]);
    }

    #[test]
    fn the_records_do_not_pile_up() {
        let mut link = Link::new(0);
        for ms in 0..100_000 {
            link.flight.on_sent(data(ms, ms * 1_000));
            if ms > 110 {
                link.feedback(ms, &[ms - 105..=ms - 100, 0..=ms - 107]);
            }
        }
        let remembered = link.flight.ring.next_number() - link.flight.ring.first_number();
        assert!(remembered < 1_000, "{remembered}");
    }
}
