//! Messages to an engine thread.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use faspstream_os::Reactor;

/// Where other threads put messages for an engine thread; sending never waits.
pub(crate) struct Mailbox<T> {
    queue: Sender<T>,
    reactor: Arc<Reactor>,
}

impl<T> Mailbox<T> {
    /// A mailbox for the thread that waits on `reactor`, and that thread's end of it.
    pub(crate) fn new(reactor: &Arc<Reactor>) -> (Self, Receiver<T>) {
        let (queue, inbox) = crossbeam_channel::unbounded();
        (Self { queue, reactor: Arc::clone(reactor) }, inbox)
    }

    /// Delivers a message and wakes the thread if it sleeps. A thread that has ended needs no messages.
    pub(crate) fn send(&self, message: T) {
        if self.queue.send(message).is_ok() {
            self.reactor.ring();
        }
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), reactor: Arc::clone(&self.reactor) }
    }
}
