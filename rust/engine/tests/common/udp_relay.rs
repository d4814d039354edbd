//! A UDP relay in front of a server's data port: it can be blocked like a firewall, and see what passes.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Default)]
struct State {
    blocked: AtomicBool,
    passed: AtomicU64,
    seen: Mutex<Vec<Vec<u8>>>,
    keep: AtomicBool,
    /// How often the bindings were lost.
    binding: AtomicUsize,
}

/// Takes what comes to one port to another, and what comes back to whom it belongs.
#[derive(Clone)]
pub(crate) struct UdpRelay {
    state: Arc<State>,
    front: Arc<UdpSocket>,
}

impl UdpRelay {
    /// Listens on `at` for what is meant for `target`.
    pub(crate) fn new(at: SocketAddr, target: SocketAddr) -> Self {
        let front = Arc::new(UdpSocket::bind(at).expect("the port is free on this address"));
        let relay = Self { state: Arc::default(), front: Arc::clone(&front) };
        let state = Arc::clone(&relay.state);
        thread::spawn(move || {
            let mut behind: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
            let mut bound = 0;
            let mut buffer = [0; 65_536];
            while let Ok((n, from)) = front.recv_from(&mut buffer) {
                let binding = state.binding.load(Ordering::SeqCst);
                if binding != bound {
                    bound = binding;
                    behind.clear();
                }
                let back = behind.entry(from).or_insert_with(|| way_back(target, from, &front, &state));
                if state.lets_through(&buffer[..n]) {
                    let _ = back.send(&buffer[..n]);
                }
            }
        });
        relay
    }

    /// Nothing passes any more, or everything again.
    pub(crate) fn block(&self, blocked: bool) {
        self.state.blocked.store(blocked, Ordering::SeqCst);
    }

    /// Like a NAT that has lost its bindings: the server sees every client at another port from the next datagram on, and what it sends to
    /// the port from before reaches nobody.
    pub(crate) fn rebind(&self) {
        self.state.binding.fetch_add(1, Ordering::SeqCst);
    }

    /// Datagrams that have passed.
    pub(crate) fn passed(&self) -> u64 {
        self.state.passed.load(Ordering::SeqCst)
    }

    /// Keeps copies of what passes, at most some hundred.
    pub(crate) fn keep(&self) {
        self.state.keep.store(true, Ordering::SeqCst);
    }

    /// The copies so far.
    pub(crate) fn kept(&self) -> Vec<Vec<u8>> {
        self.state.seen.lock().expect("nobody panics with it").clone()
    }
}

impl State {
    fn lets_through(&self, datagram: &[u8]) -> bool {
        let through = !self.blocked.load(Ordering::SeqCst);
        self.passed.fetch_add(u64::from(through), Ordering::SeqCst);
        if self.keep.load(Ordering::SeqCst) {
            let mut seen = self.seen.lock().expect("nobody panics with it");
            if seen.len() < 400 {
                seen.push(datagram.to_vec());
            }
        }
        through
    }
}

fn way_back(
    target: SocketAddr,
    client: SocketAddr,
    front: &Arc<UdpSocket>,
    state: &Arc<State>,
) -> Arc<UdpSocket> {
    let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").expect("a port is free"));
    socket.connect(target).expect("it is on this machine");
    let (from, front, state) = (Arc::clone(&socket), Arc::clone(front), Arc::clone(state));
    let binding = state.binding.load(Ordering::SeqCst);
    thread::spawn(move || {
        let mut buffer = [0; 65_536];
        while let Ok(n) = from.recv(&mut buffer) {
            if binding == state.binding.load(Ordering::SeqCst) && state.lets_through(&buffer[..n]) {
                let _ = front.send_to(&buffer[..n], client);
            }
        }
    });
    socket
}
