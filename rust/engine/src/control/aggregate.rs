//! One cap over all sessions of a server, divided so that what one of them does not use the others may have: max-min fairness (Bertsekas
//! and Gallager, "Data Networks", 2nd edition, section 6.5.2), with what a session wants taken from what it used.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use faspstream_proto::units::{ByteCount, Rate};

use crate::io::SlotId;

/// How often it is looked at what the sessions use.
pub(super) const LOOK: Duration = Duration::from_millis(250);
/// A session that used this much of its share wants more.
const HUNGRY: f64 = 0.7;
/// Any other is given what it used, and room to grow into.
const ROOM: f64 = 1.25;
/// The least of an even share that an idle session keeps, so that it can begin at once.
const KEPT: f64 = 1.0 / 16.0;

/// What is known of a session.
#[derive(Clone, Copy)]
struct Seen {
    /// Bytes up to the last look.
    bytes: u64,
    /// Bits per second that it may use.
    share: u64,
    /// Bits per second that it wants.
    wants: u64,
}

/// The cap and its division.
pub(super) struct Aggregate {
    cap: Rate,
    looked: Instant,
    seen: HashMap<SlotId, Seen>,
}

impl Aggregate {
    pub(super) fn new(cap: Rate, now: Instant) -> Self {
        Self { cap, looked: now, seen: HashMap::new() }
    }

    /// Another cap; what the sessions want stays known.
    pub(super) fn set_cap(&mut self, cap: Rate) {
        self.cap = cap;
    }

    /// What this session may use. One that no division has met yet has the cap for as long.
    pub(super) fn share(&self, slot: SlotId) -> Rate {
        self.seen.get(&slot).map_or(self.cap, |seen| Rate::from_bps(seen.share))
    }

    /// When it is to be looked again.
    pub(super) fn next_look(&self) -> Instant {
        self.looked + LOOK
    }

    /// Divides the cap among `live`, each with the bytes that it has moved so far. Returns whose share has changed.
    pub(super) fn divide(&mut self, now: Instant, live: &[(SlotId, u64)]) -> Vec<SlotId> {
        if live.is_empty() {
            self.seen.clear();
            return Vec::new();
        }
        let since = now.saturating_duration_since(self.looked);
        let is_look = since >= LOOK;
        if is_look {
            self.looked = now;
        }
        let even = self.cap.as_bps() / live.len() as u64;
        let before = core::mem::take(&mut self.seen);
        let seen: Vec<Seen> = live
            .iter()
            .map(|(slot, bytes)| match before.get(slot) {
                None => Seen { bytes: *bytes, share: 0, wants: u64::MAX },
                Some(known) if !is_look => *known,
                Some(known) => known.after(*bytes, since, even),
            })
            .collect();
        let wants: Vec<u64> = seen.iter().map(|seen| seen.wants).collect();
        let shares = max_min(self.cap.as_bps(), &wants);
        let mut changed = Vec::new();
        for (((slot, _), seen), share) in live.iter().zip(seen).zip(shares) {
            // Less is said at once, a little more is not worth a message.
            let is_new = share < seen.share || share > seen.share.saturating_add(seen.share / 16);
            if is_new {
                changed.push(*slot);
            }
            self.seen.insert(*slot, if is_new { Seen { share, ..seen } } else { seen });
        }
        changed
    }
}

impl Seen {
    fn after(self, bytes: u64, since: Duration, even: u64) -> Self {
        let used = Rate::of(ByteCount(bytes.saturating_sub(self.bytes)), since).as_bps() as f64;
        let wants = if used >= self.share as f64 * HUNGRY {
            u64::MAX
        } else {
            (used * ROOM).max(even as f64 * KEPT) as u64
        };
        Self { bytes, wants, ..self }
    }
}

/// Max-min fair shares of `whole`: nobody gets more than he wants while another wants more than he gets; what nobody wants is divided
/// evenly on top. The shares are at least 1 and, but for that, add up to at most `whole`.
fn max_min(whole: u64, wants: &[u64]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by_key(|i| wants[*i]);
    let mut shares = vec![0; wants.len()];
    let mut left = whole;
    for (given, i) in order.iter().enumerate() {
        let even = left / (wants.len() - given) as u64;
        shares[*i] = wants[*i].min(even);
        left -= shares[*i];
    }
    let spare = left / wants.len().max(1) as u64;
    shares.into_iter().map(|share| (share + spare).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MBIT: u64 = 1_000_000;

    #[test]
    fn who_wants_less_than_an_even_share_leaves_the_rest_to_the_others() {
        assert_eq!(max_min(90, &[u64::MAX, u64::MAX, u64::MAX]), [30, 30, 30]);
        assert_eq!(max_min(90, &[10, u64::MAX, u64::MAX]), [10, 40, 40]);
        assert_eq!(max_min(90, &[u64::MAX, 10, 35]), [45, 10, 35]);
        assert_eq!(max_min(90, &[10, 20]), [40, 50], "what nobody wants is divided evenly");
        assert_eq!(max_min(1, &[u64::MAX, u64::MAX]), [1, 1], "nobody stands still");
        assert!(max_min(90, &[]).is_empty());
    }

    #[test]
    fn the_shares_never_add_up_to_more_than_the_cap() {
        for case in 0..200_u64 {
            let wants: Vec<u64> = (0..1 + case % 9).map(|i| (case * 7_919 + i * 104_729) % 1_000).collect();
            let whole = 50 + case * 13;
            assert!(max_min(whole, &wants).iter().sum::<u64>() <= whole, "{whole} {wants:?}");
        }
    }

    #[test]
    fn an_idle_session_lends_its_share_and_has_it_back_at_the_next_look() {
        let (a, b) = (SlotId(1), SlotId(2));
        let start = Instant::now();
        let look = |n: u32| start + LOOK * n;
        let bytes = |mbit: u64| mbit * MBIT / 8 / 4;
        let mut cap = Aggregate::new(Rate::from_mbps(96), start);
        assert_eq!(cap.divide(start, &[(a, 0), (b, 0)]), [a, b]);
        assert_eq!((cap.share(a), cap.share(b)), (Rate::from_mbps(48), Rate::from_mbps(48)));
        // a uses all it may, b nothing.
        cap.divide(look(1), &[(a, bytes(48)), (b, 0)]);
        assert_eq!(cap.share(b).as_bps(), 3 * MBIT);
        assert_eq!(cap.share(a).as_bps() + cap.share(b).as_bps(), 96 * MBIT);
        // b wakes and uses the little that it has.
        let woke = cap.share(b).as_bps() / 8 / 4;
        cap.divide(look(2), &[(a, bytes(48) + bytes(93)), (b, woke)]);
        assert_eq!((cap.share(a), cap.share(b)), (Rate::from_mbps(48), Rate::from_mbps(48)));
        // One comes and one goes: at once, not at the next look.
        let c = SlotId(3);
        let now = look(2) + LOOK / 10;
        assert_eq!(cap.divide(now, &[(a, 0), (b, 0), (c, 0)]).len(), 3);
        assert_eq!(cap.share(c).as_bps(), 32 * MBIT);
        cap.divide(now, &[(c, 0)]);
        assert_eq!(cap.share(c), Rate::from_mbps(96));
    }
}
