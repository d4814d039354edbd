//! What goes wrong around the commands: killed and stopped processes, full disks, sockets that refuse, no file descriptors.
//!
//! Long forms: `FASPSTREAM_KILL_ROUNDS=200`, `FASPSTREAM_STOP_SECONDS=30` (see rust/proto/docs/security.md).
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "what was measured is for whoever runs the long form")]
#![expect(clippy::unwrap_used, reason = "a failed test may panic")]

mod common;

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use common::{KEY, Serve, command, eventually, file};

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("it is a number"))
}

/// A generator (PCG's multiplier) that is printed with what it was begun with.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// The words of a server that keeps streams in `dir`.
fn serve(dir: &Path, port: &str) -> Command {
    let mut serve = command(&["serve", "--port", port, "--key", KEY, "--dir", text(dir)]);
    serve.stdout(Stdio::null());
    serve
}

fn server(dir: &Path, port: &str) -> Serve {
    Serve::launch(serve(dir, port))
}

fn client(port: &str, words: &[&str]) -> Command {
    let mut client = command(words);
    client.args(["--port", port, "--key", KEY, "--quiet"]).stdout(Stdio::null()).stderr(Stdio::piped());
    client
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Waits for a child for as long as anything here may take.
fn end(mut child: Child) -> Output {
    eventually("the end of a command", || child.try_wait().unwrap());
    child.wait_with_output().unwrap()
}

/// True if the file is there. If so, it is whole.
fn is_there_and_whole(path: &Path, bytes: &[u8]) -> bool {
    match fs::read(path) {
        Ok(found) => {
            assert!(found == bytes, "{} looks whole and has {} bytes", path.display(), found.len());
            true
        }
        Err(_) => false,
    }
}

// ---- kill -9

/// One victim, at a moment of its own, in one direction.
struct Kill {
    pushes: bool,
    server_dies: bool,
    after: Duration,
}

/// What a killed command leaves behind is no stream that looks whole and is not; the other end fails clearly, and what it says is true.
fn kill_round(running: Serve, dirs: (&Path, &Path), bytes: &[u8], kill: &Kill) -> Serve {
    let (stored, local) = dirs;
    let (source, target) = (local.join("source"), local.join("target"));
    let name = if kill.pushes { "pushed" } else { "pulled" };
    let words = if kill.pushes { ["send", name, text(&source)] } else { ["recv", name, text(&target)] };
    let arrived = if kill.pushes { stored.join(name) } else { target.clone() };
    let _ = fs::remove_file(&arrived);
    let mut child = client(&running.port, &words).args(["--rate", "150mbit"]).spawn().unwrap();
    thread::sleep(kill.after);
    if !kill.server_dies {
        child.kill().unwrap();
        child.wait().unwrap();
        is_there_and_whole(&arrived, bytes);
        return running;
    }
    let port = running.port.clone();
    drop(running);
    let output = end(child);
    let whole = is_there_and_whole(&arrived, bytes);
    if output.status.success() {
        assert!(whole, "the command said that all of it had arrived");
    } else {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(words.trim().lines().count(), 1, "one clear line: {words}");
    }
    server(stored, &port)
}

#[test]
fn kill_9_of_either_end_at_any_moment_leaves_no_stream_that_looks_whole_and_is_not() {
    let rounds = setting("FASPSTREAM_KILL_ROUNDS", 5);
    let seed = setting("FASPSTREAM_SEED", 1);
    println!("seed {seed}, {rounds} rounds");
    let (stored, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bytes = file(&local.path().join("source"), 4_000_000);
    fs::write(stored.path().join("pulled"), &bytes).unwrap();
    let mut running = server(stored.path(), "0");
    let mut chance = Chance(seed);
    let mut kinds = [0; 4];
    for round in 0..rounds {
        // Each of the four comes up in turn; the moment is drawn. At 150 Mbit/s the stream takes some 220 ms.
        let kill = Kill {
            pushes: round % 2 == 0,
            server_dies: round / 2 % 2 == 0,
            after: Duration::from_micros(chance.below(350_000)),
        };
        kinds[(round % 4) as usize] += 1;
        running = kill_round(running, (stored.path(), local.path()), &bytes, &kill);
    }
    println!("{kinds:?}");
    // After all that the server serves.
    let output =
        end(client(&running.port, &["send", "last", text(&local.path().join("source"))]).spawn().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(is_there_and_whole(&stored.path().join("last"), &bytes));
}

// ---- SIGSTOP

#[test]
fn an_end_that_is_stopped_for_a_while_goes_on_and_the_stream_is_whole() {
    let pause = Duration::from_secs(setting("FASPSTREAM_STOP_SECONDS", 2));
    let (stored, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = local.path().join("source");
    let bytes = file(&source, 4_000_000);
    let serve = server(stored.path(), "0");
    for (name, stops_server) in [("a", true), ("b", false)] {
        let mut sending = client(&serve.port, &["send", name, text(&source), "--rate", "16mbit"]);
        let child = sending.spawn().unwrap();
        let victim = if stops_server { serve.child.id() } else { child.id() };
        eventually("the beginning", || {
            let partial = fs::read_dir(stored.path()).unwrap().flatten();
            partial
                .into_iter()
                .any(|e| e.metadata().is_ok_and(|m| (1..4_000_000).contains(&m.len())))
                .then_some(())
        });
        signal(victim, "STOP");
        thread::sleep(pause);
        signal(victim, "CONT");
        let output = end(child);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(is_there_and_whole(&stored.path().join(name), &bytes));
    }
}

fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status();
    assert!(sent.unwrap().success());
}

// ---- system calls that fail

/// The library that makes system calls fail, built once.
fn misfortune() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("misfortune.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/misfortune.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl");
        assert!(cc.status().unwrap().success(), "the Rust compiler needs cc too");
        library
    })
}

/// The command under a misfortune.
fn under(mut command: Command, misfortune_name: &str, value: &str) -> Command {
    command.env("LD_PRELOAD", misfortune()).env(misfortune_name, value);
    command
}

const EPERM: &str = "1";

const EMSGSIZE: &str = "90";
const ENOBUFS: &str = "105";
const ECONNREFUSED: &str = "111";

/// Pushes and pulls 2 MB with ends that `name` befalls.
fn goes_through_under(name: &str, value: &str) {
    let (stored, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, target) = (local.path().join("source"), local.path().join("target"));
    let bytes = file(&source, 2_000_000);
    let witnesses = [local.path().join("server"), local.path().join("client")];
    let mut misled = under(serve(stored.path(), "0"), name, value);
    misled.env("MISFORTUNE_WITNESS", &witnesses[0]);
    let serve = Serve::launch(misled);
    let mut push = under(client(&serve.port, &["send", "x", text(&source)]), name, value);
    let pushed = end(push.env("MISFORTUNE_WITNESS", &witnesses[1]).spawn().unwrap());
    assert!(pushed.status.success(), "{name}={value}: {}", String::from_utf8_lossy(&pushed.stderr));
    assert!(is_there_and_whole(&stored.path().join("x"), &bytes));
    let pulled = end(client(&serve.port, &["recv", "x", text(&target)]).spawn().unwrap());
    assert!(pulled.status.success(), "{name}={value}: {}", String::from_utf8_lossy(&pulled.stderr));
    assert!(is_there_and_whole(&target, &bytes));
    assert!(witnesses.iter().all(|witness| witness.exists()), "{name} has befallen both ends");
}

#[test]
fn a_socket_that_refuses_every_seventh_call_costs_time_and_no_byte() {
    for error in [EPERM, EMSGSIZE, ENOBUFS, ECONNREFUSED] {
        goes_through_under("MISFORTUNE_SEND", error);
    }
}

#[test]
fn segmentation_offload_that_is_refused_at_run_time_is_done_without() {
    goes_through_under("MISFORTUNE_OFFLOAD", "1");
}

#[test]
fn receive_offload_that_is_refused_is_done_without() {
    goes_through_under("MISFORTUNE_COALESCE", "1");
}

#[test]
fn a_clock_on_the_wall_that_jumps_days_ahead_or_back_changes_nothing() {
    for jump in ["172800", "-172800"] {
        goes_through_under("MISFORTUNE_CLOCK", jump);
    }
}

#[test]
fn a_full_disk_fails_its_stream_at_both_ends_and_nothing_else() {
    let (stored, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, target) = (local.path().join("source"), local.path().join("target"));
    file(&source, 3_000_000);
    let serve = Serve::launch(under(serve(stored.path(), "0"), "MISFORTUNE_DISK", "1000000"));
    let pushed = end(client(&serve.port, &["send", "x", text(&source)]).spawn().unwrap());
    let words = String::from_utf8_lossy(&pushed.stderr).into_owned();
    assert!(!pushed.status.success() && words.contains("No space left"), "the sender is told: {words}");
    assert!(!stored.path().join("x").exists(), "nothing looks whole");
    fs::copy(&source, stored.path().join("y")).unwrap();
    let pull = client(&serve.port, &["recv", "y", text(&target)]);
    let pulled = end(under(pull, "MISFORTUNE_DISK", "1000000").spawn().unwrap());
    let words = String::from_utf8_lossy(&pulled.stderr).into_owned();
    assert!(!pulled.status.success() && words.contains("No space left"), "{words}");
    assert!(!target.exists(), "nothing looks whole");
    // The server goes on, for those who need no disk.
    assert!(end(client(&serve.port, &["recv", "y", "-"]).spawn().unwrap()).status.success());
}

#[test]
fn a_server_without_file_descriptors_takes_clients_again_once_it_has_some() {
    let (stored, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = local.path().join("source");
    let bytes = file(&source, 4_000_000);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 48; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_faspstream")]);
    limited.args(["serve", "--port", "0", "--key", KEY, "--dir", text(stored.path())]).stdout(Stdio::null());
    let serve = Serve::launch(limited);
    let running = client(&serve.port, &["send", "a", text(&source), "--rate", "32mbit"]).spawn().unwrap();
    eventually("the beginning", || fs::read_dir(stored.path()).unwrap().next().map(|_| ()));
    let silent: Vec<_> =
        (0..100).map(|_| TcpStream::connect(("127.0.0.1", serve.port.parse().unwrap())).unwrap()).collect();
    let open = format!("/proc/{}/fd", serve.child.id());
    eventually("the last descriptor is taken", || (fs::read_dir(&open).unwrap().count() >= 47).then_some(()));
    assert!(end(running).status.success(), "who was in before is not touched");
    assert!(is_there_and_whole(&stored.path().join("a"), &bytes));
    drop(silent);
    let next = end(client(&serve.port, &["send", "b", text(&source)]).spawn().unwrap());
    assert!(next.status.success(), "{}", String::from_utf8_lossy(&next.stderr));
    assert!(is_there_and_whole(&stored.path().join("b"), &bytes));
}
