//! The WAN lab: an emulated link between two network namespaces of this machine, for any program with sockets, and experiments over it.
//!
//! [`lab::Lab`] makes the namespaces and runs the emulator; the program `wanlab` offers the same on the command line. Linux only, as
//! root; nothing is sent beyond the namespaces that the lab made itself.

#![cfg(target_os = "linux")]
#![deny(unsafe_code)]

pub mod control;
mod emulator;
mod error;
pub mod experiment;
pub mod lab;
mod packet;
pub mod page;
pub mod peer;
pub mod probe;
pub mod settings;
mod sys;
pub mod validate;
pub mod veth;

pub use emulator::{DirectionReport, Lateness};
pub use error::LabError;
pub use sys::cpu_time_of_process;
