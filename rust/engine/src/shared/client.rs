//! What the threads share of one client.

use std::sync::Arc;

use crate::api::error::{Error, Result};
use crate::api::listener::{Listener, Ready};
use crate::api::options::Options;
use crate::api::session::{Direction, Metadata, Session};
use crate::config::Config;

pub(crate) struct ClientShared {
    config: Config,
}

impl ClientShared {
    pub(crate) fn start(config: Config) -> Result<Arc<Self>> {
        config.options.check()?;
        Err(Error::internal("the control channel is not part of this build"))
    }

    pub(crate) fn target(&self) -> String {
        format!("{}:{}", self.config.host, self.config.tcp_port)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.config.options
    }

    pub(crate) fn wait_connected(&self) -> Result<()> {
        Err(Error::closed("client"))
    }

    pub(crate) fn state(&self) -> Result<bool> {
        Err(Error::closed("client"))
    }

    pub(crate) fn start_open(&self, _d: Direction, _stream: &str, _metadata: Metadata) -> Result<Session> {
        Err(Error::closed("client"))
    }

    pub(crate) fn close(&self) {}

    pub(crate) fn start_close(&self) {}

    pub(crate) fn set_listener(&self, listener: Arc<dyn Listener>) {
        listener.on_ready(Ready::ENDED);
    }

    pub(crate) fn readiness(&self) -> Ready {
        Ready::ENDED
    }
}
