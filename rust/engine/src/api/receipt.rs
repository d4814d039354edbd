//! The proof that a stream arrived.

use std::time::{Duration, SystemTime};

use faspstream_proto::digest::Digest;
use faspstream_proto::units::{ByteCount, Rate};

/// What both ends know of a completed stream: every byte was read by the peer's application, and the digests agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Length of the stream in bytes.
    pub bytes: u64,
    /// Digest of the whole stream, with the algorithm that the client chose.
    pub digest: Digest,
    /// When the session was opened, by this system's clock.
    pub started: SystemTime,
    /// When completion was known at this end, by this system's clock.
    pub ended: SystemTime,
    /// Time from open to completion, by a clock that never jumps.
    pub duration: Duration,
    /// The session's id, equal at both ends: 32 hexadecimal digits.
    pub session_id: String,
    /// The access key id that was proven on the connection; empty without one.
    pub peer: String,
}

impl Receipt {
    /// Stream bytes per second over the whole session.
    pub fn average_rate(&self) -> Rate {
        Rate::of(ByteCount(self.bytes), self.duration)
    }

    /// The digest in hexadecimal.
    pub fn digest_hex(&self) -> String {
        hex(self.digest.as_bytes())
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").expect("writing to a String cannot fail");
        out
    })
}
