//! The command line that all peer programs have in common, for those in Rust; see `peers/peer.hpp` for those in C++.
//!
//! ```text
//! PEER recv ADDRESS PORT WINDOW         listens, says "ready" on standard error, writes what comes to standard output
//! PEER send ADDRESS PORT WINDOW BYTES   says "ready", connects, sends zeros; with - for BYTES, what comes from standard input
//! ```

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsFd;

use super::CHUNK;
use crate::error::LabError;

/// What a peer program is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Where the receiver listens.
    pub address: SocketAddr,
    /// Bytes that may be under way; 0 leaves the transport's defaults.
    pub window: u64,
    /// None for the receiver.
    pub source: Option<Source>,
}

/// What a sender sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// So many zeros.
    Zeros(u64),
    /// What comes from standard input.
    Input,
}

impl Order {
    /// The order that the words of a command line give.
    pub fn parse(words: &[String]) -> Result<Self, LabError> {
        let usage = || {
            LabError::Usage("usage: recv ADDRESS PORT WINDOW | send ADDRESS PORT WINDOW BYTES|-".to_owned())
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (address, port, window, source) = match words.as_slice() {
            ["recv", address, port, window] => (address, port, window, None),
            ["send", address, port, window, "-"] => (address, port, window, Some(Source::Input)),
            ["send", address, port, window, bytes] => {
                (address, port, window, Some(Source::Zeros(bytes.parse().map_err(|_| usage())?)))
            }
            _ => return Err(usage()),
        };
        let ip = address.parse().map_err(|_| usage())?;
        let port = port.parse().map_err(|_| usage())?;
        Ok(Self { address: SocketAddr::new(ip, port), window: window.parse().map_err(|_| usage())?, source })
    }

    /// Standard output without a buffer.
    pub fn output() -> io::Result<File> {
        io::stdout().as_fd().try_clone_to_owned().map(File::from)
    }

    /// Tells whoever started this program that it is about to listen or to connect.
    pub fn ready() -> io::Result<()> {
        writeln!(io::stderr(), "ready")
    }
}

impl Source {
    /// The next bytes; empty at the end.
    pub fn next<'b>(&mut self, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        buffer.resize(CHUNK, 0);
        let n = match self {
            Self::Zeros(left) => {
                let n = (*left).min(CHUNK as u64);
                *left -= n;
                n as usize
            }
            Self::Input => io::stdin().read(buffer)?,
        };
        Ok(&buffer[..n])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(line: &str) -> Result<Order, LabError> {
        Order::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn an_order_is_to_receive_to_send_zeros_or_to_send_what_is_given() {
        assert_eq!(order("recv 10.77.0.2 20000 5").expect("valid").source, None);
        assert_eq!(order("send ::1 20000 0 77").expect("valid").source, Some(Source::Zeros(77)));
        assert_eq!(order("send ::1 20000 0 -").expect("valid").source, Some(Source::Input));
        for line in ["recv", "recv localhost 1 1", "send ::1 1 1 x", "recv ::1 70000 1", "fetch ::1 1 1"] {
            assert!(order(line).is_err(), "{line}");
        }
    }

    #[test]
    fn as_many_zeros_come_as_were_ordered() {
        let (mut source, mut buffer, mut total) = (Source::Zeros(CHUNK as u64 + 3), Vec::new(), 0);
        while let Ok(bytes @ [_, ..]) = source.next(&mut buffer) {
            total += bytes.len();
        }
        assert_eq!(total, CHUNK + 3);
    }
}
