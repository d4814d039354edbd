//! A session as `std::io` knows streams.

use std::io;

use crate::api::error::Result;
use crate::api::receipt::Receipt;
use crate::api::session::Session;

/// The writing end of a session. Dropping it does not complete the stream: call [`SendStream::complete`].
#[derive(Clone, Debug)]
pub struct SendStream(Session);

/// The reading end of a session. `read` gives 0 only after the verified end of the stream.
#[derive(Clone, Debug)]
pub struct RecvStream(Session);

impl SendStream {
    /// The session below.
    pub fn session(&self) -> &Session {
        &self.0
    }

    /// See [`Session::complete`].
    ///
    /// # Errors
    /// Why the session is over.
    pub fn complete(self) -> Result<Receipt> {
        self.0.complete()
    }
}

impl RecvStream {
    /// The session below.
    pub fn session(&self) -> &Session {
        &self.0
    }
}

impl From<Session> for SendStream {
    fn from(session: Session) -> Self {
        Self(session)
    }
}

impl From<Session> for RecvStream {
    fn from(session: Session) -> Self {
        Self(session)
    }
}

impl io::Write for SendStream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write(data)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(self.0.flush()?)
    }
}

impl io::Read for RecvStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(self.0.read(out)?)
    }
}
