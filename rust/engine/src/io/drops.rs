//! Datagrams that this system's kernel has dropped at one socket because its receive buffer was full.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use faspstream_os::dropped_buffers;

/// The kernel is asked this often while datagrams come: as often as feedback goes out at most.
const EVERY: Duration = Duration::from_millis(2);

/// The counter of a socket, and who has to hear of it.
#[derive(Debug)]
pub(crate) struct DropWatch {
    asked: Instant,
    told: u32,
    /// Datagrams and receive buffers since the kernel was asked last.
    datagrams: u64,
    buffers: u64,
}

impl DropWatch {
    pub(crate) fn new(now: Instant) -> Self {
        Self { asked: now, told: 0, datagrams: 0, buffers: 0 }
    }

    /// A receive buffer with so many datagrams was taken in.
    pub(crate) fn on_received(&mut self, datagrams: u64) {
        self.datagrams += datagrams;
        self.buffers += 1;
    }

    /// Datagrams dropped since the last answer, if it is time to ask and there are any. The kernel counts buffers, each of which may
    /// hold several datagrams that came together (receive offload): as many as those that were taken in meanwhile, on average.
    pub(crate) fn ask(&mut self, now: Instant, socket: &UdpSocket) -> Option<Dropped> {
        if now.saturating_duration_since(self.asked) < EVERY {
            return None;
        }
        self.asked = now;
        self.judge(dropped_buffers(socket)?)
    }

    fn judge(&mut self, counter: u32) -> Option<Dropped> {
        let new = u64::from(counter.wrapping_sub(self.told));
        self.told = counter;
        let (datagrams, buffers) = (self.datagrams.max(1), self.buffers.max(1));
        (self.datagrams, self.buffers) = (0, 0);
        (new > 0).then(|| Dropped { dropped: new * datagrams.div_ceil(buffers), received: datagrams })
    }
}

/// Datagrams of all sessions of a socket, over the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    dropped: u64,
    received: u64,
}

impl Dropped {
    /// How many were dropped.
    pub(super) fn count(&self) -> u64 {
        self.dropped
    }

    #[cfg(test)]
    pub(super) fn of(dropped: u64) -> Self {
        Self { dropped, received: 1 }
    }

    /// The part of a session that has received so many of them: nobody knows whose the dropped ones were.
    pub(crate) fn part(&self, received: u64) -> u64 {
        (self.dropped * received).div_ceil(self.received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dropped_is_parted_by_what_was_received() {
        let mut watch = DropWatch::new(Instant::now());
        watch.on_received(30);
        watch.on_received(10);
        let dropped = watch.judge(3).expect("three buffers");
        assert_eq!(dropped, Dropped { dropped: 60, received: 40 });
        assert_eq!((dropped.part(40), dropped.part(10), dropped.part(0)), (60, 15, 0));
        assert_eq!(watch.judge(3), None);
        assert_eq!(watch.judge(4).map(|d| d.part(1)), Some(1));
    }
}
