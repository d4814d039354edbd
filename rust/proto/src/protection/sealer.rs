//! The sending half of packet protection.

use aws_lc_rs::error::Unspecified;

use super::key::{PacketKey, Secret, next_secret};
use crate::config::{Cipher, ConnectionId, MasterSecret, Side};
use crate::wire::header::{Header, Kind, PACKET_NUMBER_END, TAG_LEN};

/// Most datagrams under one key (RFC 9001 section 6.6 for AES-GCM; we hold the others to it too).
const SEALED_MAX: u64 = 1 << 23;
/// From here on a key update is due: the other half of the phase is left for the acknowledgement that it needs.
const UPDATE_DUE: u64 = SEALED_MAX / 2;

/// Why a datagram could not be sealed; nothing was written and no number was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Header, payload and tag do not fit.
    #[error("the datagram does not fit the buffer; give one of the largest datagram's size")]
    Full,
    /// The packet number is not above the last one: sealing twice under one number would give the key away.
    #[error("packet number {0} was used before or is beyond 2^62; take the next one")]
    NumberUsed(u64),
    /// 2^23 datagrams were sealed with this key and none of them was acknowledged, so that no update was possible.
    #[error("the key has sealed 2^23 datagrams, the most that it may; end the session")]
    Exhausted,
}

/// Seals what one end sends. Owns the keys of the present phase and the way to the next.
pub struct Sealer {
    cipher: Cipher,
    secret: Secret,
    key: PacketKey,
    key_phase: bool,
    /// The lowest packet number that may be used next.
    next_number: u64,
    /// The first packet number of the present phase.
    phase_start: Option<u64>,
    /// True once a datagram of the present phase is known to have arrived.
    phase_acknowledged: bool,
    sealed_in_phase: u64,
    updates: u64,
}

impl Sealer {
    /// Keys for what `side` sends.
    pub fn new(cipher: Cipher, master: &MasterSecret, side: Side) -> Self {
        let secret = master.traffic_secret(side);
        Self {
            cipher,
            key: PacketKey::new(cipher, &secret),
            secret,
            key_phase: false,
            next_number: 0,
            phase_start: None,
            phase_acknowledged: false,
            sealed_in_phase: 0,
            updates: 0,
        }
    }

    /// Writes one datagram to the front of `out` and gives its length: header, then `payload` encrypted, then the tag.
    ///
    /// `payload` is at least one byte and is read where it lies. Packet numbers go up from call to call.
    ///
    /// # Errors
    /// See [`SealError`]; the state is as before.
    pub fn seal(
        &mut self,
        to: ConnectionId,
        kind: Kind,
        packet_number: u64,
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<usize, SealError> {
        debug_assert!(!payload.is_empty(), "a datagram without content is discarded (wire-format.md §3)");
        let header_len = kind.header_len();
        let len = header_len + payload.len() + TAG_LEN;
        let out = out.get_mut(..len).ok_or(SealError::Full)?;
        if packet_number < self.next_number || packet_number >= PACKET_NUMBER_END {
            return Err(SealError::NumberUsed(packet_number));
        }
        if self.sealed_in_phase >= SEALED_MAX {
            return Err(SealError::Exhausted);
        }
        let header = Header {
            kind,
            key_phase: self.key_phase,
            connection_id: to,
            packet_number_low: packet_number as u32,
        };
        let (head, body) = out.split_at_mut(header_len);
        header.encode(head);
        let (ciphertext, tag) = body.split_at_mut(payload.len());
        // Fails only above 2^36 bytes of payload, which no datagram has.
        self.key
            .seal(packet_number, head, payload, ciphertext, tag)
            .map_err(|Unspecified| SealError::Full)?;
        self.next_number = packet_number + 1;
        self.phase_start.get_or_insert(packet_number);
        self.sealed_in_phase += 1;
        Ok(len)
    }

    /// The peer has received the datagram with this number.
    pub fn on_acknowledged(&mut self, packet_number: u64) {
        self.phase_acknowledged |= self.phase_start.is_some_and(|start| packet_number >= start);
    }

    /// True if the keys are to be updated before the next datagram is sealed.
    pub fn wants_update(&self) -> bool {
        self.sealed_in_phase >= UPDATE_DUE && self.phase_acknowledged
    }

    /// Moves on to the next keys. False, and nothing done, if no datagram of the present phase was acknowledged yet: the peer could
    /// not follow.
    pub fn update(&mut self) -> bool {
        if !self.phase_acknowledged {
            return false;
        }
        self.secret = next_secret(&self.secret);
        self.key = PacketKey::new(self.cipher, &self.secret);
        self.key_phase = !self.key_phase;
        self.phase_start = None;
        self.phase_acknowledged = false;
        self.sealed_in_phase = 0;
        self.updates += 1;
        true
    }

    /// How often the keys were updated.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    #[cfg(test)]
    pub(crate) fn pretend_sealed(&mut self, datagrams: u64) {
        self.sealed_in_phase = datagrams;
    }
}

impl core::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Sealer")
            .field("cipher", &self.cipher)
            .field("key_phase", &self.key_phase)
            .field("next_number", &self.next_number)
            .field("sealed_in_phase", &self.sealed_in_phase)
            .finish_non_exhaustive()
    }
}
