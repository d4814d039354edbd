//! Who writes which partial file: one session at a time, of which a newer one of the same client takes the place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use faspstream::Session;

/// How long the end of an older attempt is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A session that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    /// The key that the client has proven.
    principal: String,
    session: Option<Session>,
}

impl Writer {
    /// The one that stores what `session` brings.
    pub(crate) fn of(session: &Session) -> Self {
        Self { principal: session.principal().to_owned(), session: Some(session.clone()) }
    }

    /// One without a session, which ends by itself.
    #[cfg(test)]
    pub(crate) fn named(principal: &str) -> Self {
        Self { principal: principal.to_owned(), session: None }
    }
}

/// The files that are being written.
#[derive(Debug, Default)]
pub(crate) struct Writers {
    by_file: Mutex<BTreeMap<PathBuf, Writer>>,
    released: Condvar,
}

impl Writers {
    /// Lets `writer` alone write `file`. An older attempt of the same client is ended: a client that died and came back is not kept waiting
    /// until its old session is given up.
    ///
    /// # Errors
    /// Somebody else writes it, or the older attempt does not end.
    pub(crate) fn claim(&self, file: &Path, writer: Writer) -> Result<(), &'static str> {
        let end = Instant::now() + PATIENCE;
        let mut by_file = self.lock();
        while let Some(older) = by_file.get(file) {
            let left = end.saturating_duration_since(Instant::now());
            if older.principal != writer.principal || left.is_zero() {
                return Err("another session is sending it now");
            }
            if let Some(session) = &older.session {
                session.abort("a newer attempt of the same client goes on with this stream");
            }
            by_file = self.released.wait_timeout(by_file, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        by_file.insert(file.to_path_buf(), writer);
        Ok(())
    }

    /// The file is free again.
    pub(crate) fn release(&self, file: &Path) {
        self.lock().remove(file);
        self.released.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Writer>> {
        self.by_file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_one_client_and_there_to_its_newest_attempt() {
        let (writers, file) = (Writers::default(), Path::new("x"));
        writers.claim(file, Writer::named("one")).expect("it is free");
        writers.claim(file, Writer::named("two")).expect_err("it is another's");
        std::thread::scope(|scope| {
            let newer = scope.spawn(|| writers.claim(file, Writer::named("one")));
            writers.release(file);
            newer.join().expect("it does not panic").expect("the older attempt has ended");
        });
        writers.claim(file, Writer::named("two")).expect_err("it is another's");
        writers.release(file);
        writers.claim(file, Writer::named("two")).expect("it is free");
    }
}
