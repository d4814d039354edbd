//! Clients.

use faspstream::{Client, Direction};
use jni::Env;
use jni::objects::JByteArray;
use jni::sys::{jboolean, jlong};

use crate::config;
use crate::events::GONE;
use crate::failure::{Failure, Result};
use crate::handles::{self, BRIDGE, Entry};
use crate::record::Reader;

pub(crate) fn start(env: &Env<'_>, lines: &JByteArray<'_>) -> Result<jlong> {
    let config = config::read(&env.convert_byte_array(lines)?)?;
    Ok(handles::adopt(Entry::Client(Client::builder().config(config).start()?)))
}

pub(crate) fn connected(client: jlong) -> Result<jboolean> {
    Ok(handles::client(client)?.state()?)
}

pub(crate) fn open(env: &Env<'_>, client: jlong, request: &JByteArray<'_>) -> Result<jlong> {
    let client = handles::client(client)?;
    let request = env.convert_byte_array(request)?;
    let mut fields = Reader::new(&request);
    let direction = match fields.byte()? {
        0 => Direction::Push,
        1 => Direction::Pull,
        _ => return Err(Failure::BadRecord),
    };
    let session = client.start_open(direction, fields.text()?, fields.map()?)?;
    Ok(handles::adopt(Entry::Session(session)))
}

pub(crate) fn close(handle: jlong) -> Result<()> {
    let client = handles::client(handle)?;
    client.start_close();
    handles::in_background(move || {
        client.close();
        BRIDGE.events.doorbell(handle).ring(GONE);
    });
    Ok(())
}
