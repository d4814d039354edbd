//! Servers.

use core::time::Duration;

use faspstream::Server;
use jni::Env;
use jni::objects::{JByteArray, JLongArray};
use jni::sys::jlong;

use crate::config;
use crate::events::GONE;
use crate::failure::Result;
use crate::handles::{self, BRIDGE, Entry};
use crate::record::{Writer, to_long};

pub(crate) fn start(env: &Env<'_>, lines: &JByteArray<'_>) -> Result<jlong> {
    let config = config::read(&env.convert_byte_array(lines)?)?;
    Ok(handles::adopt(Entry::Server(Server::builder().config(config).start()?)))
}

pub(crate) fn info<'l>(env: &mut Env<'l>, server: jlong) -> Result<JByteArray<'l>> {
    let server = handles::server(server)?;
    let record = Writer::default()
        .text(&server.local_addr().ip().to_string())
        .int(server.tcp_port().into())
        .int(server.udp_port().into());
    Ok(env.byte_array_from_slice(&record.finish())?)
}

pub(crate) fn accept(server: jlong) -> Result<jlong> {
    let accepted = handles::server(server)?.try_accept()?;
    Ok(accepted.map_or(0, |session| handles::adopt(Entry::Session(session))))
}

pub(crate) fn stats<'l>(env: &mut Env<'l>, server: jlong) -> Result<JLongArray<'l>> {
    let s = handles::server(server)?.stats();
    // The order of faspstream.ServerStats.
    let values = [
        s.sessions_active,
        s.sessions_opened,
        s.sessions_completed,
        s.sessions_failed,
        s.sessions_refused,
        s.connections,
        s.connections_half_open,
        s.handshakes_failed,
        s.datagrams_unknown,
        s.udp_receive_buffer,
    ]
    .map(to_long);
    let array = env.new_long_array(values.len())?;
    array.set_region(env, 0, &values)?;
    Ok(array)
}

pub(crate) fn target_rate(server: jlong, bits_per_second: jlong) -> Result<()> {
    Ok(handles::server(server)?.set_target_rate(config::rate(bits_per_second)?)?)
}

pub(crate) fn close(handle: jlong, grace_millis: jlong) -> Result<()> {
    let grace = Duration::from_millis(u64::try_from(grace_millis).unwrap_or(0));
    let server = handles::server(handle)?;
    server.start_close(grace);
    handles::in_background(move || {
        server.close(grace);
        BRIDGE.events.doorbell(handle).ring(GONE);
    });
    Ok(())
}
