//! A session as its application holds it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use faspstream_proto::config::RatePolicy;
use faspstream_proto::units::Rate;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::listener::{Listener, Ready};
use crate::api::receipt::Receipt;
use crate::api::stats::{Diagnosis, Stats};
use crate::shared::{Pipe, SessionShared};

/// Which way the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    Push,
    /// From the server to the client.
    Pull,
}

/// Words that travel with a stream's name: at most 64 entries and 16 KiB in all.
pub type Metadata = BTreeMap<String, String>;

/// What a read has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing yet; [`Ready::READABLE`] follows.
    Empty,
    /// The end of the stream: length and digest were verified, and the sender is being told.
    End,
}

/// Where a session stands.
#[derive(Clone, Debug)]
pub enum SessionState {
    /// The peer's engine has not answered yet; writing is possible already.
    Opening,
    /// Bytes flow.
    Open,
    /// All of it was read by the receiving application, and the digests agreed.
    Completed(Receipt),
    /// It is over without completion.
    Failed(Error),
}

/// One stream in one direction.
///
/// A cheap handle: clones are the same session. When the last clone is dropped the session is closed; a session that has not
/// completed is aborted by that. Every method may be called from any thread at any time; after [`Session::close`] they fail with
/// [`ErrorCode::Closed`], and blocked calls wake at once.
#[derive(Clone)]
pub struct Session(Arc<Guard>);

/// Closes the session with the last handle.
pub(crate) struct Guard(Arc<SessionShared>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.close();
        self.0.linger();
    }
}

impl Session {
    pub(crate) fn new(shared: Arc<SessionShared>) -> Self {
        Self(Arc::new(Guard(shared)))
    }

    /// A handle that does not keep the session open.
    pub(crate) fn downgrade(&self) -> Weak<Guard> {
        Arc::downgrade(&self.0)
    }

    /// The session again, if somebody still holds it.
    pub(crate) fn upgrade(guard: &Weak<Guard>) -> Option<Self> {
        guard.upgrade().map(Self)
    }

    /// True once the session has completed or failed.
    pub(crate) fn is_over(&self) -> bool {
        self.shared().is_over()
    }

    fn shared(&self) -> &SessionShared {
        &self.0.0
    }

    /// 32 hexadecimal digits, equal at both ends; empty while opening.
    pub fn id(&self) -> String {
        self.shared().id()
    }

    /// Which way the bytes go.
    pub fn direction(&self) -> Direction {
        self.shared().facts.direction
    }

    /// The name of the stream, as the client gave it.
    pub fn stream(&self) -> &str {
        &self.shared().facts.stream
    }

    /// What the client said about the stream.
    pub fn metadata(&self) -> &Metadata {
        &self.shared().facts.metadata
    }

    /// The peer's address on the control channel.
    pub fn remote_addr(&self) -> SocketAddr {
        self.shared().facts.remote
    }

    /// The id of the access key that both ends proved; empty without one.
    pub fn principal(&self) -> &str {
        &self.shared().facts.principal
    }

    /// True if this end writes.
    pub fn is_sender(&self) -> bool {
        matches!(self.shared().pipe, Pipe::Send(_))
    }

    /// Where the session stands. Remains readable after close.
    pub fn state(&self) -> SessionState {
        self.shared().state()
    }

    /// The receipt, once the session has completed. Remains readable after close.
    pub fn receipt(&self) -> Option<Receipt> {
        match self.state() {
            SessionState::Completed(receipt) => Some(receipt),
            _ => None,
        }
    }

    // ---- the end that writes

    /// Copies as many bytes as there is room for. 0 means that the buffer is full ([`Ready::WRITABLE`] follows), or that `data` is
    /// empty.
    ///
    /// # Errors
    /// Why the session is over; [`ErrorCode::Configuration`] at the reading end or after `finish`.
    pub fn try_write(&self, data: &[u8]) -> Result<usize> {
        self.shared().write(|pipe| pipe.put(data))
    }

    /// Like `try_write`, but `fill` writes into the engine's own memory: up to `len` bytes, fewer if there is less room. All bytes
    /// of the slice count as written; what `fill` leaves alone is zero. `fill` is not called if there is no room.
    ///
    /// # Errors
    /// As `try_write`.
    pub fn try_write_with(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<usize> {
        self.shared().write(|pipe| pipe.put_with(len, fill))
    }

    /// Writes all of `data`, waiting for room.
    ///
    /// # Errors
    /// As `try_write`.
    pub fn write(&self, data: &[u8]) -> Result<()> {
        let mut rest = data;
        while !rest.is_empty() {
            let n = self.write_until(rest, None)?;
            rest = &rest[n..];
        }
        Ok(())
    }

    /// Writes at least one byte of `data`, waiting for room; gives up with [`ErrorCode::Timeout`] at `deadline`, and the session stays
    /// usable. 0 is given for an empty `data` only.
    ///
    /// # Errors
    /// As `try_write`.
    pub fn write_until(&self, data: &[u8], deadline: Option<Instant>) -> Result<usize> {
        if data.is_empty() {
            return Ok(0);
        }
        self.wait(deadline, || match self.try_write(data) {
            Ok(0) => None,
            other => Some(other),
        })
    }

    /// Lets a partly filled datagram go now.
    ///
    /// # Errors
    /// Why the session is over.
    pub fn flush(&self) -> Result<()> {
        self.shared().flush()
    }

    /// Ends the stream. Nothing can be written any more; the receipt comes when the peer's application has read all of it.
    /// A second call does nothing.
    ///
    /// # Errors
    /// Why the session is over; [`ErrorCode::Configuration`] at the reading end.
    pub fn finish(&self) -> Result<()> {
        self.shared().finish()
    }

    /// Ends the stream and waits until the peer's application has read all of it and the digests agreed.
    ///
    /// # Errors
    /// Why the session is over.
    pub fn complete(&self) -> Result<Receipt> {
        self.finish()?;
        self.wait_for_end(None)
    }

    // ---- the end that reads

    /// Copies what there is, at most `out.len()` bytes. An empty `out` gives `Empty` and never the end.
    ///
    /// # Errors
    /// Why the session is over; [`ErrorCode::Configuration`] at the writing end.
    pub fn try_read(&self, out: &mut [u8]) -> Result<Read> {
        let mut at = 0;
        self.try_read_with(out.len(), |part| {
            out[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        })
    }

    /// Like `try_read`, but hands the engine's own memory to `sink`, slice by slice, up to `max` bytes in all.
    ///
    /// # Errors
    /// As `try_read`.
    pub fn try_read_with(&self, max: usize, sink: impl FnMut(&[u8])) -> Result<Read> {
        self.shared().read(max, sink)
    }

    /// Reads at least one byte, waiting for it; 0 is the verified end of the stream, or an empty `out`.
    ///
    /// # Errors
    /// As `try_read`.
    pub fn read(&self, out: &mut [u8]) -> Result<usize> {
        self.read_until(out, None)
    }

    /// Like `read`, but gives up with [`ErrorCode::Timeout`] at `deadline`; the session stays usable.
    ///
    /// # Errors
    /// As `try_read`.
    pub fn read_until(&self, out: &mut [u8], deadline: Option<Instant>) -> Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        self.wait(deadline, || match self.try_read(out) {
            Ok(Read::Empty) => None,
            Ok(Read::Bytes(n)) => Some(Ok(n)),
            Ok(Read::End) => Some(Ok(0)),
            Err(error) => Some(Err(error)),
        })
    }

    /// Bytes that can be read, or written, without waiting.
    pub fn available(&self) -> usize {
        self.shared().available()
    }

    /// For who polls with a [`Listener`](crate::Listener): waits a moment in its place, after a call that gave nothing. A call of the listener is a
    /// detour where it has to wake another thread first. Bytes that come, or room for them, are not told to the listener while somebody rests.
    ///
    /// True if something has happened within `time`; look again in any case before the listener is waited for.
    pub fn rest(&self, time: Duration) -> bool {
        let shared = self.shared();
        shared.notice.rest(Instant::now() + time, || shared.available() > 0)
    }

    /// Takes the confirmation into the application's hands: the writer's `complete` returns only after [`Session::confirm`] here, not with
    /// the last byte. For readers that can fail after it (a file that is renamed, a database that commits). To be called before the
    /// last byte is read; nothing happens at the writing end.
    pub fn hold_completion(&self) {
        self.shared().hold(true);
    }

    /// Confirms a stream that was read to its end, and waits until the writer is being told.
    ///
    /// # Errors
    /// Why the session is over; [`ErrorCode::Configuration`] if the end was not read yet.
    pub fn confirm(&self) -> Result<Receipt> {
        self.start_confirm()?;
        self.wait_for_end(None)
    }

    /// Like `confirm`, but returns at once; [`Ready::ENDED`] follows.
    ///
    /// # Errors
    /// As `confirm`, for what is known at once.
    pub fn start_confirm(&self) -> Result<()> {
        self.shared().check_usable()?;
        if !self.shared().has_read_all() {
            return Err(Error::configuration(
                "only a stream that was read to its verified end can be confirmed; read on",
            ));
        }
        self.shared().hold(false);
        Ok(())
    }

    // ---- both ends

    /// Waits until the session is open (or over).
    ///
    /// # Errors
    /// Why it is over, or [`ErrorCode::Timeout`] at `deadline`; the session goes on opening then.
    pub fn wait_open(&self, deadline: Option<Instant>) -> Result<()> {
        self.wait(deadline, || match self.state() {
            SessionState::Opening if !self.shared().is_closed() => None,
            SessionState::Failed(error) => Some(Err(error)),
            SessionState::Opening => Some(Err(Error::closed("session"))),
            SessionState::Open | SessionState::Completed(_) => Some(Ok(())),
        })
    }

    /// Waits until the session has completed.
    ///
    /// # Errors
    /// Why it is over, or [`ErrorCode::Timeout`] at `deadline`; the session goes on then.
    pub fn wait_for_end(&self, deadline: Option<Instant>) -> Result<Receipt> {
        self.wait(deadline, || match self.state() {
            SessionState::Completed(receipt) => Some(Ok(receipt)),
            SessionState::Failed(error) => Some(Err(error)),
            _ if self.shared().is_closed() => Some(Err(Error::closed("session"))),
            _ => None,
        })
    }

    fn wait<T>(&self, deadline: Option<Instant>, look: impl FnMut() -> Option<Result<T>>) -> Result<T> {
        self.shared()
            .notice
            .signal
            .wait_until(deadline, look)
            .unwrap_or_else(|| Err(Error::new(ErrorCode::Timeout, "nothing happened within the given time")))
    }

    /// Counters and estimates, at most about 50 ms old. Remains readable after close.
    pub fn stats(&self) -> Stats {
        self.shared().stats()
    }

    /// What limits the stream now, and what did so far. Remains readable after close.
    pub fn diagnose(&self) -> Diagnosis {
        self.shared().diagnosis()
    }

    /// The flight recorder: the last 64 KiB of protocol events as qlog JSON text. Remains readable after close.
    pub fn recording(&self) -> String {
        self.shared().recording()
    }

    /// Changes the cap; at the receiving end the sender is asked to.
    ///
    /// # Errors
    /// [`ErrorCode::Configuration`] for a rate of zero or below the minimum; why the session is over.
    pub fn set_target_rate(&self, rate: Rate) -> Result<()> {
        self.shared().change_rates(|r| r.target = rate)
    }

    /// Changes the floor under the adaptive policies; at the receiving end the sender is asked to.
    ///
    /// # Errors
    /// [`ErrorCode::Configuration`] for a floor above the target; why the session is over.
    pub fn set_min_rate(&self, rate: Rate) -> Result<()> {
        self.shared().change_rates(|r| r.min = rate)
    }

    /// Changes the policy; at the receiving end the sender is asked to.
    ///
    /// # Errors
    /// Why the session is over.
    pub fn set_policy(&self, policy: RatePolicy) -> Result<()> {
        self.shared().change_rates(|r| r.policy = policy)
    }

    /// Ends the session because its stream is not wanted; the peer is told [`ErrorCode::Rejected`] and `reason` (cut at 512 bytes).
    pub fn reject(&self, reason: &str) {
        self.shared().abort(ErrorCode::Rejected, reason);
    }

    /// Ends the session without completion; the peer is told [`ErrorCode::AbortedByPeer`] and `reason` (cut at 512 bytes). Nothing
    /// happens if it is over already.
    pub fn abort(&self, reason: &str) {
        self.shared().abort(ErrorCode::Aborted, reason);
    }

    /// Ends the use of this session: aborts it if it has not completed. Every later call fails with [`ErrorCode::Closed`]; a second
    /// close does nothing.
    pub fn close(&self) {
        self.shared().close();
    }

    /// Like `close`, and dropping the last handle does not wait until the peer has been told: for a process that goes on.
    pub fn start_close(&self) {
        self.shared().close();
        self.shared().mark_told();
    }

    /// True after `close`.
    pub fn is_closed(&self) -> bool {
        self.shared().is_closed()
    }

    /// Who is told what has become possible, in the place of an earlier listener. It is told at once what is possible already.
    pub fn set_listener(&self, listener: Arc<dyn Listener>) {
        self.shared().set_listener(listener);
    }

    /// What is possible now.
    pub fn readiness(&self) -> Ready {
        self.shared().readiness()
    }
}

#[cfg(test)]
mod tests;

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Session({} {:?} {:?})", self.id(), self.direction(), self.stream())
    }
}
