//! The life of a session: opening, open, over.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use super::{Pipe, SessionShared};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::listener::Ready;
use crate::api::receipt::Receipt;
use crate::api::session::SessionState;
use crate::pipe::lock;

/// Where a session stands.
pub(crate) enum Phase {
    Opening,
    Open,
    Completed(Receipt),
    Failed(Error),
}

impl SessionShared {
    pub(crate) fn state(&self) -> SessionState {
        match &*lock(&self.phase) {
            Phase::Opening => SessionState::Opening,
            Phase::Open => SessionState::Open,
            Phase::Completed(receipt) => SessionState::Completed(receipt.clone()),
            Phase::Failed(error) => SessionState::Failed(error.clone()),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// The peer's engine has accepted the session.
    pub(crate) fn open(&self, id: [u8; 16]) {
        let _ = self.id.set(id);
        let mut phase = lock(&self.phase);
        if matches!(*phase, Phase::Opening) {
            *phase = Phase::Open;
            drop(phase);
            self.notify(Ready::OPENED);
        }
    }

    /// The end of the stream was read and verified at one end or the other.
    pub(crate) fn complete(&self) {
        let (bytes, digest) = match &self.pipe {
            Pipe::Send(pipe) => (pipe.accepted(), pipe.digest()),
            Pipe::Recv(pipe) => (pipe.consumed(), pipe.digest()),
        };
        let receipt = Receipt {
            bytes,
            digest,
            started: self.facts.started,
            ended: SystemTime::now(),
            duration: self.facts.began.elapsed(),
            session_id: self.id(),
            peer: self.facts.principal.clone(),
        };
        self.finish_phase(Phase::Completed(receipt));
    }

    /// The session is over without completion. The first reason stays.
    pub(crate) fn fail(&self, error: Error) {
        let delivered = match &self.pipe {
            Pipe::Send(_) => self.stats().counters.bytes_delivered,
            Pipe::Recv(pipe) => pipe.consumed(),
        };
        let error = error.with_delivery(delivered, Some(self.diagnosis()));
        self.finish_phase(Phase::Failed(error));
    }

    fn finish_phase(&self, last: Phase) {
        let completed = matches!(last, Phase::Completed(_));
        {
            let mut phase = lock(&self.phase);
            if matches!(*phase, Phase::Completed(_) | Phase::Failed(_)) {
                return;
            }
            *phase = last;
            self.over.store(true, Ordering::SeqCst);
        }
        if let Pipe::Recv(pipe) = &self.pipe {
            pipe.clear();
        }
        if let Some(owner) = self.owner.upgrade() {
            owner.on_session_over(completed);
        }
        self.notify(Ready::ENDED);
    }

    /// Ends the session; the peer hears of it.
    pub(crate) fn abort(&self, code: ErrorCode, reason: &str) {
        if self.is_over() {
            return;
        }
        let words = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let error = match code {
            ErrorCode::Rejected => Error::new(code, format!("this end rejected the stream{words}")),
            _ => Error::new(code, format!("this end aborted the stream{words}")),
        };
        self.fail(error);
        match self.link.get() {
            Some(link) => link.abort(code, reason),
            None => self.mark_told(),
        }
    }

    /// Ends the use of the session.
    pub(crate) fn close(&self) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        if !self.has_read_all() || self.is_held() {
            self.abort(ErrorCode::Aborted, "the session was closed before the stream was complete");
        }
        // Who listens has been told, or will be when the last word is out.
        self.notice.signal.notify();
    }

    /// Receiver: the application has taken the last byte, and the digest agreed.
    pub(crate) fn has_read_all(&self) -> bool {
        matches!(&self.pipe, Pipe::Recv(pipe) if pipe.verdict() == Some(true))
    }

    /// Why nothing more can be done, if so.
    pub(crate) fn check_usable(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::closed("session"));
        }
        if self.over.load(Ordering::SeqCst)
            && let Phase::Failed(error) = &*lock(&self.phase)
        {
            return Err(error.clone());
        }
        Ok(())
    }
}
