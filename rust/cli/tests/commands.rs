//! The commands against each other, in processes of their own.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed test may panic")]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;

use common::{KEY, Serve, command, file, json, path};

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

/// Connections to this address reach the server; what goes there over UDP vanishes.
fn without_udp(serve: &Serve) -> (SocketAddr, UdpSocket) {
    let hole = UdpSocket::bind(("127.0.0.2", serve.udp_port)).unwrap();
    let door = TcpListener::bind("127.0.0.2:0").unwrap();
    let address = door.local_addr().unwrap();
    let port: u16 = serve.port.parse().unwrap();
    std::thread::spawn(move || {
        for inside in door.incoming().map_while(Result::ok) {
            let outside = TcpStream::connect(("127.0.0.1", port)).unwrap();
            for (mut from, mut to) in
                [(inside.try_clone().unwrap(), outside.try_clone().unwrap()), (outside, inside)]
            {
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    (address, hole)
}

#[test]
fn doctor_tells_that_udp_is_blocked_and_what_to_open() {
    let temp = tempfile::tempdir().unwrap();
    let serve = Serve::start(temp.path(), &[]);
    let (address, _hole) = without_udp(&serve);
    let port = address.port().to_string();
    let doctor =
        json(&command(&["doctor", "127.0.0.2", "--port", &port, "--key", KEY, "--json"]).output().unwrap());
    for direction in ["UDP there", "UDP back"] {
        let check = doctor.as_array().unwrap().iter().find(|c| c["check"] == direction).unwrap();
        assert_eq!(check["grade"], "weak", "{doctor}");
        let advice = check["advice"].as_str().unwrap();
        assert!(advice.contains("UDP is blocked") && advice.contains("UDP port"), "{advice}");
    }
    // Where nothing but UDP is allowed, that is the network's failure.
    let only =
        ["--set", "transport=udp", "--set", "connect.timeout=2s", "--set", "outage.timeout=2s", "--port"];
    let refused =
        command(&[&["doctor", "127.0.0.2", "--key", KEY][..], &only, &[&port]].concat()).output().unwrap();
    let words = String::from_utf8_lossy(&refused.stdout);
    assert_eq!(refused.status.code(), Some(4), "{words}");
    assert!(words.contains("BAD  UDP there"), "{words}");
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
fn a_client_stays_only_with_a_server_whose_key_is_pinned_and_gets_the_digest_that_it_asks_for() {
    let temp = tempfile::tempdir().unwrap();
    let serve = Serve::start(temp.path(), &[]);
    let pin = format!("tls.pin={}", serve.pin);
    let other = format!("tls.pin=sha256:{}", "ab".repeat(32));
    let sources = tempfile::tempdir().unwrap();
    let source = sources.path().join("abc");
    fs::write(&source, "abc").unwrap();
    let words = ["send", "stream", path(&source), "--json", "--set", "digest=blake3", "--set"];
    let sent = json(&serve.client(&[&words[..], &[&pin]].concat()));
    assert_eq!(sent["digest_algorithm"], "BLAKE3");
    assert_eq!(sent["digest"], "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    let refused = serve.client(&[&words[..], &[&other]].concat());
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("tls.pin"));
}

#[test]
fn nothing_of_a_key_that_is_not_well_formed_is_repeated() {
    let temp = tempfile::tempdir().unwrap();
    let properties = temp.path().join("faspstream.properties");
    fs::write(&properties, "access.key=cam:hush-and-hush, hush again:quiet\n").unwrap();
    for words in [["ls", "--key", "hush-hush-hush"], ["ls", "--config", path(&properties)]] {
        let output = command(&words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("id:secret") && !said.contains("hush") && !said.contains("quiet"), "{said}");
    }
}

#[test]
fn a_stream_can_be_piped_through_a_server() {
    let mut serve = Serve::spawn(&["--pipe"], |command| command.stdout(Stdio::piped()));
    let mut send =
        command(&["send", "x", "-", "--quiet", "--port", &serve.port]).stdin(Stdio::piped()).spawn().unwrap();
    send.stdin.take().unwrap().write_all(b"through and through").unwrap();
    assert!(send.wait().unwrap().success());
    let mut output = Vec::new();
    serve.child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    assert!(serve.child.wait().unwrap().success());
    assert_eq!(output, b"through and through");
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
