//! Plain TCP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::BLOCK;
use crate::Outcome;
use crate::meter::{Cost, Meter};

pub(crate) fn run(bytes: u64) -> Outcome<Cost> {
    let (mut near, mut far) = connection()?;
    let meter = Meter::start()?;
    let reading = std::thread::spawn(move || read(&mut far));
    write(&mut near, bytes)?;
    drop(near);
    reading.join().map_err(|_| "the reader panicked")??;
    meter.stop()
}

/// Two ends of one connection on loopback.
pub(super) fn connection() -> Outcome<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    Ok((near, listener.accept()?.0))
}

pub(super) fn write(to: &mut impl Write, bytes: u64) -> std::io::Result<()> {
    let block = vec![0x5a; BLOCK];
    (0..bytes / BLOCK as u64).try_for_each(|_| to.write_all(&block))?;
    to.flush()
}

/// Reads to the end.
pub(super) fn read(from: &mut impl Read) -> std::io::Result<()> {
    let mut block = vec![0; BLOCK];
    while from.read(&mut block)? > 0 {}
    Ok(())
}
