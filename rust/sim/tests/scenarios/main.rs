//! The scenarios of the transport, each on fixed seeds: real bytes over an emulated network, every byte compared.

mod common;
mod found;
mod loss;
mod mtu;
mod outage;
mod reader;
mod resume;
mod tiny;
mod trouble;
