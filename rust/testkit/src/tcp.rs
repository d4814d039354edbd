//! The control connection: one connection on each side, with bytes that are late but never lost.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::error::{RelayError, Tried};
use crate::udp::spawn;

/// Bytes of one read.
const CHUNK: usize = 16 << 10;
/// Chunks under way in one direction; beyond that the sender waits.
const CHUNKS: usize = 1_024;
/// Connections at the same time.
const CONNECTIONS_MAX: usize = 256;

/// When bytes that go in now come out.
pub(crate) type Due = Arc<dyn Fn() -> Instant + Send + Sync>;

/// The listening side.
pub(crate) struct Tcp {
    listener: TcpListener,
    at: SocketAddr,
    server: SocketAddr,
    up: Due,
    down: Due,
    open: Mutex<Vec<TcpStream>>,
    stopped: AtomicBool,
}

impl Tcp {
    /// Binds any free port of the address.
    pub(crate) fn bind(
        at: SocketAddr,
        server: SocketAddr,
        up: Due,
        down: Due,
    ) -> Result<Arc<Self>, RelayError> {
        let listener = TcpListener::bind(at).tried(|| format!("listen on TCP {at}"))?;
        let at = listener.local_addr().tried(|| format!("ask for the port on TCP {at}"))?;
        let (open, stopped) = (Mutex::default(), AtomicBool::new(false));
        Ok(Arc::new(Self { listener, at, server, up, down, open, stopped }))
    }

    pub(crate) fn port(&self) -> u16 {
        self.at.port()
    }

    /// Starts the thread that takes connections.
    pub(crate) fn start(self: &Arc<Self>) -> Result<thread::JoinHandle<()>, RelayError> {
        let me = Arc::clone(self);
        spawn("testkit-tcp", move || {
            for client in me.listener.incoming() {
                if me.stopped.load(Ordering::SeqCst) {
                    return;
                }
                // A connection that can't be carried on is closed, which its client sees.
                let _ = client.and_then(|client| me.carry(client));
            }
        })
    }

    fn carry(&self, client: TcpStream) -> std::io::Result<()> {
        let server = TcpStream::connect(self.server)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|stream| stream.peer_addr().is_ok());
            if open.len() >= 2 * CONNECTIONS_MAX {
                return Ok(());
            }
            open.extend([client.try_clone()?, server.try_clone()?]);
        }
        pipe(client.try_clone()?, server.try_clone()?, Arc::clone(&self.up))?;
        pipe(server, client, Arc::clone(&self.down))
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(self.at));
    }
}

/// Starts the two threads of one direction.
fn pipe(mut from: TcpStream, mut to: TcpStream, due: Due) -> std::io::Result<()> {
    let (put, take) = sync_channel::<(Instant, Vec<u8>)>(CHUNKS);
    thread::Builder::new().name("testkit-read".to_owned()).spawn(move || {
        let mut buffer = vec![0; CHUNK];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            if put.send((due(), buffer[..n].to_vec())).is_err() {
                return;
            }
        }
        // The end of the connection is as late as its bytes: an empty chunk.
        let _ = put.send((due(), Vec::new()));
    })?;
    thread::Builder::new().name("testkit-write".to_owned()).spawn(move || write_when_due(&take, &mut to))?;
    Ok(())
}

fn write_when_due(take: &Receiver<(Instant, Vec<u8>)>, to: &mut TcpStream) {
    for (due, bytes) in take {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if bytes.is_empty() || to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
