//! Transports beside each other on the same links, measured at the reader.

mod case;
mod cell;
mod delays;
mod limits;
mod plan;
mod preset;
mod run;
mod table;

pub use case::{Case, FlowResult, Measured, Pings};
pub use cell::Cell;
pub(crate) use cell::EFFICIENCY;
pub use delays::Delays;
pub use plan::{Plan, help};
pub use preset::PRESETS;
pub use run::run;
