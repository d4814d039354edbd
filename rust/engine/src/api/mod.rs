//! What applications, jni and cli see.

pub(crate) mod authenticator;
pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod key;
pub(crate) mod key_limits;
pub(crate) mod listener;
pub(crate) mod options;
pub(crate) mod receipt;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod stats;
pub(crate) mod streams;
