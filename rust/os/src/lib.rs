//! What the engine asks of the operating system and no safe wrapper offers. The unsafe code of the engine stands here, three blocks, behind
//! an interface that is safe whatever a caller does; the engine itself forbids it.

mod drops;
mod reactor;

pub use drops::dropped_buffers;
pub use reactor::{Event, Events, Reactor, Socket, Watched};
