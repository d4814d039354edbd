//! Servers.

use core::time::Duration;

use std::sync::Arc;

use faspstream::{Authenticator, Question, Server};
use jni::Env;
use jni::objects::{JByteArray, JLongArray};
use jni::sys::{jboolean, jlong};

use crate::config;
use crate::events::GONE;
use crate::failure::{Failure, Result};
use crate::handles::{self, BRIDGE, Entry};
use crate::questions::Questions;
use crate::record::{Writer, to_long};

pub(crate) fn start(env: &Env<'_>, lines: &JByteArray<'_>, asks: jboolean) -> Result<jlong> {
    let config = config::read(&env.convert_byte_array(lines)?)?;
    let questions = Arc::new(Questions::default());
    let mut builder = Server::builder().config(config);
    if asks {
        builder = builder.authenticator(Arc::clone(&questions) as Arc<dyn Authenticator>);
    }
    let handle = handles::adopt(Entry::Server(builder.start()?, Arc::clone(&questions)));
    questions.ring_at(BRIDGE.events.doorbell(handle));
    Ok(handle)
}

pub(crate) fn question<'l>(env: &mut Env<'l>, server: jlong) -> Result<JByteArray<'l>> {
    match handles::questions(server)?.next(encode_question) {
        Some(record) => Ok(env.byte_array_from_slice(&record)?),
        None => Ok(JByteArray::null()),
    }
}

fn encode_question(number: u64, question: &Question) -> Vec<u8> {
    let request = question.request();
    Writer::default()
        .long(number)
        .text(&request.key_id)
        .bytes(request.certificate.as_deref().unwrap_or_default())
        .byte(request.direction as u8)
        .text(&request.stream)
        .map(&request.metadata)
        .text(&request.remote.ip().to_string())
        .int(request.remote.port().into())
        .finish()
}

pub(crate) fn answer(env: &Env<'_>, server: jlong, number: jlong, refusal: &JByteArray<'_>) -> Result<()> {
    let number = u64::try_from(number).map_err(|_| Failure::BadRecord)?;
    let questions = handles::questions(server)?;
    if refusal.is_null() {
        questions.answer(number, None);
    } else {
        let reason = env.convert_byte_array(refusal)?;
        questions.answer(number, Some(core::str::from_utf8(&reason).map_err(|_| Failure::BadRecord)?));
    }
    Ok(())
}

pub(crate) fn info<'l>(env: &mut Env<'l>, server: jlong) -> Result<JByteArray<'l>> {
    let server = handles::server(server)?;
    let record = Writer::default()
        .text(&server.local_addr().ip().to_string())
        .int(server.tcp_port().into())
        .int(server.udp_port().into())
        .text(&server.key_pin().to_string());
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
