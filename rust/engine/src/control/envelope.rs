//! What a client says before WELCOME, for the eyes of the server that is meant alone (wire-format.md §2.1).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::auth::{Exported, envelope_key};
use super::messages::Message;
use super::thread::Fault;
use crate::api::key::AccessKey;

/// Seals or opens the envelopes of one connection, in their order. Who relays the connection has another exporter value, who only plays
/// the server does not know the access key: neither can open one.
pub(crate) struct Envelopes {
    aead: LessSafeKey,
    next: u64,
}

impl fmt::Debug for Envelopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelopes").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Envelopes {
    /// For the connection with this exporter value, on which the client proves `key`.
    pub(super) fn new(key: &AccessKey, exported: &Exported) -> Self {
        let secret = envelope_key(key, exported);
        let key = UnboundKey::new(&AES_256_GCM, secret.as_slice()).expect("32 bytes are a key of AES-256");
        Self { aead: LessSafeKey::new(key), next: 0 }
    }

    /// Each number serves one envelope, so that no nonce is used twice.
    fn nonce(&mut self) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[NONCE_LEN - 8..].copy_from_slice(&self.next.to_be_bytes());
        self.next += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    /// Puts `message` into the next envelope.
    pub(super) fn seal(&mut self, message: &Message) -> Message {
        let mut sealed = message.encode().split_off(LENGTH);
        let nonce = self.nonce();
        self.aead
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed)
            .expect("a message is far below what the AEAD takes");
        Message::Sealed(sealed)
    }

    /// Takes the message out of the next envelope.
    ///
    /// # Errors
    /// It is not authentic, or holds no message.
    pub(super) fn open(&mut self, mut sealed: Vec<u8>) -> Result<Message, Fault> {
        let nonce = self.nonce();
        let message = self
            .aead
            .open_in_place(nonce, Aad::empty(), &mut sealed)
            .map_err(|_| Fault::protocol("a sealed message does not authenticate"))?;
        Message::decode(message).map_err(|error| Fault::protocol(error.to_string()))
    }
}

/// Bytes of the length in front of a message, which an envelope does not hold.
const LENGTH: usize = 4;

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn envelopes(key: &str, exported: u8) -> Envelopes {
        Envelopes::new(&AccessKey::parse(key).expect("it is well-formed"), &Zeroizing::new([exported; 32]))
    }

    fn bytes(message: Message) -> Vec<u8> {
        match message {
            Message::Sealed(bytes) => bytes,
            other => panic!("seal gives SEALED, not {}", other.name()),
        }
    }

    #[test]
    fn envelopes_open_in_their_order_for_who_has_the_key_on_that_connection() {
        let message = Message::Resumed { session: [7; 16] };
        let mut client = envelopes("cam:secret-one", 1);
        let (first, second) = (bytes(client.seal(&message)), bytes(client.seal(&message)));
        assert_ne!(first, second);
        let mut server = envelopes("cam:secret-one", 1);
        assert_eq!(server.open(first.clone()).ok(), Some(message.clone()));
        assert_eq!(server.open(second.clone()).ok(), Some(message));
        for (key, exported) in [("cam:secret-two", 1), ("cat:secret-one", 1), ("cam:secret-one", 2)] {
            assert!(envelopes(key, exported).open(first.clone()).is_err(), "{key}, {exported}");
        }
        assert!(envelopes("cam:secret-one", 1).open(second).is_err(), "an envelope can't be left out");
    }

    #[test]
    fn a_damaged_envelope_and_one_without_a_message_are_refused() {
        let sealed = bytes(envelopes("cam:secret-one", 1).seal(&Message::Goodbye));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(envelopes("cam:secret-one", 1).open(damaged).is_err());
        }
        assert!(envelopes("cam:secret-one", 1).open(Vec::new()).is_err());
    }
}
