//! The end that is connected to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use faspstream_proto::units::Rate;

use crate::api::authenticator::Authenticator;
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::key::AccessKey;
use crate::api::listener::{Listener, Ready};
use crate::api::options::Options;
use crate::api::session::Session;
use crate::api::stats::ServerStats;
use crate::config::Config;
use crate::control::pin::KeyPin;
use crate::shared::server::ServerShared;

/// Collects what a server is to be like; everything has the default of the configuration table.
#[derive(Clone, Debug, Default)]
pub struct ServerBuilder {
    config: Config,
    authenticator: Option<Arc<dyn Authenticator>>,
}

impl ServerBuilder {
    /// Takes everything from `config`.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The address to bind to. Anything but loopback needs an access key, `tls_trust` or an authenticator.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.config.host = host.to_owned();
        self
    }

    /// Control port; 0 is any free one.
    #[must_use]
    pub fn tcp_port(mut self, port: u16) -> Self {
        self.config.tcp_port = port;
        self
    }

    /// Data port; 0 is any free one.
    #[must_use]
    pub fn udp_port(mut self, port: u16) -> Self {
        self.config.udp_port = port;
        self
    }

    /// One more key that clients may prove.
    #[must_use]
    pub fn access_key(mut self, key: AccessKey) -> Self {
        self.config.access_keys.push(key);
        self
    }

    /// The shared knobs.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.config.options = options;
        self
    }

    /// Most sessions at the same time.
    #[must_use]
    pub fn max_sessions(mut self, sessions: u32) -> Self {
        self.config.max_sessions = sessions;
        self
    }

    /// Most sessions at the same time of clients with one IPv4 address, or one /64 of IPv6.
    #[must_use]
    pub fn max_sessions_per_address(mut self, sessions: u32) -> Self {
        self.config.max_sessions_per_address = Some(sessions);
        self
    }

    /// PEM file with this server's certificate chain; without one it makes its own, and access keys authenticate.
    #[must_use]
    pub fn tls_cert(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.tls_cert = Some(path.into());
        self
    }

    /// PEM file with the private key of `tls_cert`.
    #[must_use]
    pub fn tls_key(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.tls_key = Some(path.into());
        self
    }

    /// PEM file with the authorities that must have signed a client's certificate.
    #[must_use]
    pub fn tls_trust(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.tls_trust = Some(path.into());
        self
    }

    /// Who is asked about each session, after keys, certificates and limits have allowed it.
    #[must_use]
    pub fn authenticator(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.authenticator = Some(authenticator);
        self
    }

    /// Binds the ports and starts the engine.
    ///
    /// # Errors
    /// [`ErrorCode::Configuration`], [`ErrorCode::AddressInUse`], [`ErrorCode::Io`].
    pub fn start(self) -> Result<Server> {
        ServerShared::start(self.config, self.authenticator).map(|shared| Server(Arc::new(Guard(shared))))
    }
}

/// A running server. A cheap handle: clones are the same server, and the last one that is dropped closes it without grace.
#[derive(Clone)]
pub struct Server(Arc<Guard>);

struct Guard(Arc<ServerShared>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.close(Duration::ZERO);
    }
}

impl Server {
    /// The start of every server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    fn shared(&self) -> &ServerShared {
        &self.0.0
    }

    /// Address and port of the control channel, as bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared().tcp
    }

    /// The control port, as bound.
    pub fn tcp_port(&self) -> u16 {
        self.shared().tcp.port()
    }

    /// The data port, as bound.
    pub fn udp_port(&self) -> u16 {
        self.shared().udp.port()
    }

    /// What clients may set as `tls.pin`: the digest of the key in this server's certificate. Without `tls_cert` it is another one at
    /// each start.
    pub fn key_pin(&self) -> KeyPin {
        self.shared().pin
    }

    /// The next session that a client has opened, if one waits; [`Ready::ACCEPT`] follows otherwise.
    ///
    /// # Errors
    /// [`ErrorCode::Closed`] after close.
    pub fn try_accept(&self) -> Result<Option<Session>> {
        self.shared().try_accept()
    }

    /// Waits for the next session that a client opens; None waits for ever.
    ///
    /// # Errors
    /// [`ErrorCode::Timeout`] when `timeout` has passed; [`ErrorCode::Closed`] after close.
    pub fn accept(&self, timeout: Option<Duration>) -> Result<Session> {
        let deadline = timeout.and_then(|t| Instant::now().checked_add(t));
        let found = self.shared().notice.signal.wait_until(deadline, || self.try_accept().transpose());
        found.unwrap_or_else(|| {
            Err(Error::new(ErrorCode::Timeout, "no client opened a session within the given time"))
        })
    }

    /// The sessions that were accepted and are not over.
    pub fn sessions(&self) -> Vec<Session> {
        self.shared().sessions()
    }

    /// A snapshot of the counters.
    pub fn stats(&self) -> ServerStats {
        self.shared().stats()
    }

    /// Caps the sum over all sessions, from now on. It is divided evenly, and what a session does not use the others may have.
    ///
    /// # Errors
    /// [`ErrorCode::Configuration`] for a rate of zero; [`ErrorCode::Closed`].
    pub fn set_target_rate(&self, rate: Rate) -> Result<()> {
        self.shared().set_target_rate(rate)
    }

    /// The keys that clients may prove from now on, in the place of those before. Connections that are open stay open.
    ///
    /// # Errors
    /// [`ErrorCode::Configuration`] for no key at a server that was started with one; [`ErrorCode::Closed`].
    pub fn set_access_keys(&self, keys: Vec<AccessKey>) -> Result<()> {
        self.shared().set_access_keys(keys)
    }

    /// Opens no session any more, waits up to `grace` for those that run, aborts the rest, and ends. A second close does nothing.
    pub fn close(&self, grace: Duration) {
        self.shared().close(grace);
    }

    /// Like `close`, but returns at once; [`Ready::ENDED`] tells the end.
    pub fn start_close(&self, grace: Duration) {
        self.shared().start_close(grace);
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

impl core::fmt::Debug for Server {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Server({})", self.local_addr())
    }
}
