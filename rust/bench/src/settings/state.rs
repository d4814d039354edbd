//! A link as it was set so far, for settings that depend on others.

use std::time::Duration;

use faspstream_netem::{BitRate, Change};

use super::key::{Direction, Queue, Setting, Settings};

/// The least round-trip time for which a queue in bandwidth-delay products is sized: a path of 0 ms has a product of nothing.
const LEAST_RTT: Duration = Duration::from_millis(10);
/// The least such queue in bytes: 16 full packets.
const LEAST_QUEUE: u64 = 24_000;

/// Rates and delays of both directions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LinkState {
    rate: [Option<BitRate>; 2],
    delay: [Duration; 2],
}

impl LinkState {
    /// Takes the settings over, and gives the changes that follow for each direction. Queues in bandwidth-delay products are sized by
    /// the rates and delays after all of these settings.
    pub(crate) fn apply(&mut self, settings: &Settings) -> Vec<(Direction, Change)> {
        let (queues, others): (Vec<_>, Vec<_>) =
            settings.iter().copied().partition(|(_, s)| matches!(s, Setting::Queue(_)));
        let mut changes = Vec::new();
        for (concerned, setting) in others.into_iter().chain(queues) {
            for direction in Direction::ALL {
                if concerned.is_none_or(|c| c == direction) {
                    changes.push((direction, self.change(direction, setting)));
                }
            }
        }
        changes
    }

    fn change(&mut self, direction: Direction, setting: Setting) -> Change {
        let place = direction as usize;
        match setting {
            Setting::Rate(rate) => {
                self.rate[place] = rate;
                Change::Rate(rate)
            }
            Setting::Rtt(rtt) => self.delay_change(place, rtt / 2),
            Setting::Delay(delay) => self.delay_change(place, delay),
            Setting::Queue(Queue::Bytes(bytes)) => Change::Queue(bytes),
            Setting::Queue(Queue::Bdp(times)) => Change::Queue(self.queue_of(place, times)),
            Setting::Loss(share) => Change::Loss(share),
            Setting::Bursts(bursts) => Change::Bursts(bursts),
            Setting::Jitter(jitter) => Change::Jitter(jitter),
            Setting::Reordering(reordering) => Change::Reordering(reordering),
            Setting::Duplication(share) => Change::Duplication(share),
            Setting::Damage(share) => Change::Damage(share),
            Setting::Policer(policer) => Change::Policer(policer),
            Setting::PathMtu(mtu) => Change::Mtu(mtu),
            Setting::Up(up) => Change::Up(up),
        }
    }

    fn delay_change(&mut self, place: usize, delay: Duration) -> Change {
        self.delay[place] = delay;
        Change::Delay(delay)
    }

    fn queue_of(&self, place: usize, times: f64) -> u64 {
        let rtt = (self.delay[0] + self.delay[1]).max(LEAST_RTT);
        match self.rate[place] {
            None => u64::MAX,
            Some(rate) => LEAST_QUEUE.max((rate.bytes_in(rtt) as f64 * times) as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(pairs: &[&str]) -> Vec<(Direction, Change)> {
        let settings = pairs.iter().map(|p| Setting::parse_pair(p).expect("a valid pair")).collect();
        LinkState::default().apply(&settings)
    }

    #[test]
    fn a_queue_in_products_is_sized_after_all_else() {
        let changes = applied(&["queue=0.5bdp", "rtt=80ms", "ab.rate=100mbit"]);
        // 100 Mbit/s for 80 ms are a million bytes; the other direction has no limit.
        assert!(changes.contains(&(Direction::Ab, Change::Queue(500_000))), "{changes:?}");
        assert!(changes.contains(&(Direction::Ba, Change::Queue(u64::MAX))), "{changes:?}");
    }

    #[test]
    fn the_round_trip_is_shared_by_the_directions() {
        let changes = applied(&["rtt=80ms", "ba.delay=10ms"]);
        let of = |d| changes.iter().rev().find(|(direction, _)| *direction == d).map(|(_, change)| *change);
        assert_eq!(of(Direction::Ab), Some(Change::Delay(Duration::from_millis(40))));
        assert_eq!(of(Direction::Ba), Some(Change::Delay(Duration::from_millis(10))));
    }

    #[test]
    fn a_path_without_delay_still_has_a_queue() {
        let changes = applied(&["rate=10mbit", "queue=1bdp"]);
        assert!(changes.contains(&(Direction::Ab, Change::Queue(LEAST_QUEUE))), "{changes:?}");
    }
}
