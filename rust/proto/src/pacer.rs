//! When the next datagrams may leave: exact pacing, in user space, at all rates.
//!
//! A bucket of time: each byte moves the moment at which the bucket is empty again by its share of the rate (the generic cell rate
//! algorithm, ITU-T I.371). What was sent is never more than rate x time + one burst.

use core::time::Duration;

use crate::units::{ByteCount, Instant, Rate};

/// The largest burst, in time at the rate.
const BURST: Duration = Duration::from_millis(1);

/// Two datagrams may always follow each other if they are worth no more than this.
const PAIR: Duration = Duration::from_micros(1_800);

/// Sending goes on when this much has gathered, so that batches are worth their system call.
const GATHER: Duration = Duration::from_micros(400);

/// Paces bytes on the wire, IP and UDP headers included.
#[derive(Clone, Debug)]
pub(crate) struct Pacer {
    rate: Rate,
    datagram: ByteCount,
    /// When everything sent so far is paid for.
    paid_at: Instant,
}

impl Pacer {
    /// Full datagrams are `datagram` bytes on the wire.
    pub(crate) fn new(rate: Rate, datagram: ByteCount) -> Self {
        Self { rate, datagram, paid_at: Instant::ZERO }
    }

    /// The rate in force.
    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// Changes the rate; what is owed is owed in bytes.
    pub(crate) fn set_rate(&mut self, now: Instant, rate: Rate) {
        if rate != self.rate {
            let owed = self.rate.bytes_in(self.paid_at.since(now));
            self.rate = rate;
            if owed > ByteCount::ZERO {
                self.paid_at = now + rate.time_for(owed);
            }
        }
    }

    /// Changes the size of a full datagram.
    pub(crate) fn set_datagram(&mut self, datagram: ByteCount) {
        self.datagram = datagram;
    }

    /// `bytes` were sent, whether there was credit or not.
    pub(crate) fn on_sent(&mut self, now: Instant, bytes: ByteCount) {
        self.paid_at = self.paid_at.max(now - self.burst()) + self.rate.time_for(bytes);
    }

    /// Bytes that may leave now; the burst allowance has to hold a whole datagram, so this is at least one or less than one.
    pub(crate) fn credit(&self, now: Instant) -> ByteCount {
        let burst = self.burst();
        let limit = now + burst;
        // Before `paid_at` the burst is partly used; long after it, it is whole and no more.
        self.rate.bytes_in(limit.since(self.paid_at.max(now - burst)).min(burst))
    }

    /// When a batch may leave, if more waits: as soon as enough has gathered to be worth it. [`Self::credit`] holds a full datagram
    /// then.
    pub(crate) fn next_send_time(&self) -> Instant {
        let gather = self.rate.time_for(self.datagram).max(GATHER).min(self.burst());
        // The credit is rounded down; a nanosecond more makes it whole.
        self.paid_at - self.burst() + gather + Duration::from_nanos(1)
    }

    /// Time worth of a full burst.
    fn burst(&self) -> Duration {
        let one = self.rate.time_for(self.datagram);
        BURST.max((one * 2).min(PAIR)).max(one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATAGRAM: u64 = 1_500;

    /// Sends whenever allowed, woken up to `late` after the time that was asked for; gives the times of all datagrams.
    fn drive(rate: Rate, duration: Duration, late: Duration) -> Vec<Instant> {
        let mut pacer = Pacer::new(rate, ByteCount(DATAGRAM));
        let (mut now, mut state, mut sent) = (Instant::ZERO, 9_u64, Vec::new());
        while now < Instant::ZERO + duration {
            let batch = pacer.credit(now).0 / DATAGRAM;
            assert!(batch > 0, "woken for nothing at {now:?}");
            for _ in 0..batch {
                pacer.on_sent(now, ByteCount(DATAGRAM));
                sent.push(now);
            }
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let lateness = late.mul_f64((state >> 40) as f64 / (1_u64 << 24) as f64);
            now = pacer.next_send_time().max(now + Duration::from_nanos(1)) + lateness;
        }
        sent
    }

    #[test]
    fn no_window_of_100_ms_holds_more_than_the_target_and_2_percent() {
        let window = Duration::from_millis(100);
        for mbps in [10, 34, 100, 1_000, 10_000] {
            let rate = Rate::from_mbps(mbps);
            for late in [Duration::ZERO, Duration::from_micros(80), Duration::from_millis(3)] {
                let sent = drive(rate, Duration::from_millis(400), late);
                let most = rate.bytes_in(window).0 * 102 / 100 / DATAGRAM;
                let mut first = 0;
                for last in 0..sent.len() {
                    while sent[last].since(sent[first]) >= window {
                        first += 1;
                    }
                    assert!((last - first + 1) as u64 <= most + 1, "{mbps} Mbit/s, {late:?} late");
                }
            }
        }
    }

    #[test]
    fn a_timer_that_is_a_little_late_costs_no_rate() {
        for mbps in [1, 10, 100, 1_000, 10_000] {
            let rate = Rate::from_mbps(mbps);
            let sent = drive(rate, Duration::from_secs(1), Duration::from_micros(60));
            let share = sent.len() as f64 * DATAGRAM as f64 * 8.0 / rate.as_bps() as f64;
            assert!((0.99..1.02).contains(&share), "{mbps} Mbit/s: {share}");
        }
    }

    #[test]
    fn a_rate_that_rises_shortens_the_wait_of_what_is_owed() {
        let mut pacer = Pacer::new(Rate::from_bps(12_000), ByteCount(DATAGRAM));
        pacer.on_sent(Instant::ZERO, ByteCount(2 * DATAGRAM));
        assert!(pacer.next_send_time() > Instant::ZERO + Duration::from_millis(900));
        pacer.set_rate(Instant::ZERO, Rate::from_mbps(12));
        assert!(pacer.next_send_time() < Instant::ZERO + Duration::from_millis(3));
        pacer.set_rate(Instant::ZERO, Rate::UNLIMITED);
        assert!(pacer.next_send_time() < Instant::ZERO + Duration::from_millis(2));
        assert_eq!(pacer.credit(Instant::ZERO), ByteCount(u64::MAX));
    }
}
