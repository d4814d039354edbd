//! Silence: keep-alive, and the outage that is not outlived (wire-format.md §4.3).

use core::time::Duration;

use crate::units::Instant;

/// The longest silence before a PING asks.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Between PINGs that stay unanswered, at the beginning and while the peer is silent.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const SLOWEST_RETRY: Duration = Duration::from_secs(1);

/// Watches how long nothing was heard.
#[derive(Clone, Debug)]
pub(crate) struct Silence {
    timeout: Duration,
    keep_alive: Duration,
    heard_at: Instant,
    pinged_at: Option<Instant>,
    unanswered: u32,
}

impl Silence {
    /// The session fails after `timeout` of silence.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            keep_alive: KEEP_ALIVE.min(timeout / 4),
            heard_at: Instant::ZERO,
            pinged_at: None,
            unanswered: 0,
        }
    }

    /// Something authentic has come.
    pub(crate) fn on_heard(&mut self, now: Instant) {
        self.heard_at = now;
        self.pinged_at = None;
        self.unanswered = 0;
    }

    /// A PING went out because of the silence.
    pub(crate) fn on_ping(&mut self, now: Instant) {
        self.pinged_at = Some(now);
        self.unanswered += 1;
    }

    /// True if a PING is on its way that nothing has answered yet.
    pub(crate) fn is_asking(&self) -> bool {
        self.pinged_at.is_some()
    }

    /// When the next PING is due; `is_established` once something has ever been heard.
    pub(crate) fn ping_deadline(&self, is_established: bool) -> Instant {
        match self.pinged_at {
            Some(at) => at + (FIRST_RETRY * (1 << (self.unanswered - 1).min(8))).min(SLOWEST_RETRY),
            None if is_established => self.heard_at + self.keep_alive,
            None => self.heard_at,
        }
    }

    /// When the session fails if nothing is heard.
    pub(crate) fn deadline(&self) -> Instant {
        self.heard_at + self.timeout
    }

    /// True if the silence is longer than a quiet peer's would be: keep-alives stay unanswered.
    pub(crate) fn is_suspicious(&self) -> bool {
        self.unanswered > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn the_first_ping_goes_out_at_once_and_is_repeated_until_something_comes() {
        let mut silence = Silence::new(Duration::from_secs(60));
        assert_eq!(silence.ping_deadline(false), at(0));
        silence.on_ping(at(0));
        assert_eq!(silence.ping_deadline(false), at(200));
        silence.on_ping(at(200));
        assert_eq!(silence.ping_deadline(false), at(600));
        (0..40).for_each(|_| silence.on_ping(at(600)));
        assert_eq!(silence.ping_deadline(false), at(1_600));
        silence.on_heard(at(1_700));
        assert_eq!(silence.ping_deadline(true), at(6_700));
    }

    #[test]
    fn keep_alives_fit_several_times_into_a_short_timeout() {
        let mut silence = Silence::new(Duration::from_millis(400));
        silence.on_heard(at(1_000));
        assert_eq!(silence.ping_deadline(true), at(1_100));
        assert_eq!(silence.deadline(), at(1_400));
    }
}
