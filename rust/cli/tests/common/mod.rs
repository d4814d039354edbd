//! The command as a user starts it, in processes of its own.
#![expect(dead_code, reason = "each test file uses a part")]

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// The key of every server here.
pub(crate) const KEY: &str = "test:a-secret-of-the-tests";
/// Longer than anything here takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// The command with these words.
pub(crate) fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faspstream"));
    command.args(words).stdin(Stdio::null());
    command
}

/// A server in a process of its own; killed when it goes.
pub(crate) struct Serve {
    pub(crate) child: Child,
    pub(crate) port: String,
    /// Where its data goes.
    pub(crate) udp_port: u16,
    /// What clients may set as `tls.pin`.
    pub(crate) pin: String,
    lines: Receiver<String>,
    /// What it said so far, line by line.
    said: RefCell<Vec<Value>>,
}

impl Serve {
    /// Starts it in `dir` on free ports with the key of the tests, and waits until it listens.
    pub(crate) fn start(dir: &Path, more: &[&str]) -> Self {
        let ends = ["--key", KEY, "--set", "outage.timeout=5s", "--dir", path(dir)];
        Self::spawn(&[&ends[..], more].concat(), |command| command.stdout(Stdio::null()))
    }

    /// Starts it with these words on free ports, and waits until it listens.
    pub(crate) fn spawn(words: &[&str], prepare: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let mut command = command(&["serve", "--port", "0"]);
        prepare(command.args(words));
        Self::launch(command)
    }

    /// The same as `command` says, which begins with `serve`, names the control port, and may be wrapped into something.
    pub(crate) fn launch(mut command: Command) -> Self {
        command.args(["--json", "--udp-port", "0"]).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let (sender, lines) = channel();
        let reader = BufReader::new(child.stderr.take().expect("it is piped"));
        std::thread::spawn(move || {
            reader.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        let mut serve = Self {
            child,
            port: String::new(),
            udp_port: 0,
            pin: String::new(),
            lines,
            said: RefCell::default(),
        };
        let listening = serve.until("listening");
        let address = listening["listening"].as_str().expect("an address");
        serve.port = address.rsplit_once(':').expect("with a port").1.to_owned();
        serve.udp_port = listening["udp_port"].as_u64().and_then(|p| u16::try_from(p).ok()).expect("a port");
        listening["tls_pin"].as_str().expect("a pin").clone_into(&mut serve.pin);
        serve
    }

    /// The first line on standard error that is JSON and has `key`, of those that were not given out yet.
    pub(crate) fn until(&self, key: &str) -> Value {
        let mut said = self.said.borrow_mut();
        loop {
            if let Some(at) = said.iter().position(|value| value.get(key).is_some()) {
                return said.remove(at);
            }
            let line = self.lines.recv_timeout(LONG).expect("the server says it in time");
            said.extend(serde_json::from_str::<Value>(&line));
        }
    }

    /// Runs a client command to its end.
    pub(crate) fn client(&self, words: &[&str]) -> Output {
        self.start_client(words).wait_with_output().expect("it can be waited for")
    }

    /// Starts a client command.
    pub(crate) fn start_client(&self, words: &[&str]) -> Child {
        command(words)
            .args(["--port", &self.port, "--key", KEY, "--set", "outage.timeout=5s"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts")
    }

    /// Sends a signal by its number.
    pub(crate) fn signal(&self, number: i32) {
        let sent = Command::new("kill").arg(format!("-{number}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill is everywhere").success());
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The JSON object on the standard output of a command that went well.
pub(crate) fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("standard output is JSON")
}

/// A file of bytes that differ.
pub(crate) fn file(path: &Path, length: usize) -> Vec<u8> {
    let bytes: Vec<u8> = (0..length).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::write(path, &bytes).expect("it can be written");
    bytes
}

/// A path as a word of a command line.
pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("a name in UTF-8")
}

/// Waits until `look` gives something.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = std::time::Instant::now() + LONG;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(std::time::Instant::now() < end, "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One answer of a TCP server.
pub(crate) fn http(address: &str, request: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in UTF-8");
    answer
}
