//! A link emulator without sockets, threads or clocks.
//!
//! A [`Link`] is one direction of a path. Packets go through these stages, in this order:
//!
//! 1. the switch (an outage drops everything) and the MTU (a packet that is too large vanishes, as in a black hole),
//! 2. loss, independent and in bursts ([`GilbertElliott`]); what is lost may still go through the queue first ([`LossAt`]),
//! 3. duplication, then damage (of each copy on its own),
//! 4. a [`Policer`]: a token bucket without a queue,
//! 5. the bottleneck: a rate limiter behind a drop-tail queue that is counted in bytes,
//! 6. propagation delay, jitter and [`Reordering`].
//!
//! Time is an argument and never goes back. The fate of the n-th packet depends on the seed and on n alone: every purpose (loss,
//! duplication, damage, jitter, ...) draws from a random stream of its own, indexed by n, so that switching one on leaves the
//! others as they were.
//!
//! ```
//! use core::time::Duration;
//! use faspstream_netem::{BitRate, Link, LinkConfig, Time};
//!
//! let config = LinkConfig { rate: Some(BitRate::from_mbps(12)), delay: Duration::from_millis(50), ..LinkConfig::default() };
//! let mut link: Link<Vec<u8>> = Link::new(config, 7);
//! link.enqueue(Time::ZERO, vec![0; 1500]);
//! // 1 ms on the wire at 12 Mbit/s, then 50 ms of propagation.
//! let arrival = link.next_event().expect("a packet is on its way");
//! assert_eq!(arrival, Time::from_millis(51));
//! assert_eq!(link.poll(arrival), Some(vec![0; 1500]));
//! ```

#![forbid(unsafe_code)]

mod bottleneck;
mod config;
mod counters;
mod delay_line;
mod fate;
mod link;
mod packet;
mod policer;
mod random;
mod script;
mod transit;
mod units;

pub use config::{GilbertElliott, Jitter, LinkConfig, LossAt, Policer, Reordering};
pub use counters::{Cause, Counters};
pub use link::Link;
pub use packet::Packet;
pub use random::RandomStream;
pub use script::{Change, Script};
pub use units::{BitRate, Time};
