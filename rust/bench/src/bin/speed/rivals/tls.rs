//! TLS 1.3 over TCP.

use std::sync::Arc;

use rustls::{ClientConnection, ServerConnection, StreamOwned};

use super::certificate::{self, NAME};
use super::tcp;
use crate::Outcome;
use crate::load::Load;
use crate::meter::{Cost, Meter};

pub(crate) fn run(load: &Load<'_>) -> Outcome<Cost> {
    let (client, server) = certificate::settings()?;
    let (near, far) = tcp::connection(load)?;
    let near_tls = ClientConnection::new(Arc::new(client), NAME.try_into()?)?;
    let far_tls = ServerConnection::new(Arc::new(server))?;
    let meter = Meter::start()?;
    let reading = std::thread::spawn(move || tcp::read(&mut StreamOwned::new(far_tls, far)));
    let mut near = StreamOwned::new(near_tls, near);
    tcp::write(&mut near, load)?;
    near.conn.send_close_notify();
    near.conn.complete_io(&mut near.sock)?;
    near.sock.shutdown(std::net::Shutdown::Write)?;
    reading.join().map_err(|_| "the reader panicked")??;
    meter.stop()
}
