//! One session of ours.

use std::time::Duration;

use faspstream::{Client, Direction, Metadata, Options, Server, Session};

use crate::Outcome;
use crate::meter::{Cost, Meter};
use crate::rivals::{BLOCK, DATAGRAM};

/// Datagrams as they are on a network with an MTU of 1,500.
pub(crate) fn standard_datagrams(bytes: u64) -> Outcome<Cost> {
    run(bytes, Some(DATAGRAM))
}

/// Datagrams as large as the session finds the path to take.
pub(crate) fn discovered_datagrams(bytes: u64) -> Outcome<Cost> {
    run(bytes, None)
}

fn run(bytes: u64, datagram_size: Option<u16>) -> Outcome<Cost> {
    let options = Options { datagram_size, ..Options::default() };
    let server = Server::builder().tcp_port(0).udp_port(0).options(options).start()?;
    let client = Client::builder().tcp_port(server.tcp_port()).options(options).connect()?;
    let session = client.open(Direction::Push, "speed", Metadata::new())?;
    let receiver = server.accept(None)?;
    let meter = Meter::start()?;
    let reading = std::thread::spawn(move || read(&receiver));
    let block = vec![0x5a; BLOCK];
    for _ in 0..bytes / BLOCK as u64 {
        session.write(&block)?;
    }
    session.complete()?;
    reading.join().map_err(|_| "the reader panicked")??;
    let cost = meter.stop()?;
    if std::env::var_os("SPEED_EXPLAIN").is_some() {
        eprintln!("{:#?}\n{:?}", session.stats().counters, session.diagnose());
    }
    client.close();
    server.close(Duration::from_secs(1));
    Ok(cost)
}

fn read(session: &Session) -> Result<(), faspstream::Error> {
    let mut block = vec![0; BLOCK];
    while session.read(&mut block)? > 0 {}
    Ok(())
}
