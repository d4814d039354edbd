//! The loop of the control thread.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use faspstream_os::Events;
use faspstream_proto::error::ErrorCode;

use super::accept::ServerSide;
use super::books::{Books, finish};
use super::codec::MESSAGE_MAX;
use super::connect::ClientSide;
use super::connection::{Connection, Gone};
use super::messages::Message;
use super::{ClientId, ControlCommand, ControlMail};
use crate::io::IoMail;
use crate::shared::SessionShared;
use faspstream_os::Reactor;

/// The poller's key of the listening socket.
pub(crate) const LISTENER: usize = 0;
/// How long a refused peer may take to read why.
pub(super) const LEAVING: Duration = Duration::from_secs(1);

/// Who is at the other end of a connection.
pub(super) enum Who {
    /// A client of our server.
    Guest(super::accept::Guest),
    /// The server of our client.
    Host(ClientId),
    /// The same, on a connection that is to carry datagrams.
    Carrier(ClientId),
}

/// A connection and what waits for it.
pub(super) struct Conn {
    pub(super) link: Connection,
    pub(super) who: Who,
    /// When it is dropped: a handshake that takes too long, a farewell that nobody reads.
    pub(super) deadline: Option<Instant>,
    /// Nothing that comes is of interest any more.
    pub(super) leaving: bool,
    /// The answer to a proof that failed, which comes at the deadline.
    withheld: Option<Fault>,
    /// It carries datagrams from now on: the driver gets it.
    pub(super) carries: bool,
    /// Sessions whose last word is among what waits to be flushed, and whether that is their completion.
    marks: Vec<(Arc<SessionShared>, bool)>,
}

impl Conn {
    pub(super) fn new(link: Connection, who: Who, deadline: Instant) -> Self {
        Self {
            link,
            who,
            deadline: Some(deadline),
            leaving: false,
            withheld: None,
            carries: false,
            marks: Vec::new(),
        }
    }
}

/// The peer must go, and is told why.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: ErrorCode,
    pub(super) words: String,
}

impl Fault {
    pub(super) fn new(code: ErrorCode, words: impl Into<String>) -> Self {
        Self { code, words: words.into() }
    }

    pub(super) fn protocol(words: impl Into<String>) -> Self {
        Self::new(ErrorCode::Protocol, words)
    }
}

/// All state of the control thread.
pub(crate) struct ControlThread {
    pub(super) reactor: Arc<Reactor>,
    inbox: Receiver<ControlCommand>,
    pub(super) mail: ControlMail,
    pub(super) io: IoMail,
    pub(super) conns: HashMap<usize, Conn>,
    next_key: usize,
    pub(super) books: Books,
    pub(crate) server: Option<ServerSide>,
    pub(super) clients: HashMap<ClientId, ClientSide>,
    /// The number of sessions or the cap of their sum has changed.
    pub(super) share_changed: bool,
    next_check: Option<Instant>,
    running: bool,
}

impl ControlThread {
    pub(crate) fn new(
        reactor: Arc<Reactor>,
        inbox: Receiver<ControlCommand>,
        mail: ControlMail,
        io: IoMail,
    ) -> Self {
        Self {
            reactor,
            inbox,
            mail,
            io,
            conns: HashMap::new(),
            next_key: LISTENER + 1,
            books: Books::default(),
            server: None,
            clients: HashMap::new(),
            share_changed: false,
            next_check: None,
            running: true,
        }
    }

    /// Serves until told to end.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        let mut events = Events::new();
        while self.running {
            self.reactor.wait(&mut events, self.next_check, || !self.inbox.is_empty())?;
            while let Ok(command) = self.inbox.try_recv() {
                self.handle(command);
            }
            for event in events.iter() {
                if event.key == LISTENER {
                    self.accept_all();
                } else {
                    self.on_ready(event.key, event.writable);
                }
            }
            let now = Instant::now();
            if self.next_check.is_some_and(|at| at <= now) {
                self.check(now);
            }
            self.divide_aggregate(now);
        }
        Ok(())
    }

    fn handle(&mut self, command: ControlCommand) {
        match command {
            ControlCommand::Connect(shared, tls) => self.add_client(shared, tls),
            ControlCommand::Resolved(client, addresses) => self.on_resolved(client, addresses),
            ControlCommand::Open(client, slot, shared) => self.start_open(client, slot, shared),
            ControlCommand::CloseClient(client) => self.start_close_client(client),
            ControlCommand::Over(slot, reason) => self.on_over(slot, reason.as_ref()),
            ControlCommand::Gone(slot) => self.on_gone(slot),
            ControlCommand::Abort { slot, code, reason } => self.on_abort(slot, code, reason),
            ControlCommand::Rates(slot, rates) => self.on_rates(slot, rates),
            ControlCommand::Wish(slot, wish) => self.on_wish(slot, wish),
            ControlCommand::TunnelGone(number) => self.on_tunnel_gone(number),
            ControlCommand::CloseServer(grace) => self.start_close_server(grace),
            ControlCommand::Aggregate(rate) => self.set_aggregate(rate),
            ControlCommand::Decided(question, refusal) => self.on_decided(question, refusal),
            ControlCommand::AccessKeys(keys) => self.set_access_keys(keys),
            ControlCommand::Shutdown => self.end(),
        }
    }

    /// Ends the loop.
    pub(super) fn end(&mut self) {
        self.running = false;
    }

    /// A key for one more connection.
    pub(super) fn draw_key(&mut self) -> usize {
        self.next_key += 1;
        self.next_key
    }

    /// Makes sure that `check` runs by `at`.
    pub(super) fn check_by(&mut self, at: Instant) {
        self.next_check = Some(self.next_check.map_or(at, |next| next.min(at)));
    }

    /// Looks at everything that depends on time. Each part says by `check_by` when it wants to be looked at again.
    fn check(&mut self, now: Instant) {
        self.next_check = None;
        let mut late = Vec::new();
        let mut next = None;
        for (key, deadline) in self.conns.iter().filter_map(|(key, c)| c.deadline.map(|d| (*key, d))) {
            if deadline <= now {
                late.push(key);
            } else {
                next = Some(next.map_or(deadline, |n: Instant| n.min(deadline)));
            }
        }
        next.into_iter().for_each(|at| self.check_by(at));
        for key in late {
            self.on_late(key);
        }
        self.give_up_silent(now);
        self.check_quotas(now);
        self.check_clients(now);
        self.check_server(now);
    }

    fn on_late(&mut self, key: usize) {
        let Some(mut conn) = self.conns.remove(&key) else { return };
        if let Some(fault) = conn.withheld.take() {
            self.tell_off(&mut conn, fault);
            self.conns.insert(key, conn);
            return;
        }
        let error = io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
        self.on_conn_gone(key, conn, &Gone::Connect(error));
    }

    /// A socket is ready.
    fn on_ready(&mut self, key: usize, writable: bool) {
        let Some(mut conn) = self.conns.remove(&key) else { return };
        let was_established = conn.link.is_established();
        let result = conn.link.on_ready(writable);
        let result = self.work_off(key, &mut conn, was_established).and(result.map_err(Some));
        match result {
            Err(Some(gone)) => self.on_conn_gone(key, conn, &gone),
            // Who is to go has nothing more to say: what comes all the same is not kept.
            _ if (conn.leaving || conn.withheld.is_some()) && conn.link.pending() > MESSAGE_MAX => {
                self.on_conn_gone(key, conn, &Gone::Displaced)
            }
            // A server that was told to go, or that has told us to, is not waited for.
            _ if conn.leaving && !matches!(conn.who, Who::Guest(_)) => {
                self.on_conn_gone(key, conn, &Gone::ByPeer)
            }
            Ok(()) if conn.carries => self.hand_over(key, conn),
            Ok(()) | Err(None) => {
                self.release_marks(&mut conn);
                self.conns.insert(key, conn);
            }
        }
    }

    /// Handles the messages that have come in. `Err(None)`: the peer was told to go.
    fn work_off(&mut self, key: usize, conn: &mut Conn, was_established: bool) -> Result<(), Option<Gone>> {
        if conn.leaving || conn.withheld.is_some() {
            return Ok(());
        }
        if !was_established && conn.link.is_established() {
            self.on_established(key, conn).map_err(Some)?;
        }
        while !conn.carries {
            let message = match conn.link.next_message() {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(Gone::Codec(error)) => {
                    self.dismiss(conn, Fault::protocol(error.to_string()));
                    return Err(None);
                }
                Err(gone) => return Err(Some(gone)),
            };
            if let Err(fault) = self.on_message(key, conn, message) {
                self.dismiss(conn, fault);
                return Err(None);
            }
        }
        conn.link.flush().map(|_| ()).map_err(Some)
    }

    fn on_established(&mut self, key: usize, conn: &mut Conn) -> Result<(), Gone> {
        match conn.who {
            Who::Guest(_) => Ok(()),
            Who::Host(client) => {
                self.settle_on(client, key);
                self.greet(client, conn)?;
                self.ask_early(client, conn)
            }
            Who::Carrier(client) => {
                self.greet(client, conn)?;
                conn.link.send(&Message::Carry)
            }
        }
    }

    fn on_message(&mut self, key: usize, conn: &mut Conn, message: Message) -> Result<(), Fault> {
        match conn.who {
            Who::Guest(_) => self.on_guest_message(key, conn, message),
            Who::Host(client) => self.on_host_message(client, key, conn, message),
            Who::Carrier(client) => self.on_carrier_message(client, conn, message),
        }
    }

    /// The peer must go. Who guesses keys is told so ever later.
    fn dismiss(&mut self, conn: &mut Conn, fault: Fault) {
        let delay = self.delay_of(conn, &fault);
        if delay.is_zero() {
            return self.tell_off(conn, fault);
        }
        conn.withheld = Some(fault);
        let deadline = Instant::now() + delay;
        conn.deadline = Some(deadline);
        self.check_by(deadline);
    }

    /// Tells the peer why it must go, and waits a little for it to read that.
    fn tell_off(&mut self, conn: &mut Conn, fault: Fault) {
        log::debug!(target: "faspstream::control", "dismissing {}: {}", conn.link.peer(), fault.words);
        self.note_fault(conn, &fault);
        let message = Message::Refused { request: 0, code: fault.code, reason: fault.words };
        // If it can't be told, it is gone already.
        let _ = conn.link.send(&message).and_then(|()| {
            conn.link.send_close();
            conn.link.flush()
        });
        conn.leaving = true;
        let deadline = Instant::now() + LEAVING;
        conn.deadline = Some(deadline);
        self.check_by(deadline);
    }

    pub(super) fn on_conn_gone(&mut self, key: usize, mut conn: Conn, gone: &Gone) {
        log::debug!(target: "faspstream::control", "connection to {}: {gone}", conn.link.peer());
        for (shared, completed) in conn.marks.drain(..) {
            finish(&shared, completed);
        }
        self.detach(key, matches!(gone, Gone::ByPeer));
        match conn.who {
            Who::Guest(guest) => self.on_guest_gone(key, &guest, conn.leaving),
            Who::Host(client) => self.on_host_gone(client, key, gone),
            Who::Carrier(client) => self.on_carrier_failed(client, gone),
        }
    }

    /// Sends a message on a connection that is not being handled right now.
    pub(super) fn send_to(&mut self, key: usize, message: &Message) {
        let Some(conn) = self.conns.get_mut(&key) else { return };
        if let Err(gone) = conn.link.send(message).and_then(|()| conn.link.flush())
            && let Some(conn) = self.conns.remove(&key)
        {
            self.on_conn_gone(key, conn, &gone);
        }
    }

    /// Marks a session as told (and completed) once everything sent so far was given to the kernel.
    pub(super) fn when_flushed(&mut self, key: usize, shared: Arc<SessionShared>, completed: bool) {
        let Some(mut conn) = self.conns.remove(&key) else { return finish(&shared, completed) };
        conn.marks.push((shared, completed));
        self.release_marks(&mut conn);
        self.conns.insert(key, conn);
    }

    fn release_marks(&mut self, conn: &mut Conn) {
        if !conn.marks.is_empty() && conn.link.flush().is_ok_and(|all| all) {
            for (shared, completed) in conn.marks.drain(..) {
                finish(&shared, completed);
            }
        }
    }

    /// Says good-bye on a connection and drops it.
    pub(super) fn part(&mut self, key: usize) {
        if let Some(mut conn) = self.conns.remove(&key) {
            let _ = conn.link.send(&Message::Goodbye).and_then(|()| {
                conn.link.send_close();
                conn.link.flush()
            });
            for (shared, completed) in conn.marks.drain(..) {
                finish(&shared, completed);
            }
            self.detach(key, true);
        }
    }
}
