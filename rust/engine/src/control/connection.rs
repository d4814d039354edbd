//! One TCP connection under TLS 1.3, without a thread of its own: it is told when its socket is ready.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::Connection as Tls;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use thiserror::Error;
use zeroize::Zeroizing;

use super::auth::{AUTH_LABEL, Exported};
use super::codec::{CodecError, GREETING_MAX, Inbox, MESSAGE_MAX};
use super::messages::Message;
use crate::quietly::Quietly;
use faspstream_os::{Reactor, Watched};

/// Bytes that may wait for a peer that does not read.
const BACKLOG_MAX: usize = 4 << 20;
/// Bytes read at once before others get their turn.
const READ_BUDGET: usize = 256 << 10;
/// Silence on TCP after which the kernel asks the peer for a sign of life, and how often it repeats that.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(5));

/// Why a connection is over.
#[derive(Debug, Error)]
pub(crate) enum Gone {
    #[error("{0}")]
    Connect(io::Error),
    /// The peer's kernel has said so: FIN or RST.
    #[error("the peer closed the connection")]
    ByPeer,
    #[error("{0}")]
    Io(io::Error),
    #[error("TLS: {0}")]
    Tls(rustls::Error),
    #[error("protocol: {0}")]
    Codec(#[from] CodecError),
    #[error("the peer does not read what it is sent")]
    Backlog,
    #[error("the place is needed for others")]
    Displaced,
}

/// A connection on its way to another thread, where it carries datagrams.
pub(crate) struct Carried {
    pub(crate) socket: TcpStream,
    pub(crate) tls: Tls,
    /// What came behind the last message.
    pub(crate) rest: Vec<u8>,
}

/// A connection.
pub(crate) struct Connection {
    socket: Watched<TcpStream>,
    key: usize,
    tls: Tls,
    inbox: Inbox,
    most: usize,
    connecting: bool,
    backlog: usize,
    peer: SocketAddr,
}

impl Connection {
    /// Begins to connect to `peer`; `wants_write` and readiness tell the rest.
    pub(crate) fn dial(reactor: &Arc<Reactor>, key: usize, peer: SocketAddr, tls: Tls) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(peer), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        match socket.connect(&peer.into()) {
            Ok(()) => {}
            Err(e) if in_progress(&e) => {}
            Err(e) => return Err(e),
        }
        let mut connection = Self::wrap(reactor, key, socket.into(), peer, tls)?;
        connection.connecting = true;
        connection.socket.watch_writable(key, true)?;
        Ok(connection)
    }

    /// Takes a connection that was accepted.
    pub(crate) fn accepted(
        reactor: &Arc<Reactor>,
        key: usize,
        socket: TcpStream,
        peer: SocketAddr,
        tls: Tls,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::wrap(reactor, key, socket, peer, tls)
    }

    fn wrap(
        reactor: &Arc<Reactor>,
        key: usize,
        socket: TcpStream,
        peer: SocketAddr,
        mut tls: Tls,
    ) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE.0).with_interval(KEEP_ALIVE.1);
        // Without it a dead peer is noticed later, by the data channel.
        let _ = SockRef::from(&socket).set_tcp_keepalive(&keep_alive);
        // Bounded by `BACKLOG_MAX` instead.
        tls.set_buffer_limit(None);
        Ok(Self {
            socket: Watched::new(reactor, socket, key)?,
            key,
            tls,
            inbox: Inbox::default(),
            most: GREETING_MAX,
            connecting: false,
            backlog: 0,
            peer,
        })
    }

    /// Gives the connection away; nobody watches it meanwhile.
    pub(crate) fn give_away(self) -> io::Result<Carried> {
        let socket = self.socket.try_clone()?;
        Ok(Carried { socket, tls: self.tls, rest: self.inbox.into_rest() })
    }

    /// Under which its readiness is reported.
    pub(crate) fn key(&self) -> usize {
        self.key
    }

    /// The other end.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// This end's address.
    pub(crate) fn local(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }

    /// True once TCP and TLS stand, so that exporter values can be had.
    pub(crate) fn is_established(&self) -> bool {
        !self.connecting && !self.tls.is_handshaking()
    }

    /// The peer has proven who it is: messages may have their full size from now on.
    pub(crate) fn trust(&mut self) {
        self.most = MESSAGE_MAX;
    }

    /// True if the peer has proven who it is.
    pub(crate) fn is_trusted(&self) -> bool {
        self.most == MESSAGE_MAX
    }

    /// The exporter value that proofs are made over; None before the connection is established.
    pub(crate) fn exported(&self) -> Option<Exported> {
        self.export(AUTH_LABEL, &[])
    }

    /// The exporter value for `label` and `context` (RFC 8446 section 7.5).
    pub(crate) fn export(&self, label: &[u8], context: &[u8]) -> Option<Exported> {
        self.tls.export_keying_material([0u8; 32], label, Some(context)).ok().map(Zeroizing::new)
    }

    /// The certificate that the peer has shown and proven, DER.
    pub(crate) fn peer_certificate(&self) -> Option<&[u8]> {
        self.tls.peer_certificates().and_then(|chain| chain.first()).map(|c| c.as_ref())
    }

    /// Puts a message behind those that wait; `flush` sends.
    pub(crate) fn send(&mut self, message: &Message) -> Result<(), Gone> {
        let frame = message.encode();
        self.backlog += frame.len();
        if self.backlog > BACKLOG_MAX {
            return Err(Gone::Backlog);
        }
        self.tls.writer().write_all(&frame).map_err(Gone::Io)
    }

    /// Says that nothing follows.
    pub(crate) fn send_close(&mut self) {
        self.tls.send_close_notify();
    }

    /// Gives the kernel what waits. True if nothing waits any more.
    pub(crate) fn flush(&mut self) -> Result<bool, Gone> {
        if self.connecting {
            return Ok(false);
        }
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut Quietly(&self.socket)) {
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(broken(e)),
            }
        }
        let waiting = self.tls.wants_write();
        if !waiting {
            self.backlog = 0;
        }
        self.socket.watch_writable(self.key, waiting).map_err(Gone::Io)?;
        Ok(!waiting)
    }

    /// The socket is ready: goes on with connecting, reading and writing. Messages are to be fetched afterwards, also after an error.
    pub(crate) fn on_ready(&mut self, writable: bool) -> Result<(), Gone> {
        if self.connecting {
            if !writable {
                return Ok(());
            }
            self.finish_connect()?;
        }
        let read = self.read();
        self.flush()?;
        read
    }

    fn finish_connect(&mut self) -> Result<(), Gone> {
        match self.socket.take_error() {
            Ok(None) => {}
            Ok(Some(e)) | Err(e) => return Err(Gone::Connect(e)),
        }
        match self.socket.peer_addr() {
            Ok(_) => self.connecting = false,
            Err(e) if e.kind() == io::ErrorKind::NotConnected => {}
            Err(e) => return Err(Gone::Connect(e)),
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), Gone> {
        let mut budget = READ_BUDGET;
        while budget > 0 && !self.connecting {
            match self.tls.read_tls(&mut &*self.socket) {
                Ok(0) => return Err(Gone::ByPeer),
                Ok(n) => budget = budget.saturating_sub(n),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(broken(e)),
            }
            let state = match self.tls.process_new_packets() {
                Ok(state) => state,
                Err(e) => {
                    // The alert tells the peer why; whether it gets through makes no difference here.
                    let _ = self.tls.write_tls(&mut Quietly(&self.socket));
                    return Err(Gone::Tls(e));
                }
            };
            self.take_plaintext(state.plaintext_bytes_to_read())?;
        }
        Ok(())
    }

    fn take_plaintext(&mut self, bytes: usize) -> Result<(), Gone> {
        if bytes == 0 {
            return Ok(());
        }
        let mut plain = vec![0; bytes];
        self.tls.reader().read_exact(&mut plain).map_err(Gone::Io)?;
        self.inbox.push(&plain);
        Ok(())
    }

    /// Bytes that have come in and were not taken.
    pub(crate) fn pending(&self) -> usize {
        self.inbox.pending()
    }

    /// The next message that has come in whole.
    pub(crate) fn next_message(&mut self) -> Result<Option<Message>, Gone> {
        match self.inbox.next(self.most)? {
            Some(message) => Ok(Some(Message::decode(message)?)),
            None => Ok(None),
        }
    }
}

/// A reset is the peer's kernel speaking; anything else is the network or this system.
fn broken(error: io::Error) -> Gone {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Gone::ByPeer,
        _ => Gone::Io(error),
    }
}

fn in_progress(error: &io::Error) -> bool {
    // EINPROGRESS has no kind of its own in std.
    error.kind() == io::ErrorKind::WouldBlock || matches!(error.raw_os_error(), Some(115 | 36 | 10_035))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use faspstream_proto::error::ErrorCode;

    use super::super::tls::server_config;
    use super::*;

    #[test]
    fn a_peer_that_does_not_read_is_left_before_what_waits_for_it_outgrows_its_bound() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let _silent = TcpStream::connect(listener.local_addr().expect("it is bound")).expect("it listens");
        let (socket, peer) = listener.accept().expect("the peer is there");
        let reactor = Reactor::new().expect("the system has a poller");
        let (tls, _) = server_config(&crate::config::Config::default()).expect("it makes a certificate");
        let tls = rustls::ServerConnection::new(tls).expect("the configuration is sound");
        let mut connection =
            Connection::accepted(&reactor, 7, socket, peer, tls.into()).expect("it is watched");
        let message = Message::Refused { request: 1, code: ErrorCode::Resources, reason: "x".repeat(1_000) };
        let most = BACKLOG_MAX / message.encode().len();
        (0..most).for_each(|_| connection.send(&message).expect("there is room"));
        assert!(matches!(connection.send(&message), Err(Gone::Backlog)));
    }
}
