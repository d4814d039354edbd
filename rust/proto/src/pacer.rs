//! When the next datagrams may leave: exact pacing, in user space, at all rates.
//!
//! A bucket of time: each byte moves the moment at which everything is paid for by its share of the rate (the generic cell rate
//! algorithm, ITU-T I.371). Whoever waits for the pace sends in batches of about a millisecond, so that one wake-up and one system
//! call carry many datagrams. A timer that comes late costs no rate: the time that it was late is credited, up to [`LATE_MAX`] or what
//! the law of rate control allows, and
//! the next one is asked for earlier by what timers are usually late: where a batch holds few datagrams, by whole ones. Who comes earlier
//! by a part of one mostly finds one datagram less than a batch holds, and needs a wake-up more for each few.

use core::time::Duration;

use crate::units::{ByteCount, Instant, Rate};

/// The largest burst of a sender that is woken in time, in time at the rate.
pub(crate) const BURST: Duration = Duration::from_millis(1);

/// The same where a target keeps the rate and nothing is looked for. At a rate at which a batch is a few datagrams, waking the threads of
/// both ends for each is most of what the bytes cost: a third fewer of them cost a quarter less.
pub(crate) const BURST_AT_TARGET: Duration = Duration::from_micros(1_500);

/// Two datagrams may always follow each other if they are worth no more than this.
const PAIR: Duration = Duration::from_micros(1_800);

/// Datagrams that make a wake-up and a system call worth while: what one call carries at an MTU of 1,500.
const BATCH: u32 = 44;

/// In a batch of no more datagrams than this one that is missing counts.
const SMALL: u32 = 16;

/// The least time between two batches, however fast the sender is.
pub(crate) const BATCH_MIN: Duration = Duration::from_micros(250);

/// The most that a sender may have been kept from sending and still make up for: with it, and a datagram, no 100 ms hold more than the
/// rate and 2 %.
pub(crate) const LATE_MAX: Duration = Duration::from_millis(2);

/// A control datagram before a batch takes no more than this part of a full one, and keeps no full one back.
const CONTROL_SHARE: u32 = 4;

/// From this rate on a nanosecond, which is how exact time is, is worth more than a hundred bytes: it is no limit.
const NO_LIMIT: Rate = Rate::from_mbps(1_000_000);

/// Paces bytes on the wire, IP and UDP headers included.
#[derive(Clone, Debug)]
pub(crate) struct Pacer {
    rate: Rate,
    datagram: ByteCount,
    /// What a full datagram takes at the rate.
    one: Duration,
    /// What a batch takes at the rate: whole datagrams.
    batch: Duration,
    /// When everything sent so far is paid for.
    paid_at: Instant,
    /// Something waits for nothing but the pace.
    is_held: bool,
    /// What may be made up for: the time that a late timer took from who waits, else room for a word of control beside a whole batch.
    grace: Duration,
    /// The largest batch, and the most that may be made up for.
    burst: Duration,
    late_max: Duration,
    /// By how much timers are late, smoothed.
    lateness: Duration,
    /// By how much the next timer is asked for earlier: no more than leaves one datagram of a batch.
    early: Duration,
}

impl Pacer {
    /// Full datagrams are `datagram` bytes on the wire.
    pub(crate) fn new(rate: Rate, datagram: ByteCount) -> Self {
        let mut pacer = Self {
            rate,
            datagram,
            one: Duration::ZERO,
            batch: Duration::ZERO,
            paid_at: Instant::ZERO,
            is_held: false,
            grace: Duration::ZERO,
            burst: BURST,
            late_max: LATE_MAX,
            lateness: Duration::ZERO,
            early: Duration::ZERO,
        };
        pacer.measure();
        pacer.release();
        pacer
    }

    /// The rate in force.
    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// Changes the rate; what is owed is owed in bytes. Without a limit nothing is owed.
    pub(crate) fn set_rate(&mut self, now: Instant, rate: Rate) {
        if rate == self.rate {
            return;
        }
        let before = core::mem::replace(&mut self.rate, rate);
        self.measure();
        if before >= NO_LIMIT {
            self.paid_at = self.paid_at.min(now);
            return;
        }
        let owed = before.bytes_in(self.paid_at.since(now));
        if owed > ByteCount::ZERO {
            self.paid_at = now + rate.time_for(owed);
        }
    }

    /// Changes what a sender that was kept from sending may make up for in one burst.
    pub(crate) fn set_late_max(&mut self, late_max: Duration) {
        self.late_max = late_max;
    }

    /// Changes the largest batch of a sender that is woken in time, in time at the rate: [`BATCH_MIN`] to [`BURST_AT_TARGET`].
    pub(crate) fn set_burst(&mut self, burst: Duration) {
        let burst = burst.clamp(BATCH_MIN, BURST_AT_TARGET);
        if burst != self.burst {
            self.burst = burst;
            self.measure();
        }
    }

    /// Changes the size of a full datagram.
    pub(crate) fn set_datagram(&mut self, datagram: ByteCount) {
        if datagram != self.datagram {
            self.datagram = datagram;
            self.measure();
        }
    }

    /// `bytes` were sent, whether there was credit or not.
    pub(crate) fn on_sent(&mut self, now: Instant, bytes: ByteCount) {
        let time = if bytes == self.datagram { self.one } else { self.rate.time_for(bytes) };
        // What is sent beside who waits, a word of control, takes nothing from him of the time by which his timer is late.
        let grace = if self.is_held { self.grace_most() } else { self.grace };
        self.paid_at = self.paid_at.max(now - grace) + time;
    }

    /// Bytes that may leave now: none before a batch has gathered for who waits for it.
    pub(crate) fn open(&mut self, now: Instant) -> ByteCount {
        if self.is_held {
            let ready = self.next_send_time();
            if now < ready {
                return ByteCount::ZERO;
            }
            let late = now.since(ready);
            self.lateness = if late > self.lateness {
                self.lateness + (late - self.lateness) / 4
            } else {
                self.lateness - (self.lateness - late) / 16
            };
            self.anticipate();
            self.is_held = false;
            self.grace = now.since(self.paid_at).min(self.grace_most());
        }
        self.credit(now)
    }

    /// The most that a late timer takes from who waits and that is made up for.
    fn grace_most(&self) -> Duration {
        (self.late_max + self.one).saturating_sub(self.batch)
    }

    /// More waits, and only the pace keeps it back.
    pub(crate) fn hold(&mut self) {
        self.is_held = true;
    }

    /// Nothing waits for the pace: what is not used now is not made up for later.
    pub(crate) fn release(&mut self) {
        self.is_held = false;
        self.grace = self.one / CONTROL_SHARE;
    }

    /// Bytes that are paid for, a batch in advance.
    pub(crate) fn credit(&self, now: Instant) -> ByteCount {
        self.rate.bytes_in((now + self.batch).since(self.paid_at).min(self.batch + self.grace))
    }

    /// When more may leave: who waits is woken when a batch will have gathered by the time that the timer has come. [`Self::credit`]
    /// holds a full datagram then.
    pub(crate) fn next_send_time(&self) -> Instant {
        self.paid_at - if self.is_held { self.early } else { self.batch - self.one }
    }

    /// What depends on how late timers are.
    fn anticipate(&mut self) {
        let late = self.lateness.min(self.batch - self.one).as_nanos() as u64;
        let is_small = self.batch <= self.one * SMALL;
        let part = if is_small { late.checked_rem(self.one.as_nanos() as u64).unwrap_or(0) } else { 0 };
        self.early = Duration::from_nanos(late - part);
    }

    /// What depends on rate and size.
    fn measure(&mut self) {
        self.one = self.rate.time_for(self.datagram);
        let pair = (self.one * 2).min(PAIR);
        let goal = (self.one * BATCH).clamp(BATCH_MIN, self.burst).max(pair);
        let count = goal.as_nanos().checked_div(self.one.as_nanos()).unwrap_or(0);
        self.batch = match u32::try_from(count) {
            Ok(0) | Err(_) => self.one,
            Ok(count) => self.one * count,
        };
        self.anticipate();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATAGRAM: u64 = 1_500;

    /// Sends whenever allowed, woken `late` (evenly spread between the two) after the time that was asked for; gives the times of all
    /// datagrams.
    fn drive(rate: Rate, duration: Duration, late: (Duration, Duration)) -> Vec<Instant> {
        drive_with(rate, BURST, LATE_MAX, duration, late)
    }

    /// [`drive`], with such bursts and where so much may be made up for.
    fn drive_with(
        rate: Rate,
        burst: Duration,
        late_max: Duration,
        duration: Duration,
        late: (Duration, Duration),
    ) -> Vec<Instant> {
        let mut pacer = Pacer::new(rate, ByteCount(DATAGRAM));
        pacer.set_burst(burst);
        pacer.set_late_max(late_max);
        let (mut now, mut state, mut sent) = (Instant::ZERO, 9_u64, Vec::new());
        while now < Instant::ZERO + duration {
            let batch = pacer.open(now).0 / DATAGRAM;
            assert!(batch > 0, "woken for nothing at {now:?}");
            for _ in 0..batch {
                pacer.on_sent(now, ByteCount(DATAGRAM));
                sent.push(now);
            }
            assert!(pacer.open(now).0 / DATAGRAM == 0, "all of it was used");
            pacer.hold();
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let lateness = (late.1 - late.0).mul_f64((state >> 40) as f64 / (1_u64 << 24) as f64);
            now = pacer.next_send_time().max(now + Duration::from_nanos(1)) + late.0 + lateness;
        }
        sent
    }

    const fn us(from: u64, to: u64) -> (Duration, Duration) {
        (Duration::from_micros(from), Duration::from_micros(to))
    }

    /// The most datagrams that leave within `window`.
    fn most_within(sent: &[Instant], window: Duration) -> u64 {
        let (mut first, mut most) = (0, 0);
        for last in 0..sent.len() {
            while sent[last].since(sent[first]) >= window {
                first += 1;
            }
            most = most.max((last - first + 1) as u64);
        }
        most
    }

    #[test]
    fn no_window_of_100_ms_holds_more_than_the_target_and_2_percent() {
        let window = Duration::from_millis(100);
        for mbps in [1, 10, 34, 100, 1_000, 10_000] {
            let rate = Rate::from_mbps(mbps);
            for late in [us(0, 0), us(0, 80), us(0, 3_000), us(2_000, 2_000), us(0, 20_000)] {
                for burst in [BURST, BURST_AT_TARGET] {
                    let sent = drive_with(rate, burst, LATE_MAX, Duration::from_millis(400), late);
                    let allowed = rate.bytes_in(window).0 * 102 / 100 / DATAGRAM + 1;
                    assert!(most_within(&sent, window) <= allowed, "{mbps} Mbit/s, {burst:?}, {late:?} late");
                }
            }
        }
    }

    #[test]
    fn timers_that_come_up_to_2_ms_late_cost_no_rate() {
        for mbps in [1, 10, 15, 34, 100, 1_000, 10_000] {
            for late in [us(0, 0), us(0, 60), us(50, 2_000), us(1_000, 1_000), us(2_000, 2_000)] {
                let rate = Rate::from_mbps(mbps);
                for burst in [BURST, BURST_AT_TARGET] {
                    let sent = drive_with(rate, burst, LATE_MAX, Duration::from_secs(2), late);
                    let share =
                        (sent.len() - 1) as f64 * DATAGRAM as f64 * 8.0 / (2.0 * rate.as_bps() as f64);
                    assert!(
                        (0.99..1.01).contains(&share),
                        "{mbps} Mbit/s, {burst:?}, {late:?} late: {share}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_word_of_control_takes_nothing_from_who_waits_for_a_late_timer() {
        const WORD: ByteCount = ByteCount(60);
        for mbps in [1, 10, 100, 1_000] {
            let rate = Rate::from_mbps(mbps);
            let mut pacer = Pacer::new(rate, ByteCount(DATAGRAM));
            let (mut now, mut sent, mut late) = (Instant::ZERO, 0, Duration::ZERO);
            while now < Instant::ZERO + Duration::from_secs(2) {
                while pacer.open(now).0 >= DATAGRAM {
                    pacer.on_sent(now, ByteCount(DATAGRAM));
                    sent += DATAGRAM;
                }
                pacer.hold();
                // Every other timer comes 2 ms late; what is to be answered meanwhile does not.
                late = Duration::from_millis(2) - late;
                let woken = pacer.next_send_time().max(now) + late;
                for part in if late.is_zero() { 0..0 } else { 1..4 } {
                    let at = now + woken.since(now) * part / 4;
                    pacer.on_sent(at, WORD);
                    sent += WORD.0;
                }
                now = woken;
            }
            let share = sent as f64 * 8.0 / (2.0 * rate.as_bps() as f64);
            assert!((0.985..1.01).contains(&share), "{mbps} Mbit/s: {share}");
        }
    }

    #[test]
    fn a_sender_that_may_make_up_for_more_loses_no_rate_to_a_machine_that_is_busy() {
        for mbps in [10, 100, 1_000] {
            let (rate, most) = (Rate::from_mbps(mbps), Duration::from_millis(10));
            let sent = drive_with(rate, BURST, most, Duration::from_secs(2), us(1_000, 10_000));
            let share = (sent.len() - 1) as f64 * DATAGRAM as f64 * 8.0 / (2.0 * rate.as_bps() as f64);
            assert!((0.98..1.02).contains(&share), "{mbps} Mbit/s: {share}");
            let burst = most_within(&sent, Duration::from_nanos(1));
            assert!(
                burst <= rate.bytes_in(most + BURST).0 / DATAGRAM + 2,
                "{mbps} Mbit/s: {burst} datagrams"
            );
        }
    }

    #[test]
    fn a_burst_is_a_millisecond_or_two_datagrams_and_half_as_much_again_at_a_target() {
        for mbps in [1, 10, 15, 34, 100, 500, 1_000, 10_000] {
            let (rate, half) = (Rate::from_mbps(mbps), Duration::from_millis(500));
            for allowed in [BURST, BURST_AT_TARGET] {
                let sent = drive_with(rate, allowed, LATE_MAX, half, us(0, 0));
                let burst = most_within(&sent, Duration::from_nanos(1));
                let most = (rate.bytes_in(allowed).0 / DATAGRAM).max(2);
                assert!(burst <= most, "{mbps} Mbit/s: {burst} datagrams");
                let wakes = 2 * sent.windows(2).filter(|pair| pair[0] != pair[1]).count();
                assert!(wakes <= 4_010, "{mbps} Mbit/s: {wakes} wake-ups a second");
                if allowed == BURST_AT_TARGET && mbps == 100 {
                    assert!(wakes <= 700, "{wakes} wake-ups a second");
                }
            }
        }
    }

    #[test]
    fn timers_that_are_late_by_less_than_a_datagram_cost_no_wake_ups() {
        for late in [us(0, 0), us(0, 80), us(50, 110)] {
            let sent = drive(Rate::from_mbps(100), Duration::from_secs(1), late);
            let wakes = 1 + sent.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(
                wakes <= 1 + sent.len() / 8,
                "{late:?} late: {} datagrams in {wakes} batches",
                sent.len()
            );
        }
    }

    #[test]
    fn who_did_not_wait_for_the_pace_has_nothing_to_make_up_for() {
        let rate = Rate::from_mbps(100);
        let mut pacer = Pacer::new(rate, ByteCount(DATAGRAM));
        pacer.on_sent(Instant::ZERO, ByteCount(8 * DATAGRAM));
        pacer.release();
        let later = Instant::ZERO + Duration::from_secs(1);
        assert_eq!(pacer.open(later).0 / DATAGRAM, 8, "a millisecond and not more");
        pacer.on_sent(later, ByteCount(8 * DATAGRAM));
        assert!(pacer.open(later) < ByteCount(DATAGRAM));
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

    #[test]
    fn what_left_without_a_limit_is_not_owed_under_one() {
        let mut pacer = Pacer::new(Rate::from_mbps(10), ByteCount(DATAGRAM));
        let now = Instant::from_nanos(1_000_000);
        pacer.on_sent(now, ByteCount(100 * DATAGRAM));
        for no_limit in [Rate::UNLIMITED, Rate::from_bps(u64::MAX - 1)] {
            pacer.set_rate(now, no_limit);
            (0..1_000).for_each(|_| pacer.on_sent(now, ByteCount(DATAGRAM)));
            pacer.set_rate(now, Rate::from_mbps(10));
            assert!(pacer.next_send_time() < now + Duration::from_millis(3));
        }
    }
}
