//! Whether UDP reaches the peer: when a connection has to carry the datagrams, and when UDP is tried again (wire-format.md §2.3).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use faspstream_proto::Session;
use faspstream_proto::carrier::{connection_address, connection_number};
use faspstream_proto::units::Instant as Moment;

/// How long the first answer may take. With the three round trips that a connection takes the session goes on within two seconds.
const FIRST_ANSWER: Duration = Duration::from_secs(1);
/// Silence after which the peer is asked for a sign of life, and after which a connection is asked for.
const ASK_PEER: Duration = Duration::from_secs(1);
const ASK_CARRIER: Duration = Duration::from_millis(2_500);
/// The wish for a connection is repeated.
const REPEAT: Duration = Duration::from_secs(1);
/// A peer that was heard so lately is not left.
const LATELY: Duration = Duration::from_millis(500);
/// The first and the longest pause between two trials of UDP.
const PAUSE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));
/// A stay on UDP that is shorter makes the pauses longer.
const SHORT_STAY: Duration = Duration::from_secs(60);

/// What the control thread is to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Nothing comes over UDP: a connection is needed.
    Carrier,
    /// UDP works again: this session needs no connection any more.
    Udp,
}

/// A client's session that may go over UDP or over a connection.
pub(super) struct Reach {
    udp: SocketAddr,
    began: Instant,
    heard: Option<Instant>,
    is_carried: bool,
    asked_at: Option<Instant>,
    probe_at: Instant,
    pause: Duration,
    back_at: Option<Instant>,
}

impl Reach {
    /// A session that begins now, with the server's UDP address.
    pub(super) fn new(now: Instant, udp: SocketAddr) -> Self {
        Self {
            udp,
            began: now,
            heard: None,
            is_carried: false,
            asked_at: None,
            probe_at: now,
            pause: PAUSE.0,
            back_at: None,
        }
    }

    /// Something authentic has come.
    pub(super) fn on_heard(&mut self, now: Instant) {
        self.heard = Some(now);
        self.asked_at = None;
    }

    /// A connection is there: the session takes it if UDP is still silent.
    pub(super) fn on_carrier(&self, now: Instant, session: &mut Session, moment: Moment, number: u64) {
        if self.heard.is_none_or(|heard| now.saturating_duration_since(heard) > LATELY) {
            session.handle_carrier(moment, connection_address(number));
        }
    }

    /// Does what is due.
    pub(super) fn step(&mut self, now: Instant, session: &mut Session, moment: Moment) -> Option<Wish> {
        let carried = session.remote().is_some_and(|remote| connection_number(remote).is_some());
        if carried != core::mem::replace(&mut self.is_carried, carried) {
            if !carried {
                self.back_at = Some(now);
                return Some(Wish::Udp);
            }
            // It may only have been slow, so that the first trial comes at once; one that never lasts comes ever later.
            let lasted = self.back_at.is_none_or(|at| now.saturating_duration_since(at) > SHORT_STAY);
            self.pause = if lasted { PAUSE.0 } else { self.pause };
            self.probe_at = if lasted { now } else { now + self.pause };
        }
        if carried {
            self.probe(now, session, moment);
            return None;
        }
        let ask_at = self.ask_carrier_at();
        if self.heard.is_some_and(|heard| heard + ASK_PEER <= now) {
            session.handle_ping(moment);
        }
        (ask_at <= now).then(|| {
            self.asked_at = Some(now);
            Wish::Carrier
        })
    }

    fn probe(&mut self, now: Instant, session: &mut Session, moment: Moment) {
        if self.probe_at <= now {
            session.handle_probe(moment, self.udp);
            self.probe_at = now + self.pause;
            self.pause = (self.pause * 2).min(PAUSE.1);
        }
    }

    fn ask_carrier_at(&self) -> Instant {
        match (self.asked_at, self.heard) {
            (Some(asked), _) => asked + REPEAT,
            (None, Some(heard)) => heard + ASK_CARRIER,
            (None, None) => self.began + FIRST_ANSWER,
        }
    }

    /// When `step` is to be called; `now` is the present.
    pub(super) fn deadline(&self, now: Instant) -> Instant {
        if self.is_carried {
            return self.probe_at;
        }
        let ask = self.ask_carrier_at();
        match self.heard.map(|heard| heard + ASK_PEER) {
            Some(ping) if ping > now => ping.min(ask),
            _ => ask,
        }
    }
}
