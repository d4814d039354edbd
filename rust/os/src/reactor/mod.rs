//! Waiting for sockets, a moment, or another thread.

use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::Instant;

#[cfg(target_os = "linux")]
mod epoll;
#[cfg(target_os = "linux")]
use epoll as system;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(not(target_os = "linux"))]
use portable as system;

pub use system::Events;

/// A source that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// As it was given with the source.
    pub key: usize,
    /// There is input, or an error to be read.
    pub readable: bool,
    /// There is room for output, or an error to be written against.
    pub writable: bool,
}

/// The poller of one engine thread, with a bell that other threads ring. Only the first ring of a sleep costs a system call.
pub struct Reactor {
    poller: system::Poller,
    asleep: AtomicBool,
}

impl Reactor {
    /// A poller of the system's own kind.
    ///
    /// # Errors
    ///
    /// The system gives none, most often because the process has no file descriptors left.
    pub fn new() -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { poller: system::Poller::new()?, asleep: AtomicBool::new(false) }))
    }

    /// Wakes the thread if it sleeps. To be called after the message was put where the thread looks.
    pub fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::SeqCst) {
            self.poller.ring();
        }
    }

    /// Sleeps until a socket is ready, `deadline` has come, or the bell rings; not at all if `has_work` says so. What is ready is in
    /// `events`, which is emptied first. A signal may end the sleep early.
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
        self.asleep.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let deadline = if has_work() { Some(Instant::now()) } else { deadline };
        let result = self.poller.wait(events, deadline);
        self.asleep.store(false, Ordering::SeqCst);
        result
    }
}

/// The sockets of the standard library: each keeps its descriptor open, and the same one, until it is dropped.
pub trait Socket: sealed::Sealed {}

impl<S: sealed::Sealed> Socket for S {}

mod sealed {
    pub trait Sealed: super::system::Source {}
    impl Sealed for std::net::TcpListener {}
    impl Sealed for std::net::TcpStream {}
    impl Sealed for std::net::UdpSocket {}
}

/// A socket that a reactor watches. Dropping it ends that.
pub struct Watched<S: Socket> {
    source: S,
    reactor: Arc<Reactor>,
    interest: (bool, bool),
}

impl<S: Socket> Watched<S> {
    /// Watches `source` for input, reported with `key` for as long as there is some.
    ///
    /// # Errors
    ///
    /// The poller does not take it.
    pub fn new(reactor: &Arc<Reactor>, source: S, key: usize) -> io::Result<Self> {
        reactor.poller.add(&source, Event { key, readable: true, writable: false })?;
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
        self.reactor.poller.modify(&self.source, Event { key, readable, writable })
    }
}

impl<S: Socket> Deref for Watched<S> {
    type Target = S;
    fn deref(&self) -> &S {
        &self.source
    }
}

impl<S: Socket> Drop for Watched<S> {
    fn drop(&mut self) {
        self.reactor.poller.delete(&self.source);
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use super::*;

    /// Longer than any machine keeps a test waiting for what has happened already.
    const LONG: Duration = Duration::from_secs(60);

    fn reactor() -> (Arc<Reactor>, Events) {
        (Reactor::new().expect("a poller can be had"), Events::new())
    }

    fn sockets() -> (UdpSocket, UdpSocket) {
        let bind = || UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let (near, far) = (bind(), bind());
        near.connect(far.local_addr().expect("bound")).expect("a port of this machine");
        (near, far)
    }

    #[test]
    fn a_moment_is_never_awaited_too_short() {
        let (reactor, mut events) = reactor();
        for micros in [0, 1, 300, 1_000, 2_700] {
            let deadline = Instant::now() + Duration::from_micros(micros);
            while Instant::now() < deadline {
                reactor.wait(&mut events, Some(deadline), || false).expect("it can wait");
                assert_eq!(events.iter().count(), 0);
            }
        }
    }

    #[test]
    fn the_bell_ends_a_sleep_and_each_sleep_anew() {
        let (reactor, mut events) = reactor();
        for _ in 0..100 {
            let other = Arc::clone(&reactor);
            let ringer = std::thread::spawn(move || {
                while !other.asleep.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                other.ring();
            });
            let began = Instant::now();
            reactor.wait(&mut events, Some(began + LONG), || false).expect("it can wait");
            assert!(began.elapsed() < LONG, "the bell was not heard");
            assert_eq!(events.iter().count(), 0, "the bell is no source");
            ringer.join().expect("the ringer does not panic");
        }
    }

    #[test]
    fn a_source_is_reported_for_as_long_as_it_is_ready_and_no_longer() {
        let (reactor, mut events) = reactor();
        let (near, far) = sockets();
        let mut watched = Watched::new(&reactor, far, 7).expect("it can be watched");
        near.send(b"x").expect("a port of this machine");
        let readable = Event { key: 7, readable: true, writable: false };
        for _ in 0..2 {
            reactor.wait(&mut events, Some(Instant::now() + LONG), || false).expect("it can wait");
            assert_eq!(events.iter().collect::<Vec<_>>(), [readable]);
        }
        assert_eq!(watched.recv(&mut [0; 10]).expect("it is there"), 1);
        reactor.wait(&mut events, None, || true).expect("it does not wait");
        assert_eq!(events.iter().count(), 0);
        watched.watch_writable(7, true).expect("it can be watched");
        reactor.wait(&mut events, None, || false).expect("it can wait");
        assert_eq!(events.iter().collect::<Vec<_>>(), [Event { key: 7, readable: false, writable: true }]);
        drop(watched);
        reactor.wait(&mut events, None, || true).expect("it does not wait");
        assert_eq!(events.iter().count(), 0);
    }
}
