//! The byte layout of the data channel (wire-format.md §3, §4): pure translation, no state, every byte taken for hostile.

pub mod buffer;
pub mod feedback;
pub mod frame;
pub mod header;
pub mod varint;
