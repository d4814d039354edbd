//! The bodies of the native methods, by family. Arguments and results are what `faspstream.internal.Native` says.

pub(crate) mod client;
pub(crate) mod library;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod stream;
