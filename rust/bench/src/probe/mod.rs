//! Tiny senders and receivers: a ping, a flood of datagrams. They run as threads of this process, with sockets inside
//! the lab.

mod flood;
mod ping;
mod series;

pub use flood::{Flood, FloodResult};
pub use ping::{PingSample, Pinger, ping};
pub use series::Series;

use std::time::Duration;

/// How long a receiver waits at most before it looks whether it is to stop.
const PATIENCE: Duration = Duration::from_millis(20);

/// The element at a share of a sorted list; None of an empty one.
pub fn quantile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let last = sorted.len().checked_sub(1)?;
    // Between zero and the last index.
    sorted.get(((last as f64 * share).round() as usize).min(last)).copied()
}
