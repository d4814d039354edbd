//! The FASPStream protocol without sockets, threads, clocks, files or environment.
//!
//! [`io`] is the boundary; `docs/wire-format.md` is the byte layout that the code obeys.

#![forbid(unsafe_code)]

pub mod config;
pub mod digest;
pub mod error;
pub mod io;
mod keys;
pub mod protection;
#[cfg_attr(not(test), expect(dead_code, reason = "taken into use by the session piece by piece"))]
mod ranges;
pub mod rate;
#[cfg_attr(not(test), expect(dead_code, reason = "taken into use by the session piece by piece"))]
mod receive;
#[cfg_attr(not(test), expect(dead_code, reason = "taken into use by the session piece by piece"))]
mod send;
mod session;
pub mod units;
pub mod wire;

pub use session::Session;
pub use wire::header::connection_id;
