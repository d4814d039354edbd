//! The application that writes.

use core::time::Duration;

use bytes::Bytes;
use faspstream_netem::{BitRate, Time};
use faspstream_proto::Session;
use faspstream_proto::digest::{DigestAlgorithm, StreamDigest};
use faspstream_proto::io::{EndOfStream, Misuse};
use faspstream_proto::units::Instant;

use crate::content::Content;

/// What the writing application does.
#[derive(Clone, Copy, Debug)]
pub enum SourcePlan {
    /// Writes this many bytes as fast as they are taken, then ends the stream.
    Bulk(u64),
    /// Writes as fast as it is taken, without end.
    Endless,
    /// Writes at a rate: so many bits per second in one write per `every`, each flushed, for the time `lasting`.
    Live {
        /// Rate of the application's bytes.
        rate: BitRate,
        /// Time from write to write; more than zero.
        every: Duration,
        /// When the stream ends, after its beginning.
        lasting: Duration,
    },
}

/// Bytes of one write of a bulk source.
const CHUNK: u64 = 64 * 1024;

/// A writing application at work.
#[derive(Debug)]
pub(crate) struct Source {
    plan: SourcePlan,
    content: Content,
    digest: StreamDigest,
    written: u64,
    ended: bool,
    /// A live source's writes: where each ends in the stream, and when it was due.
    writes: Vec<(u64, Time)>,
    next_write: Time,
    start: Time,
}

impl Source {
    pub(crate) fn new(plan: SourcePlan, content: Content, start: Time) -> Self {
        Self {
            plan,
            content,
            digest: StreamDigest::new(DigestAlgorithm::Xxh3),
            written: 0,
            ended: false,
            writes: Vec::new(),
            next_write: start,
            start,
        }
    }

    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    pub(crate) fn writes(&self) -> &[(u64, Time)] {
        &self.writes
    }

    /// Writes what is due and fits into `budget` bytes that the peer does not have yet.
    pub(crate) fn step(
        &mut self,
        now: Time,
        local: Instant,
        session: &mut Session,
        budget: u64,
    ) -> Result<(), Misuse> {
        if self.ended || session.is_closed() {
            return Ok(());
        }
        match self.plan {
            SourcePlan::Bulk(total) => self.bulk(local, session, budget, total),
            SourcePlan::Endless => self.bulk(local, session, budget, u64::MAX),
            SourcePlan::Live { rate, every, lasting } => {
                let len = rate.bytes_in(every).max(1);
                while self.next_write <= now && self.room(session, budget) >= len {
                    if self.next_write >= self.start + lasting {
                        return self.finish(local, session);
                    }
                    self.write(local, session, len)?;
                    session.handle_flush(local)?;
                    self.writes.push((self.written, self.next_write));
                    self.next_write = self.next_write + every;
                }
                Ok(())
            }
        }
    }

    /// When a live source writes next. What it has no room for waits until something else happens.
    pub(crate) fn next_wake(&self, now: Time) -> Option<Time> {
        let live = matches!(self.plan, SourcePlan::Live { .. }) && !self.ended;
        (live && self.next_write > now).then_some(self.next_write)
    }

    fn bulk(&mut self, local: Instant, session: &mut Session, budget: u64, total: u64) -> Result<(), Misuse> {
        while self.written < total {
            let len = CHUNK.min(total - self.written);
            if self.room(session, budget) < len {
                return Ok(());
            }
            self.write(local, session, len)?;
        }
        self.finish(local, session)
    }

    fn room(&self, session: &Session, budget: u64) -> u64 {
        budget.saturating_sub(self.written - session.acknowledged())
    }

    fn write(&mut self, local: Instant, session: &mut Session, len: u64) -> Result<(), Misuse> {
        let bytes = self.content.at(self.written, len as usize);
        self.digest.update(bytes);
        self.written += len;
        session.handle_write(local, Bytes::copy_from_slice(bytes))
    }

    fn finish(&mut self, local: Instant, session: &mut Session) -> Result<(), Misuse> {
        self.ended = true;
        session.handle_finish(local, EndOfStream { length: self.written, digest: self.digest.finish() })
    }
}
