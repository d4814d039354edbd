//! Connections of clients that have not proven yet who they are.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::address;

/// Most of them.
const MAX: usize = 256;

/// The connections and whose they are, oldest first.
#[derive(Debug, Default)]
pub(super) struct HalfOpen(VecDeque<(usize, IpAddr)>);

impl HalfOpen {
    /// One more, from `ip`.
    pub(super) fn enter(&mut self, key: usize, ip: IpAddr) {
        self.0.push_back((key, address::of(ip)));
    }

    /// It has proven itself, or is gone.
    pub(super) fn leave(&mut self, key: usize) {
        self.0.retain(|(entered, _)| *entered != key);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Which one has to go before one from `ip` enters: with room for it none, else the oldest of the address that has the most, `ip`
    /// with the one that it wants. So who floods us with silence shuts out nobody else, however long the others' round trips are.
    pub(super) fn to_displace(&self, ip: IpAddr) -> Option<usize> {
        if self.0.len() < MAX {
            return None;
        }
        let mut whose: Vec<IpAddr> = self.0.iter().map(|(_, ip)| *ip).chain([address::of(ip)]).collect();
        whose.sort_unstable();
        let runs = || whose.chunk_by(|a, b| a == b);
        let most = runs().map(<[IpAddr]>::len).max()?;
        let have_most = |ip: &IpAddr| runs().any(|run| run.len() == most && run[0] == *ip);
        self.0.iter().find(|(_, ip)| have_most(ip)).map(|(key, _)| *key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn full_of(ip_of: impl Fn(usize) -> IpAddr) -> HalfOpen {
        let mut half_open = HalfOpen::default();
        (0..MAX).for_each(|key| half_open.enter(key, ip_of(key)));
        half_open
    }

    #[test]
    fn with_room_nobody_has_to_go() {
        let mut half_open = full_of(|_| ip(1));
        half_open.leave(7);
        assert_eq!(half_open.to_displace(ip(1)), None);
        assert_eq!(half_open.len(), MAX - 1);
    }

    #[test]
    fn a_flood_displaces_itself_and_nobody_who_came_before_it() {
        let mut half_open = full_of(|key| if key < 3 { ip(2) } else { ip(1) });
        assert_eq!(half_open.to_displace(ip(1)), Some(3), "the oldest of the flood");
        assert_eq!(half_open.to_displace(ip(3)), Some(3), "whoever comes");
        half_open.leave(3);
        half_open.enter(1_000, ip(3));
        assert_eq!(half_open.to_displace(ip(4)), Some(4));
    }

    #[test]
    fn where_everybody_has_one_who_wants_another_loses_the_first_and_who_wants_one_displaces_the_oldest() {
        let half_open = full_of(|key| ip(key as u8));
        assert_eq!(half_open.to_displace(ip(9)), Some(9));
        assert_eq!(half_open.to_displace([198, 51, 100, 1].into()), Some(0));
    }
}
