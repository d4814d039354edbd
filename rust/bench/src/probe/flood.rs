//! Numbered datagrams at a steady rate from side a to side b, and what arrives of them.

use std::collections::HashSet;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{PATIENCE, Series};
use crate::error::{LabError, Tried};
use crate::lab::{Family, Lab, Side};
use crate::sys::{self, Urgency};

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    /// Version of IP.
    pub family: Family,
    /// Bits per second of IP packets.
    pub rate: f64,
    /// Bytes of payload in a datagram, at least 8.
    pub size: u16,
    /// Number of datagrams.
    pub count: u64,
    /// Datagrams per system call, 1 to 64 and at most 64 KiB together: segmentation offload from 2 on.
    pub batch: u16,
}

/// What arrived.
#[derive(Clone, Debug)]
pub struct FloodResult {
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams received, copies included.
    pub received: u64,
    /// Second copies.
    pub duplicates: u64,
    /// Datagrams that came after one with a higher number.
    pub overtaken: u64,
    /// Datagrams with something else in them than was sent.
    pub damaged: u64,
    /// IP bytes received, in steps of 10 ms from the first datagram on.
    pub series: Series,
    /// From the first to the last datagram received.
    pub lasted: Duration,
    /// Datagrams that the receiving socket had no room for; the measurement counts only if there are none.
    pub receiver_drops: u64,
}

/// What datagrams are filled with behind their number.
const FILLING: u8 = 0x5a;

impl Flood {
    /// Bytes of an IP packet.
    fn wire_len(&self) -> u64 {
        let header = match self.family {
            Family::V4 => 28,
            Family::V6 => 48,
        };
        u64::from(self.size) + header
    }

    /// Sends and receives; gives up on what has not come 2 s after the last was sent.
    pub fn run(&self, lab: &Lab) -> Result<FloodResult, LabError> {
        let size = self.size.max(8);
        let receiver = lab.open(Side::B, "open a UDP socket for a flood", || {
            let socket = UdpSocket::bind(SocketAddr::new(Side::B.address(self.family), 0))?;
            socket.set_read_timeout(Some(PATIENCE))?;
            sys::large_receive_buffer(&socket, 64 << 20)?;
            sys::join_received(&socket)?;
            Ok(socket)
        })?;
        let target = receiver.local_addr().tried("name a socket")?;
        let sender = lab.open(Side::A, "open a UDP socket for a flood", || {
            let socket = UdpSocket::bind(SocketAddr::new(Side::A.address(self.family), 0))?;
            socket.connect(target)?;
            if self.batch > 1 {
                sys::segment_sent(&socket, size)?;
            }
            Ok(socket)
        })?;
        let drops_before = lab.run(Side::B, receiver_drops)?;
        let stop = AtomicBool::new(false);
        let mut result = thread::scope(|scope| {
            let inbox = scope.spawn(|| self.receive(&receiver, usize::from(size), &stop));
            let sent = self.send(&sender, usize::from(size));
            thread::sleep(Duration::from_secs(2));
            stop.store(true, Ordering::Relaxed);
            inbox.join().map(|inbox| FloodResult { sent, ..inbox })
        })
        .map_err(|_| LabError::Failed("the receiver of a flood panicked".to_owned()))?;
        result.receiver_drops = lab.run(Side::B, receiver_drops)? - drops_before;
        Ok(result)
    }

    /// Sends at the rate; a sender that is late catches up by at most 5 ms. Gives the number of datagrams that went out.
    fn send(&self, socket: &UdpSocket, size: usize) -> u64 {
        sys::hurry(Urgency::Probe);
        let batch = usize::from(self.batch.max(1)).min(64).min(65_000 / size);
        let mut buffer = vec![FILLING; size * batch];
        let gap = Duration::from_secs_f64((self.wire_len() * batch as u64 * 8) as f64 / self.rate);
        let mut next = Instant::now();
        let mut sent = 0;
        while sent < self.count {
            let n = (self.count - sent).min(batch as u64);
            for (i, datagram) in buffer.chunks_exact_mut(size).enumerate() {
                datagram[..8].copy_from_slice(&(sent + i as u64).to_be_bytes());
            }
            // A full device refuses for a moment; the same numbers go again.
            if socket.send(&buffer[..n as usize * size]).is_ok() {
                sent += n;
            }
            next = (next + gap).max(Instant::now() - Duration::from_millis(5));
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        sent
    }

    fn receive(&self, socket: &UdpSocket, size: usize, stop: &AtomicBool) -> FloodResult {
        sys::hurry(Urgency::Probe);
        let mut buffer = vec![0; 65_536];
        let mut tally = Tally::new(self.wire_len());
        let mut began = None;
        while !stop.load(Ordering::Relaxed) {
            let Ok(len) = socket.recv(&mut buffer) else { continue };
            let now = Instant::now();
            let at = now - *began.get_or_insert(now);
            buffer[..len].chunks(size).for_each(|datagram| tally.count(at, datagram));
        }
        tally.result
    }
}

struct Tally {
    wire_len: u64,
    seen: HashSet<u64>,
    highest: Option<u64>,
    result: FloodResult,
}

impl Tally {
    fn new(wire_len: u64) -> Self {
        let result = FloodResult {
            sent: 0,
            received: 0,
            duplicates: 0,
            overtaken: 0,
            damaged: 0,
            series: Series::new(Duration::from_millis(10)),
            lasted: Duration::ZERO,
            receiver_drops: 0,
        };
        Self { wire_len, seen: HashSet::new(), highest: None, result }
    }

    fn count(&mut self, at: Duration, datagram: &[u8]) {
        let result = &mut self.result;
        result.received += 1;
        result.lasted = at;
        result.series.add(at, self.wire_len);
        let Some((number, filling)) = datagram.split_first_chunk::<8>() else { return };
        let number = u64::from_be_bytes(*number);
        // A flipped bit in the number shows as a number that was never sent; the sender's count is far below this.
        if filling.iter().any(|byte| *byte != FILLING) || number >> 40 != 0 {
            result.damaged += 1;
            return;
        }
        if !self.seen.insert(number) {
            result.duplicates += 1;
        } else if self.highest.is_some_and(|highest| number < highest) {
            result.overtaken += 1;
        }
        self.highest = self.highest.max(Some(number));
    }
}

/// Datagrams that sockets of this namespace had no room for: `RcvbufErrors` of UDP over IPv4 and IPv6.
fn receiver_drops() -> u64 {
    let v4 = fs::read_to_string("/proc/thread-self/net/snmp").unwrap_or_default();
    let v6 = fs::read_to_string("/proc/thread-self/net/snmp6").unwrap_or_default();
    snmp_column(&v4, "Udp:", "RcvbufErrors").unwrap_or(0) + snmp6_line(&v6, "Udp6RcvbufErrors").unwrap_or(0)
}

/// A line of names, then a line of numbers in the same order, both behind the protocol.
fn snmp_column(table: &str, protocol: &str, column: &str) -> Option<u64> {
    let mut lines = table.lines().filter(|line| line.starts_with(protocol));
    let place = lines.next()?.split_whitespace().position(|name| name == column)?;
    lines.next()?.split_whitespace().nth(place)?.parse().ok()
}

fn snmp6_line(table: &str, name: &str) -> Option<u64> {
    table.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_of_sockets_are_found_by_name() {
        let snmp = "Tcp: A B\nTcp: 1 2\nUdp: InDatagrams NoPorts RcvbufErrors\nUdp: 5 6 7\n";
        assert_eq!(snmp_column(snmp, "Udp:", "RcvbufErrors"), Some(7));
        assert_eq!(snmp6_line("Udp6InDatagrams 1\nUdp6RcvbufErrors   9\n", "Udp6RcvbufErrors"), Some(9));
    }

    #[test]
    fn a_tally_tells_copies_stragglers_and_damage_apart() {
        let mut tally = Tally::new(100);
        let datagram = |n: u64| [n.to_be_bytes().as_slice(), &[FILLING; 4]].concat();
        for number in [0, 2, 1, 2, 3] {
            tally.count(Duration::ZERO, &datagram(number));
        }
        let mut broken = datagram(4);
        broken[10] ^= 1;
        tally.count(Duration::ZERO, &broken);
        let r = tally.result;
        assert_eq!((r.received, r.overtaken, r.duplicates, r.damaged), (6, 1, 1, 1));
    }
}
