//! A stream that is under way, and how fast it arrives.

use std::io::{Read, Write};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use super::CHUNK;
use super::live::{self, LiveDelays};
use crate::error::LabError;
use crate::probe::Series;

/// Looks whether something is as it was asked for.
pub(super) type Check = Box<dyn FnOnce() -> Result<(), LabError> + Send>;

/// A stream that is under way.
pub struct Flow {
    /// The reading end, on side b.
    pub(super) reader: Box<dyn Read + Send>,
    /// The writing end, on side a, if the flow was opened to be written to.
    pub(super) writer: Option<Box<dyn Write + Send>>,
    /// When the connection was asked for.
    pub(super) began: Instant,
    /// What is to be true of it while it runs.
    pub(super) check: Option<Check>,
    /// Ends both ends; the reader then sees its end.
    pub(super) end: Box<dyn FnOnce() + Send>,
}

/// What the reader got.
#[derive(Clone, Debug)]
pub struct Received {
    /// Bytes in steps of 100 ms, from the moment at which the connection was asked for.
    pub series: Series,
    /// That moment.
    pub began: Instant,
    /// From then to the last byte that was read.
    pub lasted: Duration,
    /// True if the stream ended by itself, short of what was asked for.
    pub broke_off: bool,
    /// How old the records of a live stream were.
    pub live: Option<LiveDelays>,
}

impl Flow {
    /// Reads until `bytes` have come or `time` is over since the connection was asked for, then ends the stream.
    pub fn receive(self, time: Duration, bytes: u64) -> Result<Received, LabError> {
        self.until(time, |reader, _, received| read(reader, received, bytes, |_, _| {})).map(|received| {
            Received { broke_off: received.broke_off && received.series.total() < bytes, ..received }
        })
    }

    /// Writes records at `rate` bytes per second, and reads them, until `time` is over.
    pub fn receive_live(self, time: Duration, rate: f64) -> Result<Received, LabError> {
        self.until(time, |reader, writer, received| {
            let Some(writer) = writer else { return };
            let began = received.began;
            let writing = thread::spawn(move || live::write(writer, rate, began, time));
            let mut records = live::Records::default();
            read(reader, received, u64::MAX, |at, bytes| records.take(at, bytes));
            // It ends with its reader at the latest: then nobody takes what it writes. A panic would show as records that are missing.
            let _ = writing.join();
            received.live = Some(records.delays());
        })
    }

    /// Lets `work` use both ends until it is done or the time is over, then ends the stream.
    fn until(
        self,
        time: Duration,
        work: impl FnOnce(&mut dyn Read, Option<Box<dyn Write + Send>>, &mut Received) + Send,
    ) -> Result<Received, LabError> {
        let Self { mut reader, writer, began, check, end } = self;
        let (done, is_done) = channel();
        thread::scope(|scope| {
            let reading = scope.spawn(move || {
                let series = Series::new(Duration::from_millis(100));
                let mut received =
                    Received { series, began, lasted: Duration::ZERO, broke_off: false, live: None };
                work(reader.as_mut(), writer, &mut received);
                // Nobody who waits any more has stopped this already.
                let _ = done.send(());
                received
            });
            // Either way the stream is to end now.
            let by_itself = is_done.recv_timeout(time.saturating_sub(began.elapsed())).is_ok();
            let checked = check.map_or(Ok(()), |check| check());
            end();
            let received = reading.join().map(|received| Received { broke_off: by_itself, ..received });
            checked?;
            received.map_err(|_| LabError::Failed("the reader of a stream panicked".to_owned()))
        })
    }
}

/// Reads up to `bytes`; `seen` is told when each part came and what it was.
fn read(reader: &mut dyn Read, received: &mut Received, bytes: u64, mut seen: impl FnMut(Duration, &[u8])) {
    let mut buffer = vec![0; CHUNK];
    let mut left = bytes;
    while left > 0 {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                received.lasted = received.began.elapsed();
                received.series.add(received.lasted, n as u64);
                seen(received.lasted, &buffer[..n]);
                left = left.saturating_sub(n as u64);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            // A stream that is cut off in its middle shows by what is missing.
            Err(_) => break,
        }
    }
}
