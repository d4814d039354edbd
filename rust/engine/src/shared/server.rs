//! What the threads share of one server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use faspstream_proto::units::Rate;

use crate::api::error::{Error, Result};
use crate::api::listener::{Listener, Ready};
use crate::api::session::Session;
use crate::api::stats::ServerStats;
use crate::config::Config;
use crate::signal::Signal;

pub(crate) struct ServerShared {
    pub(crate) tcp: SocketAddr,
    pub(crate) udp: SocketAddr,
    pub(crate) signal: Signal,
}

impl ServerShared {
    pub(crate) fn start(config: Config) -> Result<Arc<Self>> {
        config.options.check()?;
        Err(Error::internal("the control channel is not part of this build"))
    }

    pub(crate) fn try_accept(&self) -> Result<Option<Session>> {
        Err(Error::closed("server"))
    }

    pub(crate) fn sessions(&self) -> Vec<Session> {
        Vec::new()
    }

    pub(crate) fn stats(&self) -> ServerStats {
        ServerStats::default()
    }

    pub(crate) fn set_target_rate(&self, _rate: Rate) -> Result<()> {
        Err(Error::closed("server"))
    }

    pub(crate) fn close(&self, grace: Duration) {
        self.start_close(grace);
    }

    pub(crate) fn start_close(&self, _grace: Duration) {
        self.signal.notify();
    }

    pub(crate) fn set_listener(&self, listener: Arc<dyn Listener>) {
        listener.on_ready(Ready::ENDED);
    }

    pub(crate) fn readiness(&self) -> Ready {
        Ready::ENDED
    }
}
