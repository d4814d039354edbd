//! Packet protection: what makes datagrams of packets and back (wire-format.md §3.1, §3.2).
//!
//! Both directions work out of place: from the application's memory into the datagram, from the datagram into the stream's
//! memory. Each byte is touched once; nothing is allocated per datagram.

mod key;
mod opener;
mod sealer;

pub use opener::{NotAuthentic, Opener, SealedDatagram};
pub use sealer::{SealError, Sealer};

#[cfg(test)]
mod tests;
