//! How often what waits to be sent again was lost already, and in how many copies it travels next.
//!
//! A stream in order waits for the one datagram that is lost again and again. The more often bytes were lost the fewer of them there
//! are, so copies of those cost little and save round trips.

use core::ops::Range;

use crate::ranges::RangeSet;

/// Losses of the same bytes that are told apart.
const LEVELS: usize = 5;

/// From which try on, the first one not counted, a datagram travels in copies, where at most one in so many is lost: the square of an
/// eighth and the cube of a third are 1.6 % and 3.7 % of the bytes. Where more is lost, most of it is what a queue has no room for, and
/// copies would only add to it.
const COPIES_FROM: [(u8, u64); 2] = [(2, 8), (3, 3)];

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

/// How many datagrams carry what was sent `tries` times before, where `lost` of `sent` datagrams were lost.
pub(crate) fn copies(tries: u8, lost: u64, sent: u64) -> u8 {
    let is_rare = |(_, share): &&(u8, u64)| lost.saturating_mul(*share) < sent;
    let from = COPIES_FROM.iter().find(is_rare).map(|(from, _)| *from);
    match from.and_then(|from| tries.checked_sub(from)) {
        None => 1,
        Some(further) => further.saturating_add(1).saturating_mul(COPIES_MORE).min(COPIES_MOST),
    }
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
        let of = |lost| [1, 2, 3, 4, 5].map(|tries| copies(tries, lost, 100));
        assert_eq!(of(5), [1, 2, 4, 6, 6]);
        assert_eq!(of(30), [1, 1, 2, 4, 6]);
        assert_eq!(of(40), [1; 5]);
        assert_eq!(copies(2, 0, 0), 1, "nothing was sent yet");
    }
}
