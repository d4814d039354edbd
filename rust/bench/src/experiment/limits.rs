//! The machine's limits of socket buffers, changed for a while.

use std::fs;

use crate::error::{LabError, Tried};

/// They are the same for all namespaces, so that all programs on the machine meet them meanwhile.
const FILES: [&str; 2] = ["/proc/sys/net/core/rmem_max", "/proc/sys/net/core/wmem_max"];

/// Sets the limits; they are what they were again once this is dropped.
pub(super) struct SocketLimits {
    before: [String; 2],
}

impl SocketLimits {
    pub(super) fn set(bytes: u64) -> Result<Self, LabError> {
        let read = |file: &str| fs::read_to_string(file).tried(format!("read {file}"));
        let before = [read(FILES[0])?, read(FILES[1])?];
        let limits = Self { before };
        for file in FILES {
            fs::write(file, bytes.to_string()).tried(format!("write {file}"))?;
        }
        Ok(limits)
    }
}

impl Drop for SocketLimits {
    fn drop(&mut self) {
        for (file, value) in FILES.iter().zip(&self.before) {
            // It could be written a moment ago.
            let _ = fs::write(file, value.trim());
        }
    }
}
