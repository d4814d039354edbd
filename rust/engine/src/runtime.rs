//! One control thread and one I/O thread, and what becomes of their sessions if one of them dies.

use std::io;
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;

use rustls::ServerConfig;

use crate::api::error::{Error, ErrorCode, Result};
use crate::control::accept::ServerSide;
use crate::control::greeting::Door;
use crate::control::thread::{ControlThread, LISTENER};
use crate::control::{ControlCommand, ControlMail};
use crate::io::driver::Driver;
use crate::io::socket::UdpEndpoint;
use crate::io::{IoCommand, IoMail, SlotId, SocketId};
use crate::mailbox::Mailbox;
use crate::pipe::lock;
use crate::shared::server::ServerShared;
use faspstream_os::{Reactor, Watched};

/// Something that can't live without the engine's threads.
pub(crate) trait Mortal: Send + Sync {
    /// They are gone, for this reason.
    fn perish(&self, error: &Error);
}

/// Handles to the two threads.
pub(crate) struct Runtime {
    pub(crate) io: IoMail,
    pub(crate) control: ControlMail,
    numbers: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
    registry: Arc<Registry>,
    unknown: Arc<AtomicU64>,
}

/// The states of the two threads before they run.
pub(crate) struct Threads {
    control: ControlThread,
    driver: Driver,
    reactor: Arc<Reactor>,
}

/// Everything that perishes with the threads.
#[derive(Default)]
struct Registry {
    mortals: Mutex<Vec<Weak<dyn Mortal>>>,
    dead: AtomicBool,
}

/// The runtime that all clients of this process share.
static OF_CLIENTS: Mutex<Weak<Runtime>> = Mutex::new(Weak::new());

impl Runtime {
    /// The threads' states and the handles to them; nothing runs yet.
    pub(crate) fn prepare() -> Result<(Self, Threads)> {
        let reactor = || {
            Reactor::new().map_err(|e| {
                Error::new(
                    ErrorCode::Resources,
                    format!("no poller can be had: {e}; raise the limit of open files"),
                )
            })
        };
        let (control_reactor, io_reactor) = (reactor()?, reactor()?);
        let (control, control_inbox) = Mailbox::new(&control_reactor);
        let (io, io_inbox) = Mailbox::new(&io_reactor);
        let unknown = Arc::new(AtomicU64::new(0));
        let threads = Threads {
            control: ControlThread::new(
                Arc::clone(&control_reactor),
                control_inbox,
                control.clone(),
                io.clone(),
            ),
            driver: Driver::new(io_reactor, io_inbox, control.clone(), Arc::clone(&unknown)),
            reactor: control_reactor,
        };
        let runtime = Self {
            io,
            control,
            numbers: AtomicU64::new(1),
            threads: Mutex::default(),
            registry: Arc::default(),
            unknown,
        };
        Ok((runtime, threads))
    }

    /// Starts the threads.
    pub(crate) fn spawn(&self, threads: Threads) -> Result<()> {
        let Threads { mut control, mut driver, .. } = threads;
        self.start("faspstream-control", move || control.run())?;
        self.start("faspstream-io", move || driver.run())
    }

    fn start(&self, name: &str, run: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<()> {
        let registry = Arc::clone(&self.registry);
        let (io, control) = (self.io.clone(), self.control.clone());
        let body = move || {
            let words = match catch_unwind(AssertUnwindSafe(run)) {
                Ok(Ok(())) => return,
                Ok(Err(e)) => format!("an engine thread could not go on: {e}"),
                Err(_) => "an engine thread panicked; this is a bug, please report it".to_owned(),
            };
            log::error!(target: "faspstream::runtime", "{words}");
            registry.perish(&Error::internal(words));
            control.send(ControlCommand::Shutdown);
            io.send(IoCommand::Shutdown);
        };
        let handle = std::thread::Builder::new().name(name.to_owned()).spawn(body).map_err(|e| {
            Error::new(
                ErrorCode::Resources,
                format!("no thread can be had: {e}; raise the limit of processes"),
            )
        })?;
        lock(&self.threads).push(handle);
        Ok(())
    }

    /// The runtime of all clients; started by the first, ended with the last.
    pub(crate) fn of_clients() -> Result<Arc<Self>> {
        let mut shared = lock(&OF_CLIENTS);
        if let Some(runtime) = shared.upgrade().filter(|r| !r.registry.dead.load(Ordering::SeqCst)) {
            return Ok(runtime);
        }
        let (runtime, threads) = Self::prepare()?;
        runtime.spawn(threads)?;
        let runtime = Arc::new(runtime);
        *shared = Arc::downgrade(&runtime);
        Ok(runtime)
    }

    /// A number that nobody else of this runtime has.
    pub(crate) fn draw_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// A name for one more session.
    pub(crate) fn draw_slot(&self) -> SlotId {
        SlotId(self.draw_number())
    }

    /// `mortal` will be told if the threads die.
    pub(crate) fn register(&self, mortal: Weak<dyn Mortal>) {
        self.registry.register(mortal);
    }

    /// Datagrams that came to no known session.
    pub(crate) fn datagrams_unknown(&self) -> u64 {
        self.unknown.load(Ordering::Relaxed)
    }

    /// Waits for the threads to end, except from one of them.
    pub(crate) fn join(&self) {
        let threads: Vec<_> = lock(&self.threads).drain(..).collect();
        let me = std::thread::current().id();
        for thread in threads.into_iter().filter(|t| t.thread().id() != me) {
            // A panic was caught and reported inside.
            let _ = thread.join();
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.control.send(ControlCommand::Shutdown);
        self.io.send(IoCommand::Shutdown);
    }
}

impl Threads {
    /// Gives the threads a server to serve.
    pub(crate) fn serve(
        &mut self,
        shared: &Arc<ServerShared>,
        listener: TcpListener,
        tls: Arc<ServerConfig>,
        door: Door,
        socket: SocketId,
        endpoint: UdpEndpoint,
    ) -> Result<()> {
        let watched = Watched::new(&self.reactor, listener, LISTENER)
            .map_err(|e| Error::new(ErrorCode::Io, format!("watching the listening socket: {e}")))?;
        self.driver
            .add_socket(socket, endpoint)
            .map_err(|e| Error::new(ErrorCode::Io, format!("watching the UDP socket: {e}")))?;
        self.control.server = Some(ServerSide::new(Arc::clone(shared), watched, tls, door, socket));
        Ok(())
    }
}

impl Registry {
    fn register(&self, mortal: Weak<dyn Mortal>) {
        let mut mortals = lock(&self.mortals);
        // Amortised: the list is cleaned when it would have to grow.
        if mortals.len() == mortals.capacity() {
            mortals.retain(|m| m.strong_count() > 0);
        }
        mortals.push(Weak::clone(&mortal));
        drop(mortals);
        if self.dead.load(Ordering::SeqCst)
            && let Some(mortal) = mortal.upgrade()
        {
            mortal.perish(&Error::internal("an engine thread has died; this is a bug, please report it"));
        }
    }

    fn perish(&self, error: &Error) {
        self.dead.store(true, Ordering::SeqCst);
        let mortals = core::mem::take(&mut *lock(&self.mortals));
        mortals.iter().filter_map(Weak::upgrade).for_each(|m| m.perish(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Canary(Mutex<Option<Error>>);

    impl Mortal for Canary {
        fn perish(&self, error: &Error) {
            *lock(&self.0) = Some(error.clone());
        }
    }

    #[test]
    fn a_panic_on_an_engine_thread_fails_what_depends_on_it_and_nothing_else() {
        let (runtime, threads) = Runtime::prepare().expect("a poller can be had");
        let (before, after) = (Arc::new(Canary::default()), Arc::new(Canary::default()));
        runtime.register(Arc::downgrade(&before) as Weak<dyn Mortal>);
        runtime
            .start("faspstream-doomed", || panic!("this panic is part of a test"))
            .expect("a thread can be had");
        runtime.join();
        assert_eq!(lock(&before.0).as_ref().map(Error::code), Some(ErrorCode::Internal));
        runtime.register(Arc::downgrade(&after) as Weak<dyn Mortal>);
        assert_eq!(lock(&after.0).as_ref().map(Error::code), Some(ErrorCode::Internal));
        drop(threads);
    }

    #[test]
    fn the_threads_end_when_they_are_told_to() {
        let (runtime, threads) = Runtime::prepare().expect("a poller can be had");
        runtime.spawn(threads).expect("threads can be had");
        runtime.control.send(ControlCommand::Shutdown);
        runtime.io.send(IoCommand::Shutdown);
        // Returns, or the test hangs.
        runtime.join();
    }
}
