//! Transfers that go on where another one ended.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed test may panic")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{KEY, Serve, eventually, file, json, path};

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

/// Chances that are the same in every run.
struct Dice(u64);

impl Dice {
    /// A number below `most`.
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Bytes of the longest file in a folder.
fn arrived(dir: &Path) -> u64 {
    let lengths = fs::read_dir(dir).unwrap().flatten().filter_map(|e| e.metadata().ok().map(|m| m.len()));
    lengths.max().unwrap_or(0)
}

/// Starts a client, and kills it when `more` bytes beyond what is in `dir` have come.
fn cut_after(serve: &Serve, words: &[&str], dir: &Path, more: u64) {
    let until = arrived(dir) + more;
    let mut cut = serve.start_client(&[words, &["--rate", "40mbit"]].concat());
    eventually("what is to be cut", || (arrived(dir) >= until).then_some(()));
    cut.kill().unwrap();
    cut.wait().unwrap();
}

#[test]
fn a_transfer_that_is_cut_anywhere_again_and_again_arrives_as_it_is() {
    const SEED: u64 = 7;
    const LENGTH: u64 = 6_000_000;
    let mut dice = Dice(SEED);
    let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, back) = (here.path().join("from"), tempfile::tempdir().unwrap());
    let bytes = file(&from, LENGTH as usize);
    let to = back.path().join("to");
    let mut serve = Serve::start(there.path(), &[]);
    let send = ["send", "big", path(&from), "--resume", "--json"];
    let recv = ["recv", "big", path(&to), "--resume", "--json"];
    for (words, dir) in [(&send, there.path()), (&recv, back.path())] {
        for round in 0..5 {
            cut_after(&serve, words, dir, 1 + dice.below(LENGTH / 8));
            // Sometimes the server goes too.
            if round % 2 == 1 {
                drop(serve);
                serve = Serve::start(there.path(), &[]);
            }
        }
        let before = arrived(dir);
        let last = json(&serve.client(words));
        assert!(last["resumed_at"].as_u64().unwrap() >= before, "seed {SEED}, {before}: {last}");
    }
    assert!(
        fs::read(there.path().join("big")).unwrap() == bytes,
        "seed {SEED}: the server has something else"
    );
    assert!(fs::read(&to).unwrap() == bytes, "seed {SEED}: the client has something else");
}

/// Bytes that a process has read from files and pipes.
#[cfg(target_os = "linux")]
fn bytes_read(process: u32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_transfer_that_goes_on_reads_nothing_again_at_either_end() {
    const LENGTH: u64 = 24_000_000;
    let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, back) = (here.path().join("from"), tempfile::tempdir().unwrap());
    file(&from, LENGTH as usize);
    let to = back.path().join("to");
    let send = ["send", "big", path(&from), "--resume", "--json"];
    let recv = ["recv", "big", path(&to), "--resume", "--json"];
    let serve = Serve::start(there.path(), &[]);
    for (words, dir) in [(&send, there.path()), (&recv, back.path())] {
        cut_after(&serve, words, dir, LENGTH * 2 / 3);
        let left = LENGTH - arrived(dir);
        let before = bytes_read(serve.child.id());
        // What a shell says of itself has the processes in it that it has waited for.
        let output = Command::new("sh")
            .args(["-c", "\"$@\" && cat /proc/$$/io >&2", "sh", env!("CARGO_BIN_EXE_faspstream")])
            .args(words)
            .args(["--port", &serve.port, "--key", KEY])
            .output()
            .unwrap();
        assert!(json(&output)["resumed_at"].as_u64().unwrap() >= LENGTH - left);
        let said = String::from_utf8_lossy(&output.stderr);
        let here: u64 = said.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap();
        let there = bytes_read(serve.child.id()) - before;
        // Beside the bytes of the rest: programs' libraries, control messages, the system's files.
        let most = left + 2_000_000;
        assert!(here < most && there < most, "{}: {here} here, {there} there, {left} were left", words[0]);
    }
}
