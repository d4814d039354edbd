//! The sessions, and what they add up to.

use core::fmt;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use faspstream::{Client, Counters, Direction, ErrorCode, Metadata, Receipt, Server, Session};

use crate::Outcome;
use crate::content::{Content, Random};

/// The longest stream.
const LONGEST: u64 = 256 << 20;
/// Most bytes of one call.
const CALL: usize = 256 << 10;
/// Nothing here takes longer on a machine that is not stopped.
const PATIENCE: Duration = Duration::from_secs(120);
/// A line is printed for so many bytes.
const LINE: u64 = 500_000_000;

/// Writes the stream `seed` of `length` bytes in calls of all sizes.
fn write(session: &Session, content: &Content, seed: u64, length: u64) -> Outcome<Receipt> {
    let (mut at, mut random) = (0, Random(seed));
    while at < length {
        let most = (1 + random.length(CALL as u64)).min(length - at);
        let piece = content.piece(seed, at, most as usize);
        session.write(piece)?;
        at += piece.len() as u64;
    }
    Ok(session.complete()?)
}

/// Reads a stream to its end in calls of all sizes and compares each byte.
fn read(session: &Session, content: &Content, seed: u64, length: u64) -> Outcome<Receipt> {
    let (mut at, mut random, mut buffer) = (0, Random(!seed), vec![0; CALL]);
    loop {
        let most = (1 + random.length(CALL as u64) as usize).min(CALL);
        let n = session.read(&mut buffer[..most])?;
        if n == 0 {
            break;
        }
        content.check(seed, at, &buffer[..n])?;
        at += n as u64;
    }
    if at != length {
        return Err(format!("DAMAGE: stream {seed} ended after {at} of {length} bytes").into());
    }
    Ok(session.wait_for_end(Some(Instant::now() + PATIENCE))?)
}

/// The far end, and what came out there.
#[derive(Default)]
pub(crate) struct Far {
    ended: Mutex<HashMap<String, Result<Receipt, String>>>,
    wake: Condvar,
}

impl Far {
    /// Does the opposite of what clients ask for, until the server is closed. The name of a stream is its seed and its length.
    pub(crate) fn serve(&self, server: &Server) -> Outcome<()> {
        let content = Content::new();
        std::thread::scope(|scope| {
            loop {
                match server.accept(None) {
                    Ok(session) => drop(scope.spawn(|| self.handle(session, &content))),
                    Err(error) if error.code() == ErrorCode::Closed => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
            }
        })
    }

    fn handle(&self, session: Session, content: &Content) {
        let done = named(session.stream()).and_then(|(seed, length)| match session.direction() {
            Direction::Push => read(&session, content, seed, length),
            Direction::Pull => write(&session, content, seed, length),
        });
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.insert(session.id(), done.map_err(|error| error.to_string()));
        self.wake.notify_all();
    }

    /// What the far end of a session says of it.
    fn receipt(&self, session: &str) -> Outcome<Receipt> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.wake.wait_timeout_while(ended, PATIENCE, |ended| !ended.contains_key(session));
        let found = waited.unwrap_or_else(PoisonError::into_inner).0.remove(session);
        Ok(found.ok_or("the far end does not come to its end")??)
    }
}

fn named(stream: &str) -> Outcome<(u64, u64)> {
    let (seed, length) = stream.split_once(' ').ok_or("a stream of another name")?;
    Ok((seed.parse()?, length.parse()?))
}

/// Opens one session after another until all workers together have moved enough.
pub(crate) struct Worker<'a> {
    pub(crate) client: &'a Client,
    pub(crate) path: &'static str,
    pub(crate) far: &'a Far,
    pub(crate) sums: &'a Sums,
    pub(crate) seed: u64,
}

impl Worker<'_> {
    pub(crate) fn run(&self) -> Outcome<()> {
        let (content, mut random) = (Content::new(), Random(self.seed));
        while !self.sums.is_enough() {
            let (seed, length) = (random.next() >> 1, random.length(LONGEST));
            let direction = if random.next() & 1 == 0 { Direction::Push } else { Direction::Pull };
            let (near, far, counters) = self.one(&content, direction, seed, length).map_err(|error| {
                self.sums.stop();
                format!("{} {direction:?} of {length} bytes, stream {seed}: {error}", self.path)
            })?;
            if (near.bytes, near.digest) != (far.bytes, far.digest) || near.bytes != length {
                self.sums.stop();
                return Err(format!("DAMAGE: the receipts differ: {near:?} and {far:?}").into());
            }
            self.sums.add(length, &counters);
        }
        Ok(())
    }

    fn one(
        &self,
        content: &Content,
        direction: Direction,
        seed: u64,
        length: u64,
    ) -> Outcome<(Receipt, Receipt, Counters)> {
        let session = self.client.open(direction, &format!("{seed} {length}"), Metadata::new())?;
        let near = match direction {
            Direction::Push => write(&session, content, seed, length),
            Direction::Pull => read(&session, content, seed, length),
        }?;
        let far = self.far.receipt(&session.id())?;
        Ok((near, far, session.stats().counters))
    }
}

/// What was done.
#[derive(Default)]
pub(crate) struct Sums {
    goal: AtomicU64,
    bytes: AtomicU64,
    sessions: AtomicU64,
    rejected: AtomicU64,
    duplicate: AtomicU64,
    reordered: AtomicU64,
    retransmitted: AtomicU64,
}

impl Sums {
    pub(crate) fn new(goal: u64) -> Self {
        Self { goal: AtomicU64::new(goal), ..Self::default() }
    }

    fn is_enough(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= self.goal.load(Ordering::Relaxed)
    }

    /// Something is wrong: nobody begins another session.
    fn stop(&self) {
        self.goal.store(0, Ordering::Relaxed);
    }

    fn add(&self, length: u64, counters: &Counters) {
        let add = |sum: &AtomicU64, more: u64| sum.fetch_add(more, Ordering::Relaxed);
        add(&self.sessions, 1);
        add(&self.rejected, counters.datagrams_rejected);
        add(&self.duplicate, counters.datagrams_duplicate);
        add(&self.reordered, counters.datagrams_reordered);
        add(&self.retransmitted, counters.datagrams_retransmitted);
        let before = add(&self.bytes, length);
        if before / LINE != (before + length) / LINE {
            println!("{self}");
        }
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let get = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        write!(
            f,
            "{:.1} GB in {} sessions; datagrams as the near ends saw them: {} rejected, {} duplicate, {} reordered, {} retransmitted",
            get(&self.bytes) as f64 / 1e9,
            get(&self.sessions),
            get(&self.rejected),
            get(&self.duplicate),
            get(&self.reordered),
            get(&self.retransmitted)
        )
    }
}
