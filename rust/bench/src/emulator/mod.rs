//! The emulator: a thread for each direction, between two TUN devices.

mod direction;
mod lateness;
mod report;
mod round;

pub(crate) use direction::{DirectionHandle, Route};
pub use lateness::Lateness;
pub use report::DirectionReport;
