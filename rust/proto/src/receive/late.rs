//! Numbers that came late, so that FEEDBACK tells of them although the newest gaps fill it (wire-format.md §4.1).
//!
//! Where a path overtakes nearly everything, thousands of gaps are open at a time and most of what comes closes one of them far below
//! the newest. A FEEDBACK that told of the newest ranges alone would leave all of that to be taken for lost.

use core::ops::RangeInclusive;
use std::collections::VecDeque;

use super::replay::ReceivedNumbers;

/// How often a late number is told: FEEDBACK may be lost.
const TELLS: u8 = 3;
/// Most that wait to be told; the oldest go first.
const WAITING_MAX: usize = 1_024;

#[derive(Clone, Copy, Debug)]
struct Late {
    number: u64,
    told: u8,
}

/// The numbers that came late and were not told often enough.
#[derive(Debug, Default)]
pub(crate) struct LateNumbers {
    waiting: VecDeque<Late>,
}

impl LateNumbers {
    /// `number` has come after a larger one.
    pub(crate) fn on_late(&mut self, number: u64) {
        if self.waiting.len() == WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Late { number, told: 0 });
    }

    /// True if nothing waits to be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The ranges below `cut` that hold late numbers, from the highest down.
    pub(crate) fn ranges_below(&self, cut: u64, received: &ReceivedNumbers) -> Vec<RangeInclusive<u64>> {
        let below = self.waiting.iter().map(|late| late.number).filter(|number| *number < cut);
        let mut numbers: Vec<u64> = below.collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
        for number in numbers {
            if ranges.last().is_some_and(|range| range.contains(&number)) {
                continue;
            }
            ranges.extend(received.range_of(number).filter(|range| *range.end() < cut));
        }
        ranges
    }

    /// A FEEDBACK has told of all that waits from `lowest` on.
    pub(crate) fn on_told(&mut self, lowest: u64) {
        self.waiting.retain_mut(|late| {
            late.told += u8::from(late.number >= lowest);
            late.told < TELLS
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(ranges: &[RangeInclusive<u64>]) -> ReceivedNumbers {
        let mut received = ReceivedNumbers::new();
        ranges.iter().cloned().flatten().for_each(|number| _ = received.insert(number));
        received
    }

    #[test]
    fn the_ranges_that_late_numbers_stand_in_are_told_from_the_highest_down_and_so_often() {
        let received = received(&[10..=19, 30..=39, 50..=50, 90..=99]);
        let mut late = LateNumbers::default();
        [35, 12, 50, 13, 95].iter().for_each(|number| late.on_late(*number));
        for _ in 0..TELLS {
            assert_eq!(late.ranges_below(90, &received), [50..=50, 30..=39, 10..=19]);
            late.on_told(30);
        }
        assert_eq!(late.ranges_below(90, &received), [10..=19], "those had no room");
        (0..TELLS).for_each(|_| late.on_told(0));
        assert!(late.is_empty());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut late = LateNumbers::default();
        (0..5_000).for_each(|number| late.on_late(number));
        assert_eq!(late.waiting.len(), WAITING_MAX);
        assert_eq!(late.waiting.back().map(|late| late.number), Some(4_999));
    }
}
