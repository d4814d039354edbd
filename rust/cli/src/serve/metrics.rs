//! Metrics for Prometheus: its text format 0.0.4 over HTTP/1.1, on loopback only.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use faspstream::Server;
use serde_json::Value;

use super::watch::snapshot;
use crate::failure::Failure;

/// How long a client of the page may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most bytes of a request.
const REQUEST_MAX: usize = 8 << 10;

/// Name, type, meaning and key of the snapshot.
const SERVER: [(&str, &str, &str, &str); 10] = [
    ("faspstream_sessions_active", "gauge", "Sessions that are open now.", "sessions_active"),
    ("faspstream_sessions_opened_total", "counter", "Sessions that were opened.", "sessions_opened"),
    ("faspstream_sessions_completed_total", "counter", "Sessions that completed.", "sessions_completed"),
    ("faspstream_sessions_failed_total", "counter", "Sessions that failed.", "sessions_failed"),
    ("faspstream_sessions_refused_total", "counter", "Sessions that were refused.", "sessions_refused"),
    ("faspstream_connections", "gauge", "Control connections that are authenticated.", "connections"),
    (
        "faspstream_connections_half_open",
        "gauge",
        "Control connections that are not yet.",
        "connections_half_open",
    ),
    ("faspstream_handshakes_failed_total", "counter", "Handshakes that failed.", "handshakes_failed"),
    ("faspstream_datagrams_unknown_total", "counter", "Datagrams of no known session.", "datagrams_unknown"),
    ("faspstream_udp_receive_buffer_bytes", "gauge", "UDP receive buffer as granted.", "udp_receive_buffer"),
];

/// The same for each session; the last number is the factor to the unit of the name.
const SESSION: [(&str, &str, &str, &str, f64); 6] = [
    ("faspstream_session_bytes", "gauge", "Stream bytes delivered.", "bytes", 1.0),
    ("faspstream_session_bits_per_second", "gauge", "Stream rate.", "bits_per_second", 1.0),
    ("faspstream_session_rtt_seconds", "gauge", "Round-trip time, smoothed.", "rtt_ms", 1e-3),
    (
        "faspstream_session_queueing_delay_seconds",
        "gauge",
        "Time in the queues of the path.",
        "queueing_delay_ms",
        1e-3,
    ),
    ("faspstream_session_loss_ratio", "gauge", "Datagrams lost, of all sent.", "loss", 1.0),
    ("faspstream_session_memory_bytes", "gauge", "Memory that the engine holds.", "memory", 1.0),
];

/// Serves the page at `at` until the process ends, and gives the address as bound.
pub(crate) fn listen(at: SocketAddr, server: Server) -> Result<SocketAddr, Failure> {
    if !at.ip().is_loopback() {
        return Err(Failure::Usage(format!(
            "--metrics {at}: the page has no password and goes to loopback only, such as 127.0.0.1:9331"
        )));
    }
    let failed = |e: std::io::Error| Failure::Usage(format!("--metrics {at}: {e}"));
    let listener = TcpListener::bind(at).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let serve = move || {
        for stream in listener.incoming().flatten() {
            // Who asks and goes away gets nothing.
            let _ = answer(stream, &server);
        }
    };
    std::thread::Builder::new().name("metrics".to_owned()).spawn(serve).map_err(failed)?;
    Ok(bound)
}

fn answer(mut stream: TcpStream, server: &Server) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") && request.len() < REQUEST_MAX {
        match stream.read(&mut chunk)? {
            0 => break,
            n => request.extend_from_slice(&chunk[..n]),
        }
    }
    let (status, body) = if request.starts_with(b"GET /metrics ") {
        ("200 OK", page(&snapshot(server)))
    } else {
        ("404 Not Found", "the metrics are at /metrics\n".to_owned())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

fn page(snapshot: &Value) -> String {
    let mut out = String::new();
    let head = |out: &mut String, name: &str, kind: &str, help: &str| {
        writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("writing to a String cannot fail");
    };
    for (name, kind, help, key) in SERVER {
        head(&mut out, name, kind, help);
        writeln!(out, "{name} {}", snapshot[key]).expect("writing to a String cannot fail");
    }
    let none = Vec::new();
    let sessions = snapshot["sessions"].as_array().unwrap_or(&none);
    for (name, kind, help, key, factor) in SESSION {
        head(&mut out, name, kind, help);
        for session in sessions {
            let value = session[key].as_f64().unwrap_or(0.0) * factor;
            writeln!(out, "{name}{{{}}} {value}", labels(session)).expect("writing to a String cannot fail");
        }
    }
    out
}

fn labels(session: &Value) -> String {
    let label = |key: &str| format!("{key}=\"{}\"", escape(session[key].as_str().unwrap_or("")));
    ["id", "stream", "direction", "principal"].map(label).join(",")
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_of_streams_cannot_break_the_format() {
        let session = json!({ "id": "1", "stream": "a\"b\\c\nd", "direction": "push", "principal": "", "rtt_ms": 1500.0 });
        let page = page(&json!({ "sessions_active": 1, "sessions": [session] }));
        assert!(page.contains("stream=\"a\\\"b\\\\c\\nd\""), "{page}");
        assert!(page.contains("} 1.5\n"));
        assert!(page.lines().all(|l| l.starts_with('#') || l.starts_with("faspstream_")));
    }
}
