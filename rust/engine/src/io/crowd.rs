//! Many sessions that send through one socket at once.
//!
//! Each of them may have a first window in flight that no feedback has answered yet, and each keeps a few datagrams there however narrow
//! the path is. With a thousand of them that is many times what the receiver's socket holds, and most of it is dropped there. So what a
//! crowd has in flight together is bounded by what a socket holds, beside what its paths are known to carry.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use faspstream_proto::Session;

use super::SlotId;

/// Fewer sessions are no crowd: each of them is kept by its own law alone.
const CROWD: usize = 16;
/// Bytes in flight beside what the paths carry: a part of the socket buffer that this library asks for at the other end.
const SOCKET: u64 = 2 << 20;
/// Bandwidth-delay products of each path: a start doubles and trebles its window from one round trip to the next.
const PRODUCTS: u64 = 4;
/// What a session that is let go is expected to send; less is not worth a system call.
const SHARE: u64 = 64 << 10;
/// A session waits no longer than this: what is in flight may all be lost, and then its word is needed to find that out.
const WAIT_MAX: Duration = Duration::from_millis(20);

/// Whether a session may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pass {
    #[default]
    Free,
    Waits,
    /// It has waited, and may send a batch whatever room there is: if all that is in flight is lost, nothing else finds that out.
    Due,
}

/// What one session has to do with it, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Sent and neither acknowledged nor found lost.
    pub(super) in_flight: u64,
    /// The bandwidth-delay product of its path, as far as it is known.
    pub(super) product: u64,
}

impl Part {
    pub(super) fn of(session: &Session) -> Self {
        let stats = session.stats();
        let product = stats.delivery_rate as f64 / 8.0 * stats.rtt_min.as_secs_f64();
        Self { in_flight: session.in_flight(), product: product as u64 }
    }
}

/// The sum over all sessions, and those that wait, the longest first.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    sum: Part,
    waiting: VecDeque<(Instant, SlotId)>,
}

impl Crowd {
    /// True if so many sessions are one.
    pub(super) fn is_one(sessions: usize) -> bool {
        sessions >= CROWD
    }

    /// Bytes that `sessions` may send now: none until a full system call's worth may go.
    pub(super) fn room(&self, sessions: usize) -> u64 {
        if !Self::is_one(sessions) {
            return u64::MAX;
        }
        let room = (SOCKET + PRODUCTS * self.sum.product).saturating_sub(self.sum.in_flight);
        if room < SHARE { 0 } else { room }
    }

    /// The part of one session has changed.
    pub(super) fn account(&mut self, before: Part, after: Part) {
        self.sum.in_flight = self.sum.in_flight - before.in_flight + after.in_flight;
        self.sum.product = self.sum.product - before.product + after.product;
    }

    /// A session waits for room.
    pub(super) fn wait(&mut self, now: Instant, id: SlotId) {
        self.waiting.push_back((now, id));
    }

    /// When the one that waits longest is to be let go.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|(since, _)| *since + WAIT_MAX)
    }

    /// Those that may go on now.
    pub(super) fn let_go(&mut self, now: Instant, sessions: usize) -> Vec<SlotId> {
        let mut room = self.room(sessions);
        let mut free = Vec::new();
        while let Some((since, id)) = self.waiting.front().copied() {
            if room < SHARE && now < since + WAIT_MAX {
                break;
            }
            self.waiting.pop_front();
            room = room.saturating_sub(SHARE);
            free.push(id);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSIONS: usize = 1_000;

    #[test]
    fn few_sessions_are_kept_by_nothing() {
        let mut crowd = Crowd::default();
        crowd.account(Part::default(), Part { in_flight: 1 << 40, product: 0 });
        assert_eq!(crowd.room(CROWD - 1), u64::MAX);
        assert_eq!(crowd.room(CROWD), 0);
    }

    #[test]
    fn a_crowd_may_have_in_flight_what_a_socket_holds_and_what_its_paths_carry() {
        let mut crowd = Crowd::default();
        assert_eq!(crowd.room(SESSIONS), SOCKET);
        let part = Part { in_flight: SOCKET / 2, product: 1_000 };
        crowd.account(Part::default(), part);
        assert_eq!(crowd.room(SESSIONS), SOCKET / 2 + PRODUCTS * 1_000);
        crowd.account(part, Part::default());
        assert_eq!(crowd.room(SESSIONS), SOCKET);
    }

    #[test]
    fn who_waits_goes_on_in_turn_as_room_comes_and_at_the_latest_after_a_while() {
        let (mut crowd, now) = (Crowd::default(), Instant::now());
        let full = Part { in_flight: SOCKET, product: 0 };
        crowd.account(Part::default(), full);
        (0..4).for_each(|i| crowd.wait(now, SlotId(i)));
        assert_eq!(crowd.let_go(now, SESSIONS), []);
        crowd.account(full, Part { in_flight: SOCKET - SHARE, product: 0 });
        assert_eq!(crowd.let_go(now, SESSIONS), [SlotId(0)]);
        crowd.account(Part { in_flight: SOCKET - SHARE, product: 0 }, full);
        assert_eq!(crowd.let_go(now, SESSIONS), []);
        let late = crowd.deadline().expect("some wait");
        assert_eq!(crowd.let_go(late, SESSIONS), [SlotId(1), SlotId(2), SlotId(3)]);
    }
}
