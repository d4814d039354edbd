//! A live stream: records of one size at a constant rate, each with the moment at which it was due to be written.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::sys::{self, Urgency};

/// Bytes of a record: what SRT carries in a datagram by default.
pub(crate) const RECORD: usize = 1316;
/// Records are written once in this time.
const TICK: Duration = Duration::from_millis(1);

/// How old records were when they were read.
#[derive(Clone, Debug, Default)]
pub struct LiveDelays {
    /// When each was read, since the connection was asked for, and how old it was then.
    pub records: Vec<(Duration, Duration)>,
    /// How many had been written before the newest that was read, itself included.
    pub written: u64,
}

/// Writes records at `rate` bytes per second until `time` after `began`, or until nobody takes them; gives their number. A writer that
/// has to wait makes its records late: they bear the moment at which they were due.
pub(super) fn write(mut to: Box<dyn Write + Send>, rate: f64, began: Instant, time: Duration) {
    sys::hurry(Urgency::Probe);
    let (start, mut number) = (began.elapsed(), 0_u64);
    let mut due = start;
    let mut buffer = Vec::new();
    while due < time {
        buffer.clear();
        let wanted = ((due - start).as_secs_f64() * rate / RECORD as f64) as u64;
        while number < wanted {
            buffer.extend_from_slice(&number.to_be_bytes());
            buffer.extend_from_slice(&(due.as_nanos() as u64).to_be_bytes());
            buffer.resize(buffer.len().next_multiple_of(RECORD), 0);
            number += 1;
        }
        if to.write_all(&buffer).and_then(|()| to.flush()).is_err() {
            return;
        }
        due += TICK;
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
}

/// Takes records out of a stream.
#[derive(Default)]
pub(super) struct Records {
    pending: Vec<u8>,
    taken: LiveDelays,
}

impl Records {
    /// The next bytes came at `at`.
    pub(super) fn take(&mut self, at: Duration, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        let whole = self.pending.len() - self.pending.len() % RECORD;
        for record in self.pending[..whole].chunks_exact(RECORD) {
            let [number, due] = [&record[..8], &record[8..16]]
                .map(|bytes| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
            self.taken.written = self.taken.written.max(number.saturating_add(1));
            self.taken.records.push((at, at.saturating_sub(Duration::from_nanos(due))));
        }
        self.pending.drain(..whole);
    }

    pub(super) fn delays(self) -> LiveDelays {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_record_that_was_written_is_read_with_the_moment_it_was_due() {
        let memory = Memory::default();
        write(Box::new(memory.clone()), 1e6, Instant::now(), Duration::from_millis(20));
        let bytes = memory.0.lock().expect("nobody panics").clone();
        let mut records = Records::default();
        // In parts that are no multiples of a record.
        bytes.chunks(1_000).for_each(|part| records.take(Duration::from_secs(1), part));
        let delays = records.delays();
        assert!(delays.written > 10 && delays.records.len() as u64 == delays.written, "{delays:?}");
        let old = |(_, age): &(Duration, Duration)| {
            *age <= Duration::from_secs(1) && *age > Duration::from_millis(970)
        };
        assert!(delays.records.iter().all(old), "{delays:?}");
    }
}
