//! The kernel's TCP.

use std::fs;
use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Instant;

use socket2::{Domain, Protocol, Socket, Type};

use super::flow::Flow;
use super::{CHUNK, Load, Source};
use crate::error::{LabError, Tried};
use crate::lab::{Family, Lab, Side};

/// Why this congestion control cannot be used; None if it can.
pub(super) fn missing(congestion: &str) -> Option<String> {
    let known = fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control").unwrap_or_default();
    let found = known.split_whitespace().any(|name| name == congestion);
    (!found).then(|| format!("this kernel has no {congestion} (it has {})", known.trim()))
}

/// Connects and sends. The congestion control is set per socket and asked back: a namespace may refuse what the machine has, and then
/// uses another without a word.
pub(super) fn open(lab: &Lab, congestion: &str, load: Load) -> Result<Flow, LabError> {
    let family = load.family;
    let listener = lab.open(Side::B, "listen on a TCP socket", || {
        let socket = socket(family)?;
        socket.bind(&SocketAddr::new(Side::B.address(family), 0).into())?;
        socket.listen(1)?;
        Ok(socket)
    })?;
    let target = listener.local_addr().tried("name a socket")?;
    let sender = lab.open(Side::A, "open a TCP socket", || socket(family))?;
    sender
        .set_tcp_congestion(congestion.as_bytes())
        .tried(format!("choose the congestion control {congestion}"))?;
    let began = Instant::now();
    sender.connect(&target).tried("connect over the link")?;
    let (accepted, _) = listener.accept().tried("accept a connection")?;
    let used = sender.tcp_congestion().tried("ask for the congestion control")?;
    let used = String::from_utf8_lossy(&used).trim_end_matches('\0').to_owned();
    if used != congestion {
        return Err(LabError::Failed(format!("asked for {congestion}, the kernel uses {used}")));
    }
    let (sender, receiver) = (TcpStream::from(sender), TcpStream::from(accepted));
    let ends = [&sender, &receiver].map(TcpStream::try_clone);
    let writer = match load.source {
        Source::Zeros(bytes) => {
            thread::spawn(move || send(sender, bytes));
            None
        }
        Source::Input => {
            // What is live must not wait for more.
            sender.set_nodelay(true).tried("let a socket send at once")?;
            Some(Box::new(sender) as Box<dyn Write + Send>)
        }
    };
    Ok(Flow {
        reader: Box::new(receiver),
        writer,
        began,
        check: None,
        end: Box::new(move || {
            // What has ended already needs no ending.
            ends.into_iter().flatten().for_each(|socket| drop(socket.shutdown(Shutdown::Both)));
        }),
    })
}

/// Writes until all is sent or the connection ends.
fn send(mut to: TcpStream, bytes: u64) {
    let chunk = vec![0x5a; CHUNK];
    let mut left = bytes;
    while left > 0 {
        let n = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        match to.write(&chunk[..n]) {
            Ok(n) => left -= n as u64,
            Err(_) => return,
        }
    }
}

fn socket(family: Family) -> std::io::Result<Socket> {
    let domain = match family {
        Family::V4 => Domain::IPV4,
        Family::V6 => Domain::IPV6,
    };
    Socket::new(domain, Type::STREAM, Some(Protocol::TCP))
}
