//! Waiting for sockets, a moment, or another thread.

use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::Instant;

use polling::{AsRawSource, AsSource, Event, Events, PollMode, Poller};

/// The poller of one engine thread, with a bell that other threads ring. Only the first ring of a sleep costs a system call.
pub struct Reactor {
    poller: Poller,
    asleep: AtomicBool,
}

impl Reactor {
    /// A poller of the system's own kind.
    ///
    /// # Errors
    ///
    /// The system gives none, most often because the process has no file descriptors left.
    pub fn new() -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { poller: Poller::new()?, asleep: AtomicBool::new(false) }))
    }

    /// Wakes the thread if it sleeps. To be called after the message was put where the thread looks.
    pub fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::SeqCst) {
            // Fails only if the poller is gone, and then nobody sleeps there.
            let _ = self.poller.notify();
        }
    }

    /// Sleeps until a socket is ready, `deadline` has come, or the bell rings; not at all if `has_work` says so. What is ready is in
    /// `events`, which is emptied first.
    ///
    /// # Errors
    ///
    /// What the system's poller says.
    pub fn wait(
        &self,
        events: &mut Events,
        deadline: Option<Instant>,
        has_work: impl FnOnce() -> bool,
    ) -> io::Result<()> {
        events.clear();
        self.asleep.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let result = match (has_work(), deadline) {
            (true, _) => self.poller.wait_deadline(events, Instant::now()),
            (false, Some(deadline)) => self.poller.wait_deadline(events, deadline),
            (false, None) => self.poller.wait(events, None),
        };
        self.asleep.store(false, Ordering::SeqCst);
        result.map(|_| ())
    }
}

/// The sockets of the standard library: each keeps its descriptor open, and the same one, until it is dropped.
pub trait Socket: sealed::Sealed {}

impl<S: sealed::Sealed> Socket for S {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for std::net::TcpListener {}
    impl Sealed for std::net::TcpStream {}
    impl Sealed for std::net::UdpSocket {}
}

/// A socket that a reactor watches. Dropping it ends that.
pub struct Watched<S: Socket>
where
    for<'a> &'a S: AsSource,
{
    source: S,
    reactor: Arc<Reactor>,
    interest: (bool, bool),
}

impl<S: Socket> Watched<S>
where
    for<'a> &'a S: AsSource + AsRawSource,
{
    /// Watches `source` for input, reported with `key` for as long as there is some.
    ///
    /// # Errors
    ///
    /// The poller does not take it.
    pub fn new(reactor: &Arc<Reactor>, source: S, key: usize) -> io::Result<Self> {
        // SAFETY: the source must be deleted from the poller before it is dropped. `Drop` below does so before the field `source`
        // is dropped, `source` can't be moved out, and a `Watched` that is forgotten never drops it. What is deleted is what was added:
        // a `Socket` keeps its descriptor.
        unsafe {
            reactor.poller.add_with_mode(&source, Event::readable(key), PollMode::Level)?;
        }
        Ok(Self { source, reactor: Arc::clone(reactor), interest: (true, false) })
    }

    /// Whether room for output is reported too.
    ///
    /// # Errors
    ///
    /// What the system's poller says.
    pub fn watch_writable(&mut self, key: usize, writable: bool) -> io::Result<()> {
        self.watch(key, self.interest.0, writable)
    }

    /// What is reported: input, room for output.
    ///
    /// # Errors
    ///
    /// What the system's poller says.
    pub fn watch(&mut self, key: usize, readable: bool, writable: bool) -> io::Result<()> {
        if self.interest == (readable, writable) {
            return Ok(());
        }
        self.interest = (readable, writable);
        let interest = Event::new(key, readable, writable);
        self.reactor.poller.modify_with_mode(&self.source, interest, PollMode::Level)
    }
}

impl<S: Socket> Deref for Watched<S>
where
    for<'a> &'a S: AsSource,
{
    type Target = S;
    fn deref(&self) -> &S {
        &self.source
    }
}

impl<S: Socket> Drop for Watched<S>
where
    for<'a> &'a S: AsSource,
{
    fn drop(&mut self) {
        // A source that the poller does not know any more needs no deletion.
        let _ = self.reactor.poller.delete(&self.source);
    }
}
