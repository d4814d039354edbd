//! Time, and the right to be on time.

use std::io;
use std::time::{Duration, Instant};

use faspstream_netem::Time;

/// Moments of the emulation, counted from the creation of the clock. Copies agree with each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonotonicClock {
    epoch: Instant,
}

impl MonotonicClock {
    pub(crate) fn new() -> Self {
        Self { epoch: Instant::now() }
    }

    pub(crate) fn now(self) -> Time {
        Time::ZERO + self.epoch.elapsed()
    }
}

/// Who goes first among threads in SCHED_FIFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A thread that measures.
    Probe = 5,
    /// A thread that plays the network.
    Emulator = 10,
}

/// Puts the calling thread into SCHED_FIFO, so that it runs as soon as it has something to do, and makes its timers exact. False if
/// SCHED_FIFO is not granted.
pub(crate) fn hurry(urgency: Urgency) -> bool {
    exact_timers();
    let parameters = libc::sched_param { sched_priority: urgency as libc::c_int };
    // SAFETY: 0 means the calling thread; the pointer is to a live local.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &parameters) == 0 }
}

/// Makes the timers of the calling thread exact to a nanosecond; by default they may be 50 us late. Threads in SCHED_FIFO have exact
/// timers anyway.
fn exact_timers() {
    // SAFETY: PR_SET_TIMERSLACK takes one number and changes nothing else. A refusal only makes timers later.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1 as libc::c_ulong) };
}

/// CPU time that the calling thread has used.
pub(crate) fn cpu_time_of_thread() -> io::Result<Duration> {
    cpu_time(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time that all threads of a process have used so far, those that have ended included, to a nanosecond (clock_getcpuclockid(3)).
pub fn cpu_time_of_process(process: u32) -> io::Result<Duration> {
    let (process, mut clock) = (libc::pid_t::try_from(process).map_err(io::Error::other)?, 0);
    // SAFETY: the pointer is to a live local.
    match unsafe { libc::clock_getcpuclockid(process, &mut clock) } {
        0 => cpu_time(clock),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

fn cpu_time(clock: libc::clockid_t) -> io::Result<Duration> {
    let mut spent = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live local.
    super::checked(unsafe { libc::clock_gettime(clock, &mut spent) })?;
    Ok(Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap_or(0)))
}
