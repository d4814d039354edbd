//! A TCP relay that can cut, stall and damage what passes; the data channel goes around it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use socket2::{Domain, Protocol, Socket, Type};

#[derive(Default)]
struct State {
    sockets: Mutex<Vec<TcpStream>>,
    connections: AtomicUsize,
    damage: AtomicBool,
    refuse: AtomicBool,
    /// Nothing passes, and nobody is told.
    stalled: Mutex<bool>,
    moves_again: Condvar,
    /// Nothing that a server says gets through once its client has ended the handshake.
    hold: AtomicBool,
    /// Whether such an answer waits, and who waits for that to change.
    held: Mutex<bool>,
    released: Condvar,
}

/// Listens for clients and connects each to the target.
pub(crate) struct Relay {
    port: u16,
    state: Arc<State>,
}

impl Relay {
    pub(crate) fn to(target: SocketAddr) -> Self {
        Self::at("127.0.0.1", target)
    }

    /// On another address than the target's nobody answers its UDP port: a firewall that lets TCP through and nothing else.
    pub(crate) fn at(ip: &str, target: SocketAddr) -> Self {
        Self::seen_at("127.0.0.1", ip, target)
    }

    /// One whose clients the target sees at the address `source`.
    pub(crate) fn seen_at(source: &str, ip: &str, target: SocketAddr) -> Self {
        let source = SocketAddr::new(source.parse().expect("an address of loopback"), 0);
        let listener = TcpListener::bind((ip, 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.refuse.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = connect(source, target) else { continue };
                pass(&client, &server, &shared, hold_answers);
                pass(&server, &client, &shared, wait_for_release);
                shared.sockets.lock().expect("nobody panics with it").extend([client, server]);
                // Only what can be cut counts.
                shared.connections.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Closes all connections.
    pub(crate) fn cut(&self) {
        for socket in self.state.sockets.lock().expect("nobody panics with it").drain(..) {
            // It may be closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Lets nobody through any more, or everybody again.
    pub(crate) fn refuse(&self, refuse: bool) {
        self.state.refuse.store(refuse, Ordering::SeqCst);
    }

    /// Keeps back all that is said, like a network that is gone, or lets it go on. Connections stay open.
    pub(crate) fn stall(&self, stalled: bool) {
        *self.state.stalled.lock().expect("nobody panics with it") = stalled;
        self.state.moves_again.notify_all();
    }

    /// Keeps back what servers say once their clients have ended the handshake of TLS 1.3, from the next connection on: all that the
    /// application says. False lets go what waits.
    pub(crate) fn hold_answers(&self, hold: bool) {
        self.state.hold.store(hold, Ordering::SeqCst);
        if !hold {
            self.mute_servers(false);
        }
    }

    /// Keeps back all that servers say, or lets it go.
    pub(crate) fn mute_servers(&self, mute: bool) {
        *self.state.held.lock().expect("nobody panics with it") = mute;
        self.state.released.notify_all();
    }

    /// Flips a bit in whatever passes next.
    pub(crate) fn damage_next(&self) {
        self.state.damage.store(true, Ordering::SeqCst);
    }
}

fn connect(source: SocketAddr, target: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(target), Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&source.into())?;
    socket.connect(&target.into())?;
    Ok(socket.into())
}

/// The first encrypted record of a client ends the handshake (RFC 8446 section 5.1: type 23); a record of type 20, of 6 bytes, may stand
/// in front of it or come alone before.
fn hold_answers(state: &State, said: &[u8]) {
    let record = if said[0] == 20 { said.get(6) } else { said.first() };
    if record == Some(&23) && state.hold.load(Ordering::SeqCst) {
        *state.held.lock().expect("nobody panics with it") = true;
    }
}

fn wait_for_release(state: &State, _said: &[u8]) {
    let held = state.held.lock().expect("nobody panics with it");
    drop(state.released.wait_while(held, |held| *held).expect("nobody panics with it"));
}

fn wait_until_it_moves(state: &State) {
    let stalled = state.stalled.lock().expect("nobody panics with it");
    drop(state.moves_again.wait_while(stalled, |stalled| *stalled).expect("nobody panics with it"));
}

fn pass(from: &TcpStream, to: &TcpStream, state: &Arc<State>, before: fn(&State, &[u8])) {
    let (mut from, mut to) = (from.try_clone().expect("a descriptor"), to.try_clone().expect("a descriptor"));
    let state = Arc::clone(state);
    thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            before(&state, &buffer[..n]);
            wait_until_it_moves(&state);
            if state.damage.swap(false, Ordering::SeqCst) {
                buffer[n - 1] ^= 1;
            }
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
