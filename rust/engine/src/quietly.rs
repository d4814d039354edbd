//! Writing to a connection whose peer may be gone.

use std::io::{self, Write};
use std::net::TcpStream;

/// Writes without vectors: what the standard library does for them raises SIGPIPE where the peer is gone, and only a program that Rust
/// or Java started ignores that; one in C would end.
pub(crate) struct Quietly<'a>(pub(crate) &'a TcpStream);

impl Write for Quietly<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut socket = self.0;
        socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
