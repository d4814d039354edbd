//! Any number of sessions, each end driven by one thread that sleeps until one of them can go on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use faspstream::{Client, Direction, Listener, Metadata, Read, Ready, Server, Session};

use crate::Outcome;
use crate::bells::Bells;
use crate::load::BLOCK;

/// Writes or reads of one session before others have their turn.
const TURNS: usize = 4;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Tells the driving thread which session can go on.
struct Bell {
    index: usize,
    bells: Arc<Bells>,
}

impl Listener for Bell {
    fn on_ready(&self, _: Ready) {
        self.bells.ring(self.index);
    }
}

fn listen(session: &Session, index: usize, bells: &Arc<Bells>) {
    session.set_listener(Arc::new(Bell { index, bells: Arc::clone(bells) }));
}

/// Opens sessions from client to server and waits until the server has let them in.
pub(crate) fn open(client: &Client, count: usize) -> Outcome<Vec<Session>> {
    let start = |i| client.start_open(Direction::Push, &format!("crowd {i}"), Metadata::new());
    let sessions: Vec<Session> = (0..count).map(start).collect::<Result<_, _>>()?;
    let deadline = Instant::now() + PATIENCE;
    sessions.iter().try_for_each(|session| session.wait_open(Some(deadline)))?;
    Ok(sessions)
}

/// Pushes `bytes` through each of them and gives the seconds after which each was complete.
pub(crate) fn push(sessions: &[Session], bytes: u64) -> Outcome<Vec<f64>> {
    let bells = Arc::new(Bells::default());
    let began = Instant::now();
    sessions.iter().enumerate().for_each(|(i, session)| listen(session, i, &bells));
    let mut left = vec![bytes; sessions.len()];
    let mut seconds = vec![0.0; sessions.len()];
    let block = vec![0x5a; BLOCK];
    let mut open = sessions.len();
    let mut ringing = VecDeque::new();
    while open > 0 {
        let index = bells.next(&mut ringing, PATIENCE).ok_or("nothing happened for two minutes")?;
        if seconds[index] > 0.0 {
            continue;
        }
        if write_some(&sessions[index], &block, &mut left[index])? {
            ringing.push_back(index);
        } else if sessions[index].receipt().is_some() {
            seconds[index] = began.elapsed().as_secs_f64();
            open -= 1;
        }
    }
    Ok(seconds)
}

/// True if the session could take more at once.
fn write_some(session: &Session, block: &[u8], left: &mut u64) -> Outcome<bool> {
    for _ in 0..TURNS {
        if *left == 0 {
            return Ok(false);
        }
        let n = session.try_write(&block[..block.len().min(*left as usize)])?;
        *left -= n as u64;
        if *left == 0 {
            session.finish()?;
        }
        if n == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes in and reads to the end whatever comes, until the server is closed.
pub(crate) fn serve(server: &Server) -> Outcome<()> {
    let bells = Arc::new(Bells::default());
    /// The index that stands for the server itself.
    const SERVER: usize = usize::MAX;
    server.set_listener(Arc::new(Bell { index: SERVER, bells: Arc::clone(&bells) }));
    let mut sessions: Vec<Option<Session>> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let mut buffer = vec![0; BLOCK];
    let mut ringing = VecDeque::new();
    loop {
        // The end of the server rings too.
        let Some(index) = bells.next(&mut ringing, Duration::MAX) else { continue };
        if index == SERVER {
            loop {
                let Ok(found) = server.try_accept() else { return Ok(()) };
                let Some(session) = found else { break };
                let index = free.pop().unwrap_or_else(|| {
                    sessions.push(None);
                    sessions.len() - 1
                });
                listen(&session, index, &bells);
                sessions[index] = Some(session);
            }
        } else if let Some(session) = &sessions[index] {
            match read_some(session, &mut buffer) {
                Some(true) => ringing.push_back(index),
                Some(false) => {}
                None => {
                    sessions[index] = None;
                    free.push(index);
                }
            }
        }
    }
}

/// True if there may be more at once; None at the end, and of a session that failed.
fn read_some(session: &Session, buffer: &mut [u8]) -> Option<bool> {
    for _ in 0..TURNS {
        match session.try_read(buffer) {
            Ok(Read::Bytes(_)) => {}
            Ok(Read::Empty) => return Some(false),
            Ok(Read::End) | Err(_) => return None,
        }
    }
    Some(true)
}
