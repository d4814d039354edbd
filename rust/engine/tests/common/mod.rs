//! What the tests of this folder share.
#![allow(dead_code, reason = "each test file is a crate of its own and uses a part of this")]

pub(crate) mod relay;
pub(crate) mod udp_relay;

use std::time::Duration;

use faspstream::{AccessKey, Client, ClientBuilder, Server, ServerBuilder};

/// Longer than anything here takes; a test that reaches it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn key() -> AccessKey {
    AccessKey::new("tester", "correct horse battery staple").expect("it is well-formed")
}

/// A server on loopback, on any free ports.
pub(crate) fn server_builder() -> ServerBuilder {
    Server::builder().host("127.0.0.1").tcp_port(0).udp_port(0)
}

/// A client of that server.
pub(crate) fn client_builder(server: &Server) -> ClientBuilder {
    Client::builder().host("127.0.0.1").tcp_port(server.tcp_port())
}

pub(crate) fn pair() -> (Server, Client) {
    let server = server_builder().access_key(key()).start().expect("the server starts");
    let client = client_builder(&server).access_key(key()).connect().expect("the client is let in");
    (server, client)
}

/// Waits until `done`, looking again and again; panics with `what` when patience ends.
pub(crate) fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !done() {
        assert!(std::time::Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
