//! Round-trip times by small UDP packets from side a to side b and back.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::PATIENCE;
use crate::error::{LabError, Tried};
use crate::lab::{Family, Lab, Side};
use crate::sys::{self, Urgency};

/// One echo.
#[derive(Clone, Copy, Debug)]
pub struct PingSample {
    /// When it was sent, after the beginning.
    pub at: Duration,
    /// How long it took there and back; None if it did not come back.
    pub rtt: Option<Duration>,
}

/// Sends pings until it is stopped.
#[derive(Debug)]
pub struct Pinger {
    /// Ends the sender.
    quiet: Arc<AtomicBool>,
    /// Ends the others.
    stop: Arc<AtomicBool>,
    /// Pings that came back, copies included.
    answered: Arc<AtomicUsize>,
    sender: JoinHandle<Vec<Duration>>,
    receiver: JoinHandle<Vec<(usize, Duration)>>,
    echo: JoinHandle<()>,
}

impl Pinger {
    /// Starts to send a ping every `interval`.
    pub fn start(lab: &Lab, family: Family, interval: Duration) -> Result<Self, LabError> {
        Self::start_limited(lab, family, interval, usize::MAX)
    }

    /// Starts to send a ping every `interval`, `most` in all.
    fn start_limited(lab: &Lab, family: Family, interval: Duration, most: usize) -> Result<Self, LabError> {
        let open = |side: Side| {
            lab.open(side, "open a UDP socket for pings", || {
                let socket = UdpSocket::bind(SocketAddr::new(side.address(family), 0))?;
                socket.set_read_timeout(Some(PATIENCE))?;
                Ok(socket)
            })
        };
        let (a, b) = (open(Side::A)?, open(Side::B)?);
        a.connect(b.local_addr().tried("name a socket")?).tried("connect a socket for pings")?;
        let back = a.try_clone().tried("hold a socket twice")?;
        let [quiet, stop] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let began = Instant::now();
        let (s, r, e) = (Arc::clone(&quiet), Arc::clone(&stop), Arc::clone(&stop));
        let answered = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&answered);
        Ok(Self {
            quiet,
            stop,
            answered,
            sender: thread::spawn(move || send(&a, interval, most, began, &s)),
            receiver: thread::spawn(move || receive(&back, began, &r, &count)),
            echo: thread::spawn(move || echo(&b, &e)),
        })
    }

    /// Stops, once all that were sent have come back, or after `grace`.
    pub fn stop(self, grace: Duration) -> Vec<PingSample> {
        self.quiet.store(true, Ordering::Relaxed);
        self.finish(grace)
    }

    fn finish(self, grace: Duration) -> Vec<PingSample> {
        let sent = self.sender.join().unwrap_or_default();
        let end = Instant::now() + grace;
        while self.answered.load(Ordering::Relaxed) < sent.len() && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        self.stop.store(true, Ordering::Relaxed);
        let came_back = self.receiver.join().unwrap_or_default();
        // The echo has nothing to tell.
        let _ = self.echo.join();
        let mut samples: Vec<_> = sent.into_iter().map(|at| PingSample { at, rtt: None }).collect();
        for (number, at) in came_back {
            if let Some(sample) = samples.get_mut(number) {
                // Of a duplicated ping the first counts.
                sample.rtt.get_or_insert(at.saturating_sub(sample.at));
            }
        }
        samples
    }
}

/// Sends `count` pings, one every `interval`, and waits for at most 2 s for the last.
pub fn ping(lab: &Lab, family: Family, count: u32, interval: Duration) -> Result<Vec<PingSample>, LabError> {
    let pinger = Pinger::start_limited(lab, family, interval, count as usize)?;
    Ok(pinger.finish(Duration::from_secs(2)))
}

/// The moments of sending, by number.
fn send(
    socket: &UdpSocket,
    interval: Duration,
    most: usize,
    began: Instant,
    quiet: &AtomicBool,
) -> Vec<Duration> {
    sys::hurry(Urgency::Probe);
    let mut sent = Vec::new();
    while sent.len() < most && !quiet.load(Ordering::Relaxed) {
        let at = began.elapsed();
        let number = sent.len() as u64;
        sent.push(at);
        // What cannot be sent is a ping that does not come back.
        let _ = socket.send(&number.to_be_bytes());
        thread::sleep((interval * (sent.len() as u32)).saturating_sub(began.elapsed()));
    }
    sent
}

/// Numbers and moments of what came back.
fn receive(
    socket: &UdpSocket,
    began: Instant,
    stop: &AtomicBool,
    answered: &AtomicUsize,
) -> Vec<(usize, Duration)> {
    sys::hurry(Urgency::Probe);
    let mut got = Vec::new();
    let mut buffer = [0; 8];
    while !stop.load(Ordering::Relaxed) {
        if let Ok(8) = socket.recv(&mut buffer) {
            got.push((u64::from_be_bytes(buffer) as usize, began.elapsed()));
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
    got
}

fn echo(socket: &UdpSocket, stop: &AtomicBool) {
    sys::hurry(Urgency::Probe);
    let mut buffer = [0; 64];
    while !stop.load(Ordering::Relaxed) {
        let answered: io::Result<usize> =
            socket.recv_from(&mut buffer).and_then(|(len, from)| socket.send_to(&buffer[..len], from));
        // Time over, or no room to send: either way the next one is waited for.
        drop(answered);
    }
}
