//! The FASPStream protocol without sockets, threads, clocks, files or environment.
//!
//! [`io`] is the boundary; `docs/wire-format.md` is the byte layout that the code obeys.

#![forbid(unsafe_code)]

pub mod carrier;
pub mod config;
pub mod digest;
pub mod error;
mod idle;
pub mod io;
mod keys;
mod limits;
pub mod memory;
mod mtu;
mod pacer;
mod path;
pub mod protection;
mod ranges;
pub mod rate;
mod receive;
mod recovery;
mod send;
mod session;
pub mod units;
pub mod wire;

pub use session::Session;
pub use wire::header::connection_id;
