//! From the writing application to the driver.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use faspstream_proto::io::EndOfStream;
use faspstream_proto::memory::ChunkPool;

use super::lock;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use faspstream_proto::digest::{Digest, DigestAlgorithm, StreamDigest};

/// A write that is larger is handed to the driver in pieces, so that sending begins while the rest is still being copied.
const PIECE: usize = 64 << 10;
/// The first chunks: sessions that carry little stay small.
const SMALL: usize = 16 << 10;
/// Bytes that go into such chunks.
const LITTLE: u64 = 64 << 10;
/// The share of the budget that is free again before the application is woken: a fourth.
pub(crate) const WAKE_SHARE: u64 = 4;

/// What `put` has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Put {
    /// Bytes taken; 0 if there is no room (then the writer is told when there is).
    pub(crate) taken: usize,
    /// True if the driver has asked to be told.
    pub(crate) kick: bool,
}

/// Bytes that were written and are not acknowledged by the peer: at most `limit`.
///
/// Two locks: writers copy under `writer`, which the driver never takes; the hand-over takes `queue`, held for a few instructions.
pub(crate) struct SendPipe {
    writer: Mutex<Writer>,
    queue: Mutex<Queue>,
    accepted: AtomicU64,
    acknowledged: AtomicU64,
    /// What `limit` was at first, and never falls below.
    least: u64,
    limit: AtomicU64,
    /// The driver has nothing left to send and waits for more.
    hungry: AtomicBool,
    /// A writer found no room.
    blocked: AtomicBool,
}

struct Writer {
    /// The rest of the chunk that is being filled.
    tail: BytesMut,
    /// Where chunks come from; the driver brings them back.
    memory: ChunkPool,
    digest: StreamDigest,
    finished: bool,
}

#[derive(Default)]
struct Queue {
    pieces: VecDeque<BytesMut>,
    flush: bool,
    end: Option<EndOfStream>,
}

/// What the driver takes at once.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) pieces: VecDeque<BytesMut>,
    pub(crate) flush: bool,
    pub(crate) end: Option<EndOfStream>,
}

impl SendPipe {
    pub(crate) fn new(limit: u64, digest: DigestAlgorithm, memory: ChunkPool) -> Self {
        let writer =
            Writer { tail: BytesMut::new(), memory, digest: StreamDigest::new(digest), finished: false };
        Self {
            writer: Mutex::new(writer),
            queue: Mutex::default(),
            accepted: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            least: limit,
            limit: AtomicU64::new(limit),
            hungry: AtomicBool::new(true),
            blocked: AtomicBool::new(false),
        }
    }

    /// Copies as much of `data` as there is room for; None after `finish`.
    pub(crate) fn put(&self, data: &[u8]) -> Option<Put> {
        let mut writer = lock(&self.writer);
        if writer.finished {
            return None;
        }
        let mut put = Put { taken: 0, kick: false };
        let room = self.room_or_block().min(data.len() as u64) as usize;
        while put.taken < room {
            let part = &data[put.taken..room];
            let n = part.len().min(PIECE).min(writer.space(self.accepted.load(Ordering::Relaxed)));
            writer.tail.extend_from_slice(&part[..n]);
            put.kick |= self.publish(&mut writer);
            put.taken += n;
        }
        Some(put)
    }

    /// Lets `fill` write up to `len` bytes in place, fewer if there is less room or less space in the chunk; None after `finish`.
    /// What `fill` does not overwrite is zero.
    pub(crate) fn put_with(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Option<Put> {
        let mut writer = lock(&self.writer);
        if writer.finished {
            return None;
        }
        let room = self.room_or_block().min(len as u64) as usize;
        if room == 0 {
            return Some(Put { taken: 0, kick: false });
        }
        let n = room.min(PIECE).min(writer.space(self.accepted.load(Ordering::Relaxed)));
        writer.tail.resize(n, 0);
        fill(&mut writer.tail);
        let kick = self.publish(&mut writer);
        Some(Put { taken: n, kick })
    }

    /// Hands the bytes in the tail over. True if the driver has asked to be told.
    fn publish(&self, writer: &mut Writer) -> bool {
        let piece = writer.tail.split();
        if writer.tail.capacity() == 0 {
            // A full chunk is the driver's alone, who brings it back.
            writer.tail = BytesMut::new();
        }
        writer.digest.update(&piece);
        self.accepted.fetch_add(piece.len() as u64, Ordering::SeqCst);
        let mut queue = lock(&self.queue);
        match queue.pieces.back_mut() {
            // Small writes grow into one piece, without a copy: they stand one behind the other in the chunk.
            Some(last) if last.as_ptr_range().end == piece.as_ptr() => last.unsplit(piece),
            _ => queue.pieces.push_back(piece),
        }
        drop(queue);
        self.hungry.swap(false, Ordering::SeqCst)
    }

    /// The room for new bytes; if there is none, the writer will be told.
    fn room_or_block(&self) -> u64 {
        let room = self.room();
        if room > 0 {
            return room;
        }
        self.blocked.store(true, Ordering::SeqCst);
        // The acknowledgement may have come between the look and the store.
        let room = self.room();
        if room > 0 {
            self.blocked.store(false, Ordering::SeqCst);
        }
        room
    }

    /// Bytes that can be written without waiting.
    pub(crate) fn room(&self) -> u64 {
        let held = self.held();
        self.limit.load(Ordering::SeqCst).saturating_sub(held)
    }

    /// Bytes written and not acknowledged.
    pub(crate) fn held(&self) -> u64 {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        self.accepted.load(Ordering::SeqCst).saturating_sub(acknowledged)
    }

    /// Bytes written so far.
    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The digest of everything written so far.
    pub(crate) fn digest(&self) -> Digest {
        lock(&self.writer).digest.finish()
    }

    /// Asks that a partly filled datagram go now.
    pub(crate) fn flush(&self) {
        lock(&self.queue).flush = true;
    }

    /// Ends the stream; nothing if it was ended before.
    pub(crate) fn finish(&self) -> Option<EndOfStream> {
        let mut writer = lock(&self.writer);
        if writer.finished {
            return None;
        }
        writer.finished = true;
        let end = EndOfStream { length: self.accepted(), digest: writer.digest.finish() };
        lock(&self.queue).end = Some(end);
        Some(end)
    }

    /// Driver: everything that was written since the last time. `batch` is empty and is filled.
    pub(crate) fn take(&self, batch: &mut Batch) {
        let mut queue = lock(&self.queue);
        core::mem::swap(&mut queue.pieces, &mut batch.pieces);
        batch.flush = core::mem::take(&mut queue.flush);
        batch.end = queue.end.take();
    }

    /// Driver: it will send nothing unless it is told of new bytes. False if there are some already.
    pub(crate) fn await_more(&self) -> bool {
        self.hungry.store(true, Ordering::SeqCst);
        lock(&self.queue).pieces.is_empty()
    }

    /// Driver: the peer has everything below `offset`. True if a blocked writer is to be told that enough is free, this share of all.
    pub(crate) fn acknowledge(&self, offset: u64, share: u64) -> bool {
        self.acknowledged.fetch_max(offset, Ordering::SeqCst);
        self.writer_can_go_on(share)
    }

    /// Driver: at most `limit` bytes may be held from now on, and as many as at first in any case. True if a blocked writer is to be told
    /// that enough is free, this share of all.
    pub(crate) fn set_limit(&self, limit: u64, share: u64) -> bool {
        self.limit.store(limit.max(self.least), Ordering::SeqCst);
        self.writer_can_go_on(share)
    }

    /// Bytes that may be held.
    pub(crate) fn limit(&self) -> u64 {
        self.limit.load(Ordering::SeqCst)
    }

    /// True if a writer found no room since it was last told.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::SeqCst)
    }

    fn writer_can_go_on(&self, share: u64) -> bool {
        let enough = (self.limit.load(Ordering::Relaxed) / share).max(1);
        self.blocked.load(Ordering::SeqCst)
            && self.room() >= enough
            && self.blocked.swap(false, Ordering::SeqCst)
    }
}

impl Writer {
    /// Makes sure that the tail has space, and gives how much.
    fn space(&mut self, accepted: u64) -> usize {
        if self.tail.capacity() == 0 {
            self.tail = if accepted < LITTLE { BytesMut::with_capacity(SMALL) } else { self.memory.take() };
        }
        self.tail.capacity()
    }
}

/// The frozen pieces of a batch.
impl Batch {
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Bytes> + '_ {
        self.pieces.drain(..).map(BytesMut::freeze)
    }
}
