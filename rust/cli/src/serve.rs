//! `faspstream serve`: one thread a session moves bytes between the session and the store.

mod names;
mod store;

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use faspstream::{Direction, ErrorCode, Options, Server, Session};

use crate::args::{Report, Serve};
use crate::endpoint;
use crate::failure::Failure;
use crate::summary::{StandardOutput, Summary};
use crate::transfer::CHUNK;
use store::Store;

/// How long running sessions may go on after Ctrl-C.
const GRACE: Duration = Duration::from_secs(5);
/// How often a waiting server looks whether it shall end.
const LOOK: Duration = Duration::from_millis(200);

/// Serves until Ctrl-C, or for one session.
pub(crate) fn run(args: &Serve) -> Result<(), Failure> {
    let store = match Store::new(args.dir.as_deref()) {
        Ok(store) => store,
        Err(e) => return Err(Failure::Usage(format!("--dir: {e}"))),
    };
    let stop = stop_flag()?;
    let server = start(args)?;
    announce(args.report, &server);
    let result = if args.once {
        once(&server, &store, &stop, args.report)
    } else {
        for_ever(&server, &store, &stop, args.report)
    };
    server.close(GRACE);
    result
}

fn start(args: &Serve) -> Result<Server, Failure> {
    let mut options = Options::default();
    endpoint::apply_rates(&mut options, None, args.policy);
    let mut builder = Server::builder()
        .host(&args.endpoint.host)
        .tcp_port(args.endpoint.port)
        .udp_port(args.udp_port)
        .options(options);
    for key in endpoint::keys(&args.endpoint)? {
        builder = builder.access_key(key);
    }
    let server = builder.start()?;
    if let Some(rate) = args.rate {
        server.set_target_rate(rate)?;
    }
    Ok(server)
}

fn announce(report: Report, server: &Server) {
    if !report.quiet {
        say(&format!("listening on {}, UDP port {}", server.local_addr(), server.udp_port()));
    }
}

/// A flag that Ctrl-C or SIGTERM sets.
fn stop_flag() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|e| Failure::Local(format!("can't watch for Ctrl-C: {e}")))?;
    Ok(stop)
}

fn next(server: &Server, stop: &AtomicBool) -> Result<Option<Session>, Failure> {
    while !stop.load(Ordering::Relaxed) {
        match server.accept(Some(LOOK)) {
            Ok(session) => return Ok(Some(session)),
            Err(e) if e.code() == ErrorCode::Timeout => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(None)
}

fn once(server: &Server, store: &Arc<Store>, stop: &AtomicBool, report: Report) -> Result<(), Failure> {
    let Some(session) = next(server, stop)? else { return Ok(()) };
    handle(&session, store).map(|summary| summary.print(report, StandardOutput::Free))
}

fn for_ever(server: &Server, store: &Arc<Store>, stop: &AtomicBool, report: Report) -> Result<(), Failure> {
    while let Some(session) = next(server, stop)? {
        let store = Arc::clone(store);
        let work = move || match handle(&session, &store) {
            Ok(summary) => summary.print(report, StandardOutput::Free),
            Err(failure) => say(&format!("{}: {failure}", session.stream())),
        };
        let spawned = thread::Builder::new().name("session".to_owned()).spawn(work);
        spawned.map_err(|e| Failure::local("starting a thread for a session", &e))?;
    }
    Ok(())
}

/// Stores what is pushed, gives what is pulled; the peer hears why if it fails.
fn handle(session: &Session, store: &Arc<Store>) -> Result<Summary, Failure> {
    let started = Instant::now();
    let outcome = match session.direction() {
        Direction::Push => take(session, store),
        Direction::Pull => give(session, store),
    };
    let receipt = outcome.inspect_err(|failure| session.abort(&failure.to_string()))?;
    let elapsed = started.elapsed();
    Ok(Summary { stream: session.stream().to_owned(), receipt, stats: session.stats(), elapsed })
}

fn take(session: &Session, store: &Arc<Store>) -> Result<faspstream::Receipt, Failure> {
    // The writer's complete() shall return only when the stream stands under its name.
    session.hold_completion();
    let mut incoming =
        store.incoming(session.stream(), &session.id()).map_err(|reason| refuse(session, reason))?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let n = session.read(&mut chunk)?;
        if n == 0 {
            break;
        }
        incoming.write_all(&chunk[..n]).map_err(|e| Failure::local("storing", &e))?;
    }
    incoming.commit().map_err(|e| Failure::local("storing", &e))?;
    Ok(session.confirm()?)
}

fn give(session: &Session, store: &Store) -> Result<faspstream::Receipt, Failure> {
    let mut source = store.outgoing(session.stream()).map_err(|reason| refuse(session, reason))?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let n = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Failure::local("reading", &e)),
        };
        session.write(&chunk[..n])?;
    }
    Ok(session.complete()?)
}

fn refuse(session: &Session, reason: String) -> Failure {
    session.reject(&reason);
    Failure::Local(reason)
}

fn say(line: &str) {
    // A log that nobody can read any more is no reason to stop serving.
    let _ = writeln!(io::stderr(), "{line}");
}
