//! The receiving half of a stream.

mod chunks;
pub(crate) mod reassembly;
pub(crate) mod replay;
mod store;
