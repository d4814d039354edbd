//! Our library through its Rust API, with default settings: see [`Order`] for the command line.

use std::io::{Read, Write};

use faspstream::{AccessKey, Client, Direction, RecvStream, SendStream, Server};
use faspstream_bench::peer::{CHUNK, Order, Source};

type Failure = Box<dyn std::error::Error>;

/// Both ends are started by the lab, in namespaces of their own.
const KEY: &str = "lab:known to both ends of a lab";

pub(crate) fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let order = Order::parse(&words)?;
    match order.source {
        Some(source) => send(&order, source),
        None => receive(&order),
    }
}

fn send(order: &Order, mut source: Source) -> Result<(), Failure> {
    Order::ready()?;
    let client = Client::builder()
        .host(&order.address.ip().to_string())
        .tcp_port(order.address.port())
        .access_key(AccessKey::parse(KEY)?)
        .connect()?;
    let mut stream = SendStream::from(client.open(Direction::Push, "bulk", Default::default())?);
    let mut buffer = Vec::new();
    loop {
        match source.next(&mut buffer)? {
            [] => break,
            bytes => stream.write_all(bytes)?,
        }
        if order.source == Some(Source::Input) {
            // What is live must not wait for a full datagram.
            stream.flush()?;
        }
    }
    stream.complete()?;
    Ok(())
}

fn receive(order: &Order) -> Result<(), Failure> {
    let port = order.address.port();
    let server = Server::builder()
        .host(&order.address.ip().to_string())
        .tcp_port(port)
        .udp_port(port)
        .access_key(AccessKey::parse(KEY)?)
        .start()?;
    Order::ready()?;
    let mut stream = RecvStream::from(server.accept(None)?);
    let mut buffer = vec![0; CHUNK];
    let mut out = Order::output()?;
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            n => out.write_all(&buffer[..n])?,
        }
    }
}
