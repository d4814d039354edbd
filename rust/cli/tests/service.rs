//! `serve` as a service: reloads, a stop, metrics.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed test may panic")]

mod common;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

use common::{KEY, Serve, command, eventually, file, http, path};

#[test]
fn a_hangup_takes_over_new_keys_and_keeps_the_old_ones_if_the_file_is_broken() {
    let temp = tempfile::tempdir().unwrap();
    let keys = temp.path().join("keys");
    fs::write(&keys, "one:the-first-of-two-secrets\n").unwrap();
    let stored = temp.path().join("stored");
    fs::create_dir(&stored).unwrap();
    let serve = Serve::start(&stored, &["--key-file", path(&keys)]);
    // Beside the key of the command line, which every server here has.
    let lets_in =
        |key: &str| command(&["ls", "--port", &serve.port, "--key", key]).output().unwrap().status.code();
    assert_eq!(
        (lets_in("one:the-first-of-two-secrets"), lets_in("two:the-second-of-two-secrets")),
        (Some(0), Some(3))
    );
    fs::write(&keys, "two:the-second-of-two-secrets\n").unwrap();
    serve.signal(1);
    serve.until("reloaded_keys");
    eventually("the new key", || (lets_in("two:the-second-of-two-secrets") == Some(0)).then_some(()));
    assert_eq!(lets_in("one:the-first-of-two-secrets"), Some(3));
    fs::write(&keys, "no colon in here\n").unwrap();
    serve.signal(1);
    serve.until("not_reloaded");
    assert_eq!(lets_in("two:the-second-of-two-secrets"), Some(0));
}

/// What a service manager hears.
struct Manager(UnixDatagram);

impl Manager {
    fn hears(&self, word: &str) {
        let mut said = [0; 256];
        let n = self.0.recv(&mut said).unwrap();
        let said = String::from_utf8_lossy(&said[..n]);
        assert!(said.starts_with(word), "{word} is due, and {said} came");
    }
}

#[test]
fn reloads_and_a_stop_under_load_end_no_running_stream_and_the_service_manager_hears_of_them() {
    const STREAMS: usize = 6;
    let temp = tempfile::tempdir().unwrap();
    let socket = temp.path().join("notify");
    let manager = Manager(UnixDatagram::bind(&socket).unwrap());
    manager.0.set_read_timeout(Some(common::LONG)).unwrap();
    let stored = temp.path().join("stored");
    fs::create_dir(&stored).unwrap();
    let from = temp.path().join("from");
    let bytes = file(&from, 1_500_000);
    let words = ["--key", KEY, "--drain", "60s", "--dir", path(&stored)];
    let mut serve =
        Serve::spawn(&words, |command| command.env("NOTIFY_SOCKET", &socket).stdout(Stdio::null()));
    manager.hears("READY=1");
    let names: Vec<String> = (0..STREAMS).map(|i| i.to_string()).collect();
    let sends: Vec<_> = names
        .iter()
        .map(|name| serve.start_client(&["send", name, path(&from), "--rate", "4mbit", "--quiet"]))
        .collect();
    eventually("the beginning of all", || (fs::read_dir(&stored).unwrap().count() == STREAMS).then_some(()));
    for _ in 0..3 {
        serve.signal(1);
        manager.hears("RELOADING=1");
        manager.hears("READY=1");
        serve.until("reloaded_keys");
        assert!(serve.client(&["ls"]).status.success());
    }
    serve.signal(15);
    manager.hears("STOPPING=1");
    // Who comes now comes too late.
    assert_eq!(serve.client(&["ls"]).status.code(), Some(4));
    for send in sends {
        let output = send.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(serve.child.wait().unwrap().success());
    for name in names {
        assert!(fs::read(stored.join(&name)).unwrap() == bytes, "{name} differs");
    }
}

#[test]
fn metrics_are_there_for_prometheus_on_loopback_only() {
    let temp = tempfile::tempdir().unwrap();
    let serve = Serve::spawn(&["--metrics", "127.0.0.1:0"], |command| command.stdout(Stdio::null()));
    let said = serve.until("metrics");
    let address = said["metrics"].as_str().unwrap();
    let page = http(address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let other = http(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("version=0.0.4"), "{page}");
    assert!(
        page.contains("# TYPE faspstream_sessions_active gauge\nfaspstream_sessions_active 0\n"),
        "{page}"
    );
    assert!(other.starts_with("HTTP/1.1 404"));
    let refused = command(&["serve", "--port", "0", "--udp-port", "0", "--metrics", "0.0.0.0:0"])
        .current_dir(temp.path())
        .output();
    assert_eq!(refused.unwrap().status.code(), Some(2));
}
