//! A set of numbers kept as ranges: packet numbers that have come, stream bytes that were acknowledged or lost.

use core::ops::{Range, RangeInclusive};
use std::collections::VecDeque;

/// A set of `u64` as sorted, disjoint, non-adjacent half-open ranges; `u64::MAX` itself can't be a member.
///
/// Appending at either end takes constant time, everything else `O(log n)` to find the place, and to shift the nearer half of the
/// ranges where their number changes.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct RangeSet {
    ranges: VecDeque<Range<u64>>,
}

impl RangeSet {
    /// The empty set.
    pub(crate) const fn new() -> Self {
        Self { ranges: VecDeque::new() }
    }

    /// How many ranges there are.
    pub(crate) fn range_count(&self) -> usize {
        self.ranges.len()
    }

    /// True if there is no member.
    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The lowest range.
    pub(crate) fn first(&self) -> Option<Range<u64>> {
        self.ranges.front().cloned()
    }

    /// The highest range.
    pub(crate) fn last(&self) -> Option<Range<u64>> {
        self.ranges.back().cloned()
    }

    /// The ranges, from the lowest; `rev()` gives them from the highest.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Range<u64>> + Clone + '_ {
        self.ranges.iter().cloned()
    }

    /// The ranges from the highest down, as FEEDBACK states them.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = RangeInclusive<u64>> + Clone + '_ {
        self.ranges.iter().rev().map(|range| range.start..=range.end - 1)
    }

    /// True if `value` is a member.
    pub(crate) fn contains(&self, value: u64) -> bool {
        self.range_of(value).is_some()
    }

    /// The range that `value` is a member of.
    pub(crate) fn range_of(&self, value: u64) -> Option<Range<u64>> {
        self.ranges.get(self.first_ending_above(value)).filter(|range| range.start <= value).cloned()
    }

    /// True if all of `range` are members; an empty one always.
    pub(crate) fn contains_all(&self, range: &Range<u64>) -> bool {
        range.is_empty()
            || self
                .ranges
                .get(self.first_ending_above(range.start))
                .is_some_and(|found| found.start <= range.start && range.end <= found.end)
    }

    /// True if any of `range` is a member.
    pub(crate) fn intersects(&self, range: &Range<u64>) -> bool {
        !range.is_empty()
            && self
                .ranges
                .get(self.first_ending_above(range.start))
                .is_some_and(|found| found.start < range.end)
    }

    /// The parts of `range` that are not members, from the lowest.
    pub(crate) fn missing_in(&self, range: Range<u64>) -> impl Iterator<Item = Range<u64>> + '_ {
        let from = self.first_ending_above(range.start);
        let mut present = self.ranges.range(from..).take_while(move |found| found.start < range.end);
        let mut position = range.start;
        core::iter::from_fn(move || {
            while position < range.end {
                let gap_start = position;
                let gap_end = match present.next() {
                    Some(found) => {
                        position = found.end;
                        found.start
                    }
                    None => {
                        position = range.end;
                        range.end
                    }
                };
                if gap_start < gap_end {
                    return Some(gap_start..gap_end);
                }
            }
            None
        })
    }

    /// Adds one number; true if it was no member before.
    pub(crate) fn insert_value(&mut self, value: u64) -> bool {
        let is_new = !self.contains(value);
        if is_new {
            self.insert(value..value + 1);
        }
        is_new
    }

    /// Adds all of `range`.
    pub(crate) fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        match self.ranges.back_mut() {
            Some(last) if range.start > last.end => return self.ranges.push_back(range),
            None => return self.ranges.push_back(range),
            Some(last) if range.start >= last.start => {
                last.end = last.end.max(range.end);
                return;
            }
            Some(_) => {}
        }
        // The ranges that overlap the new one or touch it: they become one with it.
        let from = self.ranges.partition_point(|found| found.end < range.start);
        let to = self.ranges.partition_point(|found| found.start <= range.end);
        if from == to {
            self.ranges.insert(from, range);
        } else {
            let end = self.ranges[to - 1].end.max(range.end);
            let merged = &mut self.ranges[from];
            merged.start = merged.start.min(range.start);
            merged.end = end;
            self.ranges.drain(from + 1..to);
        }
    }

    /// Takes all of `range` out.
    pub(crate) fn remove(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let from = self.first_ending_above(range.start);
        let to = self.ranges.partition_point(|found| found.start < range.end);
        if from >= to {
            return;
        }
        let left = self.ranges[from].start..range.start;
        let right = range.end..self.ranges[to - 1].end;
        match (left.is_empty(), right.is_empty()) {
            (true, true) => drop(self.ranges.drain(from..to)),
            (false, true) => {
                self.ranges[from] = left;
                self.ranges.drain(from + 1..to);
            }
            (true, false) => {
                self.ranges[to - 1] = right;
                self.ranges.drain(from..to - 1);
            }
            (false, false) => {
                self.ranges[to - 1] = right;
                self.ranges.drain(from..to - 1);
                self.ranges.insert(from, left);
            }
        }
    }

    /// Takes everything below `floor` out.
    pub(crate) fn remove_below(&mut self, floor: u64) {
        while let Some(first) = self.ranges.front_mut() {
            if first.end > floor {
                first.start = first.start.max(floor);
                return;
            }
            self.ranges.pop_front();
        }
    }

    /// Takes the lowest range out and gives it.
    pub(crate) fn pop_first(&mut self) -> Option<Range<u64>> {
        self.ranges.pop_front()
    }

    /// Takes up to `most` numbers from the lowest range out and gives them; None if the set is empty or `most` is 0.
    pub(crate) fn take_first(&mut self, most: u64) -> Option<Range<u64>> {
        let first = self.ranges.front_mut().filter(|_| most > 0)?;
        if first.end - first.start <= most {
            return self.ranges.pop_front();
        }
        let taken = first.start..first.start + most;
        first.start = taken.end;
        Some(taken)
    }

    /// The position of the first range that ends above `value`: the one that holds it, or the next one.
    fn first_ending_above(&self, value: u64) -> usize {
        match self.ranges.back() {
            // Most questions are about the newest numbers.
            Some(last) if last.start <= value => self.ranges.len() - usize::from(last.end > value),
            _ => self.ranges.partition_point(|found| found.end <= value),
        }
    }
}

impl core::fmt::Debug for RangeSet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(&self.ranges).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Operation {
        Append(u64),
        InsertValue(u64),
        Insert(Range<u64>),
        Remove(Range<u64>),
        RemoveBelow(u64),
        PopFirst,
        TakeFirst(u64),
    }

    /// Few numbers, so that ranges meet often.
    fn any_range() -> impl Strategy<Value = Range<u64>> {
        (0u64..200, 0u64..20).prop_map(|(start, len)| start..start + len)
    }

    fn any_operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            2 => (0u64..3).prop_map(Operation::Append),
            4 => (0u64..220).prop_map(Operation::InsertValue),
            4 => any_range().prop_map(Operation::Insert),
            3 => any_range().prop_map(Operation::Remove),
            1 => (0u64..100).prop_map(Operation::RemoveBelow),
            1 => Just(Operation::PopFirst),
            1 => (0u64..10).prop_map(Operation::TakeFirst),
        ]
    }

    /// Takes the lowest run of at most `most` numbers out of the oracle.
    fn take_run(oracle: &mut BTreeSet<u64>, most: u64) -> Option<Range<u64>> {
        let start = *oracle.first().filter(|_| most > 0)?;
        let mut end = start;
        while end - start < most && oracle.remove(&end) {
            end += 1;
        }
        Some(start..end)
    }

    fn apply(operation: Operation, set: &mut RangeSet, oracle: &mut BTreeSet<u64>) {
        match operation {
            Operation::Append(gap) => {
                let value = oracle.last().map_or(0, |last| last + 1) + gap;
                assert_eq!(set.insert_value(value), oracle.insert(value));
            }
            Operation::InsertValue(value) => assert_eq!(set.insert_value(value), oracle.insert(value)),
            Operation::Insert(range) => {
                set.insert(range.clone());
                oracle.extend(range);
            }
            Operation::Remove(range) => {
                set.remove(range.clone());
                oracle.retain(|value| !range.contains(value));
            }
            Operation::RemoveBelow(floor) => {
                set.remove_below(floor);
                oracle.retain(|value| *value >= floor);
            }
            Operation::PopFirst => assert_eq!(set.pop_first(), take_run(oracle, u64::MAX)),
            Operation::TakeFirst(most) => assert_eq!(set.take_first(most), take_run(oracle, most)),
        }
    }

    fn assert_same(set: &RangeSet, oracle: &BTreeSet<u64>) {
        assert!(set.iter().flatten().eq(oracle.iter().copied()), "{set:?} instead of {oracle:?}");
        for (below, above) in set.iter().zip(set.iter().skip(1)) {
            assert!(below.end < above.start, "{set:?} has ranges that touch");
        }
        assert!(set.iter().all(|range| !range.is_empty()), "{set:?} has an empty range");
        assert_eq!(set.is_empty(), oracle.is_empty());
        assert_eq!(set.first().map(|range| range.start), oracle.first().copied());
        assert_eq!(set.last().map(|range| range.end - 1), oracle.last().copied());
    }

    fn assert_same_answers(set: &RangeSet, oracle: &BTreeSet<u64>, range: &Range<u64>) {
        assert_eq!(set.contains(range.start), oracle.contains(&range.start));
        assert_eq!(set.contains_all(range), range.clone().all(|value| oracle.contains(&value)));
        assert_eq!(set.intersects(range), range.clone().any(|value| oracle.contains(&value)));
        let missing: Vec<_> = range.clone().filter(|value| !oracle.contains(value)).collect();
        assert_eq!(set.missing_in(range.clone()).flatten().collect::<Vec<_>>(), missing);
        assert!(set.missing_in(range.clone()).all(|gap| !gap.is_empty()));
    }

    proptest! {
        #[test]
        fn a_range_set_is_a_set(
            operations in prop::collection::vec((any_operation(), any_range()), 1..80),
        ) {
            let (mut set, mut oracle) = (RangeSet::new(), BTreeSet::new());
            for (operation, question) in operations {
                apply(operation, &mut set, &mut oracle);
                assert_same(&set, &oracle);
                assert_same_answers(&set, &oracle, &question);
            }
            let down: Vec<_> = set.newest_first().map(|range| *range.start()..range.end() + 1).collect();
            prop_assert_eq!(down, set.iter().rev().collect::<Vec<_>>());
            prop_assert_eq!(set.range_count(), set.iter().count());
        }
    }
}
