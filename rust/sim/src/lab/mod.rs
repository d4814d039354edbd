//! The controller lab: control laws compete on one bottleneck, in virtual time, packet by packet.
//!
//! Between a law and the emulated link stands as little as possible: recovery is ideal (what was lost is known from the first feedback
//! about anything sent after it and costs nothing but its place on the wire), the application always has data unless told otherwise. A
//! law is driven only through [`faspstream_proto::rate::FeedbackFacts`]; models of TCP's laws ([`tcp`], [`bbr`]) compete under the same
//! rules.

pub mod bbr;
pub mod contest;
mod estimator;
mod flow;
mod metrics;
pub mod rows;
pub mod tcp;
mod world;

pub use flow::{FlowConfig, Law};
pub use metrics::{Trace, jain};
pub use world::{Lab, Outcome};
