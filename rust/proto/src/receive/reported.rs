//! What the sender is known to know, so that FEEDBACK need not repeat it (wire-format.md §4.1).

use core::time::Duration;
use std::collections::VecDeque;

use crate::units::Instant;

/// Feedbacks that are remembered until they are acknowledged; older ones raise no floor, which costs bytes and nothing else.
const OUTSTANDING_MAX: usize = 4_096;

/// One feedback: it told the fate of the numbers from `low` up to, not including, `end`.
#[derive(Clone, Copy, Debug)]
struct Report {
    number: u64,
    low: u64,
    end: u64,
}

/// The floor, and the feedbacks that may raise it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reported {
    floor: u64,
    outstanding: VecDeque<Report>,
    /// Since when no acknowledged feedback has reached down to the floor, and the end of the first one that did not.
    hole: Option<(Instant, u64)>,
}

impl Reported {
    /// The sender knows the fate of all numbers below.
    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    /// A FEEDBACK went out as packet `number`, with all ranges from `low` up to, not including, `end`.
    pub(crate) fn on_sent(&mut self, number: u64, low: u64, end: u64) {
        if self.outstanding.len() == OUTSTANDING_MAX {
            self.outstanding.pop_front();
        }
        self.outstanding.push_back(Report { number, low, end });
    }

    /// Packet `number` is known at `now` to have arrived at the sender.
    ///
    /// A feedback that has no room for all ranges down to the floor does not raise it. What came more than `patience` before, within
    /// which the sender judges of every number, is told no more then: each feedback would be as long as can be, and with their budget of
    /// bytes they would become ever rarer.
    pub(crate) fn on_acknowledged(&mut self, now: Instant, number: u64, patience: Duration) {
        while let Some(report) = self.outstanding.front().copied().filter(|report| report.number <= number) {
            self.outstanding.pop_front();
            if report.number != number {
                continue;
            }
            if report.low > self.floor {
                let (since, end) = *self.hole.get_or_insert((now, report.end));
                if now.since(since) < patience {
                    continue;
                }
                self.floor = self.floor.max(end);
                self.hole = Some((now, report.end));
            }
            if report.low <= self.floor {
                self.floor = self.floor.max(report.end);
                self.hole = None;
            }
        }
    }

    /// A datagram came late: what was said of its number holds no more.
    pub(crate) fn on_late(&mut self, number: u64) {
        self.floor = self.floor.min(number);
        for report in self.outstanding.iter_mut().rev() {
            if report.end <= number {
                break;
            }
            report.end = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(1);

    fn at(s: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(s)
    }

    #[test]
    fn the_floor_follows_the_acknowledged_feedback_and_not_a_lost_one() {
        let mut reported = Reported::default();
        reported.on_sent(1, 0, 10);
        reported.on_sent(2, 0, 20);
        reported.on_sent(3, 0, 30);
        reported.on_acknowledged(at(1), 2, PATIENCE);
        assert_eq!(reported.floor(), 20);
        reported.on_acknowledged(at(1), 1, PATIENCE);
        assert_eq!(reported.floor(), 20);
    }

    #[test]
    fn a_feedback_that_could_not_carry_all_raises_no_floor_above_a_hole() {
        let mut reported = Reported::default();
        reported.on_sent(1, 50, 100);
        reported.on_acknowledged(at(1), 1, PATIENCE);
        assert_eq!(reported.floor(), 0);
        reported.on_sent(2, 0, 60);
        reported.on_sent(3, 55, 120);
        reported.on_acknowledged(at(1), 2, PATIENCE);
        reported.on_acknowledged(at(1), 3, PATIENCE);
        assert_eq!(reported.floor(), 120);
    }

    #[test]
    fn what_no_feedback_has_room_for_is_told_no_more_when_the_sender_has_judged_of_it() {
        let mut reported = Reported::default();
        let mut number = 0;
        let mut floor_after = |s: u64, low, end| {
            number += 1;
            reported.on_sent(number, low, end);
            reported.on_acknowledged(at(s), number, PATIENCE);
            reported.floor()
        };
        assert_eq!(floor_after(1, 50, 100), 0);
        assert_eq!(floor_after(2, 150, 200), 100, "all of the first feedback that left something out");
        assert_eq!(floor_after(2, 160, 210), 100, "patience begins anew");
        assert_eq!(floor_after(3, 250, 300), 200);
        assert_eq!(floor_after(3, 190, 340), 340, "a feedback that reaches down again tells of all");
    }

    #[test]
    fn a_late_arrival_is_told_again_until_a_feedback_with_it_is_acknowledged() {
        let mut reported = Reported::default();
        reported.on_sent(1, 0, 10);
        reported.on_acknowledged(at(1), 1, PATIENCE);
        reported.on_sent(2, 10, 20);
        reported.on_late(7);
        assert_eq!(reported.floor(), 7);
        reported.on_acknowledged(at(1), 2, PATIENCE);
        assert_eq!(reported.floor(), 7, "that one did not know of it");
        reported.on_sent(3, 7, 30);
        reported.on_acknowledged(at(1), 3, PATIENCE);
        assert_eq!(reported.floor(), 30);
    }
}
