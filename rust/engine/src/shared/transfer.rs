//! Writing, reading, and what steers them.

use faspstream_proto::config::Rates;

use super::{Pipe, SessionShared};
use crate::api::error::{Error, Result};
use crate::api::options::check_rates;
use crate::api::session::{Read, SessionState};
use crate::pipe::{Put, RecvPipe, SendPipe, lock};

impl SessionShared {
    pub(crate) fn write(&self, put: impl FnOnce(&SendPipe) -> Option<Put>) -> Result<usize> {
        let pipe = self.sender()?;
        self.check_usable()?;
        let put = put(pipe).ok_or_else(|| {
            Error::configuration("the stream was finished already; open a new session for more data")
        })?;
        if put.kick {
            self.kick();
        }
        if put.taken == 0 {
            // The session may have ended between the look and the wish to be told.
            self.check_usable()?;
        }
        Ok(put.taken)
    }

    pub(crate) fn flush(&self) -> Result<()> {
        let pipe = self.sender()?;
        self.check_usable()?;
        pipe.flush();
        self.kick();
        Ok(())
    }

    pub(crate) fn finish(&self) -> Result<()> {
        let pipe = self.sender()?;
        self.check_usable()?;
        if pipe.finish().is_some() {
            self.kick();
        }
        Ok(())
    }

    pub(crate) fn read(&self, max: usize, sink: impl FnMut(&[u8])) -> Result<Read> {
        let pipe = self.receiver()?;
        self.check_usable()?;
        if max == 0 {
            return Ok(Read::Empty);
        }
        let taken = pipe.take_with(max, sink);
        if taken.kick {
            self.kick();
        }
        if taken.bytes > 0 {
            return Ok(Read::Bytes(taken.bytes));
        }
        // Nothing is left. The end is given only when the sender is being told, so that a reader that exits on it takes nothing along;
        // one that holds the completion has promised to come back.
        self.check_usable()?;
        match self.state() {
            SessionState::Completed(_) => Ok(Read::End),
            _ if self.is_held() && self.has_read_all() => Ok(Read::End),
            _ => Ok(Read::Empty),
        }
    }

    pub(crate) fn available(&self) -> usize {
        let bytes = match &self.pipe {
            Pipe::Send(pipe) => pipe.room(),
            Pipe::Recv(pipe) => pipe.available(),
        };
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn change_rates(&self, change: impl FnOnce(&mut Rates)) -> Result<()> {
        self.check_usable()?;
        let rates = {
            let mut held = lock(&self.rates);
            let mut rates = *held;
            change(&mut rates);
            check_rates(&rates)?;
            *held = rates;
            rates
        };
        if let Some(link) = self.link.get() {
            link.rates(rates);
        }
        Ok(())
    }

    fn sender(&self) -> Result<&SendPipe> {
        match &self.pipe {
            Pipe::Send(pipe) => Ok(pipe),
            Pipe::Recv(_) => {
                Err(Error::configuration("this end of the session reads; it has nothing to write to"))
            }
        }
    }

    fn receiver(&self) -> Result<&RecvPipe> {
        match &self.pipe {
            Pipe::Recv(pipe) => Ok(pipe),
            Pipe::Send(_) => {
                Err(Error::configuration("this end of the session writes; it has nothing to read from"))
            }
        }
    }
}
