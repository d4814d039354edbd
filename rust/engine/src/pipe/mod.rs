//! What lies between the threads of the application and the driver: bytes on their way, bounded, and handed over by reference.

mod recv;
mod send;

pub(crate) use recv::RecvPipe;
pub(crate) use send::{Batch, Put, SendPipe};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks whatever a panic elsewhere has left: the states behind these locks are valid between any two statements.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
