//! Processes: rights, signals, leaving the terminal.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// True if this process has the rights of root.
pub(crate) fn is_root() -> bool {
    // SAFETY: geteuid takes nothing and never fails.
    unsafe { libc::geteuid() == 0 }
}

/// Makes `command` a session of its own, which a closed terminal or Ctrl-C does not reach.
pub(crate) fn detach(command: &mut Command) -> &mut Command {
    // SAFETY: between fork and exec only setsid is called, which is async-signal-safe.
    unsafe { command.pre_exec(|| super::checked(libc::setsid()).map(|_| ())) }
}

/// Makes `command` end when the thread that started it ends, so that a crash leaves no children behind.
pub(crate) fn die_with_parent(command: &mut Command) -> &mut Command {
    // SAFETY: between fork and exec only prctl is called, which is a bare system call.
    unsafe {
        command.pre_exec(|| {
            let signal = libc::SIGKILL as libc::c_ulong;
            super::checked(libc::prctl(libc::PR_SET_PDEATHSIG, signal)).map(|_| ())
        })
    }
}

/// Sends SIGTERM, or SIGKILL if `hard`, to the process `pid`.
pub(crate) fn kill(pid: u32, hard: bool) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: kill takes no pointers.
    super::checked(unsafe { libc::kill(pid, if hard { libc::SIGKILL } else { libc::SIGTERM }) }).map(|_| ())
}

/// The signals that ask a program to end.
const END_SIGNALS: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

fn end_signals() -> libc::sigset_t {
    // SAFETY: a zeroed sigset_t is valid memory for sigemptyset, which initialises it; the pointers are to a live local.
    unsafe {
        let mut set: libc::sigset_t = core::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in END_SIGNALS {
            libc::sigaddset(&mut set, signal);
        }
        set
    }
}

/// Blocks the signals that ask to end, for this thread and those that it starts later: they wait for [`wait_for_end_signal`].
pub(crate) fn end_signals_are_blocked() -> io::Result<()> {
    let set = end_signals();
    // SAFETY: the set is live and initialised; the old mask is not asked for.
    match unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, core::ptr::null_mut()) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Waits for a signal that asks to end.
pub(crate) fn wait_for_end_signal() -> io::Result<()> {
    let set = end_signals();
    let mut signal = 0;
    // SAFETY: both pointers are to live locals.
    match unsafe { libc::sigwait(&set, &mut signal) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
