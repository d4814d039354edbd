//! The command `wanlab`, from up to down. Skipped, with a word, where there is no root.

#![cfg(target_os = "linux")]

mod common;

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use common::can_run;

fn wanlab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wanlab")).args(arguments).output().expect("the program starts")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A name that no other test uses.
fn name(what: &str) -> String {
    format!("test-{what}-{}", std::process::id())
}

#[test]
fn a_lab_is_used_changed_and_ended_by_name() {
    if !can_run() {
        return;
    }
    let name = name("life");
    let up = wanlab(&["up", &name, "--rate", "10mbit", "--rtt", "4ms", "--at", "1s:loss=1%"]);
    assert!(up.status.success(), "{}", text(&up));
    let twice = wanlab(&["up", &name]);
    assert!(!twice.status.success() && text(&twice).contains("already"), "{}", text(&twice));

    let inside =
        wanlab(&["exec", &name, "b", "--", "sh", "-c", "echo $WANLAB_HERE; ip -br link show wan0; exit 3"]);
    assert_eq!(inside.status.code(), Some(3), "the exit code of the command");
    assert!(text(&inside).contains("10.77.0.2") && text(&inside).contains("UP"), "{}", text(&inside));

    let set = wanlab(&["set", &name, "ab.rate=5mbit", "rtt=10ms"]);
    assert!(set.status.success(), "{}", text(&set));
    let stats = wanlab(&["stats", &name, "--json"]);
    let stats: serde_json::Value = serde_json::from_slice(&stats.stdout).expect("stats are JSON");
    assert_eq!(stats["ab"]["own_drops"]["overrun"], 0);

    assert!(text(&wanlab(&["list"])).contains(&name));
    let down = wanlab(&["down", &name]);
    assert!(down.status.success(), "{}", text(&down));
    assert!(!text(&wanlab(&["list"])).contains(&name));
    assert!(!wanlab(&["exec", &name, "a", "--", "true"]).status.success());
}

#[test]
fn what_a_killed_lab_left_is_swept_away() {
    if !can_run() {
        return;
    }
    let name = name("killed");
    let up = wanlab(&["up", &name]);
    assert!(up.status.success(), "{}", text(&up));
    let list = text(&wanlab(&["list"]));
    let pid = list.lines().find_map(|line| line.strip_prefix(&name)).expect("it is listed").trim().to_owned();
    assert!(Command::new("kill").args(["-9", &pid]).status().expect("kill starts").success());
    let left = [format!("/run/wanlab/{name}"), format!("/run/netns/wanlab-{name}-a")];
    let began = Instant::now();
    // The call that sweeps may be one of another test, which is still at it when this one's list shows nothing any more.
    while text(&wanlab(&["list"])).contains(&name)
        || left.iter().any(|left| std::fs::symlink_metadata(left).is_ok())
    {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{left:?}: it is still listed, or something is left"
        );
    }
}

#[test]
fn a_mistake_on_the_command_line_has_a_code_of_its_own() {
    for arguments in
        [&["up"][..], &["set", "x"], &["exec", "x", "c", "--", "true"], &["up", "x", "--rate", "fast"]]
    {
        let output = wanlab(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output));
    }
}
