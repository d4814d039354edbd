//! A flood of datagrams that belong to no session: from some rate on the kernel drops what can be told by its first bytes.
//!
//! All connection ids of a socket begin with the same byte (`ConnectionIds`), so a filter of a few instructions lets through what looks like
//! this socket's, and of noise one datagram in a thousand. What it drops takes no room in the socket's buffer and no time of this process.

use std::time::{Duration, Instant};

use super::drops::Dropped;

/// Strangers' datagrams are counted over this time.
const WINDOW: Duration = Duration::from_millis(20);
/// So many of them in one window are a flood: 25,000 a second. What a session leaves behind that ends in the middle is less.
const FLOOD: u64 = 500;
/// A flood is over when for so long fewer were dropped than make one.
const CALM: Duration = Duration::from_secs(1);
/// The same rate over that time.
const FLOOD_IN_CALM: u64 = FLOOD * (CALM.as_millis() / WINDOW.as_millis()) as u64;

/// What is to be done about the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Begin,
    End,
    Nothing,
}

/// The state of one socket.
#[derive(Debug)]
pub(super) struct Siege {
    /// When the present count began.
    since: Instant,
    /// Datagrams of strangers since then: those that came through, or those that were dropped.
    count: u64,
    filtering: bool,
    /// The system knows no filters.
    helpless: bool,
}

impl Siege {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, count: 0, filtering: false, helpless: false }
    }

    /// Datagrams have come that belong to no session.
    pub(super) fn on_strangers(&mut self, datagrams: u64) {
        if !self.filtering {
            self.count += datagrams;
        }
    }

    /// True while the kernel's counter of drops counts what the filter drops.
    pub(super) fn is_filtering(&self) -> bool {
        self.filtering
    }

    /// The filter could not be had.
    pub(super) fn give_up(&mut self) {
        (self.filtering, self.helpless) = (false, true);
    }

    /// Judges what has come, and what was dropped since the last time.
    pub(super) fn judge(&mut self, now: Instant, dropped: Option<&Dropped>) -> Order {
        if self.filtering {
            self.count += dropped.map_or(0, Dropped::count);
        }
        let (window, flood) = if self.filtering { (CALM, FLOOD_IN_CALM) } else { (WINDOW, FLOOD) };
        let is_flood = self.count >= flood;
        let is_over = now.saturating_duration_since(self.since) >= window;
        if !is_over && (self.filtering || !is_flood) {
            return Order::Nothing;
        }
        (self.since, self.count) = (now, 0);
        if is_flood == self.filtering || self.helpless {
            return Order::Nothing;
        }
        self.filtering = is_flood;
        if is_flood { Order::Begin } else { Order::End }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_filtered_at_once_and_until_a_second_was_calm() {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let mut siege = Siege::new(began);
        siege.on_strangers(FLOOD - 1);
        assert_eq!(siege.judge(at(5), None), Order::Nothing);
        assert_eq!(siege.judge(at(25), None), Order::Nothing, "a window is over, and it was no flood");
        siege.on_strangers(FLOOD);
        assert_eq!(siege.judge(at(26), None), Order::Begin);
        let dropped = Dropped::of(FLOOD_IN_CALM);
        assert_eq!(siege.judge(at(500), Some(&dropped)), Order::Nothing);
        assert_eq!(siege.judge(at(1_100), None), Order::Nothing, "it goes on");
        assert!(siege.is_filtering());
        assert_eq!(siege.judge(at(2_000), None), Order::Nothing, "the second is not over");
        assert_eq!(siege.judge(at(2_200), None), Order::End);
        assert!(!siege.is_filtering());
    }

    #[test]
    fn where_there_are_no_filters_none_is_asked_for_again() {
        let began = Instant::now();
        let mut siege = Siege::new(began);
        siege.on_strangers(FLOOD);
        assert_eq!(siege.judge(began, None), Order::Begin);
        siege.give_up();
        siege.on_strangers(FLOOD);
        assert_eq!(siege.judge(began, None), Order::Nothing);
        assert!(!siege.is_filtering());
    }
}
