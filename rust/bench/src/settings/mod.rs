//! How a link is described in words: `rate=100mbit`, `loss=1%`, `reorder=3%/30ms`.

mod key;
mod quantity;
mod state;

pub(crate) use key::KEYS;
pub use key::{Direction, Queue, Setting, Settings};
pub(crate) use quantity::{bytes, duration, loss_at, rate, share, times};
pub(crate) use state::LinkState;
