use super::*;
use crate::config::{Cipher, ConnectionId, MasterSecret, Side};
use crate::wire::header::{Kind, PACKET_NUMBER_END};

const ID: ConnectionId = ConnectionId(0x0a0b_0c0d);
const DATA: Kind = Kind::Data { offset: 4_711 };

fn pair(cipher: Cipher) -> (Sealer, Opener) {
    let master = MasterSecret::new([5; 32]);
    (Sealer::new(cipher, &master, Side::Client), Opener::new(cipher, &master, Side::Client))
}

fn sealed(sealer: &mut Sealer, kind: Kind, number: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 2_000];
    let len = sealer.seal(ID, kind, number, payload, &mut out).expect("sealable");
    out.truncate(len);
    out
}

fn opened(opener: &mut Opener, datagram: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
    let parsed = opener.parse(datagram).expect("well formed");
    let mut out = vec![0; parsed.payload_len()];
    opener.open(&parsed, &mut out).map(|()| out)
}

/// Number `number` of whatever phase the sealer is in, with the number as payload.
fn numbered(sealer: &mut Sealer, number: u64) -> Vec<u8> {
    sealed(sealer, Kind::Control, number, &number.to_be_bytes())
}

fn assert_opens(opener: &mut Opener, datagram: &[u8], number: u64) {
    assert_eq!(opened(opener, datagram), Ok(number.to_be_bytes().to_vec()));
}

#[test]
fn what_is_sealed_opens_under_every_cipher() {
    for cipher in [Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305] {
        let (mut sealer, mut opener) = pair(cipher);
        for (number, len) in [1, 15, 16, 17, 1_441].into_iter().enumerate() {
            let payload: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let datagram = sealed(&mut sealer, DATA, number as u64, &payload);
            assert_eq!(datagram.len(), 31 + len, "31 bytes of our own");
            assert_ne!(&datagram[15..15 + len], payload);
            let parsed = opener.parse(&datagram).expect("well formed");
            assert_eq!((parsed.header.kind, parsed.header.connection_id), (DATA, ID));
            assert_eq!(opened(&mut opener, &datagram), Ok(payload));
        }
    }
}

/// Computed with another implementation (OpenSSL through Python's `cryptography`) from the definitions in wire-format.md §2.2, §3.1.
#[test]
fn a_known_datagram_comes_out_byte_for_byte() {
    let (mut sealer, _) = pair(Cipher::Aes128Gcm);
    let datagram = sealed(&mut sealer, DATA, 0x1_0000_0002, b"hello, stream");
    let hex: String = datagram.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "400a0b0c0d00000002000000001267db4d82bcd2e1c305bf5822017234c9c77467070edf25f808709c89b6ad"
    );
}

#[test]
fn one_flipped_bit_anywhere_is_found() {
    let (mut sealer, mut opener) = pair(Cipher::Aes128Gcm);
    let datagram = sealed(&mut sealer, DATA, 0, b"some payload");
    let mut failures = 0;
    for bit in 0..datagram.len() * 8 {
        let mut forged = datagram.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        if let Some(parsed) = opener.parse(&forged) {
            failures += 1;
            assert_eq!(opener.open(&parsed, &mut [0; 64]), Err(NotAuthentic), "bit {bit}");
        }
    }
    assert_eq!(opener.failures(), failures);
    assert_eq!(opened(&mut opener, &datagram), Ok(b"some payload".to_vec()), "nothing else has changed");
}

#[test]
fn each_direction_has_keys_of_its_own() {
    let (mut sealer, _) = pair(Cipher::Aes128Gcm);
    let mut wrong = Opener::new(Cipher::Aes128Gcm, &MasterSecret::new([5; 32]), Side::Server);
    assert_eq!(opened(&mut wrong, &numbered(&mut sealer, 0)), Err(NotAuthentic));
}

#[test]
fn a_packet_number_is_used_once() {
    let (mut sealer, _) = pair(Cipher::Aes128Gcm);
    numbered(&mut sealer, 7);
    for number in [0, 7, PACKET_NUMBER_END] {
        let again = sealer.seal(ID, DATA, number, b"x", &mut [0; 100]);
        assert_eq!(again, Err(SealError::NumberUsed(number)));
    }
    assert_eq!(sealer.seal(ID, DATA, 8, b"x", &mut [0; 31]), Err(SealError::Full));
    assert_eq!(sealer.seal(ID, DATA, 8, b"x", &mut [0; 32]), Ok(32), "a failure uses no number");
}

#[test]
fn the_low_half_of_the_number_travels_and_the_whole_is_found() {
    let (_, mut opener) = pair(Cipher::Aes128Gcm);
    let start = (1 << 32) - 3;
    for number in [1 << 30, 1 << 31, start, start + 6, start + 1, start + 5] {
        // A sealer keeps the order of the numbers; the network does not.
        let (mut fresh, _) = pair(Cipher::Aes128Gcm);
        let datagram = numbered(&mut fresh, number);
        assert_eq!(opener.parse(&datagram).expect("well formed").packet_number, number);
        assert_opens(&mut opener, &datagram, number);
    }
}

#[test]
fn a_key_update_is_followed_and_late_datagrams_of_the_former_phase_still_open() {
    let (mut sealer, mut opener) = pair(Cipher::Aes128Gcm);
    let first = numbered(&mut sealer, 0);
    let late = numbered(&mut sealer, 1);
    assert_opens(&mut opener, &first, 0);
    sealer.on_acknowledged(0);
    for phase in 1..=5u64 {
        assert!(sealer.update());
        let late_of_this = numbered(&mut sealer, phase * 10);
        let newest = numbered(&mut sealer, phase * 10 + 1);
        assert_opens(&mut opener, &newest, phase * 10 + 1);
        assert_opens(&mut opener, &late_of_this, phase * 10);
        if phase == 1 {
            assert_opens(&mut opener, &late, 1);
        }
        sealer.on_acknowledged(phase * 10);
    }
    assert_eq!((sealer.updates(), opener.failures()), (5, 0));
    assert_eq!(opened(&mut opener, &late), Err(NotAuthentic), "keys before the former ones are gone");
}

#[test]
fn former_keys_open_nothing_that_was_sent_after_the_update() {
    let (mut sealer, mut opener) = pair(Cipher::Aes128Gcm);
    let (mut without_update, _) = pair(Cipher::Aes128Gcm);
    assert_opens(&mut opener, &numbered(&mut sealer, 0), 0);
    sealer.on_acknowledged(0);
    assert!(sealer.update());
    [10, 12].into_iter().for_each(|number| assert_opens(&mut opener, &numbered(&mut sealer, number), number));
    assert_opens(&mut opener, &numbered(&mut without_update, 9), 9);
    assert_eq!(opened(&mut opener, &numbered(&mut without_update, 11)), Err(NotAuthentic));
}

#[test]
fn a_forged_phase_bit_moves_no_keys() {
    let (mut sealer, mut opener) = pair(Cipher::Aes128Gcm);
    let (first, mut second, third) =
        (numbered(&mut sealer, 0), numbered(&mut sealer, 1), numbered(&mut sealer, 2));
    assert_opens(&mut opener, &first, 0);
    second[0] ^= 0b0001_0000;
    assert_eq!(opened(&mut opener, &second), Err(NotAuthentic));
    assert_opens(&mut opener, &third, 2);
}

#[test]
fn keys_move_on_only_after_an_acknowledgement_of_the_present_phase() {
    let (mut sealer, _) = pair(Cipher::Aes128Gcm);
    numbered(&mut sealer, 3);
    assert!(!sealer.update());
    sealer.on_acknowledged(2);
    assert!(!sealer.update(), "of no datagram of this phase");
    sealer.pretend_sealed(1 << 22);
    assert!(!sealer.wants_update());
    sealer.on_acknowledged(3);
    assert!(sealer.wants_update() && sealer.update() && !sealer.wants_update());
    assert!(!sealer.update(), "nothing was sent in the new phase");
}

#[test]
fn a_key_seals_no_more_than_it_may() {
    let (mut sealer, _) = pair(Cipher::Aes128Gcm);
    sealer.pretend_sealed((1 << 23) - 1);
    numbered(&mut sealer, 0);
    assert_eq!(sealer.seal(ID, DATA, 1, b"x", &mut [0; 100]), Err(SealError::Exhausted));
}

#[test]
fn too_many_forgeries_exhaust_the_keys() {
    let (_, mut opener) = pair(Cipher::Aes128Gcm);
    opener.pretend_failures((1 << 36) - 1);
    assert!(!opener.is_exhausted());
    assert_eq!(opened(&mut opener, &[&[0x60][..], &[0; 40]].concat()), Err(NotAuthentic));
    assert!(opener.is_exhausted());
}

#[test]
fn secrets_are_not_printed() {
    let (sealer, opener) = pair(Cipher::Aes128Gcm);
    let printed = format!("{sealer:?} {opener:?}");
    assert!(!printed.contains("secret") && !printed.contains("iv:"), "{printed}");
}
