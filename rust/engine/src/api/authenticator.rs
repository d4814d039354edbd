//! A server's own decision about each session that a client wants.

use core::fmt;
use std::net::SocketAddr;

use crate::api::session::{Direction, Metadata};
use crate::control::{ControlCommand, ControlMail};

/// Decides about sessions, beside keys and certificates: those are checked before.
pub trait Authenticator: Send + Sync {
    /// A client wants a session. The answer may be given here or later, by any thread; a question that is dropped is a no.
    ///
    /// Called on a thread of the engine, so it must not block: whoever has to look something up takes the question elsewhere. The
    /// client waits meanwhile, up to its `connect_timeout`; all others are served. A panic is a no.
    fn ask(&self, question: Question);
}

impl fmt::Debug for dyn Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authenticator(..)")
    }
}

/// Who wants which session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRequest {
    /// The access key that was proven; empty without one.
    pub key_id: String,
    /// The certificate that the client has proven, X.509 in DER; None without one. `tls.trust` has accepted it.
    pub certificate: Option<Vec<u8>>,
    /// What the client wants to do.
    pub direction: Direction,
    /// The name of the stream.
    pub stream: String,
    /// What the client says about it.
    pub metadata: Metadata,
    /// Where its control connection comes from.
    pub remote: SocketAddr,
}

/// A request that waits for its answer.
pub struct Question {
    request: AccessRequest,
    number: u64,
    /// None once it is answered.
    mail: Option<ControlMail>,
}

impl Question {
    pub(crate) fn new(request: AccessRequest, number: u64, mail: ControlMail) -> Self {
        Self { request, number, mail: Some(mail) }
    }

    /// Who wants what.
    pub fn request(&self) -> &AccessRequest {
        &self.request
    }

    /// The session may be.
    pub fn allow(mut self) {
        self.answer(None);
    }

    /// The session may not be; the client is told `reason` (cut at 512 bytes) with [`crate::ErrorCode::Permission`].
    pub fn deny(mut self, reason: &str) {
        self.answer(Some(reason.to_owned()));
    }

    fn answer(&mut self, refusal: Option<String>) {
        if let Some(mail) = self.mail.take() {
            mail.send(ControlCommand::Decided(self.number, refusal));
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.answer(Some("the server came to no decision".to_owned()));
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({:?} of {:?})", self.request.direction, self.request.stream)
    }
}
