//! What the threads share of one client.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use super::notice::Notice;
use super::{Facts, Owner, Pipe, SessionShared};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::listener::{Listener, Ready};
use crate::api::options::Options;
use crate::api::session::{Direction, Metadata, Session};
use crate::config::Config;
use crate::control::values::{METADATA_BYTES, METADATA_ENTRIES, NAME_MAX, check_name, metadata_fits};
use crate::control::{ClientId, ControlCommand, tls};
use crate::io::SlotLink;
use crate::pipe::lock;
use crate::runtime::{Mortal, Runtime};

/// How long a close waits for the last words to be given to the network.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

enum Phase {
    Connecting,
    Connected,
    Failed(Error),
    Ended,
}

/// A client.
pub(crate) struct ClientShared {
    me: Weak<Self>,
    pub(crate) id: ClientId,
    pub(crate) config: Config,
    notice: Notice,
    runtime: Arc<Runtime>,
    phase: Mutex<Phase>,
    peer: OnceLock<SocketAddr>,
    closed: AtomicBool,
}

impl ClientShared {
    pub(crate) fn start(config: Config) -> Result<Arc<Self>> {
        config.options.check()?;
        if config.tcp_port == 0 {
            return Err(Error::configuration(
                "tcp.port = 0: a client must be told the server's port, 1 to 65535",
            ));
        }
        let tls = tls::client_config(&config)?;
        let runtime = Runtime::of_clients()?;
        let shared = Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            id: ClientId(runtime.draw_number()),
            config,
            notice: Notice::default(),
            phase: Mutex::new(Phase::Connecting),
            peer: OnceLock::new(),
            closed: AtomicBool::new(false),
            runtime,
        });
        shared.runtime.register(Arc::downgrade(&shared) as Weak<dyn Mortal>);
        shared.runtime.control.send(ControlCommand::Connect(Arc::clone(&shared), tls));
        Ok(shared)
    }

    /// Host and port, as configured.
    pub(crate) fn target(&self) -> String {
        format!("{}:{}", self.config.host, self.config.tcp_port)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.config.options
    }

    pub(crate) fn wait_connected(&self) -> Result<()> {
        let found = self.notice.signal.wait_until(self.patience(), || match self.state() {
            Ok(true) => Some(Ok(())),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        });
        found.unwrap_or_else(|| {
            let words =
                format!("{} did not answer within {:?}", self.target(), self.options().connect_timeout);
            Err(Error::new(ErrorCode::Timeout, words))
        })
    }

    /// Until when to wait for the server. The engine itself gives up after the connect timeout; this bound is for an engine that does
    /// not.
    pub(crate) fn patience(&self) -> Option<Instant> {
        Instant::now().checked_add(self.options().connect_timeout + CLOSE_WAIT)
    }

    pub(crate) fn state(&self) -> Result<bool> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::closed("client"));
        }
        match &*lock(&self.phase) {
            Phase::Connecting => Ok(false),
            Phase::Connected => Ok(true),
            Phase::Failed(error) => Err(error.clone()),
            Phase::Ended => Err(Error::closed("client")),
        }
    }

    pub(crate) fn start_open(
        &self,
        direction: Direction,
        stream: &str,
        metadata: Metadata,
    ) -> Result<Session> {
        self.state()?;
        let stream = check_name(stream.to_owned()).ok_or_else(|| {
            let bytes = stream.len();
            Error::configuration(format!(
                "the stream name {stream:?} ({bytes} bytes): allowed are 1 to {NAME_MAX} bytes without control characters"
            ))
        })?;
        if !metadata_fits(&metadata) {
            return Err(Error::configuration(format!(
                "metadata of {} entries: allowed are {METADATA_ENTRIES} entries and {METADATA_BYTES} bytes in all",
                metadata.len()
            )));
        }
        let shared = Arc::new(self.new_session(direction, stream, metadata));
        self.runtime.register(Arc::downgrade(&shared) as Weak<dyn Mortal>);
        let slot = self.runtime.draw_slot();
        let link = SlotLink { slot, io: self.runtime.io.clone(), control: self.runtime.control.clone() };
        shared.set_link(Box::new(link));
        self.runtime.control.send(ControlCommand::Open(self.id, slot, Arc::clone(&shared)));
        Ok(Session::new(shared))
    }

    fn new_session(&self, direction: Direction, stream: String, metadata: Metadata) -> SessionShared {
        let facts = Facts {
            direction,
            stream,
            metadata,
            remote: self.peer.get().copied().unwrap_or((Ipv4Addr::UNSPECIFIED, self.config.tcp_port).into()),
            principal: self.config.access_keys.last().map(|k| k.id().to_owned()).unwrap_or_default(),
            started: SystemTime::now(),
            began: Instant::now(),
        };
        let pipe = Pipe::new(direction == Direction::Push, self.options(), self.options().digest);
        let owner = Weak::clone(&self.me) as Weak<dyn Owner>;
        SessionShared::new(facts, pipe, self.options().rates(), true, owner)
    }

    pub(crate) fn close(&self) {
        self.start_close();
        let ended = || matches!(*lock(&self.phase), Phase::Ended | Phase::Failed(_)).then_some(());
        let _ = self.notice.signal.wait_until(Some(Instant::now() + CLOSE_WAIT), ended);
    }

    pub(crate) fn start_close(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            self.runtime.control.send(ControlCommand::CloseClient(self.id));
            self.notice.signal.notify();
        }
    }

    /// Control thread: the server has let us in.
    pub(crate) fn mark_connected(&self, peer: SocketAddr) {
        let _ = self.peer.set(peer);
        let first = {
            let mut phase = lock(&self.phase);
            let first = matches!(*phase, Phase::Connecting);
            if first {
                *phase = Phase::Connected;
            }
            first
        };
        if first {
            self.notice.notify(Ready::CONNECTED);
        }
    }

    /// Control thread: it is over; `error` is why, None if it was closed.
    pub(crate) fn mark_ended(&self, error: Option<Error>) {
        {
            let mut phase = lock(&self.phase);
            if matches!(*phase, Phase::Failed(_) | Phase::Ended) {
                return;
            }
            *phase = error.map_or(Phase::Ended, Phase::Failed);
        }
        self.notice.notify(Ready::ENDED);
    }

    pub(crate) fn set_listener(&self, listener: Arc<dyn Listener>) {
        self.notice.listen(listener, || self.readiness());
    }

    pub(crate) fn readiness(&self) -> Ready {
        match &*lock(&self.phase) {
            Phase::Connecting => Ready::NONE,
            Phase::Connected => Ready::CONNECTED,
            Phase::Failed(_) | Phase::Ended => Ready::ENDED,
        }
    }
}

impl Owner for ClientShared {
    fn on_session_over(&self, _completed: bool) {}
}

impl Mortal for ClientShared {
    fn perish(&self, error: &Error) {
        self.mark_ended(Some(error.clone()));
    }
}
