//! Byte streams between applications over bad long-distance networks at the speed of the link.
//!
//! A client connects to a server over TCP with TLS 1.3 and pushes or pulls streams; the bytes travel over UDP, encrypted. Start with
//! [`Server::builder`] and [`Client::builder`].
//!
//! Every call but those that say "waits" returns at once; whoever polls learns by a [`Listener`] when a call is worth while again.
//! All handles are cheap to clone and may be used from any thread.

#![forbid(unsafe_code)]

pub mod config;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;

mod api;
mod control;
mod io;
mod mailbox;
mod memory;
mod paths;
mod pipe;
mod quietly;
mod random;
mod recorder;
mod runtime;
mod shared;
mod signal;
mod sync;

pub use api::authenticator::{AccessRequest, Authenticator, Question};
pub use api::client::{Client, ClientBuilder};
pub use api::error::{Error, ErrorCode, Result};
pub use api::key::AccessKey;
pub use api::key_limits::KeyLimits;
pub use api::listener::{Listener, Ready};
pub use api::options::{Options, Transport};
pub use api::receipt::Receipt;
pub use api::server::{Server, ServerBuilder};
pub use api::session::{Direction, Metadata, Read, Session, SessionState};
pub use api::stats::{Carrier, Counters, Diagnosis, Limit, LimitTimes, ServerStats, Stats};
pub use api::streams::{RecvStream, SendStream};
pub use config::Config;
pub use control::pin::KeyPin;
pub use faspstream_proto::config::{Cipher, RatePolicy};
pub use faspstream_proto::digest::{Digest, DigestAlgorithm};
pub use faspstream_proto::units::Rate;
