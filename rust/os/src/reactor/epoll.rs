//! The poller of Linux, where a sleep is one system call: epoll with a deadline in nanoseconds, and a bell that is never read.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::Event;

/// What can be watched.
pub trait Source: AsFd {}

impl<S: AsFd> Source for S {}

/// The bell's key: no source has it.
const BELL: u64 = u64::MAX;
/// Events that one wait gives; the others come with the next.
const EVENTS: usize = 256;

/// Watches sources.
pub(super) struct Poller {
    epoll: OwnedFd,
    /// Reported once for each time that it is written to, so that nobody has to read it.
    bell: OwnedFd,
    /// The system knows `epoll_pwait2` (Linux 5.11), or was not asked yet.
    is_exact: AtomicBool,
}

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &bell, EventData::new_u64(BELL), EventFlags::IN | EventFlags::ET)?;
        Ok(Self { epoll, bell, is_exact: AtomicBool::new(true) })
    }

    /// Ends the present wait, or the next.
    pub(super) fn ring(&self) {
        // Its counter is full after 2^64 rings.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }

    pub(super) fn add(&self, source: &impl Source, interest: Event) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, source, EventData::new_u64(interest.key as u64), flags(interest))?)
    }

    pub(super) fn modify(&self, source: &impl Source, interest: Event) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, source, EventData::new_u64(interest.key as u64), flags(interest))?)
    }

    pub(super) fn delete(&self, source: &impl Source) {
        // A source that the poller does not know any more needs no deletion.
        let _ = epoll::delete(&self.epoll, source);
    }

    /// Waits; the end of a wait by a signal is one without events.
    pub(super) fn wait(&self, events: &mut Events, deadline: Option<Instant>) -> io::Result<()> {
        events.count = 0;
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let found = match left {
            Some(left) if !left.is_zero() => self.wait_for(events, left),
            Some(_) => epoll::wait(&self.epoll, &mut *events.list, Some(&Timespec::default())),
            None => epoll::wait(&self.epoll, &mut *events.list, None),
        };
        match found {
            Ok(count) => events.count = count,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn wait_for(&self, events: &mut Events, left: Duration) -> Result<usize, Errno> {
        if self.is_exact.load(Ordering::Relaxed) {
            match self.wait_exactly(events, left) {
                // Some filters of system calls forbid what they do not know.
                Err(Errno::NOSYS | Errno::PERM) => self.is_exact.store(false, Ordering::Relaxed),
                done => return done,
            }
        }
        let mut all = [PollFd::new(&self.epoll, PollFlags::IN)];
        poll(&mut all, Some(&Timespec::try_from(left).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 })))?;
        epoll::wait(&self.epoll, &mut *events.list, Some(&Timespec::default()))
    }

    /// `epoll_pwait2`, which neither every C library has nor `rustix` where older kernels are to do too.
    fn wait_exactly(&self, events: &mut Events, left: Duration) -> Result<usize, Errno> {
        /// `struct __kernel_timespec`.
        #[repr(C)]
        struct KernelTimespec {
            seconds: i64,
            nanos: i64,
        }

        let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
        let timeout = KernelTimespec { seconds, nanos: i64::from(left.subsec_nanos()) };
        #[expect(
            unsafe_code,
            reason = "no safe wrapper has this system call where older kernels are to do too"
        )]
        // SAFETY: the descriptor is open, `list` is writable for the number of events that is told (their type has the kernel's layout),
        // the time is readable, both outlive the call, and without a mask of signals its length is not looked at.
        let found = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.epoll.as_raw_fd(),
                events.list.as_mut_ptr(),
                EVENTS as libc::c_int,
                &raw const timeout,
                core::ptr::null::<libc::sigset_t>(),
                0usize,
            )
        };
        usize::try_from(found)
            .map_err(|_| Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO))
    }
}

fn flags(interest: Event) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, interest.readable);
    flags.set(EventFlags::OUT, interest.writable);
    flags
}

/// What one wait has found.
pub struct Events {
    list: Box<[epoll::Event; EVENTS]>,
    count: usize,
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Events {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        let none = epoll::Event { flags: EventFlags::empty(), data: EventData::new_u64(BELL) };
        Self { list: Box::new([none; EVENTS]), count: 0 }
    }

    /// Errors and the end of a connection are both readable and writable: whoever tries hears of them.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        let sources = self.list[..self.count].iter().filter(|event| event.data.u64() != BELL);
        sources.map(|event| {
            let (flags, data) = (event.flags, event.data);
            Event {
                key: data.u64() as usize,
                readable: flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR),
                writable: flags.intersects(EventFlags::OUT | EventFlags::HUP | EventFlags::ERR),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_without_the_exact_call_waits_as_long_and_hears_the_bell() {
        let poller = Poller::new().expect("a poller can be had");
        poller.is_exact.store(false, Ordering::Relaxed);
        let mut events = Events::new();
        let deadline = Instant::now() + Duration::from_micros(2_500);
        while Instant::now() < deadline {
            poller.wait(&mut events, Some(deadline)).expect("it can wait");
            assert_eq!(events.count, 0);
        }
        poller.ring();
        let long = Duration::from_secs(60);
        poller.wait(&mut events, Some(Instant::now() + long)).expect("it can wait");
        assert_eq!((events.count, events.iter().count()), (1, 0), "the bell, which is no source");
        assert!(deadline.elapsed() < long);
    }
}
