//! The poller of systems other than Linux: what the `polling` crate has for them.

use std::io;
use std::time::Instant;

use polling::{AsRawSource, AsSource, PollMode};

use super::Event;

/// What can be watched.
pub trait Source {
    /// Registers it.
    ///
    /// # Errors
    ///
    /// The poller does not take it.
    fn add(&self, poller: &polling::Poller, interest: polling::Event) -> io::Result<()>;
    /// Changes what is reported of it.
    ///
    /// # Errors
    ///
    /// What the poller says.
    fn modify(&self, poller: &polling::Poller, interest: polling::Event) -> io::Result<()>;
    /// Forgets it.
    fn delete(&self, poller: &polling::Poller);
}

impl<S> Source for S
where
    for<'a> &'a S: AsSource + AsRawSource,
{
    fn add(&self, poller: &polling::Poller, interest: polling::Event) -> io::Result<()> {
        // SAFETY: the source must be deleted from the poller before it is dropped. `Watched`, which alone calls this, does so before
        // its field `source` is dropped, `source` can't be moved out, and a `Watched` that is forgotten never drops it. What is
        // deleted is what was added: a `Socket` keeps its descriptor.
        unsafe { poller.add_with_mode(self, interest, PollMode::Level) }
    }

    fn modify(&self, poller: &polling::Poller, interest: polling::Event) -> io::Result<()> {
        poller.modify_with_mode(self, interest, PollMode::Level)
    }

    fn delete(&self, poller: &polling::Poller) {
        // A source that the poller does not know any more needs no deletion.
        let _ = poller.delete(self);
    }
}

/// Watches sources.
pub(super) struct Poller(polling::Poller);

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(polling::Poller::new()?))
    }

    /// Ends the present wait, or the next.
    pub(super) fn ring(&self) {
        // Fails only if the poller is gone, and then nobody sleeps there.
        let _ = self.0.notify();
    }

    pub(super) fn add(&self, source: &impl Source, interest: Event) -> io::Result<()> {
        source.add(&self.0, spelled(interest))
    }

    pub(super) fn modify(&self, source: &impl Source, interest: Event) -> io::Result<()> {
        source.modify(&self.0, spelled(interest))
    }

    pub(super) fn delete(&self, source: &impl Source) {
        source.delete(&self.0);
    }

    pub(super) fn wait(&self, events: &mut Events, deadline: Option<Instant>) -> io::Result<()> {
        events.0.clear();
        match deadline {
            Some(deadline) => self.0.wait_deadline(&mut events.0, deadline),
            None => self.0.wait(&mut events.0, None),
        }
        .map(|_| ())
    }
}

fn spelled(Event { key, readable, writable }: Event) -> polling::Event {
    polling::Event::new(key, readable, writable)
}

/// What one wait has found.
pub struct Events(polling::Events);

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Events {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self(polling::Events::new())
    }

    /// Those sources that are ready.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.0.iter().map(|e| Event { key: e.key, readable: e.readable, writable: e.writable })
    }
}
