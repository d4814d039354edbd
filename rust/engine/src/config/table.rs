//! The one table of keys.

use core::ops::RangeInclusive;
use core::time::Duration;

use faspstream_proto::config::{Cipher, RatePolicy};
use faspstream_proto::digest::DigestAlgorithm;

use crate::api::options::Transport;

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A port number.
    Port,
    /// A rate: a number with `bit`, `kbit`, `mbit`, `gbit`, or `unlimited`.
    Rate,
    /// A size: a number with `b`, `kb`, `mb`, `gb` (powers of 1,024).
    Size,
    /// A time: a number with `ms`, `s`, `min`, `h`.
    Duration,
    /// One of a few words.
    Word,
    /// A whole number.
    Count,
    /// The path of a file.
    Path,
    /// `id:secret`, several separated by commas.
    AccessKeys,
    /// Digests of public keys, several separated by commas.
    Pins,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it stands in the file.
    pub name: &'static str,
    /// As text; empty if there is none.
    pub default: &'static str,
    /// What a value is made of.
    pub kind: Kind,
    /// What is allowed, for a human.
    pub allowed: &'static str,
    /// What it is for, for a human.
    pub meaning: &'static str,
}

/// The smallest and the largest buffer.
pub(super) const BUFFER: RangeInclusive<u64> = (64 << 10)..=(64 << 30);
/// The shortest and the longest timeout.
pub(super) const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(86_400);
/// The words of `policy`.
pub(super) const POLICIES: [(&str, RatePolicy); 4] = [
    ("fixed", RatePolicy::Fixed),
    ("high", RatePolicy::High),
    ("fair", RatePolicy::Fair),
    ("low", RatePolicy::Low),
];
/// The words of `cipher`.
pub(super) const CIPHERS: [(&str, Cipher); 3] = [
    ("aes-128-gcm", Cipher::Aes128Gcm),
    ("aes-256-gcm", Cipher::Aes256Gcm),
    ("chacha20-poly1305", Cipher::ChaCha20Poly1305),
];
/// The words of `digest`.
pub(super) const DIGESTS: [(&str, DigestAlgorithm); 2] =
    [("xxh3", DigestAlgorithm::Xxh3), ("blake3", DigestAlgorithm::Blake3)];
/// The words of `transport`.
pub(super) const TRANSPORTS: [(&str, Transport); 3] =
    [("auto", Transport::Auto), ("udp", Transport::Udp), ("tcp", Transport::Tcp)];
/// The words of truth.
pub(super) const BOOLEANS: [(&str, bool); 2] = [("true", true), ("false", false)];

const fn row(
    name: &'static str,
    default: &'static str,
    kind: Kind,
    allowed: &'static str,
    meaning: &'static str,
) -> Key {
    Key { name, default, kind, allowed, meaning }
}

/// Every key, in the order of the documentation.
pub const TABLE: &[Key] = &[
    row(
        "host",
        "127.0.0.1",
        Kind::Text,
        "an IP address or a host name",
        "server: the address it binds to (anything but loopback needs an access key or tls.trust); client: the server",
    ),
    row("tcp.port", "33001", Kind::Port, "0 to 65535", "control port; 0: any free one (server)"),
    row(
        "udp.port",
        "33001",
        Kind::Port,
        "0 to 65535",
        "data port of the server, one for all sessions; 0: any free one",
    ),
    row(
        "target.rate",
        "unlimited",
        Kind::Rate,
        "8kbit or more, such as 500mbit or 1gbit, or unlimited",
        "cap of a session, headers and retransmissions included",
    ),
    row("min.rate", "0", Kind::Rate, "0, or a rate such as 10mbit", "floor under the adaptive policies"),
    row(
        "policy",
        "fair",
        Kind::Word,
        "fixed, high, fair or low",
        "how a session shares the network with others",
    ),
    row(
        "cipher",
        "aes-128-gcm",
        Kind::Word,
        "aes-128-gcm, aes-256-gcm or chacha20-poly1305",
        "the encryption of the data; there is no none",
    ),
    row(
        "digest",
        "xxh3",
        Kind::Word,
        "xxh3 or blake3",
        "client: what both ends compute over the whole stream and compare at its end; blake3 is cryptographic",
    ),
    row(
        "access.key",
        "",
        Kind::AccessKeys,
        "id:secret or id(limits):secret, several separated by commas (server)",
        "both ends prove to each other that they know it",
    ),
    row(
        "access.key.file",
        "",
        Kind::Path,
        "a readable file with one id:secret per line",
        "access keys from a file",
    ),
    row(
        "tls.cert",
        "",
        Kind::Path,
        "a PEM file",
        "certificate chain of this end; without one an access key is proof enough",
    ),
    row("tls.key", "", Kind::Path, "a PEM file", "private key that belongs to tls.cert"),
    row(
        "tls.trust",
        "",
        Kind::Path,
        "a PEM file",
        "authorities that sign the peer's certificate; on a server this makes client certificates a must",
    ),
    row(
        "tls.pin",
        "",
        Kind::Pins,
        "64 hexadecimal digits, several separated by commas",
        "client: SHA-256 of the public key that the server must show, beside what tls.trust asks; a server logs its own",
    ),
    row(
        "datagram.size",
        "auto",
        Kind::Count,
        "auto, or 256 to 65000",
        "bytes of UDP payload; auto discovers the path MTU",
    ),
    row(
        "buffer.size",
        "auto",
        Kind::Size,
        "auto, or 64kb to 64gb",
        "memory per session and direction; auto follows rate times round-trip time up to buffer.max",
    ),
    row("buffer.max", "256mb", Kind::Size, "64kb to 64gb", "upper bound of buffer.size"),
    row("connect.timeout", "20s", Kind::Duration, "100ms to 24h", "how long connecting and opening may take"),
    row(
        "outage.timeout",
        "60s",
        Kind::Duration,
        "100ms to 24h",
        "how long a session survives without any contact before it fails",
    ),
    row("max.sessions", "1024", Kind::Count, "1 to 65535", "most sessions of a server at the same time"),
    row(
        "max.sessions.per.address",
        "auto",
        Kind::Count,
        "auto, or 1 to 65535",
        "most of them from one IPv4 address or IPv6 /64; auto: as many as max.sessions",
    ),
    row(
        "complete.on.close",
        "true",
        Kind::Word,
        "true or false",
        "false: closing an output stream that was not completed aborts it",
    ),
    row(
        "transport",
        "auto",
        Kind::Word,
        "auto, udp or tcp",
        "what carries the data; auto falls back to the control connection where UDP is blocked",
    ),
    row(
        "dscp",
        "default",
        Kind::Count,
        "default, or 0 to 63",
        "code point of the datagrams; the low policy uses LE unless this is set",
    ),
];

/// The row of `name`.
pub fn key(name: &str) -> Option<&'static Key> {
    TABLE.iter().find(|k| k.name == name)
}
