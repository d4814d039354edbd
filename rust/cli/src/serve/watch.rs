//! What a server tells of itself: the source of `stat` and of the metrics.

use faspstream::{Direction, Rate, Server, Session};
use serde_json::{Value, json};

use crate::progress::limit_words;
use crate::summary::carrier_words;

/// A rate for JSON: bits per second, null for no limit.
fn rate(rate: Rate) -> Value {
    if rate == Rate::UNLIMITED { Value::Null } else { json!(rate.as_bps()) }
}

/// The word of a direction.
pub(crate) fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Push => "push",
        Direction::Pull => "pull",
    }
}

fn session(session: &Session) -> Value {
    let stats = session.stats();
    let c = &stats.counters;
    let bytes = if session.is_sender() { c.bytes_acknowledged } else { c.bytes_delivered };
    json!({
        "id": session.id(),
        "stream": session.stream(),
        "direction": direction_word(session.direction()),
        "principal": session.principal(),
        "remote": session.remote_addr().to_string(),
        "seconds": stats.elapsed.as_secs_f64(),
        "bytes": bytes,
        "bits_per_second": stats.current_rate.as_bps(),
        "target_bits_per_second": rate(stats.target_rate),
        "rtt_ms": c.rtt.as_secs_f64() * 1e3,
        "queueing_delay_ms": c.queueing_delay.as_secs_f64() * 1e3,
        "loss": stats.loss_ratio(),
        "retransmitted": c.datagrams_retransmitted,
        "transport": carrier_words(stats.carrier),
        "limit": limit_words(session.diagnose().limit()),
        "memory": stats.native_memory,
    })
}

/// Counters and sessions, at most about 50 ms old.
pub(crate) fn snapshot(server: &Server) -> Value {
    let s = server.stats();
    json!({
        "address": server.local_addr().to_string(),
        "udp_port": server.udp_port(),
        "sessions_active": s.sessions_active,
        "sessions_opened": s.sessions_opened,
        "sessions_completed": s.sessions_completed,
        "sessions_failed": s.sessions_failed,
        "sessions_refused": s.sessions_refused,
        "connections": s.connections,
        "connections_half_open": s.connections_half_open,
        "handshakes_failed": s.handshakes_failed,
        "datagrams_unknown": s.datagrams_unknown,
        "udp_receive_buffer": s.udp_receive_buffer,
        "sessions": server.sessions().iter().map(session).collect::<Vec<_>>(),
    })
}
