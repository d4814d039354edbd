//! Virtual-time scenarios of the protocol: real sessions with real bytes over the emulated link.
//!
//! A [`scenario::Scenario`] is data: a path, its troubles, the flows on it. [`run::run`] builds a [`world::World`] from it, lets the
//! sessions talk until all is over, checks that every packet and every byte is accounted for, and gives an
//! [`outcome::Outcome`] with a report per flow. Everything follows from the seed; `FASPSTREAM_SEED` overrides it.

#![forbid(unsafe_code)]

mod actor;
pub mod args;
pub mod charts;
pub mod clock;
pub mod content;
pub mod cost;
pub mod cross;
pub mod endpoint;
pub mod grid;
pub mod ideal;
pub mod lab;
pub mod metrics;
pub mod outcome;
pub mod packet;
pub mod page;
pub mod pool;
pub mod rows;
pub mod run;
pub mod scenario;
pub mod seed;
pub mod sweep;
pub mod text;
pub mod world;
