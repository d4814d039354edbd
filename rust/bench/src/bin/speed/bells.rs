//! Which of many sessions can go on, told by the engine's threads to the one that drives them all.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Indexes that were rung, handed over all at once: the driving thread takes the lock once for all that has come meanwhile.
#[derive(Default)]
pub(crate) struct Bells {
    rung: Mutex<VecDeque<usize>>,
    wake: Condvar,
}

impl Bells {
    /// Session `index` can go on.
    pub(crate) fn ring(&self, index: usize) {
        let mut rung = self.lock();
        let was_empty = rung.is_empty();
        rung.push_back(index);
        drop(rung);
        if was_empty {
            self.wake.notify_one();
        }
    }

    /// The first of `taken`; if there is none, all that was rung is taken first, waiting for it no longer than `patience`.
    pub(crate) fn next(&self, taken: &mut VecDeque<usize>, patience: Duration) -> Option<usize> {
        if taken.is_empty() {
            let waited = self.wake.wait_timeout_while(self.lock(), patience, |rung| rung.is_empty());
            let mut rung = waited.unwrap_or_else(PoisonError::into_inner).0;
            core::mem::swap(&mut *rung, taken);
        }
        taken.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
