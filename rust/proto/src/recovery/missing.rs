//! Which packet numbers are not known to have arrived.
//!
//! FEEDBACK repeats what it said before; this finds what is new in it, at a cost of the number of ranges, not of datagrams in flight.

use core::ops::RangeInclusive;
use std::collections::VecDeque;

/// Packet numbers from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// The numbers below the largest acknowledged one that are missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Missing {
    /// Sorted, not empty, not touching.
    gaps: VecDeque<Span>,
    /// One above the largest number that arrived.
    next: u64,
}

impl Missing {
    /// One above the largest number that arrived; zero before the first.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Takes ranges, the highest first, as FEEDBACK carries them; tells `newly` each span that was not known, the highest first.
    pub(crate) fn arrived(
        &mut self,
        ranges: impl Iterator<Item = RangeInclusive<u64>>,
        mut newly: impl FnMut(Span),
    ) {
        let known = self.next;
        let mut open = self.gaps.len();
        let mut unseen_above = None;
        for range in ranges {
            let range = Span { start: *range.start(), end: range.end().saturating_add(1) };
            if range.end > known {
                let span = Span { start: range.start.max(known), end: range.end };
                newly(span);
                self.insert_above(known, span, &mut unseen_above);
            }
            if range.start < known {
                open = self.close(open, Span { start: range.start, end: range.end.min(known) }, &mut newly);
            }
        }
        if let Some(lowest) = unseen_above.filter(|lowest| *lowest > known) {
            let at = self.gaps.partition_point(|gap| gap.start < known);
            self.gaps.insert(at, Span { start: known, end: lowest });
        }
    }

    /// Notes the gap between `span` and the one above it. `lowest` is where the lowest span above `known` starts.
    fn insert_above(&mut self, known: u64, span: Span, lowest: &mut Option<u64>) {
        match *lowest {
            None => self.next = span.end,
            Some(above) if span.end < above => {
                let at = self.gaps.partition_point(|gap| gap.start < known);
                self.gaps.insert(at, Span { start: span.end, end: above });
            }
            Some(_) => {}
        }
        *lowest = Some(span.start);
    }

    /// Takes `range` out of the gaps below index `open`; gives the index below which lower ranges have to look.
    fn close(&mut self, mut open: usize, range: Span, newly: &mut impl FnMut(Span)) -> usize {
        while open > 0 {
            let gap = self.gaps[open - 1];
            if gap.start >= range.end {
                open -= 1;
                continue;
            }
            if gap.end <= range.start {
                break;
            }
            newly(Span { start: gap.start.max(range.start), end: gap.end.min(range.end) });
            let below = Span { start: gap.start, end: range.start };
            let above = Span { start: range.end, end: gap.end };
            match (below.start < below.end, above.start < above.end) {
                (true, true) => {
                    self.gaps[open - 1] = below;
                    self.gaps.insert(open, above);
                    break;
                }
                (true, false) => {
                    self.gaps[open - 1] = below;
                    break;
                }
                (false, true) => {
                    self.gaps[open - 1] = above;
                    open -= 1;
                }
                (false, false) => {
                    self.gaps.remove(open - 1);
                    open -= 1;
                }
            }
        }
        open
    }

    /// Nothing below `number` is of interest any more.
    pub(crate) fn forget_below(&mut self, number: u64) {
        while let Some(gap) = self.gaps.front_mut() {
            if gap.end > number {
                gap.start = gap.start.max(number);
                break;
            }
            self.gaps.pop_front();
        }
        self.next = self.next.max(number);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn runs(numbers: &BTreeSet<u64>) -> Vec<Span> {
        let mut runs: Vec<Span> = Vec::new();
        for &number in numbers {
            match runs.last_mut() {
                Some(last) if last.end == number => last.end += 1,
                _ => runs.push(Span { start: number, end: number + 1 }),
            }
        }
        runs.reverse();
        runs
    }

    proptest! {
        #[test]
        fn what_is_new_is_told_once_and_what_is_known_never_again(
            batches in proptest::collection::vec(proptest::collection::btree_set(0_u64..200, 1..60), 1..20),
            cut in 0_usize..8,
        ) {
            let mut missing = Missing::default();
            let mut known = BTreeSet::new();
            let mut received = BTreeSet::new();
            for batch in batches {
                received.extend(batch);
                let all = runs(&received);
                // A FEEDBACK may carry only the newest ranges.
                let shown = &all[..all.len().saturating_sub(cut).max(1)];
                missing.arrived(shown.iter().map(|span| span.start..=span.end - 1), |span| {
                    for number in span.start..span.end {
                        assert!(known.insert(number), "{number} told twice");
                    }
                });
                let said = shown.iter().flat_map(|s| s.start..s.end).collect::<BTreeSet<_>>();
                prop_assert!(said.is_subset(&known));
                prop_assert!(known.is_subset(&received));
                prop_assert_eq!(missing.next(), known.last().map_or(0, |last| last + 1));
                for pair in missing.gaps.iter().zip(missing.gaps.iter().skip(1)) {
                    prop_assert!(pair.0.end < pair.1.start && pair.0.start < pair.0.end);
                }
            }
        }
    }

    #[test]
    fn numbers_that_are_of_no_interest_are_not_told() {
        let mut missing = Missing::default();
        missing.arrived([10..=10].into_iter(), |_| {});
        missing.forget_below(8);
        let mut told = Vec::new();
        missing.arrived([0..=19].into_iter(), |span| told.push(span));
        assert_eq!(told, [Span { start: 11, end: 20 }, Span { start: 8, end: 10 }]);
    }
}
