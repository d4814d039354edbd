//! From the driver to the reading application.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use faspstream_proto::io::EndOfStream;
use faspstream_proto::memory::ChunkPool;

use super::lock;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use faspstream_proto::digest::{Digest, DigestAlgorithm, StreamDigest};

/// What `take_with` has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Bytes taken; 0 if there are none (then the reader is told when there are).
    pub(crate) bytes: usize,
    /// True if the driver wants to hear of it: flow control, or the end was reached and checked.
    pub(crate) kick: bool,
}

const UNKNOWN: u8 = 0;
const AGREES: u8 = 1;
const DIFFERS: u8 = 2;

/// Bytes that arrived in order and were not read yet; flow control bounds them.
///
/// Two locks: readers copy under `reader`; the hand-over takes `queue`, held for a few instructions.
pub(crate) struct RecvPipe {
    reader: Mutex<Reader>,
    queue: Mutex<Queue>,
    arrived: AtomicU64,
    consumed: AtomicU64,
    reported: AtomicU64,
    /// The driver is told once this many bytes were read since it last looked.
    report_every: AtomicU64,
    verdict: AtomicU8,
}

struct Reader {
    local: VecDeque<Bytes>,
    digest: StreamDigest,
    /// Where what was read goes back to.
    memory: ChunkPool,
}

#[derive(Default)]
struct Queue {
    chunks: VecDeque<Bytes>,
    end: Option<EndOfStream>,
    /// A reader found nothing.
    waiting: bool,
}

impl RecvPipe {
    pub(crate) fn new(report_every: u64, digest: DigestAlgorithm, memory: ChunkPool) -> Self {
        Self {
            reader: Mutex::new(Reader { local: VecDeque::new(), digest: StreamDigest::new(digest), memory }),
            queue: Mutex::default(),
            arrived: AtomicU64::new(0),
            consumed: AtomicU64::new(0),
            reported: AtomicU64::new(0),
            report_every: AtomicU64::new(report_every),
            verdict: AtomicU8::new(UNKNOWN),
        }
    }

    /// Gives up to `max` bytes to `sink`, slice by slice.
    pub(crate) fn take_with(&self, max: usize, mut sink: impl FnMut(&[u8])) -> Taken {
        let mut reader = lock(&self.reader);
        let mut taken = 0;
        while taken < max {
            let Some(front) = reader.local.front_mut() else {
                if self.refill(&mut reader, taken == 0) {
                    continue;
                }
                break;
            };
            let n = front.len().min(max - taken);
            sink(&front[..n]);
            let part = front.split_to(n);
            let emptied = !front.has_remaining();
            reader.digest.update(&part);
            if emptied {
                reader.local.pop_front();
                reader.memory.give_back(part);
            }
            taken += n;
        }
        let consumed = self.consumed.fetch_add(taken as u64, Ordering::SeqCst) + taken as u64;
        let ended = self.compare(&reader);
        let unreported = consumed.saturating_sub(self.reported.load(Ordering::Relaxed));
        Taken { bytes: taken, kick: ended || unreported >= self.report_every.load(Ordering::Relaxed) }
    }

    /// Moves what the driver has brought to the reader's side; notes that the reader waits if there is nothing.
    fn refill(&self, reader: &mut Reader, wait: bool) -> bool {
        let mut queue = lock(&self.queue);
        if queue.chunks.is_empty() {
            queue.waiting |= wait;
            return false;
        }
        core::mem::swap(&mut queue.chunks, &mut reader.local);
        true
    }

    /// Compares length and digest with what the sender stated, once, when the last byte was taken. True if it did so now.
    fn compare(&self, reader: &Reader) -> bool {
        if self.verdict.load(Ordering::SeqCst) != UNKNOWN {
            return false;
        }
        let Some(end) = lock(&self.queue).end else { return false };
        if end.length != self.consumed.load(Ordering::SeqCst) {
            return false;
        }
        let verdict = if end.digest == reader.digest.finish() { AGREES } else { DIFFERS };
        self.verdict.compare_exchange(UNKNOWN, verdict, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Bytes that can be read without waiting.
    pub(crate) fn available(&self) -> u64 {
        self.arrived.load(Ordering::SeqCst).saturating_sub(self.consumed.load(Ordering::SeqCst))
    }

    /// Bytes read so far.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::SeqCst)
    }

    /// Driver: the next bytes in order; `chunks` is left empty. True if a waiting reader is to be told.
    pub(crate) fn push(&self, chunks: &mut VecDeque<Bytes>) -> bool {
        let bytes: u64 = chunks.iter().map(|c| c.len() as u64).sum();
        let mut queue = lock(&self.queue);
        queue.chunks.append(chunks);
        self.arrived.fetch_add(bytes, Ordering::SeqCst);
        core::mem::take(&mut queue.waiting)
    }

    /// Driver: the sender's word on the end; everything up to it was pushed. True if a waiting reader is to be told.
    pub(crate) fn push_end(&self, end: EndOfStream) -> bool {
        let mut queue = lock(&self.queue);
        queue.end = Some(end);
        core::mem::take(&mut queue.waiting)
    }

    /// Driver: compares now if the application has taken everything already; waits for a reader that copies.
    pub(crate) fn check_end(&self) {
        let reader = lock(&self.reader);
        self.compare(&reader);
    }

    /// Driver: whether the digests agree, once the last byte was taken.
    pub(crate) fn verdict(&self) -> Option<bool> {
        match self.verdict.load(Ordering::SeqCst) {
            UNKNOWN => None,
            verdict => Some(verdict == AGREES),
        }
    }

    /// The digest of everything read so far.
    pub(crate) fn digest(&self) -> Digest {
        lock(&self.reader).digest.finish()
    }

    /// Driver: what was read so far; noted as reported.
    pub(crate) fn report(&self) -> u64 {
        let consumed = self.consumed();
        self.reported.store(consumed, Ordering::Relaxed);
        consumed
    }

    /// Driver: how often it wants to hear of what was read.
    pub(crate) fn set_report_every(&self, bytes: u64) {
        self.report_every.store(bytes.max(1), Ordering::Relaxed);
    }

    /// Flips a bit in what the driver has brought, as memory that fails would do. False if there is nothing.
    #[cfg(test)]
    pub(crate) fn damage(&self) -> bool {
        let mut queue = lock(&self.queue);
        let Some(first) = queue.chunks.front_mut() else { return false };
        let mut bytes = first.to_vec();
        bytes[0] ^= 1;
        *first = bytes.into();
        true
    }

    /// Gives the memory back; nothing can be read afterwards.
    pub(crate) fn clear(&self) {
        lock(&self.reader).local.clear();
        lock(&self.queue).chunks.clear();
    }
}
