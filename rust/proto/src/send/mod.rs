//! The sending half of a stream.

pub(crate) mod queue;
