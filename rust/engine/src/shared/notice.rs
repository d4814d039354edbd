//! Waking those who wait and telling those who listen.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use crate::api::listener::{Listener, Ready};
use crate::signal::Signal;

/// What a server, a client and a session have in common: threads that wait, and one listener.
#[derive(Default)]
pub(crate) struct Notice {
    pub(crate) signal: Signal,
    listener: RwLock<Option<Arc<dyn Listener>>>,
    /// Threads that wait in the listener's place.
    resting: AtomicUsize,
}

impl Notice {
    /// Wakes who waits and tells the listener, unless somebody waits in its place. Not to be called with a lock held.
    pub(crate) fn notify(&self, what: Ready) {
        // Before the signal: who gives up meanwhile looks again, and finds what this is about.
        let is_heard = what.is_data() && self.resting.load(Ordering::SeqCst) > 0;
        self.signal.notify();
        if is_heard {
            return;
        }
        let listener = self.listener.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener.on_ready(what);
        }
    }

    /// Waits in the listener's place for the next notification, unless `look` finds something before; false once `deadline` has passed.
    pub(crate) fn rest(&self, deadline: Instant, look: impl FnOnce() -> bool) -> bool {
        self.resting.fetch_add(1, Ordering::SeqCst);
        let found = self.signal.wait_once(Some(deadline), look);
        self.resting.fetch_sub(1, Ordering::SeqCst);
        found
    }

    /// Puts `listener` in the place of an earlier one and tells it what is possible already.
    pub(crate) fn listen(&self, listener: Arc<dyn Listener>, ready: impl FnOnce() -> Ready) {
        *self.listener.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&listener));
        let ready = ready();
        if !ready.is_empty() {
            listener.on_ready(ready);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<u32>>);

    impl Listener for Heard {
        fn on_ready(&self, what: Ready) {
            self.0.lock().expect("no test panics with it").push(what.bits());
        }
    }

    /// Somebody rests while each of `told` is notified, one after the other; whether each was found, and what the listener heard.
    fn rests(told: &[Ready]) -> (Vec<bool>, Vec<u32>) {
        let (notice, heard) = (Arc::new(Notice::default()), Arc::new(Heard::default()));
        notice.listen(Arc::<Heard>::clone(&heard), || Ready::NONE);
        let found = told.iter().map(|what| {
            let (looked, other) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&notice));
            let looks = Arc::clone(&looked);
            let rester = std::thread::spawn(move || {
                other.rest(Instant::now() + Duration::from_secs(60), || {
                    looks.store(1, Ordering::SeqCst);
                    false
                })
            });
            while looked.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            notice.notify(*what);
            rester.join().expect("the rester does not panic")
        });
        let found = found.collect();
        let heard = heard.0.lock().expect("no test panics with it").clone();
        (found, heard)
    }

    #[test]
    fn who_rests_hears_of_bytes_in_the_place_of_the_listener() {
        let data = [Ready::READABLE, Ready::WRITABLE, Ready::READABLE | Ready::WRITABLE];
        assert_eq!(rests(&data), (vec![true; 3], vec![]));
    }

    #[test]
    fn the_listener_hears_of_everything_else_and_of_bytes_when_nobody_rests() {
        let ended = Ready::READABLE | Ready::ENDED;
        assert_eq!(rests(&[Ready::ENDED, ended]), (vec![true; 2], vec![Ready::ENDED.bits(), ended.bits()]));
        let (notice, heard) = (Notice::default(), Arc::new(Heard::default()));
        notice.listen(Arc::<Heard>::clone(&heard), || Ready::NONE);
        assert!(!notice.rest(Instant::now(), || false));
        assert!(notice.rest(Instant::now(), || true));
        notice.notify(Ready::READABLE);
        assert_eq!(*heard.0.lock().expect("no test panics with it"), [Ready::READABLE.bits()]);
    }
}
