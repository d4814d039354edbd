//! The links, each with clients behind it.

use core::fmt;

use faspstream::{Client, DigestAlgorithm, Options, Server};
use faspstream_testkit::{Relay, Settings};

use crate::Outcome;

/// Name, and what the link is like beside its addresses. All of them damage: a bit is flipped, and the checksum of UDP is made anew.
const LINKS: [(&str, &str); 5] = [
    ("mild", "rtt=4000000\nrate=600000000\nloss=0.005\nreordering=0.02\nduplication=0.01\ndamage=0.002"),
    (
        "rough",
        "rtt=20000000\nrate=300000000\nloss=0.05\nburst=8\nreordering=0.05\nduplication=0.03\ndamage=0.02",
    ),
    (
        "mtu 9000",
        "rtt=8000000\nrate=1000000000\nmtu=9000\nloss=0.01\nreordering=0.03\nduplication=0.01\ndamage=0.01",
    ),
    (
        "mtu 65535",
        "rtt=2000000\nrate=3000000000\nmtu=65535\nloss=0.005\nreordering=0.02\nduplication=0.01\ndamage=0.005",
    ),
    (
        "mtu 65535, far",
        "rtt=30000000\nrate=1000000000\nmtu=65535\nloss=0.01\nburst=4\nreordering=0.05\nduplication=0.02\ndamage=0.02",
    ),
];

/// A link, and a client for each digest.
pub(crate) struct Path {
    pub(crate) name: &'static str,
    pub(crate) clients: Vec<Client>,
    relay: Relay,
}

impl Path {
    pub(crate) fn all(server: &Server, seed: u64) -> Outcome<Vec<Self>> {
        let open = |(number, (name, link)): (u64, (&'static str, &str))| {
            let (tcp, udp) = (server.tcp_port(), server.udp_port());
            let listen = format!("127.0.0.{}", number + 2);
            let ends = format!("listen={listen}\ntcp=127.0.0.1:{tcp}\nudp=127.0.0.1:{udp}");
            let relay =
                Relay::start(&Settings::parse(&format!("{ends}\nseed={}\n{link}", seed << 8 | number))?)?;
            let client = |digest| {
                let options = Options { digest, ..Options::default() };
                Client::builder().host(&listen).tcp_port(relay.tcp_port()).options(options).connect()
            };
            let clients = vec![client(DigestAlgorithm::Xxh3)?, client(DigestAlgorithm::Blake3)?];
            Ok(Self { name, clients, relay })
        };
        (0..).zip(LINKS).map(open).collect()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (up, down) = self.relay.counts();
        write!(
            f,
            "{}: {} datagrams in, {} out, {} lost, {} found the queue full, {:.2} GB out",
            self.name,
            up.offered + down.offered,
            up.delivered + down.delivered,
            up.lost + down.lost,
            up.queue_full + down.queue_full,
            (up.bytes + down.bytes) as f64 / 1e9,
        )
    }
}
