//! How far a session is: running, complete, or given up (wire-format.md §4.2).

use core::time::Duration;

use crate::config::Role;
use crate::error::{CloseReason, ErrorCode};
use crate::units::Instant;

/// The receiver answers a repeated END so long after COMPLETE, unless it hears earlier that COMPLETE has come.
const LINGER: Duration = Duration::from_secs(3);

/// COMPLETE is repeated by itself so often while the receiver lingers.
const COMPLETE_REPEAT: Duration = Duration::from_millis(250);

/// Words that no address may be sent yet are tried again after so long.
const PUT_OFF: Duration = Duration::from_millis(25);

/// ABORT is sent so often.
const ABORTS: u32 = 3;

/// Where a session stands.
#[derive(Clone, Debug, Default)]
pub(super) enum Phase {
    /// Data flows, or will.
    #[default]
    Open,
    /// All of it has been read.
    Complete(Farewell),
    /// Over without completion; the peer is told if it does not know.
    Closed(CloseReason, Farewell),
}

/// The last words of a session.
#[derive(Clone, Debug)]
pub(super) struct Farewell {
    /// Datagrams still to be sent.
    left: u32,
    next_at: Instant,
    spacing: Duration,
    /// Nothing is waited for after this.
    until: Instant,
    number: Option<u64>,
}

impl Farewell {
    /// Nothing has to be said.
    pub(super) fn silent() -> Self {
        Self { left: 0, next_at: Instant::NEVER, spacing: Duration::ZERO, until: Instant::ZERO, number: None }
    }

    /// COMPLETE at the receiver, which lingers; at the sender one acknowledgement of it.
    pub(super) fn complete(now: Instant, role: Role) -> Self {
        let repeats = LINGER.as_millis() / COMPLETE_REPEAT.as_millis();
        match role {
            Role::Sender => {
                Self { left: 1, next_at: now, spacing: LINGER, until: now + LINGER, number: None }
            }
            Role::Receiver => Self {
                left: repeats as u32,
                next_at: now,
                spacing: COMPLETE_REPEAT,
                until: now + LINGER,
                number: None,
            },
        }
    }

    /// ABORT, three times, spread over a probe timeout.
    pub(super) fn abort(now: Instant, probe_timeout: Duration) -> Self {
        let spacing = probe_timeout / (ABORTS - 1);
        Self { left: ABORTS, next_at: now, spacing, until: now + probe_timeout * 2, number: None }
    }

    /// True if the words are due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.left > 0 && self.next_at <= now
    }

    /// The peer asked again.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.left = self.left.max(1);
        self.next_at = now;
    }

    /// The words could not go out.
    pub(super) fn put_off(&mut self, now: Instant) {
        self.next_at = now + PUT_OFF;
    }

    /// The words went out in datagram `number`.
    pub(super) fn on_sent(&mut self, now: Instant, number: u64) {
        self.left = self.left.saturating_sub(1);
        self.next_at = now + self.spacing;
        self.number.get_or_insert(number);
    }

    /// The peer has received our datagram `number`; true if it has heard the words with it.
    pub(super) fn is_heard(&self, number: u64) -> bool {
        self.number.is_some_and(|first| first <= number)
    }

    /// When something is to be done; while nothing can be said only the end is waited for.
    fn deadline(&self, is_mute: bool) -> Instant {
        if self.left > 0 && !is_mute { self.next_at.min(self.until) } else { self.until }
    }

    fn is_over(&self, now: Instant, lingers: bool) -> bool {
        self.until <= now || (self.left == 0 && !lingers)
    }
}

impl Phase {
    /// The code for calls that come too late; None while the session is open.
    pub(super) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Open => None,
            Self::Complete(_) => Some(ErrorCode::Closed),
            Self::Closed(reason, _) => Some(reason.code),
        }
    }

    /// True while data may flow.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// The last words, if the session is over.
    pub(super) fn farewell(&mut self) -> Option<&mut Farewell> {
        match self {
            Self::Open => None,
            Self::Complete(farewell) | Self::Closed(_, farewell) => Some(farewell),
        }
    }

    /// When the last words or the lingering call for something; None if open or drained.
    pub(super) fn deadline(&self, now: Instant, role: Role, is_mute: bool) -> Option<Instant> {
        match self {
            Self::Open => None,
            Self::Complete(farewell) | Self::Closed(_, farewell) => {
                (!self.is_drained(now, role)).then(|| farewell.deadline(is_mute))
            }
        }
    }

    /// True if nothing is left to say or to wait for.
    pub(super) fn is_drained(&self, now: Instant, role: Role) -> bool {
        match self {
            Self::Open => false,
            Self::Complete(farewell) => farewell.is_over(now, role == Role::Receiver),
            Self::Closed(_, farewell) => farewell.is_over(now, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn an_abort_is_said_three_times_over_a_probe_timeout() {
        let reason = CloseReason { code: ErrorCode::Aborted, by_peer: false, reason: String::new() };
        let mut phase = Phase::Closed(reason, Farewell::abort(at(0), Duration::from_millis(100)));
        let mut said = Vec::new();
        for ms in 0..1_000 {
            let farewell = phase.farewell().expect("closed");
            if farewell.is_due(at(ms)) {
                farewell.on_sent(at(ms), ms);
                said.push(ms);
            }
        }
        assert_eq!(said, [0, 50, 100]);
        assert!(phase.is_drained(at(101), Role::Sender));
    }

    #[test]
    fn a_receiver_lingers_for_a_bounded_time() {
        let phase = Phase::Complete(Farewell::complete(at(0), Role::Receiver));
        assert!(!phase.is_drained(at(2_999), Role::Receiver));
        assert!(phase.is_drained(at(3_000), Role::Receiver));
    }
}
