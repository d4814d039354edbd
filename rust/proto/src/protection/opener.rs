//! The receiving half of packet protection.

use core::mem;

use super::key::{PacketKey, Secret, next_secret};
use crate::config::{Cipher, MasterSecret, Side};
use crate::wire::header::{Header, TAG_LEN, expand_packet_number};

/// Most datagrams that may fail to authenticate in a session (wire-format.md §3.2).
const FAILURES_MAX: u64 = 1 << 36;

/// The tag does not fit: forged, damaged, or of a phase whose keys are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the datagram does not authenticate; discard it")]
pub struct NotAuthentic;

/// A datagram that was taken apart and not yet opened: nothing in it is to be believed.
#[derive(Clone, Copy, Debug)]
pub struct SealedDatagram<'a> {
    /// The header as it reads.
    pub header: Header,
    /// The full packet number, if it is authentic.
    pub packet_number: u64,
    head: &'a [u8],
    ciphertext: &'a [u8],
    tag: &'a [u8],
}

impl SealedDatagram<'_> {
    /// Bytes of the payload, at least 1.
    pub const fn payload_len(&self) -> usize {
        self.ciphertext.len()
    }
}

/// Opens what the other end sends. Owns the keys of three phases: the former, the present and the next.
pub struct Opener {
    cipher: Cipher,
    former: Option<PacketKey>,
    present: PacketKey,
    /// Made in advance, so that a datagram of the next phase takes no longer than another.
    next: PacketKey,
    next_secret: Secret,
    /// The key phase bit of `present`.
    key_phase: bool,
    /// The lowest and the largest packet number that was opened with `present`.
    phase_numbers: Option<(u64, u64)>,
    /// One above the largest packet number that was opened.
    next_expected: u64,
    failures: u64,
}

impl Opener {
    /// Keys for what `side`, the other end, sends.
    pub fn new(cipher: Cipher, master: &MasterSecret, side: Side) -> Self {
        let secret = master.traffic_secret(side);
        let next_secret = next_secret(&secret);
        Self {
            cipher,
            former: None,
            present: PacketKey::new(cipher, &secret),
            next: PacketKey::new(cipher, &next_secret),
            next_secret,
            key_phase: false,
            phase_numbers: None,
            next_expected: 0,
            failures: 0,
        }
    }

    /// Takes a datagram apart and finds its full packet number. None if it is malformed.
    pub fn parse<'a>(&self, datagram: &'a [u8]) -> Option<SealedDatagram<'a>> {
        let (header, header_len) = Header::decode(datagram)?;
        let (head, body) = datagram.split_at_checked(header_len)?;
        let (ciphertext, tag) = body.split_at_checked(body.len().checked_sub(TAG_LEN)?)?;
        let packet_number = expand_packet_number(header.packet_number_low, self.next_expected);
        Some(SealedDatagram { header, packet_number, head, ciphertext, tag })
    }

    /// Decrypts the payload to the front of `out`, which holds at least [`SealedDatagram::payload_len`] bytes.
    ///
    /// # Errors
    /// [`NotAuthentic`]; what `out` holds then is of no use. Only the count of failures has changed.
    pub fn open(&mut self, datagram: &SealedDatagram<'_>, out: &mut [u8]) -> Result<(), NotAuthentic> {
        let out = &mut out[..datagram.payload_len()];
        let is_next_phase = self.is_next_phase(datagram);
        let key = match self.key_for(datagram, is_next_phase) {
            Some(key) => key,
            None => return self.fail(),
        };
        let opened = key.open(datagram.packet_number, datagram.head, datagram.ciphertext, datagram.tag, out);
        if opened.is_err() {
            return self.fail();
        }
        if is_next_phase {
            self.enter_next_phase();
        }
        self.account(datagram);
        Ok(())
    }

    /// How many datagrams did not authenticate.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// True if so many failed that the session must end with `INTEGRITY`.
    pub fn is_exhausted(&self) -> bool {
        self.failures >= FAILURES_MAX
    }

    /// True if the datagram can only be one of the next phase: the other bit, and a number above all of this phase.
    fn is_next_phase(&self, datagram: &SealedDatagram<'_>) -> bool {
        datagram.header.key_phase != self.key_phase
            && self.phase_numbers.is_some_and(|(_, largest)| datagram.packet_number > largest)
    }

    /// The only key that may fit; None if it is gone or was never there. The former keys open nothing but what was sent before
    /// the present phase began.
    fn key_for(&self, datagram: &SealedDatagram<'_>, is_next_phase: bool) -> Option<&PacketKey> {
        if is_next_phase {
            Some(&self.next)
        } else if datagram.header.key_phase == self.key_phase {
            Some(&self.present)
        } else {
            let (lowest, _) = self.phase_numbers?;
            self.former.as_ref().filter(|_| datagram.packet_number < lowest)
        }
    }

    fn enter_next_phase(&mut self) {
        self.next_secret = next_secret(&self.next_secret);
        let after = PacketKey::new(self.cipher, &self.next_secret);
        self.former = Some(mem::replace(&mut self.present, mem::replace(&mut self.next, after)));
        self.key_phase = !self.key_phase;
        self.phase_numbers = None;
    }

    fn account(&mut self, datagram: &SealedDatagram<'_>) {
        let number = datagram.packet_number;
        self.next_expected = self.next_expected.max(number + 1);
        if datagram.header.key_phase == self.key_phase {
            let (lowest, largest) = self.phase_numbers.unwrap_or((number, number));
            self.phase_numbers = Some((lowest.min(number), largest.max(number)));
        }
    }

    fn fail(&mut self) -> Result<(), NotAuthentic> {
        self.failures += 1;
        Err(NotAuthentic)
    }

    #[cfg(test)]
    pub(super) fn pretend_failures(&mut self, failures: u64) {
        self.failures = failures;
    }
}

impl core::fmt::Debug for Opener {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Opener")
            .field("cipher", &self.cipher)
            .field("key_phase", &self.key_phase)
            .field("phase_numbers", &self.phase_numbers)
            .field("next_expected", &self.next_expected)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}
