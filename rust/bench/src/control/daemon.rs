//! The process of a lab that runs in the background.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread;

use super::directory::{Owner, Place};
use crate::error::{LabError, Tried};
use crate::lab::{Lab, LabConfig, Side};
use crate::settings::{Setting, Settings};
use crate::sys;

/// Runs a lab until it is told to end, by a signal or by its socket. Says "ready" on `ready` once it can be used.
pub fn serve(name: &str, config: &LabConfig, mut ready: impl Write) -> Result<(), LabError> {
    let place = Place::of(name)?;
    sys::end_signals_are_blocked().tried("block signals")?;
    let lab = Arc::new(Lab::start(config)?);
    let listener = UnixListener::bind(place.socket()).tried("listen on the control socket")?;
    place.announce(Owner::myself(Side::ALL.map(|side| lab.descriptor(side)))?)?;
    let served = Arc::clone(&lab);
    thread::spawn(move || {
        for visitor in listener.incoming().flatten() {
            let lab = Arc::clone(&served);
            thread::spawn(move || {
                // A visitor who leaves early is no reason to end.
                let _ = converse(&visitor, &lab);
            });
        }
    });
    writeln!(ready, "ready").tried("report readiness")?;
    sys::wait_for_end_signal().tried("wait for a signal")?;
    place.clear();
    Ok(())
}

/// One request per line, one answer per line: "ok", "ok JSON" or "error TEXT".
fn converse(visitor: &UnixStream, lab: &Lab) -> std::io::Result<()> {
    let mut answers = visitor.try_clone()?;
    for request in BufReader::new(visitor).lines() {
        match answer(&request?, lab) {
            Ok(Some(value)) => writeln!(answers, "ok {value}")?,
            Ok(None) => writeln!(answers, "ok")?,
            Err(e) => writeln!(answers, "error {}", e.to_string().replace('\n', " "))?,
        }
    }
    Ok(())
}

fn answer(request: &str, lab: &Lab) -> Result<Option<serde_json::Value>, LabError> {
    let (verb, rest) = request.split_once(' ').unwrap_or((request, ""));
    match verb {
        "set" => {
            let settings: Result<Settings, _> = rest.split_whitespace().map(Setting::parse_pair).collect();
            lab.set(&settings?).map(|()| None)
        }
        "stats" => lab.report().map(|report| Some(report.to_json())),
        _ => Err(LabError::Usage(format!("no request {verb:?}"))),
    }
}
