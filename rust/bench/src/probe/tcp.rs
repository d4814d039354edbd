//! A stream over the kernel's TCP from side a to side b.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::{PATIENCE, Series};
use crate::error::{LabError, Tried};
use crate::lab::{Family, Lab, Side};

/// Bytes per write and read.
const CHUNK: usize = 256 * 1024;

/// What is sent.
#[derive(Clone, Debug)]
pub struct TcpLoad {
    /// Version of IP.
    pub family: Family,
    /// Congestion control of the sender by its name in the kernel, such as `cubic`.
    pub congestion: String,
    /// How long to send at most, from the beginning of the connection on.
    pub time: Duration,
    /// How much to send at most.
    pub bytes: u64,
}

/// What arrived.
#[derive(Clone, Debug)]
pub struct TcpResult {
    /// Congestion control as the kernel names it when asked back.
    pub congestion: String,
    /// Bytes that the reader took, in steps of 100 ms from the beginning of the connection on.
    pub series: Series,
    /// From the beginning of the connection to the last byte that was read.
    pub lasted: Duration,
}

impl TcpLoad {
    /// Sends and receives until the time is over or all bytes have arrived.
    pub fn run(&self, lab: &Lab) -> Result<TcpResult, LabError> {
        let listener = lab.open(Side::B, "listen on a TCP socket", || {
            let socket = socket(self.family)?;
            socket.bind(&SocketAddr::new(Side::B.address(self.family), 0).into())?;
            socket.listen(1)?;
            Ok(socket)
        })?;
        let target = listener.local_addr().tried("name a socket")?;
        let sender = lab.open(Side::A, "open a TCP socket", || socket(self.family))?;
        sender
            .set_tcp_congestion(self.congestion.as_bytes())
            .tried(format!("choose the congestion control {}", self.congestion))?;
        let began = Instant::now();
        sender.connect(&target).tried("connect over the link")?;
        let (accepted, _) = listener.accept().tried("accept a connection")?;
        let congestion = sender.tcp_congestion().tried("ask for the congestion control")?;
        let congestion = String::from_utf8_lossy(&congestion).trim_end_matches('\0').to_owned();
        let (mut to, mut from) = (TcpStream::from(sender), TcpStream::from(accepted));
        to.set_write_timeout(Some(PATIENCE)).tried("set a time-out")?;
        from.set_read_timeout(Some(PATIENCE)).tried("set a time-out")?;
        let stop = AtomicBool::new(false);
        let (series, lasted) = thread::scope(|scope| {
            scope.spawn(|| self.send(&mut to, began, &stop));
            let received = self.receive(&mut from, began);
            stop.store(true, Ordering::Relaxed);
            received
        });
        Ok(TcpResult { congestion, series, lasted })
    }

    fn send(&self, to: &mut TcpStream, began: Instant, stop: &AtomicBool) {
        let chunk = vec![0x5a; CHUNK];
        let mut left = self.bytes;
        while left > 0 && began.elapsed() < self.time && !stop.load(Ordering::Relaxed) {
            let n = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            // No room for a while, or a connection that has ended: the reader decides when it is enough.
            left -= to.write(&chunk[..n]).unwrap_or(0) as u64;
        }
        while began.elapsed() < self.time && !stop.load(Ordering::Relaxed) {
            thread::sleep(PATIENCE);
        }
    }

    fn receive(&self, from: &mut TcpStream, began: Instant) -> (Series, Duration) {
        let mut buffer = vec![0; CHUNK];
        let mut series = Series::new(Duration::from_millis(100));
        let (mut left, mut last) = (self.bytes, Duration::ZERO);
        while left > 0 && began.elapsed() < self.time {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    last = began.elapsed();
                    series.add(last, n as u64);
                    left = left.saturating_sub(n as u64);
                }
                Err(e)
                    if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                Err(_) => break,
            }
        }
        (series, last)
    }
}

fn socket(family: Family) -> std::io::Result<Socket> {
    let domain = match family {
        Family::V4 => Domain::IPV4,
        Family::V6 => Domain::IPV6,
    };
    Socket::new(domain, Type::STREAM, Some(Protocol::TCP))
}
