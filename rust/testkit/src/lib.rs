//! A bad network inside a process, without root: a [`Relay`] between a client and a server on this machine, with a link of
//! `faspstream-netem` for each direction.
//!
//! A client of faspstream learns the number of the server's UDP port from the server, so the relay listens on another address of the
//! loopback network (127.0.0.2 and up) at that same number.
//!
//! Datagrams go through the whole emulator. The control connection is two connections, one on each side: its bytes are late by the
//! propagation delay and held back by outages, but not lost and not slowed down.

mod error;
mod lane;
mod natives;
mod parcel;
mod relay;
mod settings;
mod tcp;
mod udp;

pub use error::RelayError;
pub use lane::Counts;
pub use relay::Relay;
pub use settings::Settings;
