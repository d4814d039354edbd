//! Waiting for many objects at once, behind one descriptor.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use faspstream::{Error, ErrorCode, Listener, Ready};

use crate::constants::fasp_result;
use crate::failure::{Failure, Result, guarded};
use crate::handles::{self, Entry, fasp_poller};
use crate::place::{present, put};
use crate::wakeup::Wakeup;

/// What has become possible at one object.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct fasp_event {
    /// The server, client or session.
    pub handle: i64,
    /// What was said to `fasp_poller_watch`.
    pub user: u64,
    /// Bits of `fasp_ready`.
    pub ready: u32,
    /// 0.
    pub reserved: u32,
}

/// The objects that have something to tell. Each bell is in the queue at most once, so it is bounded by the number of handles.
pub(crate) struct Poller {
    queue: Mutex<VecDeque<Arc<Bell>>>,
    wakeup: Wakeup,
    closed: AtomicBool,
}

/// The listener of one object: gathers readiness until it is taken.
struct Bell {
    handle: i64,
    user: u64,
    pending: AtomicU32,
    poller: Weak<Poller>,
    me: Weak<Self>,
}

impl Listener for Bell {
    fn on_ready(&self, what: Ready) {
        let before = self.pending.fetch_or(what.bits(), Ordering::AcqRel);
        if before != 0 || what.is_empty() {
            return;
        }
        if let (Some(poller), Some(me)) = (self.poller.upgrade(), self.me.upgrade()) {
            let mut queue = poller.queue();
            queue.push_back(me);
            poller.wakeup.set();
        }
    }
}

impl Poller {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Arc<Bell>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bell(self: &Arc<Self>, handle: i64, user: u64) -> Arc<Bell> {
        let poller = Arc::downgrade(self);
        Arc::new_cyclic(|me| Bell { handle, user, pending: AtomicU32::new(0), poller, me: Weak::clone(me) })
    }

    /// What waits, at most `most`.
    fn take(&self, most: usize) -> Vec<fasp_event> {
        let mut queue = self.queue();
        let bells: Vec<_> = (0..most).map_while(|_| queue.pop_front()).collect();
        if queue.is_empty() && !self.closed.load(Ordering::Acquire) {
            self.wakeup.clear();
        }
        drop(queue);
        let event = |bell: Arc<Bell>| {
            let ready = bell.pending.swap(0, Ordering::AcqRel);
            fasp_event { handle: bell.handle, user: bell.user, ready, reserved: 0 }
        };
        bells.into_iter().map(event).collect()
    }

    fn wait(&self, most: usize, timeout_ms: i64) -> Result<Vec<fasp_event>> {
        let deadline = deadline(timeout_ms);
        loop {
            let events = self.take(most);
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if self.closed.load(Ordering::Acquire) {
                return Err(Failure::Stale("poller"));
            }
            if !events.is_empty() {
                return Ok(events);
            }
            if left.is_some_and(|left| left.is_zero()) {
                return Err(Failure::Again);
            }
            // Rounded up, so that the wait does not end before its time and turn round.
            let millis = left.map_or(-1, |left| i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX));
            self.wakeup.wait(millis);
        }
    }
}

/// The moment at which a wait of `timeout_ms` milliseconds ends; None for those that never do.
pub(crate) fn deadline(timeout_ms: i64) -> Option<Instant> {
    let wait = Duration::from_millis(u64::try_from(timeout_ms).ok()?);
    Instant::now().checked_add(wait)
}

/// Makes a poller. To be closed with `fasp_poller_close`.
///
/// # Safety
/// `poller` points to a place for a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_poller_new(poller: *mut fasp_poller) -> fasp_result {
    guarded(|| {
        present("poller", poller)?;
        let wakeup =
            Wakeup::new().map_err(|e| Error::new(ErrorCode::Io, format!("a wake-up descriptor: {e}")))?;
        let made = Arc::new(Poller { queue: Mutex::default(), wakeup, closed: AtomicBool::new(false) });
        // SAFETY: the caller's promise.
        unsafe { put("poller", poller, handles::adopt(Entry::Poller(made))) }
    })
}

/// The wake-up descriptor: readable while `fasp_poller_wait` has something to give. For poll, select, epoll or kqueue; it belongs to the
/// poller and must not be read, written or closed.
///
/// # Safety
/// `descriptor` points to a place for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_poller_descriptor(poller: fasp_poller, descriptor: *mut i32) -> fasp_result {
    // SAFETY: the caller's promise.
    guarded(|| unsafe { put("descriptor", descriptor, handles::poller(poller)?.wakeup.descriptor()) })
}

/// Has the poller report what becomes possible at a server, client or session, beginning with what is possible already. An object
/// reports to one poller, the last that was named. Reports are edges: READABLE comes once after a read that gave FASP_AGAIN, WRITABLE
/// once after a write that did. `user` comes back with every event.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_poller_watch(poller: fasp_poller, object: i64, user: u64) -> fasp_result {
    guarded(|| handles::listen(object, handles::poller(poller)?.bell(object, user)))
}

/// Waits up to `timeout_ms` milliseconds (negative: for ever, 0: not at all) for the first event and takes at most `capacity` events. FASP_AGAIN
/// if there was none in time. An event of an object that was closed meanwhile may still come.
///
/// # Safety
/// `events` has room for `capacity` events, `count` for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_poller_wait(
    poller: fasp_poller,
    events: *mut fasp_event,
    capacity: usize,
    timeout_ms: i64,
    count: *mut usize,
) -> fasp_result {
    guarded(|| {
        present("events", events)?;
        // SAFETY: the caller's promise.
        unsafe { put("count", count, 0)? };
        if capacity == 0 {
            return Err(Failure::Invalid("capacity is 0, allowed is 1 or more".to_owned()));
        }
        let found = handles::poller(poller)?.wait(capacity, timeout_ms)?;
        // SAFETY: there is room for `capacity` events, and no more were taken.
        unsafe { core::ptr::copy_nonoverlapping(found.as_ptr(), events, found.len()) };
        // SAFETY: the caller's promise.
        unsafe { put("count", count, found.len()) }
    })
}

/// Ends a poller: a wait that runs ends with FASP_CLOSED, what it watched goes on unwatched, its descriptor is closed.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_poller_close(poller: fasp_poller) -> fasp_result {
    guarded(|| {
        let poller = handles::remove_poller(poller)?;
        poller.closed.store(true, Ordering::Release);
        poller.wakeup.set();
        Ok(())
    })
}
