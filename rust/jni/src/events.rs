//! What the engine's threads tell the one Java thread that polls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use faspstream::{Listener, Ready};

/// The queue. Each doorbell is in it at most once, so it is bounded by the number of handles.
pub(crate) struct Events {
    sender: Sender<Message>,
    receiver: Receiver<Message>,
    woken: AtomicBool,
}

enum Message {
    Rung(Arc<Doorbell>),
    Wake,
}

/// The listener of one handle: gathers readiness until the poller takes it.
pub(crate) struct Doorbell {
    handle: i64,
    pending: AtomicU32,
    sender: Sender<Message>,
    me: std::sync::Weak<Doorbell>,
}

impl Listener for Doorbell {
    fn on_ready(&self, what: Ready) {
        self.ring(what.bits());
    }
}

/// The bit, beside those of [`Ready`], that tells that a client or server is closed and its ports are free.
pub(crate) const GONE: u32 = 1 << 16;

/// The bit that tells that a server's authenticator is asked.
pub(crate) const ASKED: u32 = 1 << 17;

impl Doorbell {
    /// Tells the poller of `bits`.
    pub(crate) fn ring(&self, bits: u32) {
        let before = self.pending.fetch_or(bits, Ordering::AcqRel);
        if before == 0
            && bits != 0
            && let Some(me) = self.me.upgrade()
        {
            // The receiver lives as long as the process.
            let _ = self.sender.send(Message::Rung(me));
        }
    }
}

impl Events {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        let (sender, receiver) = unbounded();
        Self { sender, receiver, woken: AtomicBool::new(false) }
    }

    /// A listener that reports for `handle`.
    pub(crate) fn doorbell(&self, handle: i64) -> Arc<Doorbell> {
        Arc::new_cyclic(|me| Doorbell {
            handle,
            pending: AtomicU32::new(0),
            sender: self.sender.clone(),
            me: me.clone(),
        })
    }

    /// Ends the poll that runs, or the next one, at once.
    pub(crate) fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            let _ = self.sender.send(Message::Wake);
        }
    }

    /// Waits up to `wait` for the first event, then takes what is there: pairs of handle and bits, at most `most`.
    pub(crate) fn poll(&self, most: usize, wait: Duration) -> Vec<(i64, u32)> {
        let mut events = Vec::new();
        let mut next = self.receiver.recv_timeout(wait).ok();
        while let Some(message) = next {
            match message {
                Message::Wake => self.woken.store(false, Ordering::Release),
                Message::Rung(bell) => events.push((bell.handle, bell.pending.swap(0, Ordering::AcqRel))),
            }
            next = if events.len() < most { self.receiver.try_recv().ok() } else { None };
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_of_one_handle_become_one_event_until_it_is_taken() {
        let events = Events::new();
        let (a, b) = (events.doorbell(1), events.doorbell(2));
        a.on_ready(Ready::READABLE);
        b.on_ready(Ready::ACCEPT);
        a.on_ready(Ready::ENDED);
        a.on_ready(Ready::NONE);
        let both = (Ready::READABLE | Ready::ENDED).bits();
        assert_eq!(events.poll(8, Duration::ZERO), [(1, both), (2, Ready::ACCEPT.bits())]);
        a.on_ready(Ready::READABLE);
        assert_eq!(events.poll(8, Duration::ZERO), [(1, Ready::READABLE.bits())]);
        assert!(events.poll(8, Duration::ZERO).is_empty());
    }

    #[test]
    fn a_poll_takes_no_more_than_it_has_room_for_and_loses_nothing() {
        let events = Events::new();
        let bells: Vec<_> = (0..5).map(|handle| events.doorbell(handle)).collect();
        bells.iter().for_each(|bell| bell.on_ready(Ready::WRITABLE));
        let sizes: Vec<_> = (0..3).map(|_| events.poll(2, Duration::ZERO).len()).collect();
        assert_eq!(sizes, [2, 2, 1]);
    }

    #[test]
    fn a_wake_ends_a_poll_that_would_wait_for_long() {
        let events = Arc::new(Events::new());
        let other = Arc::clone(&events);
        let poller = std::thread::spawn(move || other.poll(1, Duration::from_secs(3_600)));
        events.wake();
        assert!(poller.join().expect("the poller did not panic").is_empty());
        events.wake();
        assert!(events.poll(1, Duration::from_secs(3_600)).is_empty());
    }
}
