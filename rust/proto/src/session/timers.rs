//! Every deadline of a session, in one place.

use super::{Half, Session};
use crate::error::ErrorCode;
use crate::mtu;
use crate::rate::RateController;
use crate::units::Instant;

use super::sending::SendHalf;

impl Session {
    /// The earliest of all deadlines; None once drained.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        if !self.phase.is_open() {
            return self.phase.deadline(self.now, self.role, self.is_send_blocked);
        }
        let silence = &self.channel.silence;
        let mut earliest = silence.deadline();
        if self.channel.path.remote().is_some() {
            earliest = earliest.min(silence.ping_deadline(self.channel.is_established()));
        }
        let blocked = self.is_send_blocked;
        let half = match &self.half {
            Half::Send(send) => send.next_timeout(!blocked && self.can_send(send.mtu.size())),
            Half::Recv(recv) => [
                recv.schedule.alarm().filter(|_| !blocked && self.can_send(mtu::BASE)),
                recv.update_deadline(),
            ]
            .into_iter()
            .flatten()
            .min(),
        };
        let challenge = self.channel.path.challenge_deadline().filter(|_| !blocked);
        [half, challenge, Some(earliest)].into_iter().flatten().min()
    }

    /// True if the peer's address is known and may be sent a datagram of `size`.
    fn can_send(&self, size: u16) -> bool {
        self.channel.path.open_for(u64::from(size)).is_some()
    }

    /// Does what is due; what has to be sent is left for `poll_transmit`.
    pub(super) fn timeout(&mut self, now: Instant) {
        if !self.phase.is_open() {
            return;
        }
        if self.channel.silence.deadline() <= now {
            self.abort(now, ErrorCode::Outage, "nothing was heard from the peer for the outage timeout");
            return;
        }
        let is_established = self.channel.is_established();
        if self.channel.path.remote().is_some() && self.channel.silence.ping_deadline(is_established) <= now {
            self.channel.silence.on_ping(now);
            self.ping_due = true;
        }
        match &mut self.half {
            Half::Send(send) => {
                send.on_loss_timeout(now, &mut self.channel);
                if send.on_probe_timeout(now) {
                    self.ping_due = true;
                }
            }
            Half::Recv(recv) => recv.on_timeout(now),
        }
        self.note_limit(now);
    }
}

impl SendHalf {
    /// The earliest deadline of the sender.
    fn next_timeout(&self, sends: bool) -> Option<Instant> {
        let pace = self.pace_deadline().filter(|_| sends);
        let end = self.end_deadline().filter(|_| sends);
        let mtu = self.mtu_deadline().filter(|_| sends);
        [self.flight.loss_deadline(), self.flight.probe_deadline(), pace, end, mtu]
            .into_iter()
            .flatten()
            .min()
    }

    /// When the next data datagram may go, if one waits and the window has room.
    fn pace_deadline(&self) -> Option<Instant> {
        if self.probe_due {
            return Some(Instant::ZERO);
        }
        if self.is_window_blocked() {
            return None;
        }
        let ready = self.pacer.next_send_time();
        if self.has_sendable(Instant::ZERO) {
            return Some(ready);
        }
        let can_be_sent = !self.is_flow_blocked();
        self.partial_deadline().filter(|_| can_be_sent).map(|deadline| deadline.max(ready))
    }

    /// Probes if nothing was heard for too long (RFC 9002 section 6.2.4); true if it does.
    fn on_probe_timeout(&mut self, now: Instant) -> bool {
        if self.flight.probe_deadline().is_none_or(|deadline| deadline > now) {
            return false;
        }
        if self.flight.probe.on_timeout(now) {
            self.controller.on_outage(now);
            self.update_pacer(now);
        }
        self.probe_due = true;
        true
    }

    /// The peer may have missed what was sent to its former address: the oldest data goes there again at once.
    pub(super) fn ask_again(&mut self) {
        self.probe_due = true;
    }

    /// Path MTU probes wait for the first round trip, for a path that works, and for their turn in the pace.
    pub(super) fn may_probe_mtu(&self, now: Instant) -> bool {
        self.path_takes_mtu_probes() && self.pacer.credit(now) >= self.full_wire()
    }

    /// True if only the pace may keep a path MTU probe back; where something else does, an event ends that, not a moment.
    fn path_takes_mtu_probes(&self) -> bool {
        self.flight.rtt.has_sample() && !self.flight.probe.is_waiting() && !self.is_window_blocked()
    }

    /// When the next path MTU probe is due and may go.
    fn mtu_deadline(&self) -> Option<Instant> {
        let due = self.mtu.deadline().filter(|_| self.path_takes_mtu_probes())?;
        Some(due.max(self.pacer.next_send_time()))
    }
}
