//! `faspstream serve`: one thread a session moves bytes between the session and the place of the streams.

mod answers;
#[cfg(unix)]
mod control;
mod logging;
mod metrics;
mod names;
#[cfg(unix)]
mod notify;
mod signals;
mod store;
mod watch;
mod work;
mod writers;

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use faspstream::{ErrorCode, Server, Session};
use serde_json::json;

use crate::args::{Report, Serve};
use crate::endpoint;
use crate::failure::Failure;
use crate::summary::StandardOutput;
use signals::Signals;
use store::Store;
use work::{Place, handle, is_worth_a_line};

pub(crate) use watch::direction_word;

/// How often a waiting server looks whether it was signalled.
const LOOK: Duration = Duration::from_millis(200);

/// Serves until Ctrl-C or SIGTERM, or for one session.
pub(crate) fn run(args: &Serve) -> Result<(), Failure> {
    let place = place(args)?;
    if let Some(level) = args.log {
        logging::start(level, args.log_json);
    }
    let signals = Signals::watch()?;
    let server = start(args)?;
    #[cfg(unix)]
    let _control = match &args.control {
        Some(path) => Some(control::listen(path, server.clone())?),
        None => None,
    };
    if let Some(at) = args.metrics {
        let bound = metrics::listen(at, server.clone())?;
        note(args, &format!("metrics at http://{bound}/metrics"), &json!({ "metrics": bound.to_string() }));
    }
    announce(args, &server);
    #[cfg(unix)]
    notify::ready("serving");
    let once = args.once || args.pipe;
    let result = if once {
        serve_once(args, &server, &place, &signals)
    } else {
        serve(args, &server, &place, &signals)
    };
    #[cfg(unix)]
    notify::stopping();
    server.close(args.drain);
    result
}

fn place(args: &Serve) -> Result<Place, Failure> {
    if args.pipe {
        return Ok(Place::Pipe);
    }
    Store::new(args.dir.as_deref()).map(Place::Store).map_err(|e| Failure::Usage(format!("--dir: {e}")))
}

fn config(args: &Serve) -> Result<faspstream::Config, Failure> {
    let mut config = endpoint::config(&args.endpoint)?;
    endpoint::apply_rates(&mut config, None, args.policy);
    if let Some(port) = args.udp_port {
        config.udp_port = port;
    }
    Ok(config)
}

fn start(args: &Serve) -> Result<Server, Failure> {
    let server = Server::builder().config(config(args)?).start()?;
    if let Some(rate) = args.rate {
        server.set_target_rate(rate)?;
    }
    Ok(server)
}

/// SIGHUP: reads the files again. Access keys are taken over, connections stay; everything else takes a restart.
fn reload(args: &Serve, server: &Server) {
    #[cfg(unix)]
    notify::reloading();
    let reloaded = config(args).and_then(|config| {
        Ok(server.set_access_keys(config.access_keys.clone()).map(|()| config.access_keys.len())?)
    });
    match reloaded {
        Ok(keys) => note(args, &format!("reloaded: {keys} access keys"), &json!({ "reloaded_keys": keys })),
        Err(failure) => {
            let words = format!("not reloaded, the old keys stay: {failure}");
            say(&if args.report.json {
                json!({ "not_reloaded": failure.to_string() }).to_string()
            } else {
                words
            });
        }
    }
    #[cfg(unix)]
    notify::ready("serving");
}

fn announce(args: &Serve, server: &Server) {
    let address = server.local_addr();
    let udp = server.udp_port();
    note(
        args,
        &format!("listening on {address}, UDP port {udp}"),
        &json!({ "listening": address.to_string(), "udp_port": udp, "tls_pin": server.key_pin().to_string() }),
    );
}

/// A line about the server itself, on standard error.
fn note(args: &Serve, words: &str, json: &serde_json::Value) {
    match args.report {
        Report { quiet: true, .. } => {}
        Report { json: true, .. } => say(&json.to_string()),
        Report { json: false, .. } => say(words),
    }
}

fn next(args: &Serve, server: &Server, signals: &Signals) -> Result<Option<Session>, Failure> {
    while !signals.stop() {
        if signals.take_reload() {
            reload(args, server);
        }
        match server.accept(Some(LOOK)) {
            Ok(session) => return Ok(Some(session)),
            Err(e) if e.code() == ErrorCode::Timeout => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(None)
}

fn serve_once(args: &Serve, server: &Server, place: &Place, signals: &Signals) -> Result<(), Failure> {
    let output = if args.pipe { StandardOutput::CarriesStream } else { StandardOutput::Free };
    // Questions are answered on the way; the one session is a stream.
    while let Some(session) = next(args, server, signals)? {
        if let Some(summary) = handle(&session, place)? {
            summary.print(args.report, output);
            return Ok(());
        }
    }
    Ok(())
}

fn serve(args: &Serve, server: &Server, place: &Place, signals: &Signals) -> Result<(), Failure> {
    let report = args.report;
    while let Some(session) = next(args, server, signals)? {
        let place = place.clone();
        let work = move || match handle(&session, &place) {
            Ok(Some(summary)) => summary.print(report, StandardOutput::Free),
            Ok(None) => {}
            Err(failure) if is_worth_a_line(&failure) => {
                say(&format!("{} {:?}: {failure}", direction_word(session.direction()), session.stream()));
            }
            Err(_) => {}
        };
        let spawned = thread::Builder::new().name("session".to_owned()).spawn(work);
        spawned.map_err(|e| Failure::local("starting a thread for a session", &e))?;
    }
    Ok(())
}

fn say(line: &str) {
    // A log that nobody can read any more is no reason to stop serving.
    let _ = writeln!(io::stderr(), "{line}");
}
