//! Datagrams: the port that clients send to, and a socket towards the server for each of them.

use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use crate::error::{RelayError, Tried};
use crate::lane::{Lane, drain};

/// How often a thread that waits for datagrams looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);
/// Clients that are told apart; further ones are not served.
const FLOWS_MAX: usize = 256;
/// The largest datagram of UDP.
const LARGEST: usize = 65_536;

/// A client as the server sees it.
#[derive(Clone)]
pub(crate) struct Flow {
    client: SocketAddr,
    socket: Arc<UdpSocket>,
}

/// The state that the threads share.
pub(crate) struct Udp {
    front: UdpSocket,
    server: SocketAddr,
    pub(crate) up: Arc<Lane<Flow>>,
    pub(crate) down: Arc<Lane<SocketAddr>>,
    stopped: AtomicBool,
}

impl Udp {
    /// Binds the port that clients send to.
    pub(crate) fn bind(
        at: SocketAddr,
        server: SocketAddr,
        up: Lane<Flow>,
        down: Lane<SocketAddr>,
    ) -> Result<Arc<Self>, RelayError> {
        let front = UdpSocket::bind(at)
            .tried(|| format!("bind UDP {at} (an address of this machine beside the server's)"))?;
        front.set_read_timeout(Some(LOOK)).tried(|| format!("set a timeout on UDP {at}"))?;
        let stopped = AtomicBool::new(false);
        Ok(Arc::new(Self { front, server, up: Arc::new(up), down: Arc::new(down), stopped }))
    }

    /// Starts the threads; each ends by itself after [`Udp::stop`].
    pub(crate) fn start(self: &Arc<Self>) -> Result<Vec<thread::JoinHandle<()>>, RelayError> {
        let (receiver, up, down) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        Ok(vec![
            spawn("testkit-udp", move || receiver.receive())?,
            // A datagram that the system does not take is lost, as it may be on a network.
            spawn("testkit-up", move || drain(&up.up, |flow: &Flow, bytes| drop(flow.socket.send(bytes))))?,
            spawn("testkit-down", move || {
                drain(&down.down, |to, bytes| drop(down.front.send_to(bytes, to)))
            })?,
        ])
    }

    /// Takes in what clients send.
    fn receive(self: &Arc<Self>) {
        let mut flows: HashMap<SocketAddr, Flow> = HashMap::new();
        let mut buffer = vec![0; LARGEST];
        while !self.is_stopped() {
            let Ok((len, client)) = self.front.recv_from(&mut buffer) else { continue };
            if !flows.contains_key(&client) {
                match self.open(client) {
                    Ok(flow) if flows.len() < FLOWS_MAX => drop(flows.insert(client, flow)),
                    _ => continue,
                }
            }
            if let Some(flow) = flows.get(&client) {
                self.up.put(flow.clone(), &buffer[..len]);
            }
        }
    }

    /// A socket towards the server, and the thread that receives there.
    fn open(self: &Arc<Self>, client: SocketAddr) -> io::Result<Flow> {
        let any = SocketAddr::new(self.server.ip(), 0);
        let socket = Arc::new(UdpSocket::bind(any)?);
        socket.connect(self.server)?;
        socket.set_read_timeout(Some(LOOK))?;
        let (me, back) = (Arc::clone(self), Arc::clone(&socket));
        thread::Builder::new().name("testkit-flow".to_owned()).spawn(move || me.answer(&back, client))?;
        Ok(Flow { client, socket })
    }

    /// Takes in what the server sends to one client.
    fn answer(&self, socket: &UdpSocket, client: SocketAddr) {
        let mut buffer = vec![0; LARGEST];
        while !self.is_stopped() {
            if let Ok(len) = socket.recv(&mut buffer) {
                self.down.put(client, &buffer[..len]);
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.up.stop();
        self.down.stop();
    }
}

impl core::fmt::Debug for Flow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Flow({})", self.client)
    }
}

/// A thread with a name, once it runs.
pub(crate) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<thread::JoinHandle<()>, RelayError> {
    let (running, started) = mpsc::sync_channel(1);
    let body = move || {
        // Whoever starts the thread may have gone: that changes nothing here.
        let _ = running.send(());
        work();
    };
    let thread = thread::Builder::new().name(name.to_owned()).spawn(body);
    let thread = thread.tried(|| format!("start the thread {name}"))?;
    let _ = started.recv();
    Ok(thread)
}
