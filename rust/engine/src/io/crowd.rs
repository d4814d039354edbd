//! Many sessions that send through one socket at once.
//!
//! Each of them may have a first window in flight that no feedback has answered yet, and each keeps a few datagrams there however narrow
//! the path is. With a thousand of them that is many times what the receiver's socket holds, and most of it is dropped there. So what a
//! crowd has in flight together is bounded by what a socket holds, beside what its paths are known to carry.
//!
//! To peers that are near a session of a crowd has no pace of its own. It waits for its turn (`turns`), and then sends as much as the law's
//! window and the turn allow: a few large bursts cost the thread much less than many small ones.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use faspstream_proto::Session;
use faspstream_proto::config::PathMemory;
use faspstream_proto::io::Stats;
use faspstream_proto::units::Instant as Moment;

use super::SlotId;
use super::turns::{self, Stand, Turns};
use crate::pipe::WAKE_SHARE;

/// Fewer sessions are no crowd: each of them is kept by its own law alone.
const CROWD: usize = 16;
/// Bytes in flight beside what the paths carry: a part of the socket buffer that this library asks for at the other end.
const SOCKET: u64 = 2 << 20;
/// Bandwidth-delay products of each path: a start doubles and trebles its window from one round trip to the next.
const PRODUCTS: u64 = 4;
/// Beyond this shortest round trip of a session, what is remembered of the path is not believed.
const FORMER_RTT_MAX: Duration = Duration::from_millis(20);
/// What a session that is let go is expected to send, as much as a writer has ready and the driver lets go of at once.
const SHARE: u64 = 256 << 10;
/// If nothing of what is in flight was heard of for so long, those that wait go on anyway: it may all be lost, and then their word is
/// needed to find that out.
const WAIT_MAX: Duration = Duration::from_millis(20);
/// So many at a time.
const PROBES: usize = 32;
/// Paths with a shorter round trip hold no more than a socket does, and the pace between datagrams says nothing there (as Linux reasons in
/// `tcp_tso_rtt_log`): the sessions take turns.
const NEAR: Duration = Duration::from_millis(2);

/// Whether a session may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pass {
    #[default]
    Free,
    Waits,
    /// It has waited, and may send a batch whatever room there is: if all that is in flight is lost, nothing else finds that out.
    Due,
}

impl Pass {
    /// Bytes that a session may send, where the crowd leaves it `room`; if that is none it waits from now on.
    pub(super) fn claim(&mut self, room: u64) -> u64 {
        let (pass, room) = match self {
            Self::Free if room > 0 => (Self::Free, room),
            Self::Due => (Self::Free, room.max(1)),
            Self::Free | Self::Waits => (Self::Waits, 0),
        };
        *self = pass;
        room
    }
}

/// What one session has to do with it, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Part {
    /// Sent and neither acknowledged nor found lost.
    in_flight: u64,
    /// The bandwidth-delay product of its path, as far as it is known.
    product: u64,
}

/// A session's side of it.
#[derive(Debug, Default)]
pub(super) struct Member {
    pub(super) pass: Pass,
    part: Part,
    takes_turns: bool,
    stand: Stand,
    /// The most that the session may hold.
    buffer_size: u64,
    /// Stream bytes sent so far.
    sent: u64,
    /// The application can write again and was not told.
    may_write: bool,
    /// It was told, and nothing was sent since.
    is_told: bool,
    /// The shortest round trip of an earlier session on this path.
    former_rtt: Option<Duration>,
}

impl Member {
    pub(super) fn new(memory: Option<PathMemory>) -> Self {
        Self { former_rtt: memory.map(|memory| memory.min_rtt), ..Self::default() }
    }

    /// True if only its turns keep the session back, and no pace.
    pub(super) fn takes_turns(&self) -> bool {
        self.takes_turns
    }

    /// Bytes that its writer may be ahead of the peer, at least what its first budget is and at most what the session may hold; None where
    /// it takes no turns.
    pub(super) fn ahead(&self) -> Option<u64> {
        self.takes_turns.then(|| self.stand.ahead().min(self.buffer_size))
    }

    /// The application was told of no room and has some now, in its turn or after it.
    pub(super) fn note_room(&mut self) {
        self.may_write = true;
    }

    /// The share of its budget that is free before the writer is woken.
    pub(super) fn wake_share(&self) -> u64 {
        if self.takes_turns { turns::WAKE_SHARE } else { WAKE_SHARE }
    }

    /// Bytes that it may send now.
    pub(super) fn room(&mut self, crowd: &mut Crowd, sessions: usize) -> u64 {
        if Crowd::is_one(sessions) && self.takes_turns {
            return self.stand.room(self.part.in_flight);
        }
        crowd.room(sessions)
    }

    /// The application could write again. True if it is to be told now, and not in the session's turn.
    pub(super) fn hear_of_room(&mut self) -> bool {
        self.note_room();
        self.tell_writer()
    }

    /// True if the application is to be told now that it can write again: it was not, and it is the session's turn or it takes none.
    pub(super) fn tell_writer(&mut self) -> bool {
        let is_told = self.may_write && (self.stand.is_in_turn() || !self.takes_turns);
        self.is_told |= is_told;
        self.may_write &= !is_told;
        is_told
    }

    /// Its turn is over, since nothing happened in it.
    pub(super) fn lose_turn(&mut self) {
        self.stand = Stand::Aside;
    }

    /// Its turn begins.
    pub(super) fn begin_turn(&mut self) {
        self.stand = Turns::BEGUN;
        self.is_told = false;
    }

    /// Takes in how the session stands, now that it was served.
    pub(super) fn take_part(
        &mut self,
        now: Instant,
        id: SlotId,
        session: &mut Session,
        moment: Moment,
        crowd: &mut Crowd,
    ) {
        let stats = session.stats();
        // A path that has become longer is remembered wrongly.
        let former = self.former_rtt.filter(|_| stats.rtt_min <= FORMER_RTT_MAX);
        let rtt = former.map_or(stats.rtt_min, |former| former.min(stats.rtt_min));
        let known = session.remote().filter(|_| !rtt.is_zero());
        let least = known.map(|peer| crowd.least(peer.ip(), rtt));
        let is_near = least.is_some_and(|rtt| rtt <= NEAR);
        let far = least.filter(|_| !is_near).unwrap_or_default();
        let product = stats.delivery_rate as f64 / 8.0 * far.as_secs_f64();
        self.buffer_size = stats.buffer_size;
        self.turn(session, moment, is_near);
        self.take_turn(now, id, &stats, crowd);
        self.change(now, Part { in_flight: stats.bytes_in_flight, product: product as u64 }, crowd);
    }

    /// Its turn goes on or ends, or it wants one.
    fn take_turn(&mut self, now: Instant, id: SlotId, stats: &Stats, crowd: &mut Crowd) {
        let sent = stats.bytes_sent - core::mem::replace(&mut self.sent, stats.bytes_sent);
        self.is_told &= sent == 0;
        let is_waiting = self.may_write || self.pass == Pass::Waits;
        if sent > 0 || stats.bytes_in_flight != self.part.in_flight {
            crowd.turns.on_progress(now, id, &mut self.stand, sent);
        }
        // A writer that was told may be about to write, and one of a stream as well.
        let is_message = self.stand.is_of_message() && stats.bytes_accepted == stats.bytes_sent;
        let is_idle = stats.bytes_in_flight == 0 && sent == 0;
        if !self.takes_turns || (!self.is_told && (is_idle || is_message)) {
            crowd.turns.end(id, &mut self.stand);
        }
        if self.takes_turns && is_waiting {
            crowd.want_turn(now, id, &mut self.stand);
        }
    }

    /// There are few sessions now, or this one is gone.
    pub(super) fn leave(
        &mut self,
        now: Instant,
        id: SlotId,
        session: &mut Session,
        moment: Moment,
        crowd: &mut Crowd,
    ) {
        self.turn(session, moment, false);
        crowd.turns.forget(id);
        self.stand = Stand::Aside;
        self.change(now, Part::default(), crowd);
    }

    fn turn(&mut self, session: &mut Session, moment: Moment, takes_turns: bool) {
        if core::mem::replace(&mut self.takes_turns, takes_turns) != takes_turns {
            session.handle_turns(moment, takes_turns);
        }
    }

    fn change(&mut self, now: Instant, part: Part, crowd: &mut Crowd) {
        crowd.account(now, core::mem::replace(&mut self.part, part), part);
    }
}

/// The sum over all sessions, and those that wait, the longest first.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    sum: Part,
    pub(super) turns: Turns,
    waiting: VecDeque<SlotId>,
    /// When something in flight was heard of last, or the first one began to wait.
    moved: Option<Instant>,
    /// So many turns may begin without room.
    probes: usize,
    /// The shortest round trip to each peer.
    least: HashMap<IpAddr, Duration>,
}

impl Crowd {
    /// True if so many sessions are one.
    pub(super) fn is_one(sessions: usize) -> bool {
        sessions >= CROWD
    }

    /// Bytes that `sessions` may send now: none until a full system call's worth may go.
    pub(super) fn room(&mut self, sessions: usize) -> u64 {
        if !Self::is_one(sessions) {
            self.least.clear();
            return u64::MAX;
        }
        let room = (SOCKET + PRODUCTS * self.sum.product).saturating_sub(self.sum.in_flight);
        if room < SHARE { 0 } else { room }
    }

    /// The shortest round trip to `peer` since there is a crowd, `rtt` included: many a session in a crowd sees but long ones.
    fn least(&mut self, peer: IpAddr, rtt: Duration) -> Duration {
        let least = self.least.entry(peer).or_insert(rtt);
        *least = rtt.min(*least);
        *least
    }

    /// The part of one session has changed.
    fn account(&mut self, now: Instant, before: Part, after: Part) {
        self.sum.in_flight = self.sum.in_flight - before.in_flight + after.in_flight;
        self.sum.product = self.sum.product - before.product + after.product;
        if after.in_flight < before.in_flight {
            self.moved = Some(now);
        }
    }

    /// A session waits for room.
    pub(super) fn wait(&mut self, now: Instant, id: SlotId) {
        if !self.is_awaited() {
            self.moved = Some(now);
        }
        self.waiting.push_back(id);
    }

    /// A session wants a turn.
    fn want_turn(&mut self, now: Instant, id: SlotId, stand: &mut Stand) {
        if !self.is_awaited() {
            self.moved = Some(now);
        }
        self.turns.want(id, stand);
    }

    /// Whose turn begins now, if any does.
    pub(super) fn next_turn(&mut self, now: Instant, sessions: usize) -> Option<SlotId> {
        let has_room = self.room(sessions) > 0;
        if !has_room && self.probes == 0 {
            return None;
        }
        let next = self.turns.next(now)?;
        self.probes -= usize::from(!has_room);
        Some(next)
    }

    /// Somebody waits.
    fn is_awaited(&self) -> bool {
        !self.waiting.is_empty() || self.turns.are_wanted()
    }

    /// When some of those that wait are to be let go, whatever becomes of what is in flight.
    fn patience(&self) -> Option<Instant> {
        self.moved.filter(|_| self.is_awaited()).map(|moved| moved + WAIT_MAX)
    }

    /// When [`let_go`](Self::let_go) and what follows it have something to do though nothing has happened.
    pub(super) fn deadline(&self) -> Option<Instant> {
        [self.patience(), self.turns.deadline()].into_iter().flatten().min()
    }

    /// Those that may go on now.
    pub(super) fn let_go(&mut self, now: Instant, sessions: usize) -> Vec<SlotId> {
        let by_room = usize::try_from(self.room(sessions) / SHARE).unwrap_or(usize::MAX);
        let stalled = self.patience().is_some_and(|patience| patience <= now);
        if stalled {
            self.moved = Some(now);
            self.probes = PROBES;
        }
        let count = if stalled { by_room.max(PROBES) } else { by_room };
        self.waiting.drain(..count.min(self.waiting.len())).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SESSIONS: usize = 1_000;

    fn part(in_flight: u64, product: u64) -> Part {
        Part { in_flight, product }
    }

    #[test]
    fn a_writer_that_takes_turns_may_be_a_turn_ahead_and_no_more_than_its_session_may_hold() {
        let mut member = Member { buffer_size: SHARE, ..Member::default() };
        member.begin_turn();
        assert_eq!(member.ahead(), None, "nothing but its own window keeps it back");
        member.takes_turns = true;
        assert_eq!(member.ahead(), Some(SHARE));
        member.buffer_size = u64::MAX;
        assert_eq!(member.ahead(), Some(Turns::BEGUN.ahead()));
        member.lose_turn();
        assert_eq!(member.ahead(), Some(0));
    }

    #[test]
    fn few_sessions_are_kept_by_nothing() {
        let mut crowd = Crowd::default();
        crowd.account(Instant::now(), part(0, 0), part(1 << 40, 0));
        assert_eq!(crowd.room(CROWD - 1), u64::MAX);
        assert_eq!(crowd.room(CROWD), 0);
    }

    #[test]
    fn a_crowd_may_have_in_flight_what_a_socket_holds_and_what_its_paths_carry() {
        let (mut crowd, now) = (Crowd::default(), Instant::now());
        assert_eq!(crowd.room(SESSIONS), SOCKET);
        let half = part(SOCKET / 2, 1_000);
        crowd.account(now, part(0, 0), half);
        assert_eq!(crowd.room(SESSIONS), SOCKET / 2 + PRODUCTS * 1_000);
        crowd.account(now, half, part(0, 0));
        assert_eq!(crowd.room(SESSIONS), SOCKET);
    }

    #[test]
    fn who_waits_goes_on_in_turn_as_room_comes() {
        let (mut crowd, now) = (Crowd::default(), Instant::now());
        let full = part(SOCKET, 0);
        crowd.account(now, part(0, 0), full);
        (0..4).for_each(|i| crowd.wait(now, SlotId(i)));
        assert_eq!(crowd.let_go(now, SESSIONS), []);
        let later = now + WAIT_MAX / 2;
        crowd.account(later, full, part(SOCKET - SHARE, 0));
        assert_eq!(crowd.let_go(later, SESSIONS), [SlotId(0)]);
        crowd.account(later, part(SOCKET - SHARE, 0), full);
        assert_eq!(crowd.let_go(now + WAIT_MAX, SESSIONS), [], "something has moved since");
    }

    #[test]
    fn if_nothing_moves_some_of_those_that_wait_go_on_anyway_and_others_later() {
        let (mut crowd, now) = (Crowd::default(), Instant::now());
        crowd.account(now, part(0, 0), part(SOCKET, 0));
        (0..2 * PROBES as u64).for_each(|i| crowd.wait(now, SlotId(i)));
        let late = crowd.deadline().expect("some wait");
        let half = |from: usize| (from..from + PROBES).map(|i| SlotId(i as u64)).collect::<Vec<_>>();
        assert_eq!(crowd.let_go(late, SESSIONS), half(0));
        assert_eq!(crowd.let_go(late, SESSIONS), []);
        let later = crowd.deadline().expect("some still wait");
        assert_eq!(crowd.let_go(later, SESSIONS), half(PROBES));
        assert_eq!(crowd.deadline(), None);
    }

    #[test]
    fn the_shortest_round_trip_to_a_peer_is_that_of_any_session_while_there_is_a_crowd() {
        let (mut crowd, ms) = (Crowd::default(), Duration::from_millis);
        let [near, far] = [[127, 0, 0, 1], [192, 0, 2, 1]].map(IpAddr::from);
        assert_eq!(crowd.least(near, ms(1)), ms(1));
        assert_eq!((crowd.least(near, ms(30)), crowd.least(far, ms(30))), (ms(1), ms(30)));
        crowd.room(CROWD - 1);
        assert_eq!(crowd.least(near, ms(30)), ms(30));
    }

    /// Sessions that have so much to send, as the driver serves them.
    struct Model {
        crowd: Crowd,
        now: Instant,
        sessions: Vec<Sender>,
    }

    #[derive(Clone, Copy, Default)]
    struct Sender {
        pass: Pass,
        part: Part,
        left: u64,
    }

    impl Model {
        fn new(left: &[u64]) -> Self {
            let sessions = left.iter().map(|&left| Sender { left, ..Sender::default() }).collect();
            Self { crowd: Crowd::default(), now: Instant::now(), sessions }
        }

        fn account(&mut self, index: usize, in_flight: u64) {
            let before = core::mem::replace(&mut self.sessions[index].part, part(in_flight, 0));
            self.crowd.account(self.now, before, part(in_flight, 0));
        }

        /// One turn of one session, as `Slot::transmit` and `Driver::serve` take it.
        fn serve(&mut self, index: usize) {
            let room = self.crowd.room(SESSIONS);
            let session = &mut self.sessions[index];
            let before = session.pass;
            let room = session.pass.claim(room);
            if session.pass == Pass::Waits {
                if before != Pass::Waits {
                    self.crowd.wait(self.now, SlotId(index as u64));
                }
                return;
            }
            let sent = session.left.min(SHARE).min(room.max(1_500));
            session.left -= sent;
            let in_flight = session.part.in_flight + sent;
            self.account(index, in_flight);
        }

        fn let_go(&mut self) {
            for id in self.crowd.let_go(self.now, SESSIONS) {
                let session = &mut self.sessions[id.0 as usize];
                assert_eq!(session.pass, Pass::Waits, "who is let go was waiting");
                session.pass = Pass::Due;
            }
        }

        /// Everybody is served once, then time passes.
        fn round(&mut self) {
            for index in 0..self.sessions.len() {
                if self.sessions[index].left > 0 {
                    self.serve(index);
                }
            }
            self.let_go();
            let waits = self.sessions.iter().any(|s| s.pass == Pass::Waits);
            assert_eq!(self.crowd.deadline().is_some(), waits, "who waits has a deadline");
            if let Some(deadline) = self.crowd.deadline() {
                self.now = self.now.max(deadline);
                self.let_go();
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The worst that a network can do: nothing that was sent is ever heard of again, or only what some of the sessions sent.
        #[test]
        fn everybody_comes_to_an_end_whatever_becomes_of_what_is_in_flight(
            left in proptest::collection::vec(0..1u64 << 18, 1..80), answered in any::<[bool; 8]>(),
        ) {
            let mut model = Model::new(&left);
            // A session sends no less than a datagram in each of its turns, and has one in every third round.
            for _ in 0..3 * (2 + (1 << 18) / 1_500) {
                model.round();
                for index in 0..model.sessions.len() {
                    if answered[index % answered.len()] {
                        model.account(index, 0);
                    }
                }
            }
            prop_assert!(model.sessions.iter().all(|s| s.left == 0));
            for index in 0..model.sessions.len() {
                model.account(index, 0);
            }
            prop_assert_eq!(model.crowd.sum, Part::default());
        }
    }
}
