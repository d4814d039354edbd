//! Waking those who wait and telling those who listen.

use std::sync::{Arc, PoisonError, RwLock};

use crate::api::listener::{Listener, Ready};
use crate::signal::Signal;

/// What a server, a client and a session have in common: threads that wait, and one listener.
#[derive(Default)]
pub(crate) struct Notice {
    pub(crate) signal: Signal,
    listener: RwLock<Option<Arc<dyn Listener>>>,
}

impl Notice {
    /// Wakes who waits and tells the listener. Not to be called with a lock held.
    pub(crate) fn notify(&self, what: Ready) {
        self.signal.notify();
        let listener = self.listener.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener.on_ready(what);
        }
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
