//! What a datagram costs in instructions, as callgrind counts them: the same on a busy machine as on an idle one.
//!
//! `cargo test -p faspstream-proto --test instructions -- --nocapture` prints the counts; `FASPSTREAM_BASELINE=write` before it makes
//! them the new baseline, `instructions.txt` beside this file. Without valgrind nothing is counted, which the output says.

#![expect(clippy::print_stdout, reason = "a test that reports what it has counted")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::Pair;

/// The turns that are counted, by the name of the function.
const TURNS: [&str; 3] = ["turn_of_sender", "turn_of_receiver", "turn_of_feedback"];
/// Rounds of the workload; the first quarter is not the steady state, and is counted with the rest.
const ROUNDS: usize = 100;
/// More than this above the baseline fails, in hundredths.
const MORE_MAX: u64 = 3;

/// Rounds of a stream that nothing limits; gives the data datagrams.
fn rounds() -> usize {
    let mut pair = Pair::new();
    let mut datagrams = 0;
    for _ in 0..ROUNDS {
        datagrams += pair.turn_of_sender();
        pair.turn_of_receiver();
        pair.turn_of_feedback();
    }
    datagrams
}

#[test]
#[ignore = "the workload that the other test runs below valgrind"]
fn workload() {
    assert!(rounds() > ROUNDS);
}

/// Instructions below `turn` in the whole workload.
fn count(turn: &str) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg(format!("--toggle-collect=*{turn}*"))
        .arg(std::env::current_exe().expect("a program knows its file"))
        .args(["workload", "--exact", "--ignored", "--test-threads=1"])
        .output()
        .expect("valgrind is there");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let line = words.lines().find_map(|line| line.split_once("Collected :"));
    line.and_then(|(_, number)| number.trim().parse().ok()).expect("callgrind prints what it has collected")
}

fn compiler() -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc).arg("--version").output().expect("who runs tests has a compiler");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instructions.txt")
}

#[test]
fn no_datagram_costs_three_percent_more_instructions_than_the_baseline_says() {
    if !cfg!(target_arch = "x86_64") || Command::new("valgrind").arg("--version").output().is_err() {
        println!("nothing was counted: it takes valgrind and x86-64");
        return;
    }
    let datagrams = rounds() as u64;
    let counts = TURNS.map(|turn| (turn, count(turn) / datagrams));
    let lines: String = counts.iter().map(|(turn, count)| format!("{turn} {count}\n")).collect();
    println!("{lines}instructions per datagram of 1,472 bytes");
    if std::env::var_os("FASPSTREAM_BASELINE").is_some() {
        fs::write(file(), format!("{}\n{lines}", compiler())).expect("the baseline can be written");
        return;
    }
    let baseline = fs::read_to_string(file()).expect("the baseline is there");
    if baseline.lines().next() != Some(compiler().as_str()) {
        println!("not judged: the baseline is of another compiler\n{baseline}");
        return;
    }
    for (turn, count) in counts {
        let line = baseline.lines().find_map(|line| line.strip_prefix(turn));
        let before: u64 = line.and_then(|number| number.trim().parse().ok()).expect("every turn has a line");
        assert!(count * 100 <= before * (100 + MORE_MAX), "{turn}: {count} where {before} were");
    }
}
