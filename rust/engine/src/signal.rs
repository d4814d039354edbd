//! Waiting for a condition that other threads make true.

use std::sync::PoisonError;
use std::time::Instant;

use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Condvar, Mutex};

/// An event count: waking costs one atomic addition while nobody waits.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    generation: AtomicU64,
    waiters: AtomicUsize,
    gate: Mutex<()>,
    wake: Condvar,
}

impl Signal {
    /// Something has changed: every waiter looks at its condition again.
    pub(crate) fn notify(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        if self.waiters.load(Ordering::SeqCst) > 0 {
            // Taking the lock orders this call behind a waiter that has looked but does not sleep yet.
            drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }

    /// Waits until `look` gives something, or gives None once `deadline` has passed; without a deadline it waits for ever.
    pub(crate) fn wait_until<T>(
        &self,
        deadline: Option<Instant>,
        mut look: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        if let Some(found) = look() {
            return Some(found);
        }
        self.waiters.fetch_add(1, Ordering::SeqCst);
        let found = self.wait_counted(deadline, &mut look);
        self.waiters.fetch_sub(1, Ordering::SeqCst);
        found
    }

    /// Waits until somebody is notified, unless `look` finds something before; false once `deadline` has passed, if there is one.
    pub(crate) fn wait_once(&self, deadline: Option<Instant>, look: impl FnOnce() -> bool) -> bool {
        self.waiters.fetch_add(1, Ordering::SeqCst);
        let seen = self.generation.load(Ordering::SeqCst);
        let found = look() || self.sleep(seen, deadline);
        self.waiters.fetch_sub(1, Ordering::SeqCst);
        found
    }

    fn wait_counted<T>(&self, deadline: Option<Instant>, look: &mut impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            let seen = self.generation.load(Ordering::SeqCst);
            if let Some(found) = look() {
                return Some(found);
            }
            if !self.sleep(seen, deadline) {
                return None;
            }
        }
    }

    /// Sleeps until somebody is notified after generation `seen`; false once `deadline` has passed.
    fn sleep(&self, seen: u64, deadline: Option<Instant>) -> bool {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        while self.generation.load(Ordering::SeqCst) == seen {
            let Some(deadline) = deadline else {
                gate = self.wake.wait(gate).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            gate = self.wake.wait_timeout(gate, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_waiter_never_misses_the_change_it_waits_for() {
        let shared = Arc::new((Signal::default(), AtomicU32::new(0)));
        let other = Arc::clone(&shared);
        let setter = std::thread::spawn(move || {
            for _ in 0..10_000 {
                other.1.fetch_add(1, Ordering::SeqCst);
                other.0.notify();
            }
        });
        for goal in 1..=10_000 {
            let done = shared.0.wait_until(None, || (shared.1.load(Ordering::SeqCst) >= goal).then_some(()));
            assert_eq!(done, Some(()));
        }
        setter.join().expect("the setter does not panic");
    }

    #[test]
    fn a_deadline_ends_the_wait() {
        let deadline = Instant::now() + Duration::from_millis(5);
        assert_eq!(Signal::default().wait_until(Some(deadline), || None::<()>), None);
        assert!(Instant::now() >= deadline);
    }
}
