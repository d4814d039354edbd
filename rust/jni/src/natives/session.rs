//! Sessions: facts, knobs and the end.

use std::time::{SystemTime, UNIX_EPOCH};

use faspstream::{Carrier, Limit, RatePolicy, Receipt, SessionState, Stats};
use jni::Env;
use jni::objects::{JByteArray, JLongArray};
use jni::sys::{jint, jlong};

use crate::config;
use crate::failure::{Failure, Result};
use crate::handles;
use crate::record::{Writer, to_long};

const OPENING: jint = 0;
const OPEN: jint = 1;
const COMPLETED: jint = 2;

pub(crate) fn info<'l>(env: &mut Env<'l>, session: jlong) -> Result<JByteArray<'l>> {
    let session = handles::session(session)?;
    let record = Writer::default()
        .text(&session.id())
        .byte(session.direction() as u8)
        .text(session.stream())
        .map(session.metadata())
        .text(&session.remote_addr().ip().to_string())
        .int(session.remote_addr().port().into())
        .text(session.principal())
        .byte(session.is_sender().into());
    Ok(env.byte_array_from_slice(&record.finish())?)
}

pub(crate) fn state(session: jlong) -> Result<jint> {
    match handles::session(session)?.state() {
        SessionState::Opening => Ok(OPENING),
        SessionState::Open => Ok(OPEN),
        SessionState::Completed(_) => Ok(COMPLETED),
        SessionState::Failed(error) => Err(error.into()),
    }
}

pub(crate) fn receipt<'l>(env: &mut Env<'l>, session: jlong) -> Result<JByteArray<'l>> {
    match handles::session(session)?.receipt() {
        Some(receipt) => Ok(env.byte_array_from_slice(&encode_receipt(&receipt))?),
        None => Ok(JByteArray::null()),
    }
}

fn encode_receipt(receipt: &Receipt) -> Vec<u8> {
    Writer::default()
        .long(receipt.bytes)
        .bytes(receipt.digest.as_bytes())
        .text(receipt.digest.algorithm().name())
        .long(epoch_nanos(receipt.started))
        .long(epoch_nanos(receipt.ended))
        .long(receipt.average_rate().as_bps())
        .text(&receipt.session_id)
        .text(&receipt.peer)
        .finish()
}

/// Nanoseconds since 1970; they fit until the year 2262.
fn epoch_nanos(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn stats<'l>(env: &mut Env<'l>, session: jlong) -> Result<JLongArray<'l>> {
    let values = flatten(&handles::session(session)?.stats());
    let array = env.new_long_array(values.len())?;
    array.set_region(env, 0, &values)?;
    Ok(array)
}

/// The order of faspstream.Stats.
fn flatten(stats: &Stats) -> [i64; 32] {
    let c = &stats.counters;
    let nanos = |d: core::time::Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
    [
        c.bytes_accepted,
        c.bytes_sent,
        c.bytes_acknowledged,
        c.bytes_delivered,
        c.bytes_received,
        c.bytes_duplicate,
        c.wire_bytes_sent,
        c.wire_bytes_received,
        c.datagrams_sent,
        c.datagrams_received,
        c.datagrams_lost,
        c.datagrams_retransmitted,
        c.datagrams_duplicate,
        c.datagrams_reordered,
        c.datagrams_rejected,
        c.local_drops,
        nanos(c.rtt),
        nanos(c.rtt_min),
        nanos(c.rtt_variation),
        nanos(c.queueing_delay),
        stats.current_rate.as_bps(),
        stats.average_rate.as_bps(),
        stats.target_rate.as_bps(),
        c.pacing_rate,
        policy_number(stats.policy),
        carrier_number(stats.carrier),
        c.buffer_used,
        c.buffer_size,
        c.datagram_size.into(),
        c.outages,
        stats.native_memory,
        nanos(stats.elapsed),
    ]
    .map(to_long)
}

/// The ordinal of faspstream.RatePolicy.
fn policy_number(policy: RatePolicy) -> u64 {
    match policy {
        RatePolicy::Fixed => 0,
        RatePolicy::High => 1,
        RatePolicy::Fair => 2,
        RatePolicy::Low => 3,
    }
}

/// The ordinal of faspstream.Transport.
fn carrier_number(carrier: Carrier) -> u64 {
    match carrier {
        Carrier::Udp => 1,
        Carrier::Tcp => 2,
    }
}

pub(crate) fn diagnose<'l>(env: &mut Env<'l>, session: jlong) -> Result<JByteArray<'l>> {
    let diagnosis = handles::session(session)?.diagnose();
    let record = Writer::default().byte(diagnosis.limit() as u8).int(Limit::COUNT);
    let record = diagnosis.shares().iter().fold(record, |record, share| record.double(*share));
    Ok(env.byte_array_from_slice(&record.text(&diagnosis.to_string()).finish())?)
}

pub(crate) fn recording<'l>(env: &mut Env<'l>, session: jlong) -> Result<JByteArray<'l>> {
    Ok(env.byte_array_from_slice(handles::session(session)?.recording().as_bytes())?)
}

pub(crate) fn target_rate(session: jlong, bits_per_second: jlong) -> Result<()> {
    Ok(handles::session(session)?.set_target_rate(config::rate(bits_per_second)?)?)
}

pub(crate) fn min_rate(session: jlong, bits_per_second: jlong) -> Result<()> {
    Ok(handles::session(session)?.set_min_rate(config::rate(bits_per_second)?)?)
}

pub(crate) fn policy(session: jlong, ordinal: jint) -> Result<()> {
    let policy = match ordinal {
        0 => RatePolicy::Fixed,
        1 => RatePolicy::High,
        2 => RatePolicy::Fair,
        3 => RatePolicy::Low,
        _ => {
            return Err(Failure::Argument {
                what: "policy",
                value: ordinal.into(),
                allowed: "0 to 3".to_owned(),
            });
        }
    };
    Ok(handles::session(session)?.set_policy(policy)?)
}

pub(crate) fn reject(env: &Env<'_>, session: jlong, reason: &JByteArray<'_>) -> Result<()> {
    handles::session(session)?.reject(&text(env, reason)?);
    Ok(())
}

pub(crate) fn abort(env: &Env<'_>, session: jlong, reason: &JByteArray<'_>) -> Result<()> {
    handles::session(session)?.abort(&text(env, reason)?);
    Ok(())
}

fn text(env: &Env<'_>, bytes: &JByteArray<'_>) -> Result<String> {
    String::from_utf8(env.convert_byte_array(bytes)?).map_err(|_| Failure::BadRecord)
}
