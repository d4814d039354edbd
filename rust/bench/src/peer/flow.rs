//! A stream that is under way, and how fast it arrives.

use std::io::Read;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::LabError;
use crate::probe::Series;

/// Bytes per read.
const CHUNK: usize = 256 * 1024;

/// A stream that is under way.
pub struct Flow {
    /// The reading end, on side b.
    pub(super) reader: Box<dyn Read + Send>,
    /// When the connection was asked for.
    pub(super) began: Instant,
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
}

impl Flow {
    /// Reads until `bytes` have come or `time` is over since the connection was asked for, then ends the stream.
    pub fn receive(self, time: Duration, bytes: u64) -> Result<Received, LabError> {
        let Self { mut reader, began, end } = self;
        let (done, is_done) = channel();
        let received = thread::scope(|scope| {
            let reading = scope.spawn(move || {
                let received = read(reader.as_mut(), began, bytes);
                // Nobody who waits any more has stopped this already.
                let _ = done.send(());
                received
            });
            // Either way the stream is to end now.
            let by_itself = is_done.recv_timeout(time.saturating_sub(began.elapsed())).is_ok();
            end();
            reading.join().map(|received| Received {
                broke_off: by_itself && received.series.total() < bytes,
                ..received
            })
        });
        received.map_err(|_| LabError::Failed("the reader of a stream panicked".to_owned()))
    }
}

fn read(reader: &mut dyn Read, began: Instant, bytes: u64) -> Received {
    let mut buffer = vec![0; CHUNK];
    let series = Series::new(Duration::from_millis(100));
    let mut received = Received { series, began, lasted: Duration::ZERO, broke_off: false };
    let mut left = bytes;
    while left > 0 {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                received.lasted = began.elapsed();
                received.series.add(received.lasted, n as u64);
                left = left.saturating_sub(n as u64);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            // A stream that is cut off in its middle shows by what is missing.
            Err(_) => break,
        }
    }
    received
}
