//! What comes from the peer: datagrams, and the frames in them.

use std::net::SocketAddr;

use super::acknowledging::Contradiction;
use super::channel::Arrival;
use super::phase::Farewell;
use super::{Half, Session};
use crate::error::{CloseReason, ErrorCode};
use crate::io::{Discard, Event};
use crate::protection::SealedDatagram;
use crate::receive::reassembly::Refused;
use crate::units::Instant;
use crate::wire::frame::{Frame, Frames};
use crate::wire::header::Kind;

impl Session {
    /// One datagram, as it came from the network.
    pub(super) fn incoming(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), Discard> {
        if self.is_drained() {
            return Err(Discard::Closed);
        }
        let sealed = self.channel.parse(datagram)?;
        let result = match sealed.header.kind {
            Kind::Data { offset } => self.incoming_data(now, from, &sealed, offset, datagram.len()),
            Kind::Control => self.incoming_control(now, from, &sealed, datagram.len()),
        };
        if self.channel.is_exhausted() {
            self.abort(now, ErrorCode::Integrity, "too many datagrams did not authenticate");
        }
        result
    }

    fn incoming_data(
        &mut self,
        now: Instant,
        from: SocketAddr,
        sealed: &SealedDatagram<'_>,
        offset: u64,
        bytes: usize,
    ) -> Result<(), Discard> {
        let len = sealed.payload_len();
        let Half::Recv(recv) = &mut self.half else {
            let mut plain = vec![0; len];
            self.channel.open(sealed, &mut plain)?;
            self.violated(now, "data came to the end that sends it");
            return Ok(());
        };
        let is_open = self.phase.is_open();
        let place = recv.reassembly.place(offset, len).filter(|_| is_open);
        let stored = match place {
            Some(place) => {
                self.channel.open(sealed, place)?;
                recv.reassembly.commit(offset, len);
                Ok(len as u64)
            }
            None => {
                let plain = &mut grown(&mut self.scratch, len)[..len];
                self.channel.open(sealed, plain)?;
                if is_open { recv.reassembly.insert(offset, plain) } else { Ok(0) }
            }
        };
        if stored == Err(Refused::TooManyGaps) {
            // As if it had been lost: what is not counted as received will be sent again.
            self.channel.counters.rejected += 1;
            return Err(Discard::NoRoom);
        }
        let arrival = self.channel.accept(now, from, sealed.packet_number, bytes);
        recv.on_datagram(now, &arrival);
        recv.largest = recv.largest.max(u16::try_from(bytes).unwrap_or(u16::MAX));
        let outcome = match stored {
            Ok(new) => {
                let largest = self.channel.received.largest().unwrap_or(0);
                recv.on_data(now, largest, offset + len as u64, new)
            }
            Err(_) => Err(Contradiction("data came beyond the flow-control limit")),
        };
        self.after_arrival(now, &arrival);
        self.settle(now, outcome);
        Ok(())
    }

    fn incoming_control(
        &mut self,
        now: Instant,
        from: SocketAddr,
        sealed: &SealedDatagram<'_>,
        bytes: usize,
    ) -> Result<(), Discard> {
        let len = sealed.payload_len();
        let mut scratch = core::mem::take(&mut self.scratch);
        let plain = &mut grown(&mut scratch, len)[..len];
        let opened = self.channel.open(sealed, plain);
        if opened.is_ok() {
            let arrival = self.channel.accept(now, from, sealed.packet_number, bytes);
            if let Half::Recv(recv) = &mut self.half {
                recv.on_datagram(now, &arrival);
            }
            self.after_arrival(now, &arrival);
            self.frames(now, from, plain);
        }
        self.scratch = scratch;
        opened
    }

    /// What every authentic datagram does, beside what it carries.
    fn after_arrival(&mut self, now: Instant, arrival: &Arrival) {
        if arrival.is_first {
            self.events.push_back(Event::Established);
        }
        if arrival.is_move {
            self.on_moved(now);
        }
        if let Half::Send(send) = &mut self.half
            && arrival.is_first
        {
            send.headers = self.channel.path.overhead();
        }
    }

    fn frames(&mut self, now: Instant, from: SocketAddr, plain: &[u8]) {
        for frame in Frames::new(plain) {
            let outcome = match frame {
                Ok(frame) => self.frame(now, from, &frame),
                Err(_) => Err(Contradiction("a frame is unknown or malformed")),
            };
            self.settle(now, outcome);
        }
    }

    fn frame(&mut self, now: Instant, from: SocketAddr, frame: &Frame<'_>) -> Result<(), Contradiction> {
        match frame {
            Frame::Padding(_) => Ok(()),
            Frame::PathChallenge(bytes) => {
                self.path_response = Some((from, *bytes));
                Ok(())
            }
            Frame::PathResponse(bytes) => {
                self.on_path_response(now, *bytes);
                Ok(())
            }
            Frame::Abort { code, reason } => {
                self.on_abort(*code, reason);
                Ok(())
            }
            _ => self.frame_of_role(now, frame),
        }
    }

    /// The frames that mean something to one end only.
    fn frame_of_role(&mut self, now: Instant, frame: &Frame<'_>) -> Result<(), Contradiction> {
        match (&mut self.half, frame) {
            (Half::Send(send), Frame::Ping) => {
                send.acks.is_due = true;
                Ok(())
            }
            (Half::Send(send), Frame::Feedback(feedback, ranges)) => {
                send.on_feedback(now, &mut self.channel, feedback, ranges.clone())
            }
            (Half::Send(send), Frame::Complete) if send.has_sent_end() => {
                self.on_complete_frame(now);
                Ok(())
            }
            (Half::Recv(recv), Frame::Ping) => {
                recv.schedule.hurry();
                Ok(())
            }
            (Half::Recv(recv), Frame::FeedbackAck(largest)) => {
                if *largest >= self.channel.next_number() {
                    return Err(Contradiction("a datagram was acknowledged that was never sent"));
                }
                recv.on_feedback_ack(now, &mut self.channel, *largest);
                self.on_farewell_heard(*largest);
                Ok(())
            }
            (Half::Recv(recv), Frame::End(end)) => {
                recv.on_end(*end)?;
                self.after_end(now);
                Ok(())
            }
            _ => Err(Contradiction("a frame came from the end that may not send it")),
        }
    }

    /// END has come, perhaps again.
    fn after_end(&mut self, now: Instant) {
        if let Some(farewell) = self.phase.farewell() {
            farewell.hurry(now);
        } else if let Half::Recv(recv) = &mut self.half
            && let Some(end) = recv.take_end()
        {
            self.events.push_back(Event::EndOfStream(end));
        }
    }

    fn on_complete_frame(&mut self, now: Instant) {
        if self.phase.is_open() {
            self.on_complete(now, true);
        } else if let Some(farewell) = self.phase.farewell() {
            farewell.hurry(now);
        }
    }

    /// The sender has received our datagram `number`: perhaps our last words.
    fn on_farewell_heard(&mut self, number: u64) {
        if let Some(farewell) = self.phase.farewell()
            && farewell.is_heard(number)
        {
            *farewell = Farewell::silent();
        }
    }

    fn on_path_response(&mut self, now: Instant, bytes: [u8; 8]) {
        let Some(before) = self.channel.path.remote() else { return };
        let Some(after) = self.channel.path.on_response(bytes) else { return };
        match &mut self.half {
            // Another port of the same host is another binding at its translator; the path stays (RFC 9000 section 9.4).
            Half::Send(send) if before.ip() == after.ip() => send.ask_again(),
            _ => self.on_moved(now),
        }
    }

    /// The session goes on at another address.
    pub(super) fn on_moved(&mut self, now: Instant) {
        let (headers, carried) = (self.channel.path.overhead(), self.channel.path.is_carried());
        match &mut self.half {
            Half::Send(send) => {
                send.set_carried(now, carried);
                send.on_path_change(now, headers);
                if carried {
                    send.ask_again();
                }
            }
            Half::Recv(recv) => recv.schedule.hurry(),
        }
    }

    fn on_abort(&mut self, code: u64, reason: &str) {
        let code = match ErrorCode::from_number(code) {
            ErrorCode::Aborted => ErrorCode::AbortedByPeer,
            code => code,
        };
        self.close(CloseReason { code, by_peer: true, reason: reason.to_owned() }, Farewell::silent());
    }

    fn settle(&mut self, now: Instant, outcome: Result<(), Contradiction>) {
        if let Err(Contradiction(what)) = outcome {
            self.violated(now, what);
        }
    }

    /// The peer broke the wire format: the session ends with `PROTOCOL`.
    fn violated(&mut self, now: Instant, what: &str) {
        self.abort(now, ErrorCode::Protocol, what);
    }
}

/// Room for `len` bytes; grows once for a peer that sends larger datagrams than were agreed.
fn grown(scratch: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    scratch
}
