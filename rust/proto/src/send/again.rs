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

/// Where one datagram in so many is lost in all, most of it is what a queue has no room for, and copies would only add to it. Less may be
/// what a start has sent too much: that says nothing of what will be lost.
const LOST_MOST: u64 = 2;

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

/// How many datagrams carry what was sent `tries` times before, where the share `usual` is lost whatever is sent, and `lost` of `sent`
/// datagrams were lost.
pub(crate) fn copies(tries: u8, usual: f64, lost: u64, sent: u64) -> u8 {
    let is_rare = |(_, most): &&(u8, f64)| usual < *most && lost.saturating_mul(LOST_MOST) < sent;
    let from = COPIES_FROM.iter().find(is_rare).map(|(from, _)| *from);
    match from.and_then(|from| tries.checked_sub(from)) {
        None => 1,
        Some(further) => further.saturating_add(1).saturating_mul(COPIES_MORE).min(COPIES_MOST),
    }
}

/// The same at the end of a stream, where nothing new waits for its turn, with `in_flight` of `sent` datagrams in flight.
pub(crate) fn copies_at_end(usual: f64, in_flight: u64, sent: u64) -> u8 {
    let expected = SURE_AT_END * usual * in_flight as f64;
    if expected <= 1.0 || usual >= COPIES_FROM[0].1 || in_flight > sent / SHORT_AT_END {
        return 1;
    }
    ((expected.ln() / -usual.ln()).ceil() as u8).min(COPIES_MOST)
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
    }

    #[test]
    fn copies_begin_the_later_the_more_is_lost_and_become_more_up_to_a_third() {
        let of = |usual, lost| [1, 2, 3, 4, 5].map(|tries| copies(tries, usual, lost, 100));
        assert_eq!(of(0.05, 5), [1, 2, 4, 6, 6]);
        assert_eq!(of(0.05, 40), [1, 2, 4, 6, 6], "a start has lost more than the path does");
        assert_eq!(of(0.3, 30), [1, 1, 2, 4, 6]);
        assert_eq!(of(0.4, 40), [1; 5]);
        assert_eq!(of(0.05, 60), [1; 5]);
        assert_eq!(copies(2, 0.0, 0, 0), 1, "nothing was sent yet");
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
