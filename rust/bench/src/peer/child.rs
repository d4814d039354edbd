//! Programs that run inside a lab and end with whoever holds them.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{self, ChildStdout, Command, Stdio};
use std::thread;

use crate::error::{LabError, Tried};
use crate::sys;

/// A child that ends with this.
pub(super) struct Child {
    process: process::Child,
    name: String,
}

impl Child {
    /// Starts the command.
    pub(super) fn start(command: &mut Command) -> Result<Self, LabError> {
        let name = command.get_program().display().to_string();
        let process = command.spawn().tried(format!("start {name}"))?;
        Ok(Self { process, name })
    }

    /// Starts the command, and waits until the first line of its standard error says `word`.
    pub(super) fn start_until(command: &mut Command, word: &str) -> Result<Self, LabError> {
        let mut child = Self::start(command.stderr(Stdio::piped()))?;
        let said = child.process.stderr.take().ok_or_else(|| child.without("standard error"))?;
        child.heard(said, word)
    }

    /// The same by its standard output.
    pub(super) fn start_until_printed(command: &mut Command, word: &str) -> Result<Self, LabError> {
        let mut child = Self::start(command.stdout(Stdio::piped()))?;
        let said = child.output()?;
        child.heard(said, word)
    }

    fn heard(self, said: impl Read + Send + 'static, word: &str) -> Result<Self, LabError> {
        let mut said = BufReader::new(said);
        let mut first = String::new();
        said.read_line(&mut first).tried(format!("wait for {}", self.name))?;
        if !first.contains(word) {
            return Err(LabError::Failed(format!("{} did not start: {}", self.name, first.trim())));
        }
        // Read on, so that it never waits for room.
        thread::spawn(move || said.lines().for_each(drop));
        Ok(self)
    }

    /// Its standard input, if it was asked for as a pipe.
    pub(super) fn input(&mut self) -> Option<Box<dyn Write + Send>> {
        self.process.stdin.take().map(|input| Box::new(input) as Box<dyn Write + Send>)
    }

    /// Its standard output, which was asked for as a pipe; large, so that it is not stopped by a reader that sleeps for a moment.
    pub(super) fn output(&mut self) -> Result<ChildStdout, LabError> {
        let stdout = self.process.stdout.take().ok_or_else(|| self.without("standard output"))?;
        sys::enlarge_pipe(&stdout, 1 << 20).tried("enlarge a pipe")?;
        Ok(stdout)
    }

    /// Ends it and waits until it has ended.
    pub(super) fn end(&mut self) {
        // What has ended already needs no ending.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn without(&self, what: &str) -> LabError {
        LabError::Failed(format!("{} has no {what}", self.name))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end();
    }
}
