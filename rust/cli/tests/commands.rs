//! The commands against each other, in processes of their own.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed test may panic")]

mod common;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use common::{KEY, Serve, command, eventually, file, http, json};

fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn what_is_sent_is_listed_and_received_again() {
    let temp = tempfile::tempdir().unwrap();
    let serve = Serve::start(temp.path(), &[]);
    let source = tempfile::tempdir().unwrap();
    let (from, back) = (source.path().join("from"), source.path().join("back"));
    let bytes = file(&from, 3_000_000);
    let sent = json(&serve.client(&["send", "a/name with ü", path(&from), "--json"]));
    assert_eq!((sent["bytes"].as_u64(), sent["resumed_at"].as_u64()), (Some(3_000_000), Some(0)));
    let list = json(&serve.client(&["ls", "--json"]));
    assert_eq!(
        (list[0]["name"].as_str(), list[0]["bytes"].as_u64()),
        (Some("a/name with ü"), Some(3_000_000))
    );
    assert_eq!(json(&serve.client(&["ls", "b", "--json"])).as_array().unwrap().len(), 0);
    let received = json(&serve.client(&["recv", "a/name with ü", path(&back), "--json"]));
    assert_eq!(received["digest"], sent["digest"]);
    assert_eq!(fs::read(&back).unwrap(), bytes);
}

#[test]
fn a_send_that_was_killed_goes_on_where_the_server_is() {
    let temp = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    let from = source.path().join("from");
    let bytes = file(&from, 8_000_000);
    let send = ["send", "big", path(&from), "--resume", "--json"];
    let first = Serve::start(temp.path(), &[]);
    let mut cut = first.start_client(&[&send[..], &["--rate", "8mbit"]].concat());
    eventually("the beginning", || {
        let partial = fs::read_dir(temp.path()).unwrap().flatten().next()?;
        (partial.metadata().ok()?.len() > 500_000).then_some(())
    });
    // Both ends die at once, and what has come is still there.
    cut.kill().unwrap();
    cut.wait().unwrap();
    drop(first);
    let second = Serve::start(temp.path(), &[]);
    assert_eq!(json(&second.client(&["ls", "--json"])).as_array().unwrap().len(), 0);
    let sent = json(&second.client(&send));
    let at = sent["resumed_at"].as_u64().unwrap();
    assert!(at > 500_000 && sent["bytes"].as_u64() == Some(8_000_000 - at), "{sent}");
    assert_eq!(fs::read(temp.path().join("big")).unwrap(), bytes);
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn a_receive_goes_on_where_it_ended_unless_the_stream_has_changed() {
    let temp = tempfile::tempdir().unwrap();
    let bytes = file(&temp.path().join("big"), 8_000_000);
    let target = tempfile::tempdir().unwrap();
    let to = target.path().join("to");
    let serve = Serve::start(temp.path(), &[]);
    let recv = ["recv", "big", path(&to), "--resume", "--json"];
    let cut = |serve: &Serve| {
        let mut cut = serve.start_client(&[&recv[..], &["--rate", "8mbit"]].concat());
        eventually("the beginning", || {
            let partial = fs::read_dir(target.path())
                .unwrap()
                .flatten()
                .find(|e| e.metadata().is_ok_and(|m| m.len() > 500_000));
            partial.map(|_| ())
        });
        cut.kill().unwrap();
        cut.wait().unwrap();
    };
    cut(&serve);
    let received = json(&serve.client(&recv));
    assert!(received["resumed_at"].as_u64().unwrap() > 500_000, "{received}");
    assert_eq!(fs::read(&to).unwrap(), bytes);
    fs::remove_file(&to).unwrap();
    cut(&serve);
    fs::write(temp.path().join("big"), b"something else").unwrap();
    assert_eq!(json(&serve.client(&recv))["resumed_at"].as_u64(), Some(0));
    assert_eq!(fs::read(&to).unwrap(), b"something else");
}

#[test]
fn bench_doctor_and_stat_say_what_they_found() {
    let temp = tempfile::tempdir().unwrap();
    let socket = temp.path().join("control");
    let stored = temp.path().join("stored");
    fs::create_dir(&stored).unwrap();
    let serve = Serve::start(&stored, &["--control", path(&socket)]);
    let bench = json(&serve.client(&["bench", "--time", "300ms", "--json"]));
    let directions: Vec<_> =
        bench.as_array().unwrap().iter().map(|b| b["direction"].as_str().unwrap()).collect();
    assert_eq!(directions, ["push", "pull"]);
    assert!(bench[0]["bits_per_second"].as_f64().unwrap() > 1e6, "{bench}");
    let doctor = json(&serve.client(&["doctor", "127.0.0.1", "--json"]));
    let checks: Vec<_> = doctor.as_array().unwrap().iter().map(|c| c["check"].as_str().unwrap()).collect();
    for wanted in [
        "name",
        "TCP over IPv4",
        "key and version",
        "buffers here",
        "buffers there",
        "offload here",
        "clocks",
        "UDP there",
        "UDP back",
        "path MTU",
        "round trip",
        "loss",
    ] {
        assert!(checks.contains(&wanted), "{wanted}: {doctor}");
    }
    let stat = json(&command(&["stat", path(&socket), "--once", "--json"]).output().unwrap());
    assert!(stat["sessions_completed"].as_u64().unwrap() >= 4, "{stat}");
    let table = command(&["stat", path(&socket), "--once"]).output().unwrap();
    assert!(String::from_utf8(table.stdout).unwrap().contains("completed"));
}

#[test]
fn exit_codes_tell_what_kind_of_failure_it_was() {
    let temp = tempfile::tempdir().unwrap();
    let serve = Serve::start(temp.path(), &[]);
    let code = |words: &[&str]| command(words).output().unwrap().status.code();
    let port = serve.port.as_str();
    assert_eq!(code(&["ls", "--port", port, "--key", "test:another-secret-entirely"]), Some(3));
    assert_eq!(code(&["recv", "none", "-", "--port", port, "--key", KEY]), Some(6));
    assert_eq!(code(&["send", "x", "/no/such/file", "--port", port, "--key", KEY]), Some(2));
    assert_eq!(code(&["send", "x", "/proc/self/mem", "--port", port, "--key", KEY]), Some(1));
    assert_eq!(code(&["ls", "--set", "no.such.key=1"]), Some(2));
    drop(serve.client(&["ls"]));
    let gone = serve.port.clone();
    drop(serve);
    assert_eq!(code(&["ls", "--port", &gone, "--key", KEY]), Some(4));
    assert_eq!(code(&["doctor", "127.0.0.1", "--port", &gone, "--key", KEY]), Some(4));
}

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

#[test]
fn a_stop_lets_running_streams_end_and_tells_the_service_manager() {
    let temp = tempfile::tempdir().unwrap();
    let socket = temp.path().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(common::LONG)).unwrap();
    let stored = temp.path().join("stored");
    fs::create_dir(&stored).unwrap();
    let from = temp.path().join("from");
    let bytes = file(&from, 2_000_000);
    let mut serve = {
        let words = [
            "serve",
            "--json",
            "--key",
            KEY,
            "--port",
            "0",
            "--udp-port",
            "0",
            "--drain",
            "60s",
            "--dir",
            path(&stored),
        ];
        command(&words)
            .env("NOTIFY_SOCKET", &socket)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut said = [0; 256];
    let heard = |said: &mut [u8]| {
        let n = manager.recv(said).unwrap();
        String::from_utf8_lossy(&said[..n]).into_owned()
    };
    assert!(heard(&mut said).starts_with("READY=1"));
    let mut first = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(serve.stderr.take().unwrap()), &mut first)
        .unwrap();
    let port =
        first.split('"').find(|w| w.starts_with("127.")).unwrap().rsplit_once(':').unwrap().1.to_owned();
    let send = command(&["send", "last", path(&from), "--port", &port, "--key", KEY, "--rate", "8mbit"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the beginning", || fs::read_dir(&stored).unwrap().next().map(|_| ()));
    assert!(std::process::Command::new("kill").arg(serve.id().to_string()).status().unwrap().success());
    assert!(heard(&mut said).starts_with("STOPPING=1"));
    assert!(send.wait_with_output().unwrap().status.success());
    assert!(serve.wait().unwrap().success());
    assert_eq!(fs::read(stored.join("last")).unwrap(), bytes);
}

#[test]
fn metrics_are_there_for_prometheus_on_loopback_only() {
    let temp = tempfile::tempdir().unwrap();
    let words = ["serve", "--json", "--port", "0", "--udp-port", "0", "--metrics", "127.0.0.1:0"];
    let mut serve = command(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(serve.stderr.take().unwrap()), &mut first)
        .unwrap();
    let address = first.split('"').find(|w| w.starts_with("127.")).unwrap().to_owned();
    let page = http(&address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let other = http(&address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    serve.kill().unwrap();
    serve.wait().unwrap();
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

#[test]
fn a_stream_can_be_piped_through_a_server() {
    let words = ["serve", "--pipe", "--json", "--port", "0", "--udp-port", "0"];
    let mut serve = command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(serve.stderr.take().unwrap()), &mut first)
        .unwrap();
    let port =
        first.split('"').find(|w| w.starts_with("127.")).unwrap().rsplit_once(':').unwrap().1.to_owned();
    let mut send =
        command(&["send", "x", "-", "--quiet", "--port", &port]).stdin(Stdio::piped()).spawn().unwrap();
    send.stdin.take().unwrap().write_all(b"through and through").unwrap();
    assert!(send.wait().unwrap().success());
    let output = serve.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"through and through");
}

#[test]
fn manual_completions_and_keys_are_printed() {
    let text = |words: &[&str]| String::from_utf8(command(words).output().unwrap().stdout).unwrap();
    assert!(text(&["man"]).contains("FASPSTREAM DOCTOR") && text(&["man"]).contains("EXIT CODES"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&["completions", shell]).contains("keygen"), "{shell}");
    }
    assert!(text(&["keygen", "cam"]).starts_with("cam:"));
    assert_eq!(json(&command(&["keygen", "cam", "--json"]).output().unwrap())["id"], "cam");
}
