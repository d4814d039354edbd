//! What applications are to hear: that they can write or read again.
//!
//! Waking a thread costs more than most of what it is woken for, and in a crowd one thread of the application often looks after many
//! sessions. So it hears of several at once: it finds the others when it comes for more, and need not be woken for them.

use std::sync::Arc;

use crate::api::listener::Ready;
use crate::shared::{Pipe, SessionShared};

/// Nobody waits until more than this many sessions were served, some 100 microseconds.
const BATCH: usize = 4;

/// Sessions whose applications are to be told.
#[derive(Default)]
pub(super) struct News {
    pending: Vec<Arc<SessionShared>>,
}

impl News {
    /// The application of this session can go on. It is told now or with the next call of [`tell`](Self::tell).
    pub(super) fn add(&mut self, shared: &Arc<SessionShared>) {
        self.pending.push(Arc::clone(shared));
        if self.pending.len() == BATCH {
            self.tell();
        }
    }

    /// Tells everybody.
    pub(super) fn tell(&mut self) {
        for shared in self.pending.drain(..) {
            shared.notify(match shared.pipe {
                Pipe::Send(_) => Ready::WRITABLE,
                Pipe::Recv(_) => Ready::READABLE,
            });
        }
    }
}
