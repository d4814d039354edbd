//! What the threads of the application, the driver and the control thread share of one session.

pub(crate) mod client;
pub(crate) mod notice;
pub(crate) mod server;
mod state;
mod transfer;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use faspstream_proto::config::Rates;
use faspstream_proto::digest::DigestAlgorithm;
use faspstream_proto::error::ErrorCode;
use faspstream_proto::io::{Limit, LimitTimes};

use crate::api::error::Error;
use crate::api::listener::{Listener, Ready};
use crate::api::options::Options;
use crate::api::session::{Direction, Metadata};
use crate::api::stats::{Diagnosis, Stats};
use crate::memory;
use crate::pipe::{RecvPipe, SendPipe, lock};
use crate::recorder::{Recorder, Title};
use crate::runtime::Mortal;

use notice::Notice;
use state::Phase;

/// What never changes.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) direction: Direction,
    pub(crate) stream: String,
    pub(crate) metadata: Metadata,
    pub(crate) remote: SocketAddr,
    pub(crate) principal: String,
    pub(crate) started: SystemTime,
    pub(crate) began: Instant,
}

/// The half of the stream that this end has.
pub(crate) enum Pipe {
    Send(SendPipe),
    Recv(RecvPipe),
}

/// Bytes that a writer may be ahead of the peer at first, where `buffer.size` is `auto`; the driver raises it.
const FIRST_LIMIT: u64 = 256 << 10;
/// Bytes read before the driver hears of it, at first.
const FIRST_REPORT: u64 = 256 << 10;

impl Pipe {
    /// `digest` is the client's choice, whichever end this is.
    pub(crate) fn new(is_sender: bool, options: &Options, digest: DigestAlgorithm) -> Self {
        if is_sender {
            let limit = options.buffer_size.unwrap_or(FIRST_LIMIT).min(options.buffer_bound());
            Self::Send(SendPipe::new(limit, digest, memory::of(is_sender)))
        } else {
            Self::Recv(RecvPipe::new(FIRST_REPORT, digest, memory::of(is_sender)))
        }
    }
}

/// How the application's threads reach the engine's. Each call returns at once.
pub(crate) trait Link: Send + Sync {
    /// The driver is to look at this session.
    fn kick(&self);
    /// The session is to be aborted; the peer hears `code`.
    fn abort(&self, code: ErrorCode, reason: &str);
    /// The application has changed the rates.
    fn rates(&self, rates: Rates);
    /// Somebody wants fresh statistics.
    fn refresh(&self);
}

/// The latest figures, as the driver has published them.
#[derive(Clone, Copy)]
pub(crate) struct Published {
    pub(crate) stats: Stats,
    pub(crate) limit: Limit,
    pub(crate) times: LimitTimes,
    pub(crate) at: Instant,
}

/// One session.
pub(crate) struct SessionShared {
    pub(crate) facts: Facts,
    pub(crate) pipe: Pipe,
    pub(crate) notice: Notice,
    id: OnceLock<[u8; 16]>,
    phase: Mutex<Phase>,
    /// The phase is final; read without a lock on the fast path.
    over: AtomicBool,
    closed: AtomicBool,
    accepted: AtomicBool,
    /// The reading application confirms by itself, later than with its last byte.
    held: AtomicBool,
    /// A kick is on its way.
    kicked: AtomicBool,
    link: OnceLock<Box<dyn Link>>,
    rates: Mutex<Rates>,
    published: Mutex<Published>,
    /// Written by the driver, read by whoever asks for the recording.
    pub(crate) recorder: Mutex<Recorder>,
    /// When the last authentic datagram came, in milliseconds after `facts.began`.
    heard_ms: AtomicU64,
    /// The word on the end (complete or abort) has been given to the network, or can't be.
    told: AtomicBool,
    owner: Weak<dyn Owner>,
}

/// Whoever keeps the books of sessions: told once, when one is over.
pub(crate) trait Owner: Send + Sync {
    /// `completed` is false if the session failed.
    fn on_session_over(&self, completed: bool);
}

/// How long the last handle of a session waits for its last word to be given to the network.
const LINGER: Duration = Duration::from_secs(1);
/// Statistics that are older are asked for anew.
const STALE: Duration = Duration::from_millis(50);

impl SessionShared {
    pub(crate) fn new(
        facts: Facts,
        pipe: Pipe,
        rates: Rates,
        accepted: bool,
        owner: Weak<dyn Owner>,
    ) -> Self {
        let stats = Stats { target_rate: rates.target, policy: rates.policy, ..Stats::default() };
        let published = Published {
            stats,
            limit: Limit::ApplicationWrite,
            times: LimitTimes::default(),
            at: facts.began,
        };
        Self {
            facts,
            pipe,
            notice: Notice::default(),
            id: OnceLock::new(),
            phase: Mutex::new(Phase::Opening),
            over: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            accepted: AtomicBool::new(accepted),
            held: AtomicBool::new(false),
            kicked: AtomicBool::new(false),
            link: OnceLock::new(),
            rates: Mutex::new(rates),
            published: Mutex::new(published),
            recorder: Mutex::default(),
            heard_ms: AtomicU64::new(0),
            told: AtomicBool::new(false),
            owner,
        }
    }

    /// The id in hexadecimal; empty while opening.
    pub(crate) fn id(&self) -> String {
        self.id.get().map(|id| crate::api::receipt::hex(id)).unwrap_or_default()
    }

    /// Ties the session to its driver; once.
    pub(crate) fn set_link(&self, link: Box<dyn Link>) {
        // A session has one driver all its life, so the link is set once.
        let _ = self.link.set(link);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// True if the peer may be told that everything was read, once it was: the application has the session and does not hold the
    /// completion, nor has it ended the session (the word on that may still be on its way to the driver). A digest that differs is no
    /// completion and needs no leave.
    pub(crate) fn may_complete(&self) -> bool {
        self.accepted.load(Ordering::SeqCst) && !self.is_held() && !self.is_over()
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    /// The application confirms by itself (true), or has confirmed (false).
    pub(crate) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
        if !held {
            self.kick();
        }
    }

    /// The application has got hold of the session; until then it does not complete.
    pub(crate) fn accept(&self) {
        self.accepted.store(true, Ordering::SeqCst);
        self.kick();
    }

    /// The driver is to look at this session. One kick on its way is enough: the driver looks at everything.
    pub(crate) fn kick(&self) {
        if let Some(link) = self.link.get()
            && !self.kicked.swap(true, Ordering::SeqCst)
        {
            link.kick();
        }
    }

    /// Driver: looks now; kicks from here on are new.
    pub(crate) fn take_kick(&self) {
        self.kicked.store(false, Ordering::SeqCst);
    }

    /// Wakes who waits and tells the listener. Not to be called with a lock held.
    pub(crate) fn notify(&self, what: Ready) {
        self.notice.notify(what);
    }

    pub(crate) fn set_listener(&self, listener: Arc<dyn Listener>) {
        self.notice.listen(listener, || self.readiness());
    }

    pub(crate) fn readiness(&self) -> Ready {
        let mut ready = match &*lock(&self.phase) {
            Phase::Opening => Ready::NONE,
            Phase::Open => Ready::OPENED,
            Phase::Completed(_) | Phase::Failed(_) => Ready::ENDED,
        };
        if self.available() > 0 {
            ready =
                ready | if matches!(self.pipe, Pipe::Send(_)) { Ready::WRITABLE } else { Ready::READABLE };
        }
        ready
    }

    pub(crate) fn stats(&self) -> Stats {
        let published = *lock(&self.published);
        if published.at.elapsed() > STALE
            && !self.over.load(Ordering::SeqCst)
            && let Some(link) = self.link.get()
        {
            link.refresh();
        }
        let mut stats = published.stats;
        if let Phase::Completed(receipt) = &*lock(&self.phase) {
            self.settle(&mut stats, receipt.bytes);
        }
        stats
    }

    /// The word that a stream is complete may come before the feedback that counts its last bytes.
    fn settle(&self, stats: &mut Stats, bytes: u64) {
        let counters = &mut stats.counters;
        counters.bytes_delivered = bytes;
        match &self.pipe {
            Pipe::Send(_) => {
                (counters.bytes_accepted, counters.bytes_sent, counters.bytes_acknowledged) =
                    (bytes, bytes, bytes);
            }
            Pipe::Recv(_) => counters.bytes_received = bytes,
        }
    }

    pub(crate) fn diagnosis(&self) -> Diagnosis {
        let published = *lock(&self.published);
        Diagnosis::new(published.limit, published.times)
    }

    /// The last protocol events as qlog.
    pub(crate) fn recording(&self) -> String {
        let is_sender = matches!(self.pipe, Pipe::Send(_));
        let title = Title {
            id: &self.id(),
            stream: &self.facts.stream,
            is_sender,
            is_client: is_sender == (self.facts.direction == Direction::Push),
            started: self.facts.started,
        };
        lock(&self.recorder).to_qlog(&title)
    }

    /// Driver: new figures.
    pub(crate) fn publish(&self, published: Published) {
        *lock(&self.published) = published;
    }

    pub(crate) fn rates(&self) -> Rates {
        *lock(&self.rates)
    }

    /// The rates as they were agreed at the start, or as the peer wishes them.
    pub(crate) fn adopt_rates(&self, rates: Rates) {
        *lock(&self.rates) = rates;
    }

    /// Engine: the last word was given to the network, or will never be.
    pub(crate) fn mark_told(&self) {
        self.told.store(true, Ordering::SeqCst);
        self.notice.signal.notify();
    }

    /// When the last authentic datagram came; the beginning if none has.
    pub(crate) fn last_heard(&self) -> Instant {
        self.facts.began + Duration::from_millis(self.heard_ms.load(Ordering::Relaxed))
    }

    /// Driver: an authentic datagram has come.
    pub(crate) fn mark_heard(&self, now: Instant) {
        let ms =
            u64::try_from(now.saturating_duration_since(self.facts.began).as_millis()).unwrap_or(u64::MAX);
        self.heard_ms.store(ms, Ordering::Relaxed);
    }

    /// Waits a bounded time until the peer has a chance to learn how this session ended, so that a process may exit right afterwards.
    pub(crate) fn linger(&self) {
        if self.link.get().is_none() {
            return;
        }
        let told = || self.told.load(Ordering::SeqCst).then_some(());
        let _ = self.notice.signal.wait_until(Some(Instant::now() + LINGER), told);
    }
}

impl Mortal for SessionShared {
    fn perish(&self, error: &Error) {
        self.fail(error.clone());
        self.mark_told();
    }
}
