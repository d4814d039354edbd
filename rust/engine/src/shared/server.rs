//! What the threads share of one server.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use faspstream_proto::config::Rates;
use faspstream_proto::units::Rate;
use socket2::{Domain, Protocol, Socket, Type};

use super::notice::Notice;
use super::{Owner, Pipe, SessionShared};
use crate::api::authenticator::Authenticator;
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::key::AccessKey;
use crate::api::listener::{Listener, Ready};
use crate::api::options::check_rates;
use crate::api::session::{Direction, Session};
use crate::api::stats::ServerStats;
use crate::config::Config;
use crate::control::greeting::Door;
use crate::control::messages::Open;
use crate::control::pin::KeyPin;
use crate::control::{ControlCommand, tls};
use crate::io::socket::UdpEndpoint;
use crate::io::{SlotId, SocketId};
use crate::pipe::lock;
use crate::runtime::{Mortal, Runtime};

/// Connections that the kernel keeps for us until they are accepted.
const LISTEN_BACKLOG: i32 = 1_024;
/// Sessions that were over before they were accepted and wait for it all the same.
const OVER_IN_QUEUE: usize = 64;
/// How much longer than its grace a close may take before it returns all the same.
const CLOSE_SLACK: Duration = Duration::from_secs(3);

/// Numbers for `ServerStats`.
#[derive(Default)]
pub(crate) struct Counters {
    opened: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) half_open: AtomicU64,
    pub(crate) handshakes_failed: AtomicU64,
}

/// A server.
pub(crate) struct ServerShared {
    me: Weak<Self>,
    pub(crate) config: Config,
    pub(crate) tcp: SocketAddr,
    pub(crate) udp: SocketAddr,
    pub(crate) notice: Notice,
    pub(crate) counters: Counters,
    /// Of the key in this server's certificate.
    pub(crate) pin: KeyPin,
    receive_buffer: u64,
    runtime: Runtime,
    /// Opened by clients and not accepted by the application.
    queue: Mutex<VecDeque<Arc<SessionShared>>>,
    /// Accepted; the handles belong to the application.
    accepted: Mutex<Vec<Weak<crate::api::session::Guard>>>,
    closed: AtomicBool,
    ended: AtomicBool,
}

impl ServerShared {
    pub(crate) fn start(config: Config, authenticator: Option<Arc<dyn Authenticator>>) -> Result<Arc<Self>> {
        config.options.check()?;
        let at = resolve(&config)?;
        check_exposure(&config, at, authenticator.is_some())?;
        let (tls, pin) = tls::server_config(&config)?;
        let door = Door::new(&config, authenticator)?;
        let listener = listen(at).map_err(|e| bind_error("tcp.port", at, &e))?;
        let tcp = listener.local_addr().map_err(|e| bind_error("tcp.port", at, &e))?;
        let udp_at = SocketAddr::new(at.ip(), config.udp_port);
        let endpoint = UdpEndpoint::bind(udp_at).map_err(|e| bind_error("udp.port", udp_at, &e))?;
        let (runtime, mut threads) = Runtime::prepare()?;
        let shared = Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            tcp,
            udp: endpoint.local(),
            notice: Notice::default(),
            counters: Counters::default(),
            pin,
            receive_buffer: endpoint.receive_buffer() as u64,
            runtime,
            queue: Mutex::default(),
            accepted: Mutex::default(),
            closed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            config,
        });
        threads.serve(&shared, listener, tls, door, SocketId(0), endpoint)?;
        let mortal: Weak<dyn Mortal> = Arc::downgrade(&shared) as Weak<dyn Mortal>;
        shared.runtime.register(mortal);
        shared.runtime.spawn(threads)?;
        log::info!(target: "faspstream::server", "listening on tcp {tcp}, udp {}; tls.pin {pin}", shared.udp);
        Ok(shared)
    }

    pub(crate) fn draw_slot(&self) -> SlotId {
        self.runtime.draw_slot()
    }

    /// Control thread: what a session that a client asks for is to be at this end.
    pub(crate) fn new_session(&self, open: &Open, peer: SocketAddr, principal: &str) -> Arc<SessionShared> {
        let options = &self.config.options;
        let target = open.rates.target.min(options.target_rate);
        let rates = Rates { target, min: open.rates.min.min(target), policy: open.rates.policy };
        let facts = super::Facts {
            direction: open.direction,
            stream: open.stream.clone(),
            metadata: open.metadata.clone(),
            remote: peer,
            principal: principal.to_owned(),
            started: std::time::SystemTime::now(),
            began: Instant::now(),
        };
        let pipe = Pipe::new(open.direction == Direction::Pull, options, open.digest);
        let owner = Weak::clone(&self.me) as Weak<dyn Owner>;
        let shared = Arc::new(SessionShared::new(facts, pipe, rates, false, owner));
        self.counters.opened.fetch_add(1, Ordering::Relaxed);
        self.runtime.register(Arc::downgrade(&shared) as Weak<dyn Mortal>);
        shared
    }

    /// Control thread: a session waits for the application. One that ends meanwhile is handed out all the same, so that its
    /// words are heard; of these the oldest make room, so that clients that open and give up can't fill the queue.
    pub(crate) fn offer(&self, shared: Arc<SessionShared>) {
        let mut queue = lock(&self.queue);
        let over = queue.iter().filter(|waiting| waiting.is_over()).count();
        let mut surplus = (over + 1).saturating_sub(OVER_IN_QUEUE);
        queue.retain(|waiting| {
            let forgotten = surplus > 0 && waiting.is_over();
            surplus -= usize::from(forgotten);
            !forgotten
        });
        queue.push_back(shared);
        drop(queue);
        self.notice.notify(Ready::ACCEPT);
    }

    pub(crate) fn try_accept(&self) -> Result<Option<Session>> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::closed("server"));
        }
        let Some(shared) = lock(&self.queue).pop_front() else { return Ok(None) };
        shared.accept();
        let session = Session::new(shared);
        let mut accepted = lock(&self.accepted);
        accepted.retain(|guard| guard.strong_count() > 0);
        accepted.push(session.downgrade());
        Ok(Some(session))
    }

    pub(crate) fn sessions(&self) -> Vec<Session> {
        let accepted = lock(&self.accepted);
        accepted.iter().filter_map(Session::upgrade).filter(|s| !s.is_over()).collect()
    }

    pub(crate) fn stats(&self) -> ServerStats {
        let c = &self.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (opened, completed, failed) = (get(&c.opened), get(&c.completed), get(&c.failed));
        ServerStats {
            sessions_active: opened.saturating_sub(completed + failed),
            sessions_opened: opened,
            sessions_completed: completed,
            sessions_failed: failed,
            sessions_refused: get(&c.refused),
            connections: get(&c.connections),
            connections_half_open: get(&c.half_open),
            handshakes_failed: get(&c.handshakes_failed),
            datagrams_unknown: self.runtime.datagrams_unknown(),
            udp_receive_buffer: self.receive_buffer,
        }
    }

    pub(crate) fn set_target_rate(&self, rate: Rate) -> Result<()> {
        check_rates(&Rates { target: rate, ..Rates::default() })?;
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::closed("server"));
        }
        self.runtime.control.send(ControlCommand::Aggregate(rate));
        Ok(())
    }

    pub(crate) fn set_access_keys(&self, keys: Vec<AccessKey>) -> Result<()> {
        if keys.is_empty() && !self.config.access_keys.is_empty() {
            return Err(Error::configuration(
                "a server that was started with access keys keeps at least one; `faspstream keygen ID` makes one",
            ));
        }
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::closed("server"));
        }
        self.runtime.control.send(ControlCommand::AccessKeys(keys));
        Ok(())
    }

    pub(crate) fn close(&self, grace: Duration) {
        self.start_close(grace);
        let deadline = Instant::now().checked_add(grace.saturating_add(CLOSE_SLACK));
        let ended = || self.ended.load(Ordering::SeqCst).then_some(());
        let _ = self.notice.signal.wait_until(deadline, ended);
        self.runtime.join();
    }

    pub(crate) fn start_close(&self, grace: Duration) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        // Nobody will accept these any more.
        for shared in lock(&self.queue).drain(..) {
            shared.abort(ErrorCode::Shutdown, "the server is closing down");
        }
        self.runtime.control.send(ControlCommand::CloseServer(grace));
        self.notice.signal.notify();
    }

    /// Control thread: it is over.
    pub(crate) fn mark_ended(&self) {
        self.closed.store(true, Ordering::SeqCst);
        if !self.ended.swap(true, Ordering::SeqCst) {
            self.notice.notify(Ready::ENDED);
        }
    }

    pub(crate) fn set_listener(&self, listener: Arc<dyn Listener>) {
        self.notice.listen(listener, || self.readiness());
    }

    pub(crate) fn readiness(&self) -> Ready {
        let accept = if lock(&self.queue).is_empty() { Ready::NONE } else { Ready::ACCEPT };
        if self.ended.load(Ordering::SeqCst) { Ready::ENDED } else { accept }
    }
}

impl Owner for ServerShared {
    fn on_session_over(&self, completed: bool) {
        let counter = if completed { &self.counters.completed } else { &self.counters.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Mortal for ServerShared {
    fn perish(&self, _error: &Error) {
        self.mark_ended();
    }
}

fn resolve(config: &Config) -> Result<SocketAddr> {
    let host = config.host.trim_matches(['[', ']']);
    let found = (host, config.tcp_port).to_socket_addrs().map(|mut all| all.next());
    match found {
        Ok(Some(address)) => Ok(address),
        Ok(None) => Err(Error::configuration(format!("host = {host}: has no address"))),
        Err(e) => Err(Error::configuration(format!("host = {host}: {e}; use an address of this machine"))),
    }
}

/// A server that others can reach must know its guests.
fn check_exposure(config: &Config, at: SocketAddr, is_asking: bool) -> Result<()> {
    let has_rule = is_asking || !config.access_keys.is_empty() || config.tls_trust.is_some();
    if at.ip().is_loopback() || has_rule {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "host = {}: a server that others can reach needs an access key: make one with `faspstream keygen ID`, set it as access.key \
         at both ends (or set tls.trust to ask for client certificates), or use host = 127.0.0.1",
        config.host
    )))
}

fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    // A server may start again while connections of its predecessor linger in the kernel.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if at.is_ipv6() && at.ip().is_unspecified() {
        // A system without dual-stack sockets serves IPv6 alone then.
        let _ = socket.set_only_v6(false);
    }
    socket.bind(&at.into())?;
    socket.listen(LISTEN_BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn bind_error(key: &str, at: SocketAddr, error: &io::Error) -> Error {
    let (port, ip) = (at.port(), at.ip());
    match error.kind() {
        io::ErrorKind::AddrInUse => Error::new(
            ErrorCode::AddressInUse,
            format!(
                "{key} = {port} is taken on {ip}: end the program that holds it, choose another port, or 0 for any free one"
            ),
        ),
        io::ErrorKind::AddrNotAvailable => Error::configuration(format!(
            "host = {ip} is no address of this machine: use one that is, or 0.0.0.0 for all"
        )),
        io::ErrorKind::PermissionDenied => Error::new(
            ErrorCode::Io,
            format!("{key} = {port} needs rights that this process has not: choose a port above 1023"),
        ),
        _ => Error::new(ErrorCode::Io, format!("{key} = {port} on {ip}: {error}")),
    }
}
