//! The receiving half of a stream.

pub(crate) mod arrivals;
pub(crate) mod flow;
pub(crate) mod late;
pub(crate) mod reassembly;
pub(crate) mod replay;
pub(crate) mod reported;
pub(crate) mod schedule;
mod store;
