//! Labs that run in the background: a process each, found by name, spoken to over a Unix socket.

mod client;
mod daemon;
mod directory;

pub use client::{down, enter, list, set, stats, up};
pub use daemon::serve;
