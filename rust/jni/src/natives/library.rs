//! The library itself: version, tables, events, logs.

use core::time::Duration;

use jni::Env;
use jni::objects::{JByteArray, JLongArray, JString};
use jni::sys::{jboolean, jint, jlong};

use crate::failure::Result;
use crate::handles::{self, BRIDGE};
use crate::{config, logs, table, trap};

pub(crate) fn version<'l>(env: &mut Env<'l>) -> Result<JString<'l>> {
    Ok(env.new_string(env!("CARGO_PKG_VERSION"))?)
}

pub(crate) fn config_table<'l>(env: &mut Env<'l>) -> Result<JString<'l>> {
    Ok(env.new_string(config::table())?)
}

pub(crate) fn method_table<'l>(env: &mut Env<'l>) -> Result<JString<'l>> {
    Ok(env.new_string(table::describe())?)
}

/// Waits: only for the poller thread of the Java side.
pub(crate) fn poll(env: &mut Env<'_>, events: &JLongArray<'_>, millis: jint) -> Result<jint> {
    let pairs = events.len(env)? / 2;
    let wait = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    let found = BRIDGE.events.poll(pairs, wait);
    let flat: Vec<i64> = found.iter().flat_map(|(handle, bits)| [*handle, i64::from(*bits)]).collect();
    events.set_region(env, 0, &flat)?;
    Ok(jint::try_from(found.len()).unwrap_or(jint::MAX))
}

pub(crate) fn wake() -> Result<()> {
    BRIDGE.events.wake();
    Ok(())
}

pub(crate) fn log_level(level: jint) -> Result<()> {
    log::set_max_level(logs::filter(level));
    Ok(())
}

pub(crate) fn release(handle: jlong) -> Result<()> {
    handles::release(handle);
    Ok(())
}

pub(crate) fn has_logs() -> jboolean {
    BRIDGE.logs.is_waiting()
}

pub(crate) fn take_logs<'l>(env: &mut Env<'l>) -> Result<JByteArray<'l>> {
    let records = BRIDGE.logs.take();
    if records.is_empty() { Ok(JByteArray::null()) } else { Ok(env.byte_array_from_slice(&records)?) }
}

#[expect(
    clippy::panic,
    reason = "this is what it is for: a test of the Java side sees what becomes of a panic"
)]
pub(crate) fn panic(env: &Env<'_>, message: &JString<'_>) -> Result<()> {
    let message = message.try_to_string(env)?;
    match message.strip_prefix("in ") {
        Some(method) => trap::set(method),
        None => panic!("{message}"),
    }
    Ok(())
}
