//! One session of ours.

use std::time::Duration;

use faspstream::{AccessKey, Client, Direction, Metadata, Options, Rate, Server, Session};

use crate::Outcome;
use crate::load::{BLOCK, Load};
use crate::meter::{Cost, Meter};
use crate::rivals::DATAGRAM;

/// Datagrams as they are on a network with an MTU of 1,500.
pub(crate) fn standard_datagrams(load: &Load<'_>) -> Outcome<Cost> {
    run(load, Options { datagram_size: Some(DATAGRAM), ..Options::default() })
}

/// Datagrams as large as the session finds the path to take.
pub(crate) fn discovered_datagrams(load: &Load<'_>) -> Outcome<Cost> {
    run(load, Options::default())
}

/// The same, where not the application keeps the rate but the session, as its target.
pub(crate) fn with_a_target(load: &Load<'_>) -> Outcome<Cost> {
    let target_rate = load.rate.map_or(Rate::UNLIMITED, |rate| Rate::from_bps(8 * rate));
    let options = Options { datagram_size: Some(DATAGRAM), target_rate, ..Options::default() };
    run(&Load { rate: None, ..*load }, options)
}

fn run(load: &Load<'_>, options: Options) -> Outcome<Cost> {
    let host = load.far_address().to_string();
    // Loopback needs none, a cable does.
    let key = AccessKey::new("speed", "a secret of one measurement")?;
    let builder =
        Server::builder().host(&host).tcp_port(0).udp_port(0).access_key(key.clone()).options(options);
    let server = load.at_far_end(|| builder.start())??;
    let client = Client::builder()
        .host(&host)
        .tcp_port(server.tcp_port())
        .access_key(key)
        .options(options)
        .connect()?;
    let session = client.open(Direction::Push, "speed", Metadata::new())?;
    let receiver = server.accept(None)?;
    let meter = Meter::start()?;
    let reading = std::thread::spawn(move || read(&receiver));
    let block = vec![0x5a; BLOCK];
    for write in load.writes() {
        write.sleep();
        session.write(&block[..write.len])?;
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
