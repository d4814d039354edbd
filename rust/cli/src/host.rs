//! What this system gives to UDP.

use std::net::UdpSocket;

use serde_json::{Value, json};

/// Largest socket buffer that the kernel grants without special rights, in bytes; None where it does not say.
fn limit(name: &str) -> Option<u64> {
    std::fs::read_to_string(format!("/proc/sys/net/core/{name}")).ok()?.trim().parse().ok()
}

/// Kernel buffers and offloads, as JSON: `rmem_max`, `wmem_max` (bytes, null if unknown), `gso_segments` and `gro_segments` (1: not there).
pub(crate) fn facts() -> Value {
    let offload = UdpSocket::bind("127.0.0.1:0")
        .and_then(|socket| quinn_udp::UdpSocketState::new((&socket).into()))
        .map(|state| (state.max_gso_segments(), state.gro_segments()))
        .ok();
    json!({
        "rmem_max": limit("rmem_max"),
        "wmem_max": limit("wmem_max"),
        "gso_segments": offload.map(|o| o.0),
        "gro_segments": offload.map(|o| o.1),
    })
}
