//! The end that connects.

use std::path::PathBuf;
use std::sync::Arc;

use crate::api::error::Result;
use crate::api::key::AccessKey;
use crate::api::listener::{Listener, Ready};
use crate::api::options::Options;
use crate::api::session::{Direction, Metadata, Session};
use crate::config::Config;
use crate::control::pin::KeyPin;
use crate::shared::client::ClientShared;

/// Collects what a client is to be like; everything has the default of the configuration table.
#[derive(Clone, Debug, Default)]
pub struct ClientBuilder {
    config: Config,
}

impl ClientBuilder {
    /// Takes everything from `config`.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The server: an IP address or a host name.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.config.host = host.to_owned();
        self
    }

    /// The server's control port.
    #[must_use]
    pub fn tcp_port(mut self, port: u16) -> Self {
        self.config.tcp_port = port;
        self
    }

    /// The key to prove; the last one counts.
    #[must_use]
    pub fn access_key(mut self, key: AccessKey) -> Self {
        self.config.access_keys = vec![key];
        self
    }

    /// The shared knobs.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.config.options = options;
        self
    }

    /// PEM file with this client's certificate chain, for servers that ask for one.
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

    /// PEM file with the authorities that must have signed the server's certificate.
    #[must_use]
    pub fn tls_trust(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.tls_trust = Some(path.into());
        self
    }

    /// One more public key that the server may show; with none it may show any.
    #[must_use]
    pub fn tls_pin(mut self, pin: KeyPin) -> Self {
        self.config.tls_pins.push(pin);
        self
    }

    /// Connects and waits until the server has let us in, at most `connect_timeout`.
    ///
    /// # Errors
    /// Why not, with host and port and what to check.
    pub fn connect(self) -> Result<Client> {
        let client = self.start()?;
        client.shared().wait_connected()?;
        Ok(client)
    }

    /// Starts to connect and returns at once; [`Ready::CONNECTED`] or [`Ready::ENDED`] follows. Sessions may be opened meanwhile: they
    /// are asked for before the server's answer is here, which saves a round trip.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Configuration`] and what the system refuses at once.
    pub fn start(self) -> Result<Client> {
        ClientShared::start(self.config).map(|shared| Client(Arc::new(Guard(shared))))
    }
}

/// A connection to a server, which carries any number of sessions. A cheap handle: clones are the same client, and the last one that
/// is dropped closes it.
#[derive(Clone)]
pub struct Client(Arc<Guard>);

struct Guard(Arc<ClientShared>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Client {
    /// The start of every client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    fn shared(&self) -> &ClientShared {
        &self.0.0
    }

    /// True if the server has let us in, false while connecting.
    ///
    /// # Errors
    /// Why there will be no connection (any more).
    pub fn state(&self) -> Result<bool> {
        self.shared().state()
    }

    /// Opens a session and waits until the server has accepted it, at most `connect_timeout`.
    ///
    /// # Errors
    /// Why not; [`crate::ErrorCode::Configuration`] for a name above 1,024 bytes or with control characters, and for metadata of
    /// more than 64 entries or 16 KiB.
    pub fn open(&self, direction: Direction, stream: &str, metadata: Metadata) -> Result<Session> {
        let session = self.start_open(direction, stream, metadata)?;
        session.wait_open(self.shared().patience()).inspect_err(|_| session.close())?;
        Ok(session)
    }

    /// Starts to open a session and returns at once; [`Ready::OPENED`] or [`Ready::ENDED`] follows at the session.
    ///
    /// # Errors
    /// As `open`, for what is known at once.
    pub fn start_open(&self, direction: Direction, stream: &str, metadata: Metadata) -> Result<Session> {
        self.shared().start_open(direction, stream, metadata)
    }

    /// Aborts the sessions that run, says good-bye, and ends; waits at most a second for the words to be handed to the network.
    /// A second close does nothing.
    pub fn close(&self) {
        self.shared().close();
    }

    /// Like `close`, but returns at once; [`Ready::ENDED`] tells the end.
    pub fn start_close(&self) {
        self.shared().start_close();
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

impl core::fmt::Debug for Client {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Client({})", self.shared().target())
    }
}
