//! What the protocol says of a session, and who hears it.

use std::time::Instant;

use faspstream_proto::io::Event;

use super::Slot;
use crate::api::error::Error;
use crate::api::listener::Ready;
use crate::paths;
use crate::recorder::What;
use crate::shared::Pipe;

impl Slot {
    /// Takes what has happened since the last time.
    pub(super) fn take_events(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Established => {
                    self.note(now, What::Established);
                    log::debug!(target: "faspstream::io", "session {}: the data channel works", self.shared.id());
                }
                Event::EndOfStream(end) => {
                    self.end_seen = true;
                    self.note(now, What::EndOfStream);
                    if let Pipe::Recv(pipe) = &self.shared.pipe {
                        if pipe.push_end(end) {
                            self.shared.notify(Ready::READABLE);
                        }
                        // The driver looks at the end once more, even if the application has taken everything before.
                        self.shared.kick();
                    }
                }
                Event::Completed => {
                    self.note(now, What::Completed);
                    paths::remember_session(self.path, &self.session);
                    self.shared.complete();
                    self.verdict = Some(None);
                }
                Event::Closed(reason) => {
                    self.note(now, What::Closed(reason.code));
                    paths::remember_session(self.path, &self.session);
                    self.shared.fail(Error::from_close(&reason));
                    self.verdict = Some(Some(reason));
                }
            }
        }
    }
}
