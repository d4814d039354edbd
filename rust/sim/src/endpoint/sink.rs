//! The application that reads.

use core::time::Duration;

use faspstream_netem::{BitRate, Time};
use faspstream_proto::Session;
use faspstream_proto::digest::{DigestAlgorithm, StreamDigest};
use faspstream_proto::io::{EndOfStream, Misuse};
use faspstream_proto::units::Instant;

use crate::content::Content;
use crate::metrics::Bins;

/// What the reading application does.
#[derive(Clone, Debug, Default)]
pub enum SinkPlan {
    /// Takes everything at once.
    #[default]
    Eager,
    /// Takes at most so many bits per second.
    Slow(BitRate),
    /// Takes everything at once but during these times (beginning and length, after the beginning of the flow, in order).
    Pauses(Vec<(Duration, Duration)>),
}

/// How often a slow reader reads.
const SLOW_TICK: Duration = Duration::from_millis(1);

/// A reading application at work.
#[derive(Debug)]
pub(crate) struct Sink {
    plan: SinkPlan,
    start: Time,
    content: Content,
    digest: StreamDigest,
    given_out: u64,
    consumed: u64,
    end: Option<EndOfStream>,
    verified: bool,
    last_slow_read: Time,
    /// Every read: bytes consumed since the beginning, and when. Kept for live streams only.
    reads: Option<Vec<(u64, Time)>>,
    delivered: Bins,
    last_delivery: Time,
}

/// What the reader found wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SinkFault {
    #[error("the stream differs from what was written somewhere in bytes {from} to {to}")]
    Content { from: u64, to: u64 },
    #[error("the end was announced at {announced} bytes, and {given_out} were given out before it")]
    EndBeforeData { announced: u64, given_out: u64 },
    #[error("the digest does not fit the bytes, which were compared and are right")]
    Digest,
    #[error("a call was refused: {0}")]
    Misuse(#[from] Misuse),
}

impl Sink {
    pub(crate) fn new(plan: SinkPlan, content: Content, start: Time, keep_reads: bool) -> Self {
        Self {
            plan,
            start,
            content,
            digest: StreamDigest::new(DigestAlgorithm::Xxh3),
            given_out: 0,
            consumed: 0,
            end: None,
            verified: false,
            last_slow_read: start,
            reads: keep_reads.then(Vec::new),
            delivered: Bins::default(),
            last_delivery: start,
        }
    }

    pub(crate) fn given_out(&self) -> u64 {
        self.given_out
    }

    pub(crate) fn consumed(&self) -> u64 {
        self.consumed
    }

    pub(crate) fn is_verified(&self) -> bool {
        self.verified
    }

    pub(crate) fn delivered(&self) -> &Bins {
        &self.delivered
    }

    pub(crate) fn last_delivery(&self) -> Time {
        self.last_delivery
    }

    pub(crate) fn reads(&self) -> &[(u64, Time)] {
        self.reads.as_deref().unwrap_or(&[])
    }

    /// The session has told the end of the stream.
    pub(crate) fn on_end(&mut self, end: EndOfStream) -> Result<(), SinkFault> {
        self.end = Some(end);
        if end.length == self.given_out {
            Ok(())
        } else {
            Err(SinkFault::EndBeforeData { announced: end.length, given_out: self.given_out })
        }
    }

    /// Takes what the session gives and compares every byte.
    pub(crate) fn receive(&mut self, session: &mut Session) -> Result<(), SinkFault> {
        while let Some(bytes) = session.poll_read() {
            if self.content.at(self.given_out, bytes.len()) != &bytes[..] {
                let (from, to) = (self.given_out, self.given_out + bytes.len() as u64);
                return Err(SinkFault::Content { from, to });
            }
            self.digest.update(&bytes);
            self.given_out += bytes.len() as u64;
        }
        Ok(())
    }

    /// Reads as the plan says, and answers the end of the stream when everything was read.
    pub(crate) fn step(&mut self, now: Time, local: Instant, session: &mut Session) -> Result<(), SinkFault> {
        if session.is_closed() {
            return Ok(());
        }
        let take = self.allowance(now).min(self.given_out - self.consumed);
        if take > 0 {
            self.consumed += take;
            self.delivered.add(now, take);
            self.last_delivery = now;
            if let Some(reads) = &mut self.reads {
                reads.push((self.consumed, now));
            }
            session.handle_consumed(local, self.consumed)?;
        }
        if let Some(end) = self.end.filter(|end| !self.verified && end.length == self.consumed) {
            self.verified = true;
            let agrees = end.digest == self.digest.finish();
            session.handle_verified(local, agrees)?;
            return if agrees { Ok(()) } else { Err(SinkFault::Digest) };
        }
        Ok(())
    }

    /// When the plan wants to read next, if there is something to read.
    pub(crate) fn next_wake(&self, now: Time) -> Option<Time> {
        if self.given_out == self.consumed {
            return None;
        }
        match &self.plan {
            SinkPlan::Eager => None,
            SinkPlan::Slow(_) => Some(now.max(self.last_slow_read + SLOW_TICK)),
            SinkPlan::Pauses(_) => self.pause_end(now),
        }
    }

    fn allowance(&mut self, now: Time) -> u64 {
        match &self.plan {
            SinkPlan::Eager => u64::MAX,
            SinkPlan::Pauses(_) => self.pause_end(now).map_or(u64::MAX, |_| 0),
            SinkPlan::Slow(rate) => {
                let waited = now.since(self.last_slow_read);
                if waited < SLOW_TICK {
                    return 0;
                }
                self.last_slow_read = now;
                // A reader that found nothing for a while does not catch up on it.
                rate.bytes_in(waited.min(SLOW_TICK * 2))
            }
        }
    }

    fn pause_end(&self, now: Time) -> Option<Time> {
        let SinkPlan::Pauses(pauses) = &self.plan else { return None };
        let spans = pauses.iter().map(|(from, lasting)| (self.start + *from, self.start + *from + *lasting));
        spans.into_iter().find(|(from, to)| (*from..*to).contains(&now)).map(|(_, to)| to)
    }
}
