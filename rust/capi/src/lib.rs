//! The C ABI: conversion and nothing else. `docs/conventions.md` tells its rules; `include/faspstream.h` is generated from here.
//!
//! Every exported function converts and hands to a body that gives a `Result`; [`failure::guarded`] turns a failure or a panic into a code
//! and keeps the words for `fasp_error_message`. Handles are numbers with a generation, so that a stale one is an error.

#![expect(non_camel_case_types, reason = "the names are those of the C header")]

mod client;
mod config;
mod constants;
mod failure;
mod handles;
mod key;
mod library;
mod logs;
mod place;
mod poller;
mod records;
mod server;
mod session;
mod stream;
mod wakeup;

pub use client::*;
pub use config::*;
pub use constants::*;
pub use failure::{fasp_error_bytes_delivered, fasp_error_code, fasp_error_message, fasp_error_retryable};
pub use handles::{fasp_client, fasp_config, fasp_poller, fasp_server, fasp_session};
pub use key::*;
pub use library::*;
pub use logs::*;
pub use poller::*;
pub use records::*;
pub use server::*;
pub use session::*;
pub use stream::*;
