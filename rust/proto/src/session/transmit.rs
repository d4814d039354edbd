//! What goes to the peer: last words, path validation, control, path MTU probes, data, in this order.

use std::net::SocketAddr;

use super::phase::{Farewell, Phase};
use super::receiving::Told;
use super::{Half, Session};
use crate::config::Role;
use crate::error::{CloseReason, ErrorCode};
use crate::io::Transmit;
use crate::mtu;
use crate::recovery::sent::Purpose;
use crate::units::{ByteCount, Instant};
use crate::wire::buffer::{BufferWriter, Full};
use crate::wire::frame::{self, Frame};
use crate::wire::header::{CONTROL_HEADER_LEN, Kind, TAG_LEN};

/// Bytes of a control datagram that are not frames.
const CONTROL_OVERHEAD: usize = CONTROL_HEADER_LEN + TAG_LEN;

/// A path challenge or response as a datagram.
const PATH_DATAGRAM: u64 = (CONTROL_OVERHEAD + 9) as u64;

/// What asking for a path may cost: every repetition of the challenge.
pub(super) const PROBE_BYTES: u64 = 16 * PATH_DATAGRAM;

/// What was written into a control datagram, to be accounted for once it is sealed.
#[derive(Clone, Copy, Debug, Default)]
struct Contents {
    ping: bool,
    end: bool,
    farewell: bool,
    ack: bool,
    /// What FEEDBACK tells of.
    feedback: Option<Told>,
}

impl Session {
    /// The next datagrams, if any.
    pub(super) fn transmit(&mut self, now: Instant, buf: &mut [u8], most: usize) -> Option<Transmit> {
        if self.is_send_blocked || most == 0 || self.is_drained() {
            return None;
        }
        let transmit = self
            .transmit_path(now, buf)
            .or_else(|| self.transmit_control(now, buf))
            .or_else(|| self.transmit_mtu_probe(now, buf))
            .or_else(|| self.transmit_data(now, buf, most));
        if self.channel.is_sealed_out() {
            let reason =
                "the keys are used up and the peer has acknowledged nothing that was sealed with them";
            self.close(
                CloseReason { code: ErrorCode::Internal, by_peer: false, reason: reason.to_owned() },
                Farewell::silent(),
            );
        }
        transmit
    }

    /// Challenges and responses, each to an address of its own.
    fn transmit_path(&mut self, now: Instant, buf: &mut [u8]) -> Option<Transmit> {
        let (to, frame) = if let Some((to, bytes)) = self.path_response.take() {
            (to, Frame::PathResponse(bytes))
        } else {
            let (to, bytes) = self.channel.path.due_challenge(now, PATH_DATAGRAM)?;
            (to, Frame::PathChallenge(bytes))
        };
        let mut plain = [0; 16];
        let mut writer = BufferWriter::new(&mut plain);
        frame::encode(&frame, &mut writer).ok()?;
        let (_, len) = self.channel.seal(Kind::Control, writer.written(), buf)?;
        self.record_control(now, len, Purpose::Silent);
        Some(single(to, len))
    }

    /// All control frames that are due, in one datagram.
    fn transmit_control(&mut self, now: Instant, buf: &mut [u8]) -> Option<Transmit> {
        if !self.wants_control(now) {
            return None;
        }
        let mut scratch = core::mem::take(&mut self.scratch);
        // What every path carries, and the receiver does not look for more.
        let room = usize::from(mtu::BASE).min(buf.len()) - CONTROL_OVERHEAD;
        let mut writer = BufferWriter::new(&mut scratch[..room]);
        let contents = self.write_control(now, &mut writer).unwrap_or_default();
        let bytes = (writer.len() + CONTROL_OVERHEAD) as u64;
        let to = if writer.is_empty() { None } else { self.route_control(bytes) };
        let sealed = match to {
            Some(_) => self.channel.seal(Kind::Control, writer.written(), buf),
            None => None,
        };
        self.scratch = scratch;
        let Some((number, len)) = sealed else {
            // An unproven address has had all that it may get: not at once again.
            self.phase.farewell().into_iter().for_each(|words| words.put_off(now));
            return None;
        };
        self.account_control(now, number, len, contents);
        Some(single(to?, len))
    }

    /// Where a control datagram of `bytes` may go, which counts as sent.
    fn route_control(&mut self, bytes: u64) -> Option<SocketAddr> {
        let path = &mut self.channel.path;
        match &self.half {
            Half::Recv(_) => path.route_feedback(bytes),
            Half::Send(_) => {
                let to = path.open_for(bytes)?;
                path.on_sent(bytes);
                Some(to)
            }
        }
    }

    /// True if some control frame is due.
    fn wants_control(&self, now: Instant) -> bool {
        if let Phase::Complete(farewell) | Phase::Closed(_, farewell) = &self.phase {
            return farewell.is_due(now);
        }
        self.ping_due
            || match &self.half {
                Half::Send(send) => send.is_ack_due(now) || send.is_end_due(now),
                Half::Recv(recv) => recv.schedule.is_due(now),
            }
    }

    fn write_control(&self, now: Instant, to: &mut BufferWriter<'_>) -> Result<Contents, Full> {
        let mut contents = Contents::default();
        match &self.phase {
            Phase::Closed(reason, _) => {
                contents.farewell = true;
                frame::encode(&Frame::Abort { code: reason.code as u64, reason: &reason.reason }, to)?;
                return Ok(contents);
            }
            Phase::Complete(_) => contents.farewell = true,
            Phase::Open => contents.ping = self.ping_due,
        }
        match &self.half {
            Half::Send(send) => {
                if let Some(largest) = self.channel.received.largest() {
                    contents.ack = true;
                    frame::encode(&Frame::FeedbackAck(largest), to)?;
                }
                if let Some(ending) = send.ending.filter(|_| send.is_end_due(now) && self.phase.is_open()) {
                    contents.end = true;
                    frame::encode(&Frame::End(ending.end), to)?;
                }
            }
            Half::Recv(recv) => {
                if contents.farewell {
                    frame::encode(&Frame::Complete, to)?;
                }
                contents.ping |= self.phase.is_open() && recv.wants_rtt(now);
            }
        }
        if contents.ping {
            frame::encode(&Frame::Ping, to)?;
        }
        if let Half::Recv(recv) = &self.half {
            contents.feedback = recv.write_feedback(now, &self.channel, to);
        }
        Ok(contents)
    }

    fn account_control(&mut self, now: Instant, number: u64, len: usize, contents: Contents) {
        if contents.farewell
            && let Some(farewell) = self.phase.farewell()
        {
            farewell.on_sent(now, number);
        }
        if contents.ping {
            self.ping_due = false;
        }
        match &mut self.half {
            Half::Send(send) => {
                if contents.end {
                    send.on_end_sent(now);
                }
                if contents.ack {
                    send.acks = super::sending::FeedbackAcks { unanswered: 0, is_due: false, sent_at: now };
                }
            }
            Half::Recv(recv) => {
                if contents.ping {
                    recv.on_ping_sent(now, number);
                }
                if let Some(told) = contents.feedback {
                    let wire = ByteCount(len as u64) + self.channel.path.overhead();
                    recv.on_feedback_sent(now, &self.channel, number, told, wire);
                }
            }
        }
        let elicits = contents.ping || contents.end;
        self.record_control(now, len, if elicits { Purpose::Eliciting } else { Purpose::Silent });
    }

    /// A control datagram shares the numbers of the sender's data, so it is recorded like one.
    fn record_control(&mut self, now: Instant, len: usize, purpose: Purpose) {
        if let Half::Send(send) = &mut self.half {
            send.on_sent(now, purpose, len, None, 0);
        }
    }

    /// A datagram of the size that the path is asked for (wire-format.md §4.5).
    fn transmit_mtu_probe(&mut self, now: Instant, buf: &mut [u8]) -> Option<Transmit> {
        let Half::Send(send) = &mut self.half else { return None };
        if !self.phase.is_open() || !send.may_probe_mtu(now) {
            return None;
        }
        let size = send.mtu.due_probe(now)?;
        let to = self.channel.path.open_for(u64::from(size)).filter(|_| buf.len() >= usize::from(size))?;
        let plain = &mut self.scratch[..usize::from(size) - CONTROL_OVERHEAD];
        plain.fill(0);
        frame::encode(&Frame::Ping, &mut BufferWriter::new(plain)).ok()?;
        let (_, len) = self.channel.seal(Kind::Control, plain, buf)?;
        self.channel.path.on_sent(len as u64);
        send.mtu.on_probe_sent();
        send.on_sent(now, Purpose::MtuProbe, len, None, 0);
        Some(Transmit { is_mtu_probe: true, ..single(to, len) })
    }

    fn transmit_data(&mut self, now: Instant, buf: &mut [u8], most: usize) -> Option<Transmit> {
        let Half::Send(send) = &mut self.half else { return None };
        if !self.phase.is_open() {
            return None;
        }
        let full = u64::from(send.mtu.size());
        let to = self.channel.path.open_for(full)?;
        // Three times a small datagram is not much: an address that has not proven itself gets one at a time.
        let most = if self.channel.path.is_validated() { most } else { 1 };
        let batch = send.transmit_data(now, &mut self.channel, buf, most)?;
        self.channel.path.on_sent(batch.len as u64);
        Some(Transmit { destination: to, len: batch.len, segment: batch.segment, is_mtu_probe: false })
    }

    /// A timeout for words that the peer answers at once; the receiver knows the round trip less well.
    pub(super) fn probe_timeout(&self) -> core::time::Duration {
        match (&self.half, self.role) {
            (Half::Send(send), Role::Sender) => send.flight.rtt.probe_timeout(),
            (Half::Recv(recv), _) => recv.flow.rtt() * 3,
            (Half::Send(send), Role::Receiver) => send.flight.rtt.smoothed(),
        }
    }
}

fn single(destination: SocketAddr, len: usize) -> Transmit {
    Transmit { destination, len, segment: len, is_mtu_probe: false }
}
