//! Where the peer is: address validation, the bound on what an unproven address is sent, migration (wire-format.md §4.4).

use core::time::Duration;
use std::net::{IpAddr, SocketAddr};

use zeroize::Zeroizing;

use crate::carrier::connection_number;
use crate::config::Side;
use crate::keys::expand;
use crate::units::{ByteCount, Instant};

/// An address that has not proven itself is sent at most so many times what came from it (RFC 9000 section 8.1).
const AMPLIFICATION: u64 = 3;

/// A challenge is repeated, and given up, after these.
const CHALLENGE_REPEAT: Duration = Duration::from_millis(250);
const CHALLENGES_MAX: u32 = 12;

/// An address that datagrams came from and that has to answer a challenge before the session goes on there.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    address: SocketAddr,
    challenge: [u8; 8],
    sent_at: Option<Instant>,
    challenges: u32,
    /// Bytes that may still be sent there.
    allowance: u64,
    /// The next feedback goes there, the one after it to the proven address.
    turn: bool,
    /// This end asks of its own accord; nothing has come from there.
    is_probe: bool,
}

/// The path of one session.
#[derive(Debug)]
pub(crate) struct Path {
    remote: Option<SocketAddr>,
    is_validated: bool,
    /// Bytes that may be sent to `remote` while it is not validated.
    allowance: u64,
    candidate: Option<Candidate>,
    control_peer: Option<IpAddr>,
    /// The client chooses whether a connection carries its datagrams; the server follows.
    follows: bool,
    seed: Zeroizing<[u8; 32]>,
    challenges: u64,
}

impl Path {
    /// A remote address that is known from the start counts as validated: it came over the control channel.
    pub(crate) fn new(
        remote: Option<SocketAddr>,
        control_peer: Option<IpAddr>,
        side: Side,
        seed: [u8; 32],
    ) -> Self {
        Self {
            remote,
            is_validated: remote.is_some(),
            allowance: 0,
            candidate: None,
            control_peer,
            follows: side == Side::Server,
            seed: Zeroizing::new(seed),
            challenges: 0,
        }
    }

    /// Where datagrams go.
    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    /// True if a connection carries the datagrams.
    pub(crate) fn is_carried(&self) -> bool {
        self.remote.is_some_and(|remote| connection_number(remote).is_some())
    }

    /// Datagrams go to `to` from now on, a connection that was set up with the peer; true if they went elsewhere before.
    pub(crate) fn move_to(&mut self, to: SocketAddr) -> bool {
        let moved = self.remote != Some(to);
        (self.remote, self.is_validated, self.candidate) = (Some(to), true, None);
        moved
    }

    /// Asks whether the peer answers at `to`; the session moves there when it does.
    pub(crate) fn probe(&mut self, to: SocketAddr, allowance: u64) {
        let is_asked = self.candidate.as_ref().is_some_and(|c| c.address == to);
        if self.remote != Some(to) && !is_asked {
            self.challenge(to, allowance);
            self.candidate.iter_mut().for_each(|c| c.is_probe = true);
        }
    }

    /// True if the remote address has proven itself.
    pub(crate) fn is_validated(&self) -> bool {
        self.is_validated
    }

    /// Where datagrams go if `bytes` of UDP payload may be sent there now.
    pub(crate) fn open_for(&self, bytes: u64) -> Option<SocketAddr> {
        self.remote.filter(|_| self.is_validated || self.allowance >= bytes)
    }

    /// Where feedback of `bytes` may go, which counts as sent. While a new address proves itself the two take turns: if the peer has
    /// moved, its stream does not wait a round trip for the proof; if somebody only repeats its datagrams from elsewhere, the
    /// peer still hears every other word.
    pub(crate) fn route_feedback(&mut self, bytes: u64) -> Option<SocketAddr> {
        if let Some(candidate) = self.candidate.as_mut().filter(|c| c.allowance >= bytes && !c.is_probe) {
            candidate.turn = !candidate.turn;
            if !candidate.turn {
                candidate.allowance -= bytes;
                return Some(candidate.address);
            }
        }
        let to = self.open_for(bytes)?;
        self.on_sent(bytes);
        Some(to)
    }

    /// Bytes of IP and UDP headers of a datagram on this path.
    pub(crate) fn overhead(&self) -> ByteCount {
        match self.remote {
            Some(SocketAddr::V6(_)) => ByteCount(48),
            _ => ByteCount(28),
        }
    }

    /// An authentic datagram of `bytes` came from `from`; `is_newest` if its packet number is the largest so far. True if the session
    /// follows it at once to another address: a connection was set up with the peer, so that it needs no proof.
    pub(crate) fn on_datagram(&mut self, from: SocketAddr, bytes: u64, is_newest: bool) -> bool {
        if connection_number(from).is_some() {
            return self.follows && is_newest && self.remote != Some(from) && self.move_to(from);
        }
        self.on_host(from, bytes, is_newest);
        false
    }

    fn on_host(&mut self, from: SocketAddr, bytes: u64, is_newest: bool) {
        let gain = bytes.saturating_mul(AMPLIFICATION);
        match self.remote {
            None => {
                self.remote = Some(from);
                self.is_validated = self.control_peer == Some(from.ip());
                self.allowance = gain;
                if !self.is_validated {
                    self.challenge(from, 0);
                }
                return;
            }
            Some(remote) if remote == from => {
                if !self.is_validated {
                    self.allowance = self.allowance.saturating_add(gain);
                    // An earlier challenge was given up: without a proof the session would crawl for ever.
                    if self.candidate.is_none() {
                        self.challenge(from, 0);
                    }
                }
                return;
            }
            Some(_) => {}
        }
        match &mut self.candidate {
            Some(candidate) if candidate.address == from => {
                candidate.allowance = candidate.allowance.saturating_add(gain);
            }
            _ if is_newest => self.challenge(from, gain),
            _ => {}
        }
    }

    fn challenge(&mut self, address: SocketAddr, allowance: u64) {
        self.challenges += 1;
        let challenge = *expand::<8>(&self.seed, &format!("path challenge {}", self.challenges));
        self.candidate = Some(Candidate {
            address,
            challenge,
            sent_at: None,
            challenges: 0,
            allowance,
            turn: true,
            is_probe: false,
        });
    }

    /// A PATH_RESPONSE has come; the new address if the session moves.
    pub(crate) fn on_response(&mut self, bytes: [u8; 8]) -> Option<SocketAddr> {
        let candidate = self.candidate.take_if(|candidate| candidate.challenge == bytes)?;
        let moved = self.remote != Some(candidate.address);
        self.remote = Some(candidate.address);
        self.is_validated = true;
        moved.then_some(candidate.address)
    }

    /// The challenge that is due, and where to; `bytes` is the size of the datagram that will carry it.
    pub(crate) fn due_challenge(&mut self, now: Instant, bytes: u64) -> Option<(SocketAddr, [u8; 8])> {
        if self.challenge_deadline()? > now {
            return None;
        }
        let candidate = self.candidate.as_mut()?;
        let is_first = !self.is_validated && self.remote == Some(candidate.address);
        // The first path has one allowance for everything.
        let allowance = if is_first { &mut self.allowance } else { &mut candidate.allowance };
        let has_room = *allowance >= bytes;
        if candidate.challenges == CHALLENGES_MAX || !(has_room || is_first) {
            self.candidate = None;
            return None;
        }
        candidate.sent_at = Some(now);
        if !has_room {
            return None;
        }
        candidate.challenges += 1;
        *allowance -= bytes;
        Some((candidate.address, candidate.challenge))
    }

    /// When the challenge has to be sent.
    pub(crate) fn challenge_deadline(&self) -> Option<Instant> {
        let candidate = self.candidate.as_ref()?;
        Some(candidate.sent_at.map_or(Instant::ZERO, |at| at + CHALLENGE_REPEAT))
    }

    /// `bytes` were sent to the remote address.
    pub(crate) fn on_sent(&mut self, bytes: u64) {
        self.allowance = self.allowance.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], port))
    }

    #[test]
    fn the_first_path_is_valid_if_it_has_the_address_of_the_control_channel() {
        let mut path = Path::new(None, Some(address(1, 0).ip()), Side::Client, [1; 32]);
        assert_eq!(path.open_for(1), None);
        path.on_datagram(address(1, 700), 40, true);
        assert_eq!(path.open_for(1 << 40), Some(address(1, 700)));
        assert_eq!(path.challenge_deadline(), None);
    }

    #[test]
    fn feedback_takes_turns_between_the_proven_address_and_one_that_proves_itself() {
        let mut path = Path::new(Some(address(1, 700)), None, Side::Client, [1; 32]);
        path.on_datagram(address(1, 701), 100, true);
        let routes: Vec<_> = (0..8).map(|_| path.route_feedback(100)).collect();
        let to_new = routes.iter().filter(|to| **to == Some(address(1, 701))).count();
        assert_eq!(to_new, 3, "three times what came from there and not more: {routes:?}");
        assert!(routes.iter().all(Option::is_some));
    }

    #[test]
    fn an_unproven_address_is_sent_three_times_what_came_from_it() {
        let mut path = Path::new(None, Some(address(1, 0).ip()), Side::Client, [1; 32]);
        path.on_datagram(address(2, 700), 100, true);
        let (to, challenge) = path.due_challenge(Instant::ZERO, 40).expect("a challenge");
        assert_eq!(to, address(2, 700));
        assert_eq!(path.open_for(261), None, "the challenge counts too");
        assert_eq!(path.open_for(260), Some(address(2, 700)));
        path.on_sent(260);
        assert_eq!(path.open_for(1), None);
        assert_eq!(path.on_response([0; 8]), None);
        assert_eq!(path.open_for(1), None);
        path.on_response(challenge);
        assert_eq!(path.open_for(1 << 40), Some(address(2, 700)));
    }

    #[test]
    fn a_first_path_is_asked_again_as_long_as_something_comes_from_it() {
        let mut path = Path::new(None, None, Side::Server, [1; 32]);
        let mut asked = 0;
        for second in 0..60 {
            let now = Instant::from_nanos(second * 1_000_000_000);
            path.on_datagram(address(2, 700), 30, true);
            asked += u32::from(path.due_challenge(now, 40).is_some());
            path.on_sent(60);
        }
        assert!(asked > 2 * CHALLENGES_MAX, "{asked}");
        path.on_datagram(address(2, 700), 30, true);
        let (_, challenge) = path.due_challenge(Instant::from_nanos(1 << 40), 40).expect("a challenge");
        path.on_response(challenge);
        assert!(path.is_validated());
    }

    #[test]
    fn the_session_moves_after_the_answer_and_not_before() {
        let mut path = Path::new(Some(address(1, 1)), None, Side::Client, [1; 32]);
        path.on_datagram(address(9, 9), 100, false);
        assert_eq!(path.challenge_deadline(), None, "an old packet number proves nothing");
        path.on_datagram(address(2, 2), 100, true);
        assert_eq!(path.remote(), Some(address(1, 1)));
        let (_, challenge) = path.due_challenge(Instant::ZERO, 40).expect("a challenge");
        assert_eq!(path.due_challenge(Instant::ZERO, 40), None);
        assert_eq!(path.on_response(challenge), Some(address(2, 2)));
        assert_eq!(path.remote(), Some(address(2, 2)));
    }

    #[test]
    fn a_candidate_that_never_answers_is_given_up_and_never_amplified_to() {
        let mut path = Path::new(Some(address(1, 1)), None, Side::Client, [1; 32]);
        path.on_datagram(address(2, 2), 100, true);
        let mut sent = 0;
        for ms in 0..60_000 {
            let now = Instant::from_nanos(ms * 1_000_000);
            sent += u64::from(path.due_challenge(now, 40).is_some()) * 40;
        }
        assert!((40..=300).contains(&sent), "{sent}");
        assert_eq!(path.challenge_deadline(), None);
    }

    #[test]
    fn the_server_follows_the_client_to_a_connection_and_back_and_the_client_decides() {
        let (udp, tcp) = (address(1, 1), crate::carrier::connection_address(7));
        let mut server = Path::new(Some(udp), None, Side::Server, [1; 32]);
        assert!(!server.on_datagram(tcp, 100, false), "what is old moves nobody");
        assert!(server.on_datagram(tcp, 100, true) && server.is_carried());
        assert_eq!(server.open_for(1 << 40), Some(tcp), "it needs no proof");
        server.on_datagram(udp, 100, true);
        assert!(server.is_carried(), "a host has to prove itself");
        let (_, challenge) = server.due_challenge(Instant::ZERO, 40).expect("a challenge");
        assert_eq!(server.on_response(challenge), Some(udp));

        let mut client = Path::new(Some(udp), None, Side::Client, [1; 32]);
        assert!(!client.on_datagram(tcp, 100, true) && !client.is_carried());
        assert!(client.move_to(tcp) && client.is_carried());
        client.probe(udp, 1_000);
        let (to, challenge) = client.due_challenge(Instant::ZERO, 40).expect("a challenge");
        assert_eq!(to, udp);
        assert_eq!(client.route_feedback(100), Some(tcp), "nothing else goes there meanwhile");
        assert_eq!(client.on_response(challenge), Some(udp));
    }
}
