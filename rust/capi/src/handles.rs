//! What lies behind the handles.

use std::sync::{Arc, Mutex};

use faspstream::{Client, Config, Listener, Server, Session};
use faspstream_handles::Registry;

use crate::failure::{Failure, Result};
use crate::poller::Poller;

/// A configuration that is being put together. 0 is never one.
pub type fasp_config = i64;
/// A running server. 0 is never one.
pub type fasp_server = i64;
/// A connection to a server, which carries any number of sessions. 0 is never one.
pub type fasp_client = i64;
/// One stream in one direction. 0 is never one.
pub type fasp_session = i64;
/// Gathers what has become possible at many objects, behind one descriptor. 0 is never one.
pub type fasp_poller = i64;

/// What a handle stands for.
#[derive(Clone)]
pub(crate) enum Entry {
    Config(Arc<Mutex<Config>>),
    Server(Server),
    Client(Client),
    Session(Session),
    Poller(Arc<Poller>),
}

static HANDLES: Registry<Entry> = Registry::new();

/// Gives a handle to `entry`.
pub(crate) fn adopt(entry: Entry) -> i64 {
    HANDLES.insert(|_| entry)
}

macro_rules! lookups {
    ($($name:ident, $remove:ident, $variant:ident, $type:ty, $words:literal;)*) => {$(
        #[doc = concat!("The ", $words, " behind `handle`.")]
        pub(crate) fn $name(handle: i64) -> Result<$type> {
            match HANDLES.get(handle) {
                Some(Entry::$variant(found)) => Ok(found),
                _ => Err(Failure::Stale($words)),
            }
        }

        #[doc = concat!("Takes the ", $words, " out; the handle is stale from now on.")]
        pub(crate) fn $remove(handle: i64) -> Result<$type> {
            // A handle of another kind stays what it is.
            $name(handle)?;
            match HANDLES.remove(handle) {
                Some(Entry::$variant(found)) => Ok(found),
                _ => Err(Failure::Stale($words)),
            }
        }
    )*};
}

lookups! {
    config, remove_config, Config, Arc<Mutex<Config>>, "configuration";
    server, remove_server, Server, Server, "server";
    client, remove_client, Client, Client, "client";
    session, remove_session, Session, Session, "session";
    poller, remove_poller, Poller, Arc<Poller>, "poller";
}

/// Sets who is told what has become possible at the server, client or session behind `handle`.
pub(crate) fn listen(handle: i64, listener: Arc<dyn Listener>) -> Result<()> {
    match HANDLES.get(handle) {
        Some(Entry::Server(server)) => server.set_listener(listener),
        Some(Entry::Client(client)) => client.set_listener(listener),
        Some(Entry::Session(session)) => session.set_listener(listener),
        Some(Entry::Config(_) | Entry::Poller(_)) | None => {
            return Err(Failure::Stale("server, client or session"));
        }
    }
    Ok(())
}
