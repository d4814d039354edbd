//! Turns: a few of a crowd's sessions stream at a time, each for a while.
//!
//! What a session writes, sends, receives and reads costs half as much again where it does not stay in the processor's caches between these
//! steps, and they have room for what three or four streams have on their way. So no more have their turn at once, and the writers of the
//! others are not woken meanwhile.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::SlotId;

/// Sessions that have their turn at the same time: while one waits for its application the others are at work.
const AT_ONCE: usize = 4;
/// Bytes of a turn, and the most that a session has in flight in it: with a thousand sessions at 3 GB/s each has one every 0.35 s. Its
/// writer may be as far ahead, so that each thread on the way is woken for much at once.
const TURN: u64 = 1 << 20;
/// So many bytes may be a message and no part of a stream.
const MESSAGE: u64 = 16 << 10;
/// The share of a writer's budget that is free before it is woken, a half: its thread has others to write for meanwhile.
pub(super) const WAKE_SHARE: u64 = 2;
/// A turn in which nothing happens for so long ends where others wait: its application has nothing to write, or its reader does not read.
const PATIENCE: Duration = Duration::from_millis(1);

/// Where a session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stand {
    /// It wants nothing.
    #[default]
    Aside,
    /// It waits for its turn.
    Queued,
    /// It is its turn, and it may send so many bytes more.
    InTurn(u64),
}

impl Stand {
    /// Bytes that a session with so many in flight may send now.
    pub(super) fn room(self, in_flight: u64) -> u64 {
        match self {
            Self::InTurn(left) => left.min(TURN.saturating_sub(in_flight)),
            Self::Aside | Self::Queued => 0,
        }
    }

    /// True if so little was sent in its turn that it may be all: nobody is to wait for more of it then.
    pub(super) fn is_of_message(self) -> bool {
        matches!(self, Self::InTurn(left) if left + MESSAGE >= TURN)
    }

    pub(super) fn is_in_turn(self) -> bool {
        matches!(self, Self::InTurn(_))
    }

    /// Bytes that its writer may be ahead of the peer: what is left of its turn.
    pub(super) fn ahead(self) -> u64 {
        match self {
            Self::InTurn(left) => left,
            Self::Aside | Self::Queued => 0,
        }
    }
}

/// Who has a turn, and who waits for one.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Each with the time at which something happened in it last.
    running: Vec<(SlotId, Instant)>,
    /// The longest first.
    waiting: VecDeque<SlotId>,
}

impl Turns {
    /// True if somebody waits.
    pub(super) fn are_wanted(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// A session that has no turn wants one.
    pub(super) fn want(&mut self, id: SlotId, stand: &mut Stand) {
        if *stand == Stand::Aside {
            *stand = Stand::Queued;
            self.waiting.push_back(id);
        }
    }

    /// Something has happened, and so many bytes were sent: the turn goes on until it is used up.
    pub(super) fn on_progress(&mut self, now: Instant, id: SlotId, stand: &mut Stand, sent: u64) {
        let Stand::InTurn(left) = stand else { return };
        *left = left.saturating_sub(sent);
        if *left == 0 {
            return self.end(id, stand);
        }
        self.running.iter_mut().filter(|(of, _)| *of == id).for_each(|(_, at)| *at = now);
    }

    /// The turn of a session is over, if it has one.
    pub(super) fn end(&mut self, id: SlotId, stand: &mut Stand) {
        if stand.is_in_turn() {
            *stand = Stand::Aside;
            self.forget(id);
        }
    }

    /// The session is gone.
    pub(super) fn forget(&mut self, id: SlotId) {
        self.running.retain(|(of, _)| *of != id);
    }

    /// One in whose turn nothing happens while others wait.
    pub(super) fn idle(&self, now: Instant) -> Option<SlotId> {
        self.running.iter().find(|(_, at)| self.are_wanted() && *at + PATIENCE <= now).map(|(id, _)| *id)
    }

    /// When that will be so if nothing happens.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.running.iter().map(|(_, at)| *at + PATIENCE).min().filter(|_| self.are_wanted())
    }

    /// Whose turn begins now, if any does; the session is [told](Self::BEGUN) next.
    pub(super) fn next(&mut self, now: Instant) -> Option<SlotId> {
        let id = if self.running.len() < AT_ONCE { self.waiting.pop_front()? } else { return None };
        self.running.push((id, now));
        Some(id)
    }

    /// How a session stands whose turn begins.
    pub(super) const BEGUN: Stand = Stand::InTurn(TURN);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten sessions that want a turn.
    fn wanted() -> (Turns, Vec<Stand>, Instant) {
        let (mut turns, mut stands) = (Turns::default(), vec![Stand::Aside; 10]);
        for (i, stand) in stands.iter_mut().enumerate() {
            turns.want(SlotId(i as u64), stand);
            turns.want(SlotId(i as u64), stand);
        }
        (turns, stands, Instant::now())
    }

    /// Those whose turns begin.
    fn begin(turns: &mut Turns, stands: &mut [Stand], now: Instant) -> Vec<u64> {
        let ids: Vec<SlotId> = core::iter::from_fn(|| turns.next(now)).collect();
        ids.iter().for_each(|id| stands[id.0 as usize] = Turns::BEGUN);
        ids.iter().map(|id| id.0).collect()
    }

    #[test]
    fn a_few_have_their_turn_and_the_next_follows_who_has_used_it_up() {
        let (mut turns, mut stands, now) = wanted();
        assert_eq!(begin(&mut turns, &mut stands, now), [0, 1, 2, 3]);
        turns.on_progress(now, SlotId(1), &mut stands[1], TURN - 1);
        assert_eq!((turns.next(now), stands[1]), (None, Stand::InTurn(1)));
        turns.on_progress(now, SlotId(1), &mut stands[1], 1);
        assert_eq!(stands[1], Stand::Aside);
        turns.want(SlotId(1), &mut stands[1]);
        assert_eq!(
            begin(&mut turns, &mut stands, now),
            [4],
            "who wants another turn stands behind all others"
        );
    }

    #[test]
    fn a_turn_in_which_nothing_happens_ends_where_others_wait() {
        let (mut turns, mut stands, now) = wanted();
        begin(&mut turns, &mut stands, now);
        let later = now + PATIENCE / 2;
        for i in [0, 1, 3] {
            turns.on_progress(later, SlotId(i as u64), &mut stands[i], 0);
        }
        assert_eq!((turns.deadline(), turns.idle(later)), (Some(now + PATIENCE), None));
        assert_eq!(turns.idle(now + PATIENCE), Some(SlotId(2)));
        turns.end(SlotId(2), &mut stands[2]);
        assert_eq!(turns.idle(now + PATIENCE), None);
        turns.waiting.clear();
        assert_eq!((turns.deadline(), turns.idle(later + PATIENCE)), (None, None), "nobody waits");
    }

    #[test]
    fn a_session_sends_in_its_turn_alone_and_no_more_than_a_turn_is_in_flight_or_ahead() {
        assert_eq!([Stand::Aside, Stand::Queued].map(|stand| stand.room(0)), [0, 0]);
        assert_eq!([0, TURN - 1, TURN, 2 * TURN].map(|b| Turns::BEGUN.room(b)), [TURN, 1, 0, 0]);
        assert_eq!(Stand::InTurn(5).room(0), 5);
        let stands = [Turns::BEGUN, Stand::InTurn(5), Stand::Aside, Stand::Queued];
        assert_eq!(stands.map(Stand::ahead), [TURN, 5, 0, 0]);
        let after = |sent| Stand::InTurn(TURN - sent).is_of_message();
        assert!(after(0) && after(MESSAGE) && !after(MESSAGE + 1) && !Stand::Aside.is_of_message());
    }
}
