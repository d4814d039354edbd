//! A panic in a native method on purpose, for a test of the Java side that tries every one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// One load is all that a call costs while no trap is set.
static IS_SET: AtomicBool = AtomicBool::new(false);
static METHOD: Mutex<String> = Mutex::new(String::new());

/// The next call of `method` panics.
pub(crate) fn set(method: &str) {
    method.clone_into(&mut METHOD.lock().unwrap_or_else(PoisonError::into_inner));
    IS_SET.store(true, Ordering::Release);
}

/// Panics, once, if a trap is set for `method`.
#[expect(clippy::panic, reason = "this is what it is for")]
pub(crate) fn spring(method: &str) {
    if IS_SET.load(Ordering::Relaxed) {
        let is_it = *METHOD.lock().unwrap_or_else(PoisonError::into_inner) == method;
        if is_it && IS_SET.swap(false, Ordering::AcqRel) {
            panic!("on purpose in {method}");
        }
    }
}
