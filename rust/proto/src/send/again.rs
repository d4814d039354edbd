//! How often what waits to be sent again was lost already, and in how many copies it travels next.
//!
//! A stream in order waits for the one datagram that is lost again and again. The more often bytes were lost the fewer of them there
//! are, so copies of those cost little and save round trips.

use core::ops::Range;

use crate::ranges::RangeSet;

/// Losses of the same bytes that are told apart.
const LEVELS: usize = 5;

/// From which try on, the first one not counted, a datagram travels in copies, where no more than this share is lost: the square of an
/// eighth and the cube of a third are 1.6 % and 3.7 % of the bytes.
const COPIES_FROM: [(u8, f64); 2] = [(2, 1.0 / 8.0), (3, 1.0 / 3.0)];

/// Fewest datagrams over which it is seen what is lost of late.
const LATELY: u64 = 500;
/// The same in flights: what was lost in one is sent again in the next, and is not to travel in copies only because the next has room.
const FLIGHTS: u64 = 4;

/// At the end of a stream the reader waits for the very last datagram, and copies keep nothing back: so many, where as much is lost as the
/// first of [`COPIES_FROM`] allows, that in three cases of four none of those that the flight loses is lost again.
const SURE_AT_END: f64 = 4.0;

/// Only where the flight is no more than one in so many of all datagrams: a short stream would consist of copies.
const SHORT_AT_END: u64 = 64;

/// Copies that each further try adds, and most of them.
const COPIES_MORE: u8 = 2;
const COPIES_MOST: u8 = 6;

/// What was lost more than once and waits to be sent again.
#[derive(Debug, Default)]
pub(crate) struct Again {
    /// At index i what was lost i + 2 times.
    lost: [RangeSet; LEVELS],
}

impl Again {
    /// A datagram with these bytes is lost, which had been sent `tries` times before.
    pub(crate) fn on_lost(&mut self, range: Range<u64>, tries: u8) {
        if let Some(level) = usize::from(tries).checked_sub(1) {
            self.lost[level.min(LEVELS - 1)].insert(range);
        }
    }

    /// What was lost was too long for the path: that says nothing of what its shorter pieces will meet.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// These bytes have arrived.
    pub(crate) fn on_arrived(&mut self, range: Range<u64>) {
        for lost in self.lost.iter_mut().filter(|lost| !lost.is_empty()) {
            lost.remove(range.clone());
        }
    }

    /// These bytes are sent again now; gives how often they were sent before.
    pub(crate) fn take(&mut self, range: Range<u64>) -> u8 {
        let level = self.lost.iter().rposition(|lost| lost.intersects(&range));
        let Some(level) = level else { return 1 };
        self.on_arrived(range);
        level as u8 + 2
    }
}

/// The share of datagrams that is lost of late, which what a start has sent too much is no part of.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    /// Datagrams sent and lost when the span before this one began, and when this one did.
    marks: [(u64, u64); 2],
}

impl Lately {
    /// The share, 0 to 1, where `lost` of `sent` datagrams were lost in all and `in_flight` are in flight.
    pub(crate) fn share(&mut self, lost: u64, sent: u64, in_flight: u64) -> f64 {
        if sent - self.marks[1].0 > LATELY.max(FLIGHTS * in_flight) {
            self.marks = [self.marks[1], (sent, lost)];
        }
        let [before, _] = self.marks;
        (lost - before.1) as f64 / (sent - before.0).max(1) as f64
    }
}

/// How many datagrams carry what was sent `tries` times before, where the share `loss` is lost: where that is much, most of it is what a
/// queue has no room for, and copies would only add to it.
pub(crate) fn copies(tries: u8, loss: f64) -> u8 {
    let is_rare = |(_, most): &&(u8, f64)| loss < *most;
    let from = COPIES_FROM.iter().find(is_rare).map(|(from, _)| *from);
    match from.and_then(|from| tries.checked_sub(from)) {
        None => 1,
        Some(further) => further.saturating_add(1).saturating_mul(COPIES_MORE).min(COPIES_MOST),
    }
}

/// The same at the end of a stream, where nothing new waits for its turn, with `in_flight` of `sent` datagrams in flight.
pub(crate) fn copies_at_end(loss: f64, in_flight: u64, sent: u64) -> u8 {
    let expected = SURE_AT_END * loss * in_flight as f64;
    if expected <= 1.0 || loss >= COPIES_FROM[0].1 || in_flight > sent / SHORT_AT_END {
        return 1;
    }
    ((expected.ln() / -loss.ln()).ceil() as u8).min(COPIES_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_known_by_how_often_they_were_lost_until_they_are_sent_or_arrive() {
        let mut again = Again::default();
        again.on_lost(0..100, 0);
        assert_eq!(again.take(0..100), 1, "lost once");
        again.on_lost(0..100, 1);
        again.on_lost(100..200, 3);
        again.on_lost(200..300, 1);
        assert_eq!(again.take(50..150), 4, "the most that any of it was lost");
        assert_eq!(again.take(50..150), 1);
        assert_eq!(again.take(0..50), 2);
        again.on_arrived(200..300);
        assert_eq!(again.take(200..300), 1);
        again.on_lost(0..100, u8::MAX);
        assert_eq!(usize::from(again.take(0..100)), LEVELS + 1);
        again.on_lost(0..100, 3);
        again.forget();
        assert_eq!(again.take(0..100), 1, "it was too long for the path");
    }

    #[test]
    fn copies_begin_the_later_the_more_is_lost_and_become_more_up_to_a_third() {
        let of = |loss| [1, 2, 3, 4, 5].map(|tries| copies(tries, loss));
        assert_eq!(of(0.05), [1, 2, 4, 6, 6]);
        assert_eq!(of(0.3), [1, 1, 2, 4, 6]);
        assert_eq!(of(0.4), [1; 5]);
    }

    #[test]
    fn what_a_start_has_lost_is_forgotten_some_flights_later() {
        let mut lately = Lately::default();
        assert_eq!(lately.share(0, 0, 0), 0.0, "nothing was sent yet");
        assert_eq!(lately.share(300, 1_000, 250), 0.3);
        assert_eq!(lately.share(400, 1_600, 250), 0.25, "the span of the start counts in the next one");
        assert_eq!(lately.share(450, 2_700, 250), 50.0 / 1_100.0);
    }

    #[test]
    fn at_the_end_there_are_as_many_copies_as_the_flight_is_long() {
        let of =
            |usual| [0, 10, 1_000, 24_000, 1 << 40].map(|number| copies_at_end(usual, number, 100 * number));
        assert_eq!(of(0.0), [1; 5]);
        assert_eq!(of(0.05), [1, 1, 2, 3, 6]);
        assert_eq!(of(0.1), [1, 1, 3, 4, 6]);
        assert_eq!(of(0.2), [1; 5], "each would cost too much");
        assert_eq!(copies_at_end(0.1, 1_000, 10_000), 1, "a short stream");
    }
}
