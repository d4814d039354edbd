//! What lies behind the handles, and the one instance of the bridge.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use faspstream::{Client, Listener, Server, Session};
use faspstream_handles::Registry;

use crate::events::Events;
use crate::failure::{Failure, Result};
use crate::logs::Logs;
use crate::questions::Questions;

/// The state of this copy of the library: class loaders that load it twice have one each.
pub(crate) struct Bridge {
    /// All handles that Java holds.
    pub(crate) registry: Registry<Entry>,
    /// What the engine tells the poller.
    pub(crate) events: Events,
    /// What the engine logs.
    pub(crate) logs: Logs,
}

/// The one instance.
pub(crate) static BRIDGE: LazyLock<Bridge> =
    LazyLock::new(|| Bridge { registry: Registry::new(), events: Events::new(), logs: Logs::new() });

/// What a handle stands for.
#[derive(Clone)]
pub(crate) enum Entry {
    /// A running server, and what its authenticator is asked.
    Server(Server, Arc<Questions>),
    /// A client, connecting or connected.
    Client(Client),
    /// A session.
    Session(Session),
}

impl Entry {
    fn listen(&self, listener: Arc<dyn Listener>) {
        match self {
            Self::Server(server, _) => server.set_listener(listener),
            Self::Client(client) => client.set_listener(listener),
            Self::Session(session) => session.set_listener(listener),
        }
    }
}

/// Gives a handle to `entry`; its events go to the poller from now on.
pub(crate) fn adopt(entry: Entry) -> i64 {
    let handle = BRIDGE.registry.insert(|_| entry.clone());
    entry.listen(BRIDGE.events.doorbell(handle));
    handle
}

/// The server behind `handle`.
pub(crate) fn server(handle: i64) -> Result<Server> {
    match BRIDGE.registry.get(handle) {
        Some(Entry::Server(server, _)) => Ok(server),
        _ => Err(Failure::Stale("server")),
    }
}

/// What the authenticator of the server behind `handle` is asked.
pub(crate) fn questions(handle: i64) -> Result<Arc<Questions>> {
    match BRIDGE.registry.get(handle) {
        Some(Entry::Server(_, questions)) => Ok(questions),
        _ => Err(Failure::Stale("server")),
    }
}

/// The client behind `handle`.
pub(crate) fn client(handle: i64) -> Result<Client> {
    match BRIDGE.registry.get(handle) {
        Some(Entry::Client(client)) => Ok(client),
        _ => Err(Failure::Stale("client")),
    }
}

/// The session behind `handle`.
pub(crate) fn session(handle: i64) -> Result<Session> {
    match BRIDGE.registry.get(handle) {
        Some(Entry::Session(session)) => Ok(session),
        _ => Err(Failure::Stale("session")),
    }
}

/// Takes the handle back and closes what was behind it, without waiting. A stale handle is ignored.
pub(crate) fn release(handle: i64) {
    let Some(entry) = BRIDGE.registry.remove(handle) else { return };
    match &entry {
        // Its last handle is dropped here or in a call that runs now; neither waits.
        Entry::Session(session) => return session.start_close(),
        Entry::Client(client) => client.start_close(),
        Entry::Server(server, _) => server.start_close(Duration::ZERO),
    }
    in_background(move || drop(entry));
}

/// Runs what waits for farewells and for the engine's threads: not on a thread of the JVM.
pub(crate) fn in_background(work: impl FnOnce() + Send + 'static) {
    let closer = std::thread::Builder::new().name("faspstream-close".to_owned());
    if let Err(error) = closer.spawn(work) {
        log::warn!("no thread for closing in the background: {error}");
    }
}
