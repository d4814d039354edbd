//! What streams like this one do and nobody who fills a queue until he loses: they make room before anything is lost.

/// Growth of the window, as a factor, by which it shows whether the others make room; below [`BEGINS`] it has not begun.
const GROWN: f64 = 4.0;
const BEGINS: f64 = 1.2;
/// Share of the best rate's worth of what a window has grown by that would stand in the queue at least if nobody had made room.
const STANDS: f64 = 0.15;
/// Multiple of the queue from where growth is measured by which a longer one makes the measurement begin anew.
const LENGTHENED: f64 = 1.25;
/// Round trips in a row in which a queue falls that nobody fills who answers loss, the share of where it began below which it is by
/// then, and the share that it keeps in each of them.
const EBB_ROUNDS: u32 = 4;
const EBB: f64 = 0.9;
const LEAP: f64 = 0.8;

/// The signs by which streams of one kind are known.
#[derive(Debug, Default)]
pub(super) struct Kin {
    growth: Growth,
    ebb: Ebb,
}

impl Kin {
    /// Growth is measured from here on: `window` bytes in flight, `queue` seconds.
    pub(super) fn measure_growth(&mut self, window: f64, queue: f64) {
        self.growth = Growth { window, queue, longest: queue };
    }

    /// The base of the queueing delay has become longer by so many seconds.
    pub(super) fn rebase(&mut self, by: f64) {
        let (growth, ebb) = (&mut self.growth, &mut self.ebb);
        for queue in [&mut growth.queue, &mut growth.longest, &mut ebb.from, &mut ebb.queue] {
            *queue = (*queue - by).max(0.0);
        }
    }

    /// A round trip is over in which `queue` seconds stood. True if the others make room: the window has grown and the queue has not grown
    /// with it, or the queue falls for long although no less is sent. `best` is the best rate of late, in bytes per second.
    pub(super) fn makes_room(&mut self, window: f64, queue: f64, best: f64) -> bool {
        // Both are told of every round trip.
        let ebbs = self.ebb.on_round(window, queue);
        self.growth.on_round(window, queue, best) || ebbs
    }
}

/// Where growth beside others began: bytes in flight, the queue in seconds, and the longest one since.
#[derive(Clone, Copy, Debug, Default)]
struct Growth {
    window: f64,
    queue: f64,
    longest: f64,
}

impl Growth {
    fn on_round(&mut self, window: f64, queue: f64, best: f64) -> bool {
        if window < BEGINS * self.window {
            // What a cut takes from the queue shows a round trip later.
            self.queue = self.queue.min(queue);
            self.longest = self.queue;
        }
        self.longest = self.longest.max(queue);
        if self.longest > LENGTHENED * self.queue {
            // It stands in the queue, or somebody else grows too: what comes after may tell.
            *self = Self { window, queue, longest: queue };
        }
        let stands = (self.longest - self.queue) * best;
        window >= GROWN * self.window && stands < STANDS * (window - self.window)
    }
}

/// A queue that falls round trip after round trip although no less is sent: who answers loss gives up much of it at once.
#[derive(Clone, Copy, Debug, Default)]
struct Ebb {
    rounds: u32,
    /// Seconds of queue where it began, and at the end of the last round trip; bytes in flight by then.
    from: f64,
    queue: f64,
    window: f64,
}

impl Ebb {
    fn on_round(&mut self, window: f64, queue: f64) -> bool {
        let falls = queue < self.queue && queue > LEAP * self.queue && window >= self.window;
        let (rounds, from) = if falls { (self.rounds + 1, self.from) } else { (0, queue) };
        *self = Self { rounds, from, queue, window };
        rounds >= EBB_ROUNDS && queue < EBB * from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATAGRAM: f64 = 1_500.0;
    /// Bytes per second.
    const BEST: f64 = 10e6;

    /// A window of 100 datagrams beside a queue of 20 ms that becomes so many times as large in steps while the queue has so many ms more.
    fn grown(times: f64, more_ms: f64) -> bool {
        let mut kin = Kin::default();
        kin.measure_growth(100.0 * DATAGRAM, 0.020);
        (0..=10).any(|step| {
            let part = f64::from(step) / 10.0;
            let window = 100.0 * DATAGRAM * (1.0 + part * (times - 1.0));
            kin.makes_room(window, 0.020 + part * more_ms * 1e-3, BEST)
        })
    }

    #[test]
    fn who_lets_a_window_grow_and_the_queue_not_makes_room() {
        assert!(grown(4.0, 2.0));
        assert!(!grown(3.9, 2.0), "too little to tell");
        assert!(!grown(4.0, 30.0), "what was sent beside him stands in the queue");
    }

    #[test]
    fn growth_is_measured_anew_where_the_queue_has_grown_with_it() {
        let mut kin = Kin::default();
        kin.measure_growth(100.0 * DATAGRAM, 0.010);
        assert!(!kin.makes_room(200.0 * DATAGRAM, 0.020, BEST));
        assert!(
            !kin.makes_room(600.0 * DATAGRAM, 0.021, BEST),
            "three times what it was when the queue had grown"
        );
        assert!(kin.makes_room(800.0 * DATAGRAM, 0.021, BEST), "from there on nothing stands in the queue");
    }

    /// The queue has so many ms one round trip after the other, with a window that changes by so many bytes in each.
    fn ebbs(queues_ms: &[f64], change: f64) -> bool {
        let mut ebb = Ebb::default();
        let mut window = 100.0 * DATAGRAM;
        queues_ms.iter().any(|ms| {
            window += change;
            ebb.on_round(window, ms * 1e-3)
        })
    }

    #[test]
    fn a_queue_that_falls_slowly_though_no_less_is_sent_is_of_streams_like_this_one() {
        let slowly = [40.0, 39.0, 38.0, 37.0, 35.9];
        assert!(ebbs(&slowly, 0.0));
        assert!(!ebbs(&slowly[..4], 0.0), "three round trips may be chance");
        assert!(!ebbs(&slowly, -1.0), "what this one gives up the queue loses");
        assert!(!ebbs(&[40.0, 39.9, 39.8, 39.7, 39.6], 0.0), "too little to tell");
        assert!(!ebbs(&[40.0, 39.0, 30.0, 29.0, 28.0, 27.0], 0.0), "an answer to loss gives up much at once");
    }

    #[test]
    fn a_base_that_moves_is_no_queue_that_falls() {
        let mut ebb = Kin::default();
        for (ms, moved) in [(40.0, 0.0), (39.0, 0.0), (38.0, 0.0), (37.0, 0.0), (32.0, 0.005), (33.0, 0.0)] {
            ebb.rebase(moved);
            assert!(!ebb.makes_room(DATAGRAM, ms * 1e-3, BEST), "at {ms} ms");
        }
    }
}
