//! Streams so long that no test can send all of them: both ends begin in the middle.

use super::pair::*;
use crate::io::Misuse;
use crate::wire::header::STREAM_MAX;

/// A pair whose stream is `at` bytes long already.
fn pair_at(at: u64) -> Pair {
    let mut pair = Pair::new();
    pair.ends.iter_mut().for_each(|end| end.pretend_at(at));
    (pair.written, pair.received) = (at, at);
    pair
}

#[test]
fn a_stream_crosses_2_to_the_40_and_2_to_the_32_under_loss_and_every_byte_is_in_its_place() {
    for power in [32, 40] {
        let at = (1_u64 << power) - (4 << 20);
        let mut pair = pair_at(at).send(8 << 20).rule(lossy(power, 50));
        pair.complete(self::at(60_000));
        assert_eq!(pair.stats(SENDER).bytes_acknowledged, at + (8 << 20));
        assert_eq!(pair.stats(RECEIVER).bytes_delivered, at + (8 << 20));
    }
}

#[test]
fn a_stream_ends_below_2_to_the_48_and_not_a_byte_later() {
    let begin = (1_u64 << 48) - (1 << 20);
    let mut pair = pair_at(begin).send(STREAM_MAX - begin);
    let more = pair_at(begin).ends[SENDER].handle_write(at(0), vec![0; 1 << 20].into());
    assert!(matches!(more, Err(Misuse::OutOfRange { most: STREAM_MAX, .. })), "{more:?}");
    pair.complete(at(10_000));
}
