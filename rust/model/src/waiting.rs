//! The event count that calls wait at.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use crate::explore;
use crate::signal::Signal;

/// Whoever waits for a change is woken by it, whenever it comes: two changes by two threads, two who wait for one each.
pub fn waiter_is_woken() {
    explore(|| {
        let shared = Arc::new((Signal::default(), AtomicBool::new(false), AtomicBool::new(false)));
        let other = Arc::clone(&shared);
        let setter = thread::spawn(move || {
            other.1.store(true, Ordering::SeqCst);
            other.0.notify();
            other.2.store(true, Ordering::SeqCst);
            other.0.notify();
        });
        let other = Arc::clone(&shared);
        let waiter =
            thread::spawn(move || other.0.wait_until(None, || other.2.load(Ordering::SeqCst).then_some(())));
        assert!(shared.0.wait_until(None, || shared.1.load(Ordering::SeqCst).then_some(())).is_some());
        setter.join().expect("it does not panic");
        assert!(waiter.join().expect("it does not panic").is_some());
    });
}

/// Whoever waits for the next change finds what is there already, or is woken by what comes.
pub fn one_who_waits_once_is_woken() {
    explore(|| {
        let shared = Arc::new((Signal::default(), AtomicBool::new(false)));
        let other = Arc::clone(&shared);
        let setter = thread::spawn(move || {
            other.1.store(true, Ordering::SeqCst);
            other.0.notify();
        });
        assert!(shared.0.wait_once(None, || shared.1.load(Ordering::SeqCst)));
        assert!(shared.1.load(Ordering::SeqCst), "woken by the change and by nothing else");
        setter.join().expect("it does not panic");
    });
}
