//! BBR, first version (draft-cardwell-iccrg-bbr-congestion-control-00), as it stands in kernels: a competitor and a candidate.

use core::time::Duration;

use faspstream_proto::config::Rates;
use faspstream_proto::rate::{FeedbackFacts, RateController};
use faspstream_proto::units::{ByteCount, Instant, Rate};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Startup,
    Drain,
    Probe,
    ProbeRtt,
}

const HIGH_GAIN: f64 = 2.885;
const CYCLE: [f64; 8] = [1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
const MIN_RTT_WINDOW: Duration = Duration::from_secs(10);
const PROBE_RTT_TIME: Duration = Duration::from_millis(200);

/// BBR, first version.
#[derive(Debug)]
pub struct Bbr {
    phase: Phase,
    round: u64,
    round_ends: ByteCount,
    samples: [(u64, Rate); 10],
    full: Rate,
    full_count: u32,
    cycle: usize,
    cycle_at: Instant,
    min_rtt: Duration,
    min_rtt_at: Instant,
    probe_rtt_until: Option<Instant>,
    in_flight: ByteCount,
    datagram: u64,
    lost_in_round: bool,
}

impl Bbr {
    /// A connection that begins with ten datagrams. `phase` (0 to 7) is where its cycle of gains begins.
    pub fn new(phase: usize) -> Self {
        Self {
            phase: Phase::Startup,
            round: 0,
            round_ends: ByteCount::ZERO,
            samples: [(0, Rate::ZERO); 10],
            full: Rate::ZERO,
            full_count: 0,
            cycle: if phase % 8 == 1 { 2 } else { phase % 8 },
            cycle_at: Instant::ZERO,
            min_rtt: Duration::MAX,
            min_rtt_at: Instant::ZERO,
            probe_rtt_until: None,
            in_flight: ByteCount::ZERO,
            datagram: 1_500,
            lost_in_round: false,
        }
    }

    fn bandwidth(&self) -> Rate {
        self.samples.iter().filter(|(r, _)| r + 10 > self.round).map(|(_, s)| *s).max().unwrap_or(Rate::ZERO)
    }

    fn inflight(&self, gain: f64) -> ByteCount {
        if self.min_rtt == Duration::MAX {
            return ByteCount(10 * self.datagram);
        }
        self.bandwidth().scaled(gain).bytes_in(self.min_rtt) + ByteCount(3 * self.datagram)
    }

    fn measure(&mut self, facts: &FeedbackFacts) -> bool {
        let begins = facts.prior_delivered >= self.round_ends;
        if begins {
            self.round += 1;
            self.round_ends = facts.delivered;
            self.samples[(self.round % 10) as usize] = (self.round, Rate::ZERO);
        }
        if let Some(rate) = facts.delivery_rate
            && (!facts.app_limited || rate > self.bandwidth())
        {
            let slot = &mut self.samples[(self.round % 10) as usize];
            *slot = (self.round, slot.1.max(rate));
        }
        begins
    }

    fn track_min_rtt(&mut self, facts: &FeedbackFacts) {
        let expired = facts.now.since(self.min_rtt_at) > MIN_RTT_WINDOW;
        if let Some(rtt) = facts.rtt
            && (rtt <= self.min_rtt || expired)
        {
            self.min_rtt = rtt;
            self.min_rtt_at = facts.now;
        }
        if expired && self.phase != Phase::ProbeRtt {
            self.phase = Phase::ProbeRtt;
            self.probe_rtt_until = None;
        }
        if self.phase == Phase::ProbeRtt {
            let few = facts.in_flight <= ByteCount(4 * self.datagram);
            match self.probe_rtt_until {
                None if few => {
                    self.probe_rtt_until = Some(facts.now + PROBE_RTT_TIME.max(facts.smoothed_rtt))
                }
                Some(until) if facts.now >= until => {
                    self.min_rtt_at = facts.now;
                    self.phase = if self.full_count >= 3 { Phase::Probe } else { Phase::Startup };
                }
                _ => {}
            }
        }
    }

    fn step(&mut self, facts: &FeedbackFacts, begins: bool) {
        match self.phase {
            Phase::Startup => {
                if begins && !facts.app_limited {
                    if self.bandwidth() >= self.full.scaled(1.25) {
                        self.full = self.bandwidth();
                        self.full_count = 0;
                    } else {
                        self.full_count += 1;
                    }
                }
                if self.full_count >= 3 {
                    self.phase = Phase::Drain;
                }
            }
            Phase::Drain => {
                if facts.in_flight <= self.inflight(1.0) {
                    self.phase = Phase::Probe;
                    self.cycle_at = facts.now;
                }
            }
            Phase::Probe => self.step_cycle(facts),
            Phase::ProbeRtt => {}
        }
    }

    fn step_cycle(&mut self, facts: &FeedbackFacts) {
        let elapsed = facts.now.since(self.cycle_at) > self.min_rtt;
        let next = match self.cycle {
            0 => elapsed && (self.lost_in_round || facts.in_flight >= self.inflight(1.25)),
            1 => elapsed || facts.in_flight <= self.inflight(1.0),
            _ => elapsed,
        };
        if next {
            self.cycle = (self.cycle + 1) % CYCLE.len();
            self.cycle_at = facts.now;
            self.lost_in_round = false;
        }
    }
}

impl RateController for Bbr {
    fn on_feedback(&mut self, facts: &FeedbackFacts) {
        self.in_flight = facts.in_flight;
        self.lost_in_round |= facts.lost > ByteCount::ZERO;
        let begins = self.measure(facts);
        self.step(facts, begins);
        self.track_min_rtt(facts);
    }

    fn on_sent(&mut self, _now: Instant, _bytes: ByteCount, _in_flight: ByteCount) {}

    fn on_outage(&mut self, _now: Instant) {}

    fn on_path_change(&mut self, _now: Instant) {}

    fn on_rates(&mut self, _now: Instant, _rates: &Rates) {}

    fn rate(&self) -> Rate {
        let gain = match self.phase {
            Phase::Startup => HIGH_GAIN,
            Phase::Drain => 1.0 / HIGH_GAIN,
            Phase::Probe => CYCLE[self.cycle],
            Phase::ProbeRtt => 1.0,
        };
        let first = Rate::of(ByteCount(10 * self.datagram), self.min_rtt.min(Duration::from_millis(100)));
        if self.round < 2 { first.scaled(HIGH_GAIN) } else { self.bandwidth().scaled(gain) }
    }

    fn window(&self) -> ByteCount {
        let four = ByteCount(4 * self.datagram);
        match self.phase {
            Phase::ProbeRtt => four,
            Phase::Startup | Phase::Drain => self.inflight(HIGH_GAIN).max(ByteCount(10 * self.datagram)),
            Phase::Probe => self.inflight(2.0).max(four),
        }
    }

    fn is_starting(&self) -> bool {
        self.phase == Phase::Startup
    }
}
