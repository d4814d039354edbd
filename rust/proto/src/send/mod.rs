//! The sending half of a stream.

pub(crate) mod again;
pub(crate) mod queue;
