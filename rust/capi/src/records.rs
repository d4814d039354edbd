//! Records that the caller makes and the library fills. The first member is the size that the caller compiled with: a newer library may
//! have more members at the end, and an older caller does not see them.

use core::ffi::c_char;
use std::time::{SystemTime, UNIX_EPOCH};

use faspstream::{Carrier, Diagnosis, RatePolicy, Receipt, ServerStats, Stats};

use crate::constants::{FASP_LIMIT_COUNT, FASP_RATE_UNLIMITED, fasp_carrier, fasp_policy};
use crate::failure::{Failure, Result};
use crate::place::{present, put_text};

/// The proof that a stream arrived: every byte was read by the peer's application, and the digests agreed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct fasp_receipt {
    /// sizeof(fasp_receipt), set by the caller.
    pub size: usize,
    /// Length of the stream in bytes.
    pub bytes: u64,
    /// When the session was opened, in nanoseconds since 1970 by this system's clock.
    pub started_ns: u64,
    /// When completion was known at this end, likewise.
    pub ended_ns: u64,
    /// From open to completion in nanoseconds, by a clock that never jumps.
    pub duration_ns: u64,
    /// Stream bits per second over the whole session.
    pub average_rate: u64,
    /// How many bytes of `digest` count.
    pub digest_length: usize,
    /// Digest of the whole stream.
    pub digest: [u8; 64],
    /// The name of the digest.
    pub digest_algorithm: [c_char; 16],
    /// Equal at both ends: 32 hexadecimal digits.
    pub session_id: [c_char; 40],
    /// The id of the access key that was proven; empty without one.
    pub peer: [c_char; 136],
}

/// A snapshot of a session. Counters accumulate from its start; times are nanoseconds, rates bits per second.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct fasp_stats {
    /// sizeof(fasp_stats), set by the caller.
    pub size: usize,
    /// Stream bytes handed in by the application (sender).
    pub bytes_accepted: u64,
    /// Stream bytes sent at least once (sender).
    pub bytes_sent: u64,
    /// Stream bytes known to have reached the peer without a gap (sender).
    pub bytes_acknowledged: u64,
    /// Stream bytes that the reading application has taken; at the sender as last heard.
    pub bytes_delivered: u64,
    /// Stream bytes received, without repetitions (receiver).
    pub bytes_received: u64,
    /// Stream bytes received more than once (receiver).
    pub bytes_duplicate: u64,
    /// Datagrams sent.
    pub datagrams_sent: u64,
    /// Datagrams received.
    pub datagrams_received: u64,
    /// Data datagrams declared lost (sender).
    pub datagrams_lost: u64,
    /// Datagrams that repeated bytes (sender).
    pub datagrams_retransmitted: u64,
    /// Datagrams received twice.
    pub datagrams_duplicate: u64,
    /// Datagrams that arrived after a later one.
    pub datagrams_reordered: u64,
    /// Datagrams that were not authentic.
    pub datagrams_rejected: u64,
    /// Round-trip time, smoothed.
    pub rtt_ns: u64,
    /// Round-trip time, the smallest.
    pub rtt_min_ns: u64,
    /// Round-trip time, its variation.
    pub rtt_variation_ns: u64,
    /// Time that datagrams wait in the queues of the path.
    pub queueing_delay_ns: u64,
    /// Stream rate over the last quarter of a second or more.
    pub current_rate: u64,
    /// Stream rate since the session began.
    pub average_rate: u64,
    /// The cap that is in force; FASP_RATE_UNLIMITED for none.
    pub target_rate: u64,
    /// Bytes in this end's buffer.
    pub buffer_used: u64,
    /// Bytes that this end's buffer may have.
    pub buffer_size: u64,
    /// Bytes of UDP payload in use.
    pub datagram_size: u64,
    /// Times without any contact that the session has survived.
    pub outages: u64,
    /// Bytes of memory that the engine holds for this session, about.
    pub native_memory: u64,
    /// From the beginning of the session to this snapshot, or to its end.
    pub elapsed_ns: u64,
    /// Data datagrams declared lost, of all that were sent; 0 to 1.
    pub loss_ratio: f64,
    /// A value of `fasp_policy`.
    pub policy: i32,
    /// A value of `fasp_carrier`.
    pub carrier: i32,
}

/// What limits a stream.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct fasp_diagnosis {
    /// sizeof(fasp_diagnosis), set by the caller.
    pub size: usize,
    /// The limit that is active now: a value of `fasp_limit`.
    pub limit: i32,
    /// 0.
    pub reserved: i32,
    /// The share of the session's time that each limit had, 0 to 1, indexed by `fasp_limit`.
    pub shares: [f64; FASP_LIMIT_COUNT],
    /// One English sentence.
    pub sentence: [c_char; 160],
}

/// A snapshot of a server. Counters accumulate from its start.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct fasp_server_stats {
    /// sizeof(fasp_server_stats), set by the caller.
    pub size: usize,
    /// Sessions that are open now.
    pub sessions_active: u64,
    /// Sessions that were opened.
    pub sessions_opened: u64,
    /// Sessions that completed.
    pub sessions_completed: u64,
    /// Sessions that failed, whichever way.
    pub sessions_failed: u64,
    /// Sessions refused (limits, names, shutdown).
    pub sessions_refused: u64,
    /// Control connections that are open and authenticated now.
    pub connections: u64,
    /// Control connections that have not authenticated yet.
    pub connections_half_open: u64,
    /// Handshakes that failed.
    pub handshakes_failed: u64,
    /// Datagrams that came to no known session.
    pub datagrams_unknown: u64,
    /// Bytes of the UDP receive buffer that the system granted.
    pub udp_receive_buffer: u64,
}

/// Fills the caller's record as far as the caller knows it.
///
/// # Safety
/// `place` is null or points to a `T` whose first member is the number of bytes that may be written.
pub(crate) unsafe fn fill<T: Copy>(what: &str, place: *mut T, value: &T) -> Result<()> {
    present(what, place)?;
    // SAFETY: not null, and every record begins with its size.
    let known = unsafe { place.cast::<usize>().read() };
    let header = size_of::<usize>();
    if known < 2 * header || known > 1 << 16 {
        return Err(Failure::Invalid(format!("{what}->size is {known}: set it to sizeof *{what}")));
    }
    let count = known.min(size_of::<T>()) - header;
    // SAFETY: both have at least `count` bytes behind their size.
    unsafe {
        let from = core::ptr::from_ref(value).cast::<u8>().add(header);
        core::ptr::copy_nonoverlapping(from, place.cast::<u8>().add(header), count);
    }
    Ok(())
}

fn array<const N: usize>(text: &str) -> [c_char; N] {
    let mut out = [0; N];
    // SAFETY: the buffer has N bytes. What does not fit is cut.
    let _ = unsafe { put_text(text, out.as_mut_ptr(), N, core::ptr::null_mut()) };
    out
}

fn epoch_ns(moment: SystemTime) -> u64 {
    nanos(moment.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn nanos(time: core::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn rate_number(rate: faspstream::Rate) -> u64 {
    if rate == faspstream::Rate::UNLIMITED { FASP_RATE_UNLIMITED } else { rate.as_bps() }
}

impl From<&Receipt> for fasp_receipt {
    fn from(receipt: &Receipt) -> Self {
        let mut digest = [0; 64];
        let bytes = receipt.digest.as_bytes();
        digest[..bytes.len()].copy_from_slice(bytes);
        Self {
            size: size_of::<Self>(),
            bytes: receipt.bytes,
            started_ns: epoch_ns(receipt.started),
            ended_ns: epoch_ns(receipt.ended),
            duration_ns: nanos(receipt.duration),
            average_rate: rate_number(receipt.average_rate()),
            digest_length: bytes.len(),
            digest,
            digest_algorithm: array(receipt.digest.algorithm().name()),
            session_id: array(&receipt.session_id),
            peer: array(&receipt.peer),
        }
    }
}

impl From<&Stats> for fasp_stats {
    fn from(stats: &Stats) -> Self {
        let c = &stats.counters;
        let policy = match stats.policy {
            RatePolicy::Fixed => fasp_policy::FASP_POLICY_FIXED,
            RatePolicy::High => fasp_policy::FASP_POLICY_HIGH,
            RatePolicy::Fair => fasp_policy::FASP_POLICY_FAIR,
            RatePolicy::Low => fasp_policy::FASP_POLICY_LOW,
        };
        let carrier = match stats.carrier {
            Carrier::Udp => fasp_carrier::FASP_CARRIER_UDP,
            Carrier::Tcp => fasp_carrier::FASP_CARRIER_TCP,
        };
        Self {
            size: size_of::<Self>(),
            bytes_accepted: c.bytes_accepted,
            bytes_sent: c.bytes_sent,
            bytes_acknowledged: c.bytes_acknowledged,
            bytes_delivered: c.bytes_delivered,
            bytes_received: c.bytes_received,
            bytes_duplicate: c.bytes_duplicate,
            datagrams_sent: c.datagrams_sent,
            datagrams_received: c.datagrams_received,
            datagrams_lost: c.datagrams_lost,
            datagrams_retransmitted: c.datagrams_retransmitted,
            datagrams_duplicate: c.datagrams_duplicate,
            datagrams_reordered: c.datagrams_reordered,
            datagrams_rejected: c.datagrams_rejected,
            rtt_ns: nanos(c.rtt),
            rtt_min_ns: nanos(c.rtt_min),
            rtt_variation_ns: nanos(c.rtt_variation),
            queueing_delay_ns: nanos(c.queueing_delay),
            current_rate: rate_number(stats.current_rate),
            average_rate: rate_number(stats.average_rate),
            target_rate: rate_number(stats.target_rate),
            buffer_used: c.buffer_used,
            buffer_size: c.buffer_size,
            datagram_size: c.datagram_size.into(),
            outages: c.outages,
            native_memory: stats.native_memory,
            elapsed_ns: nanos(stats.elapsed),
            loss_ratio: stats.loss_ratio(),
            policy: policy as i32,
            carrier: carrier as i32,
        }
    }
}

impl From<&Diagnosis> for fasp_diagnosis {
    fn from(diagnosis: &Diagnosis) -> Self {
        Self {
            size: size_of::<Self>(),
            limit: diagnosis.limit() as i32,
            reserved: 0,
            shares: *diagnosis.shares(),
            sentence: array(&diagnosis.to_string()),
        }
    }
}

impl From<&ServerStats> for fasp_server_stats {
    fn from(stats: &ServerStats) -> Self {
        Self {
            size: size_of::<Self>(),
            sessions_active: stats.sessions_active,
            sessions_opened: stats.sessions_opened,
            sessions_completed: stats.sessions_completed,
            sessions_failed: stats.sessions_failed,
            sessions_refused: stats.sessions_refused,
            connections: stats.connections,
            connections_half_open: stats.connections_half_open,
            handshakes_failed: stats.handshakes_failed,
            datagrams_unknown: stats.datagrams_unknown,
            udp_receive_buffer: stats.udp_receive_buffer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(size: usize) -> (Result<()>, fasp_server_stats) {
        let untouched = ServerStats { sessions_opened: 77, udp_receive_buffer: 77, ..ServerStats::default() };
        let value =
            ServerStats { sessions_active: 1, sessions_opened: 2, udp_receive_buffer: 3, ..untouched };
        let mut place = fasp_server_stats { size, ..fasp_server_stats::from(&untouched) };
        // SAFETY: the place is a whole record, and no larger size passes.
        let result = unsafe { fill("stats", &raw mut place, &fasp_server_stats::from(&value)) };
        (result, place)
    }

    #[test]
    fn a_caller_that_knows_fewer_members_gets_those_and_no_more() {
        let (result, record) = filled(2 * size_of::<usize>());
        assert!(result.is_ok());
        assert_eq!((record.sessions_active, record.sessions_opened, record.udp_receive_buffer), (1, 77, 77));
        let (result, record) = filled(size_of::<fasp_server_stats>());
        assert!(result.is_ok());
        assert_eq!((record.sessions_opened, record.udp_receive_buffer), (2, 3));
    }

    #[test]
    fn a_size_that_was_forgotten_is_refused() {
        for size in [0, 8, usize::MAX] {
            let (result, record) = filled(size);
            assert!(result.is_err());
            assert_eq!(record.sessions_opened, 77);
        }
    }
}
