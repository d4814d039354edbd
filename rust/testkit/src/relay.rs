//! A path between clients and a server.

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use faspstream_netem::{BitRate, Change};

use crate::error::RelayError;
use crate::lane::{Counts, Lane};
use crate::settings::Settings;
use crate::tcp::Tcp;
use crate::udp::Udp;

/// The second direction draws from another seed than the first.
const OTHER_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// A running relay; dropping it ends its threads and connections.
pub struct Relay {
    tcp: Arc<Tcp>,
    udp: Arc<Udp>,
    threads: Vec<JoinHandle<()>>,
}

impl Relay {
    /// Binds and starts.
    ///
    /// # Errors
    /// If a port can't be bound or a thread can't be started.
    pub fn start(settings: &Settings) -> Result<Self, RelayError> {
        let up = Lane::new(settings.link.clone(), settings.seed);
        let down = Lane::new(settings.link.clone(), settings.seed ^ OTHER_SEED);
        let at = SocketAddr::new(settings.listen, settings.udp.port());
        let udp = Udp::bind(at, settings.udp, up, down)?;
        let (up, down) = (Arc::clone(&udp.up), Arc::clone(&udp.down));
        let at = SocketAddr::new(settings.listen, 0);
        let tcp = Tcp::bind(at, settings.tcp, Arc::new(move || up.due()), Arc::new(move || down.due()))?;
        let mut relay = Self { tcp, udp, threads: Vec::new() };
        relay.threads = relay.udp.start()?;
        relay.threads.push(relay.tcp.start()?);
        Ok(relay)
    }

    /// The TCP port that clients connect to.
    pub fn tcp_port(&self) -> u16 {
        self.tcp.port()
    }

    /// Changes both directions.
    fn change(&self, change: Change) {
        self.udp.up.change(change);
        self.udp.down.change(change);
    }

    /// The rate of the bottleneck in bits per second, from now on; None for no limit.
    pub fn set_rate(&self, bits_per_second: Option<u64>) {
        self.change(Change::Rate(bits_per_second.map(BitRate::from_bps)));
    }

    /// The round-trip time, from now on.
    pub fn set_rtt(&self, rtt: Duration) {
        self.change(Change::Delay(rtt / 2));
    }

    /// The share of the datagrams that is lost, 0 to 1, from now on.
    pub fn set_loss(&self, share: f64) {
        self.change(Change::Loss(share.clamp(0.0, 1.0)));
    }

    /// Nothing passes for so long from now on.
    pub fn outage(&self, lasting: Duration) {
        self.udp.up.outage(lasting);
        self.udp.down.outage(lasting);
    }

    /// What the two directions have done: from the clients, and to them.
    pub fn counts(&self) -> (Counts, Counts) {
        (self.udp.up.counts(), self.udp.down.counts())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.udp.stop();
        self.tcp.stop();
        for thread in self.threads.drain(..) {
            // Its panic, if any, was printed.
            let _ = thread.join();
        }
    }
}

impl core::fmt::Debug for Relay {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Relay(tcp {}, {:?})", self.tcp_port(), self.counts())
    }
}
