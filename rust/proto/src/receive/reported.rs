//! What the sender is known to know, so that FEEDBACK need not repeat it (wire-format.md §4.1).

use std::collections::VecDeque;

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

    /// Packet `number` has arrived at the sender.
    pub(crate) fn on_acknowledged(&mut self, number: u64) {
        while let Some(report) = self.outstanding.front().copied().filter(|report| report.number <= number) {
            self.outstanding.pop_front();
            if report.number == number && report.low <= self.floor {
                self.floor = self.floor.max(report.end);
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

    #[test]
    fn the_floor_follows_the_acknowledged_feedback_and_not_a_lost_one() {
        let mut reported = Reported::default();
        reported.on_sent(1, 0, 10);
        reported.on_sent(2, 0, 20);
        reported.on_sent(3, 0, 30);
        reported.on_acknowledged(2);
        assert_eq!(reported.floor(), 20);
        reported.on_acknowledged(1);
        assert_eq!(reported.floor(), 20);
    }

    #[test]
    fn a_feedback_that_could_not_carry_all_raises_no_floor_above_a_hole() {
        let mut reported = Reported::default();
        reported.on_sent(1, 50, 100);
        reported.on_acknowledged(1);
        assert_eq!(reported.floor(), 0);
        reported.on_sent(2, 0, 60);
        reported.on_sent(3, 55, 120);
        reported.on_acknowledged(2);
        reported.on_acknowledged(3);
        assert_eq!(reported.floor(), 120);
    }

    #[test]
    fn a_late_arrival_is_told_again_until_a_feedback_with_it_is_acknowledged() {
        let mut reported = Reported::default();
        reported.on_sent(1, 0, 10);
        reported.on_acknowledged(1);
        reported.on_sent(2, 10, 20);
        reported.on_late(7);
        assert_eq!(reported.floor(), 7);
        reported.on_acknowledged(2);
        assert_eq!(reported.floor(), 7, "that one did not know of it");
        reported.on_sent(3, 7, 30);
        reported.on_acknowledged(3);
        assert_eq!(reported.floor(), 30);
    }
}
