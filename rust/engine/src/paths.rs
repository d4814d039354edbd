//! What the sessions of this process have found out about the paths to their peers, for the next session to the same peer (careful
//! resume, draft-ietf-tsvwg-careful-resume). What is remembered is only believed once a round trip confirms it: that is the rate
//! law's part.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use faspstream_proto::Session;
use faspstream_proto::carrier::connection_number;
use faspstream_proto::config::{Config, PathMemory, RatePolicy, Role, Side};

use crate::pipe::lock;

/// How long a path is remembered: routes and what others send change within minutes.
const LIFETIME: Duration = Duration::from_secs(600);
/// Most paths that are remembered; the oldest is forgotten first.
const PATHS_MAX: usize = 1_024;

/// Names a path by its far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PathKey {
    peer: IpAddr,
    /// Zero for a client, whose port is another one each time.
    port: u16,
    policy: RatePolicy,
}

impl PathKey {
    /// The path that the datagrams of a sender take; None for a receiver.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let policy = config.rates.policy;
        let key = match (config.side, config.remote, config.control_peer) {
            (Side::Client, Some(server), _) => Self::to_server(server, policy),
            (Side::Server, _, Some(client)) => Self::to_client(client, policy),
            _ => return None,
        };
        (config.role == Role::Sender).then_some(key)
    }

    /// The path of a client to its server.
    pub(crate) fn to_server(server: SocketAddr, policy: RatePolicy) -> Self {
        Self { peer: server.ip().to_canonical(), port: server.port(), policy }
    }

    /// The path of a server to a client at this address.
    pub(crate) fn to_client(client: IpAddr, policy: RatePolicy) -> Self {
        Self { peer: client.to_canonical(), port: 0, policy }
    }
}

/// What is known of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownPath {
    pub(crate) memory: PathMemory,
    /// UDP payload of a full datagram.
    pub(crate) datagram: u16,
}

/// Paths with the moment at which each was learnt.
#[derive(Debug, Default)]
struct Atlas {
    paths: HashMap<PathKey, (KnownPath, Instant)>,
}

impl Atlas {
    fn remember(&mut self, key: PathKey, path: KnownPath, now: Instant) {
        if self.paths.len() >= PATHS_MAX && !self.paths.contains_key(&key) {
            let oldest = self.paths.iter().min_by_key(|(_, (_, at))| *at).map(|(key, _)| *key);
            oldest.and_then(|oldest| self.paths.remove(&oldest));
        }
        self.paths.insert(key, (path, now));
    }

    fn recall(&self, key: &PathKey, now: Instant) -> Option<KnownPath> {
        let (path, at) = self.paths.get(key)?;
        (now.saturating_duration_since(*at) <= LIFETIME).then_some(*path)
    }
}

static ATLAS: LazyLock<Mutex<Atlas>> = LazyLock::new(Mutex::default);

/// A session that sent along this path is over.
pub(crate) fn remember(key: PathKey, path: KnownPath) {
    lock(&ATLAS).remember(key, path, Instant::now());
}

/// What is remembered of this path; None if that is nothing, or too long ago.
pub(crate) fn recall(key: &PathKey) -> Option<KnownPath> {
    lock(&ATLAS).recall(key, Instant::now())
}

/// A session is over: the next one to this peer may start from what it has found. What a connection carried tells nothing of UDP.
pub(crate) fn remember_session(key: Option<PathKey>, session: &Session) {
    if session.remote().and_then(connection_number).is_some() {
        return;
    }
    if let Some((key, memory)) = key.zip(session.path_memory()) {
        remember(key, KnownPath { memory, datagram: session.stats().datagram_size });
    }
}

#[cfg(test)]
mod tests {
    use faspstream_proto::units::Rate;

    use super::*;

    fn path(mbps: u64) -> KnownPath {
        let memory = PathMemory { min_rtt: Duration::from_millis(50), rate: Rate::from_mbps(mbps) };
        KnownPath { memory, datagram: 1_472 }
    }

    fn server(port: u16) -> PathKey {
        PathKey::to_server(([192, 0, 2, 1], port).into(), RatePolicy::Fair)
    }

    #[test]
    fn a_path_is_remembered_per_peer_and_policy_and_not_for_ever() {
        let (mut atlas, now) = (Atlas::default(), Instant::now());
        atlas.remember(server(1), path(100), now);
        assert_eq!(atlas.recall(&server(1), now + LIFETIME), Some(path(100)));
        assert_eq!(atlas.recall(&server(1), now + LIFETIME + Duration::from_secs(1)), None);
        assert_eq!(atlas.recall(&server(2), now), None);
        let low = PathKey::to_server(([192, 0, 2, 1], 1).into(), RatePolicy::Low);
        assert_eq!(atlas.recall(&low, now), None);
        assert_eq!(atlas.recall(&PathKey::to_client([192, 0, 2, 1].into(), RatePolicy::Fair), now), None);
        atlas.remember(server(1), path(7), now);
        assert_eq!(atlas.recall(&server(1), now), Some(path(7)), "the latest counts");
    }

    #[test]
    fn the_oldest_path_makes_room() {
        let (mut atlas, now) = (Atlas::default(), Instant::now());
        for port in 0..=PATHS_MAX as u16 {
            atlas.remember(server(port), path(1), now + Duration::from_millis(u64::from(port)));
        }
        let later = now + Duration::from_secs(60);
        assert_eq!(atlas.paths.len(), PATHS_MAX);
        assert_eq!(atlas.recall(&server(0), later), None);
        assert_eq!(atlas.recall(&server(PATHS_MAX as u16), later), Some(path(1)));
    }
}
