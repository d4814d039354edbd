//! The primitives of synchronisation under `pipe` and `signal`. `rust/model` puts those of a model checker in this module's place and compiles the
//! same files.

pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
}
