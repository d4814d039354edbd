//! Plain TCP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::Outcome;
use crate::load::{BLOCK, Load};
use crate::meter::{Cost, Meter};

pub(crate) fn run(load: &Load<'_>) -> Outcome<Cost> {
    let (mut near, mut far) = connection(load)?;
    let meter = Meter::start()?;
    let reading = std::thread::spawn(move || read(&mut far));
    write(&mut near, load)?;
    drop(near);
    reading.join().map_err(|_| "the reader panicked")??;
    meter.stop()
}

/// Two ends of one connection.
pub(super) fn connection(load: &Load<'_>) -> Outcome<(TcpStream, TcpStream)> {
    let at = load.far_address();
    let listener = load.at_far_end(|| TcpListener::bind((at, 0)))??;
    let near = TcpStream::connect(listener.local_addr()?)?;
    Ok((near, listener.accept()?.0))
}

pub(super) fn write(to: &mut impl Write, load: &Load<'_>) -> std::io::Result<()> {
    let block = vec![0x5a; BLOCK];
    for write in load.writes() {
        write.sleep();
        to.write_all(&block[..write.len])?;
    }
    to.flush()
}

/// Reads to the end.
pub(super) fn read(from: &mut impl Read) -> std::io::Result<()> {
    let mut block = vec![0; BLOCK];
    while from.read(&mut block)? > 0 {}
    Ok(())
}
