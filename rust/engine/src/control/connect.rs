//! The client's side of the control channel: coming by a connection, keeping it, ending it.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use faspstream_proto::config::ConnectionId;
use faspstream_proto::error::ErrorCode;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection};

use super::books::Home;
use super::carry::Carrying;
use super::connection::{Connection, Gone};
use super::eyeballs::{ATTEMPT_DELAY, interleave, resolve};
use super::pin::NotPinned;
use super::thread::{Conn, ControlThread, Fault, Who};
use super::{ClientId, ControlCommand};
use crate::api::error::{Error, describe};
use crate::io::{ConnectionIds, IoCommand, SlotId, SocketId};
use crate::shared::client::ClientShared;
use crate::shared::{Pipe, SessionShared};

/// The first and the longest pause before the next attempt to connect again.
pub(super) const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How long one attempt to connect again may take.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long a closing client waits for its last words to be given to the network.
const FAREWELL: Duration = Duration::from_millis(500);

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No connection, and none is needed now.
    Idle,
    Resolving,
    /// On its way, to one address or several: TCP, TLS, HELLO.
    Dialling,
    Ready(usize),
    /// The next attempt comes then.
    Backoff(Instant),
}

/// A session that was asked for.
pub(super) struct Request {
    pub(super) slot: SlotId,
    pub(super) shared: Arc<SessionShared>,
    pub(super) local_id: ConnectionId,
}

/// A client of this process.
pub(crate) struct ClientSide {
    pub(super) shared: Arc<ClientShared>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) phase: Phase,
    /// Addresses that were not tried yet, connections that are tried, and when the next is.
    pub(super) addresses: VecDeque<SocketAddr>,
    pub(super) attempts: Vec<usize>,
    next_attempt: Option<Instant>,
    /// The host has addresses of both families.
    is_dual: bool,
    pub(super) socket: Option<SocketId>,
    pub(super) ids: ConnectionIds,
    /// Sessions that wait for a connection.
    pub(super) waiting: VecDeque<(SlotId, Arc<SessionShared>)>,
    pub(super) requests: HashMap<u64, Request>,
    pub(super) next_request: u64,
    pub(super) deadline: Instant,
    pub(super) backoff: Duration,
    /// The server has let us in at least once.
    pub(super) was_ready: bool,
    /// The last attempt to connect again was refused: nobody listens there any more.
    pub(super) refused: bool,
    /// The server opens no session any more.
    pub(super) goodbye: bool,
    /// The server's address on the last connection.
    pub(super) peer: Option<SocketAddr>,
    /// This end's address on the last connection.
    pub(super) local: Option<IpAddr>,
    /// Why the last attempt failed.
    pub(super) error: Option<Error>,
    /// Set while closing: when it is over at the latest.
    pub(super) closing: Option<Instant>,
    /// The connection that carries datagrams, if one does.
    pub(super) carrying: Carrying,
}

impl ControlThread {
    pub(super) fn add_client(&mut self, shared: Arc<ClientShared>, tls: Arc<ClientConfig>) {
        let id = shared.id;
        let side = ClientSide {
            tls,
            phase: Phase::Idle,
            addresses: VecDeque::new(),
            attempts: Vec::new(),
            next_attempt: None,
            is_dual: false,
            socket: None,
            ids: ConnectionIds::default(),
            waiting: VecDeque::new(),
            requests: HashMap::new(),
            next_request: 1,
            deadline: Instant::now(),
            backoff: BACKOFF.0,
            was_ready: false,
            refused: false,
            goodbye: false,
            peer: None,
            local: None,
            error: None,
            closing: None,
            carrying: Carrying::default(),
            shared,
        };
        self.clients.insert(id, side);
        self.connect(id);
    }

    /// Starts to connect, the name first.
    pub(super) fn connect(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let patience = if client.was_ready { ATTEMPT } else { client.shared.options().connect_timeout };
        client.deadline = Instant::now() + patience;
        client.phase = Phase::Resolving;
        client.error = None;
        let (host, port) = (client.shared.config.host.clone(), client.shared.config.tcp_port);
        let deadline = client.deadline;
        if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return self.on_resolved(id, Ok(vec![SocketAddr::new(ip, port)]));
        }
        self.check_by(deadline);
        let mail = self.mail.clone();
        // The system's resolver blocks, so it gets a thread for as long as it takes.
        let resolver = std::thread::Builder::new().name("faspstream-resolve".to_owned()).spawn(move || {
            let found = resolve(&host, port);
            mail.send(ControlCommand::Resolved(id, found));
        });
        if let Err(e) = resolver {
            self.on_resolved(id, Err(e));
        }
    }

    pub(super) fn on_resolved(&mut self, id: ClientId, found: io::Result<Vec<SocketAddr>>) {
        let Some(client) = self.clients.get_mut(&id).filter(|c| c.phase == Phase::Resolving) else { return };
        match found {
            Ok(addresses) => {
                client.addresses = interleave(addresses);
                let ipv6 = client.addresses.iter().filter(|a| a.is_ipv6()).count();
                client.is_dual = ipv6 > 0 && ipv6 < client.addresses.len();
            }
            Err(e) => {
                let host = &client.shared.config.host;
                let words = format!("the host name {host:?} is not known: {e}; check host");
                client.error = Some(Error::new(ErrorCode::Io, words));
            }
        }
        self.dial_next(id);
    }

    /// Tries the next address, beside those that are being tried; without any the attempt has failed.
    fn dial_next(&mut self, id: ClientId) {
        let key = self.draw_key();
        let Some(client) = self.clients.get_mut(&id) else { return };
        let deadline = client.deadline;
        client.next_attempt = None;
        let Some(address) = client.addresses.pop_front() else {
            if client.attempts.is_empty() {
                self.attempt_failed(id);
            }
            return;
        };
        let dialled = client.check_peer(address).and_then(|()| {
            let tls = client.tls_connection()?;
            Connection::dial(&self.reactor, key, address, tls.into())
                .map_err(|e| client.connect_error(&Gone::Connect(e)))
        });
        match dialled {
            Ok(link) => {
                client.phase = Phase::Dialling;
                client.attempts.push(key);
                let next = Instant::now() + ATTEMPT_DELAY;
                client.next_attempt = (!client.addresses.is_empty()).then_some(next);
                self.conns.insert(key, Conn::new(link, Who::Host(id), deadline));
                self.check_by(deadline.min(next));
            }
            Err(error) => {
                client.error = Some(error);
                self.dial_next(id);
            }
        }
    }

    /// TLS stands on connection `key`: the other attempts end (RFC 8305 section 5).
    pub(super) fn settle_on(&mut self, id: ClientId, key: usize) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.next_attempt = None;
        for other in client.attempts.drain(..).filter(|attempt| *attempt != key) {
            self.conns.remove(&other);
        }
        client.attempts.push(key);
    }

    /// No address is left to try.
    fn attempt_failed(&mut self, id: ClientId) {
        let live = self.books.live(Home::Client(id)).next().is_some();
        let Some(client) = self.clients.get_mut(&id) else { return };
        let error = client.error.clone().unwrap_or_else(|| {
            Error::new(ErrorCode::ConnectionRefused, format!("{} has no address", client.shared.target()))
        });
        client.refused = error.code() == ErrorCode::ConnectionRefused;
        let waiting: Vec<_> = client.waiting.drain(..).collect();
        let next = Instant::now() + client.backoff;
        client.backoff = (client.backoff * 2).min(BACKOFF.1);
        client.phase = if live { Phase::Backoff(next) } else { Phase::Idle };
        let was_ready = client.was_ready;
        for (_, shared) in waiting {
            shared.fail(error.clone());
            shared.mark_told();
        }
        if live {
            self.check_by(next);
        }
        self.check_by(Instant::now());
        if !was_ready {
            self.drop_client(id, Some(error));
        }
    }

    /// This connection will not come to be, or not go on, and this is why.
    pub(super) fn note_host_fault(&mut self, id: ClientId, fault: &Fault) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let words = match fault.code {
            ErrorCode::Protocol | ErrorCode::Internal => format!("{}: {}", describe(fault.code), fault.words),
            _ => fault.words.clone(),
        };
        client.error = Some(Error::new(fault.code, format!("{}: {words}", client.shared.target())));
        // Another address of the same host would say the same.
        client.addresses.clear();
    }

    pub(super) fn on_host_gone(&mut self, id: ClientId, key: usize, gone: &Gone) {
        let live = self.books.live(Home::Client(id)).next().is_some();
        let Some(client) = self.clients.get_mut(&id) else { return };
        match client.phase {
            Phase::Dialling if client.attempts.contains(&key) => {
                client.attempts.retain(|attempt| *attempt != key);
                client.ask_again();
                if client.error.is_none() {
                    client.error = Some(client.connect_error(gone));
                }
                self.dial_next(id);
            }
            Phase::Ready(at) if at == key => {
                let requests: Vec<u64> = client.requests.keys().copied().collect();
                let words = format!(
                    "{}: the connection was lost while the session was being opened",
                    client.shared.target()
                );
                let error =
                    client.error.take().unwrap_or_else(|| Error::new(ErrorCode::ConnectionLost, words));
                client.phase = Phase::Idle;
                for request in requests {
                    self.fail_request(id, request, &error);
                }
                if live {
                    self.connect(id);
                }
            }
            _ => {}
        }
        self.check_by(Instant::now());
    }

    pub(super) fn start_close_client(&mut self, id: ClientId) {
        let until = Instant::now() + FAREWELL;
        let live: Vec<SlotId> = self.books.live(Home::Client(id)).map(|(slot, _)| slot).collect();
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.closing = Some(until);
        let requests: Vec<u64> = client.requests.keys().copied().collect();
        for (_, shared) in client.waiting.drain(..) {
            shared.fail(Error::closed("client"));
            shared.mark_told();
        }
        for request in requests {
            self.fail_request(id, request, &Error::closed("client"));
        }
        for slot in live {
            let Some(entry) = self.books.get_mut(slot) else { continue };
            // A stream that was read to its end only waits for its last word to be sent.
            if !matches!(&entry.shared.pipe, Pipe::Recv(pipe) if pipe.verdict() == Some(true)) {
                entry.shared.fail(Error::new(ErrorCode::Aborted, "the client of this session was closed"));
                let reason = "the client was closed before the stream was complete".to_owned();
                self.io.send(IoCommand::Abort { slot, code: ErrorCode::AbortedByPeer, reason });
            }
        }
        self.check_by(until);
        self.check_clients(Instant::now());
    }

    /// Goes on with what clients wait for: the next attempt, the end.
    pub(super) fn check_clients(&mut self, now: Instant) {
        let ids: Vec<ClientId> = self.clients.keys().copied().collect();
        for id in ids {
            self.check_carrier(id, now);
            let live = self.books.live(Home::Client(id)).next().is_some();
            let Some(client) = self.clients.get_mut(&id) else { continue };
            match (client.closing, client.phase) {
                (Some(until), _) if !live || until <= now => self.drop_client(id, None),
                (Some(until), _) => self.check_by(until),
                (None, Phase::Backoff(_)) if !live && client.waiting.is_empty() => client.phase = Phase::Idle,
                (None, Phase::Backoff(at)) if at <= now => self.connect(id),
                (None, Phase::Backoff(at)) => self.check_by(at),
                (None, Phase::Resolving) if client.deadline <= now => {
                    let words = format!("{}: the host name was not resolved in time", client.shared.target());
                    client.error = Some(Error::new(ErrorCode::Timeout, words));
                    client.addresses.clear();
                    self.attempt_failed(id);
                }
                (None, Phase::Dialling) => match client.next_attempt {
                    Some(at) if at <= now => self.dial_next(id),
                    Some(at) => self.check_by(at),
                    None => {}
                },
                (None, Phase::Resolving) => {
                    let deadline = client.deadline;
                    self.check_by(deadline);
                }
                _ => {}
            }
        }
    }

    /// The end of a client: `error` is why, None if it was closed.
    fn drop_client(&mut self, id: ClientId, error: Option<Error>) {
        let Some(client) = self.clients.remove(&id) else { return };
        if let Phase::Ready(key) = client.phase {
            self.part(key);
        }
        client.attempts.iter().for_each(|key| self.part(*key));
        if let Some(key) = client.carrying.dialling() {
            self.conns.remove(&key);
        }
        if let Some(socket) = client.socket {
            self.io.send(IoCommand::RemoveSocket(socket));
        }
        client.shared.mark_ended(error);
    }
}

impl ClientSide {
    /// The address to bind the UDP socket to: it may have to reach the server under both families.
    pub(super) fn wildcard(&self, peer: SocketAddr) -> IpAddr {
        if peer.is_ipv4() && !self.is_dual {
            Ipv4Addr::UNSPECIFIED.into()
        } else {
            Ipv6Addr::UNSPECIFIED.into()
        }
    }

    /// True if this end is reached under another address than last time.
    pub(super) fn note_local(&mut self, local: Option<SocketAddr>) -> bool {
        let before = core::mem::replace(&mut self.local, local.map(|a| a.ip()));
        before.is_some() && before != self.local
    }

    pub(super) fn tls_connection(&self) -> Result<ClientConnection, Error> {
        let host = self.shared.config.host.trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            Error::configuration(format!("host = {host:?} is neither an IP address nor a host name"))
        })?;
        ClientConnection::new(Arc::clone(&self.tls), name).map_err(|e| Error::internal(format!("TLS: {e}")))
    }

    /// Beyond this machine a server must be known by something.
    fn check_peer(&self, address: SocketAddr) -> Result<(), Error> {
        let config = &self.shared.config;
        if address.ip().is_loopback()
            || !config.access_keys.is_empty()
            || config.tls_trust.is_some()
            || !config.tls_pins.is_empty()
        {
            return Ok(());
        }
        let target = self.shared.target();
        Err(Error::configuration(format!(
            "{target} is not on this machine and nothing says how to know it: set access.key (`faspstream keygen ID` makes one) \
             or tls.trust or tls.pin"
        )))
    }

    /// What to tell a user whose connection did not come to be.
    fn connect_error(&self, gone: &Gone) -> Error {
        let target = self.shared.target();
        let timeout = format!(
            "{target} did not answer within {:?}; check host, tcp.port and firewall, or raise connect.timeout",
            self.shared.options().connect_timeout
        );
        match gone {
            Gone::Connect(e) | Gone::Io(e) => match e.kind() {
                io::ErrorKind::ConnectionRefused => Error::new(
                    ErrorCode::ConnectionRefused,
                    format!(
                        "nobody listens on {target}; check that the server runs and that host and tcp.port are right"
                    ),
                ),
                io::ErrorKind::TimedOut => Error::new(ErrorCode::Timeout, timeout),
                _ => Error::new(
                    ErrorCode::Io,
                    format!("connecting to {target}: {e}; check host, tcp.port and the network"),
                ),
            },
            Gone::ByPeer => Error::new(
                ErrorCode::ConnectionLost,
                format!(
                    "{target} closed the connection during the handshake; check that it is a faspstream server"
                ),
            ),
            Gone::Tls(rustls::Error::InvalidCertificate(CertificateError::Other(e)))
                if e.0.downcast_ref::<NotPinned>().is_some() =>
            {
                Error::new(
                    ErrorCode::Authentication,
                    format!("{target} is not the server that is meant: {e}"),
                )
            }
            Gone::Tls(e @ rustls::Error::InvalidCertificate(_)) => Error::new(
                ErrorCode::Authentication,
                format!("{target} has no certificate that tls.trust accepts: {e}"),
            ),
            Gone::Tls(rustls::Error::AlertReceived(alert)) if is_certificate_alert(*alert) => Error::new(
                ErrorCode::Authentication,
                format!(
                    "{target} does not accept this client's certificate ({alert:?}); set tls.cert and tls.key"
                ),
            ),
            Gone::Tls(_) | Gone::Codec(_) | Gone::Backlog | Gone::Displaced => Error::new(
                ErrorCode::Protocol,
                format!(
                    "{target} does not speak this protocol ({gone}); check that tcp.port is a faspstream server's"
                ),
            ),
        }
    }
}

fn is_certificate_alert(alert: rustls::AlertDescription) -> bool {
    use rustls::AlertDescription as A;
    matches!(
        alert,
        A::CertificateRequired
            | A::BadCertificate
            | A::UnknownCA
            | A::CertificateUnknown
            | A::CertificateExpired
    )
}
