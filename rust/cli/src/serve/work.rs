//! One session at a server: stores what is pushed, gives what is pulled, answers what is asked.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use faspstream::{Direction, ErrorCode, Receipt, Session};

use super::answers;
use super::store::Store;
use super::writers::Writer;
use crate::failure::Failure;
use crate::query;
use crate::summary::Summary;
use crate::transfer::{CHUNK, copy, drain};

/// Where the bytes of sessions come from and go to.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Streams by name.
    Store(Arc<Store>),
    /// Standard input and output, whatever the name is.
    Pipe,
}

/// Longest bench of one direction.
const BENCH_MAX: Duration = Duration::from_secs(3_600);

/// Serves one session to its end; the peer hears why if it fails. None for a session that was a question and no stream.
pub(crate) fn handle(session: &Session, place: &Place) -> Result<Option<Summary>, Failure> {
    let started = Instant::now();
    let question = session.metadata().get(query::ASK);
    let outcome = match (question, session.direction(), place) {
        (Some(question), direction, _) => answer(session, question, direction, place),
        (None, Direction::Push, Place::Store(store)) => take(session, store),
        (None, Direction::Pull, Place::Store(store)) => give(session, store),
        (None, Direction::Push, Place::Pipe) => take_to_standard_output(session),
        (None, Direction::Pull, Place::Pipe) => write_all(session, &mut io::stdin().lock()),
    };
    let receipt = outcome.inspect_err(|failure| session.abort(&failure.to_string()))?;
    if question.is_some() {
        return Ok(None);
    }
    Ok(Some(Summary::new(session.stream(), session, receipt, started.elapsed(), offset(session))))
}

fn offset(session: &Session) -> u64 {
    session.metadata().get(query::OFFSET).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn take(session: &Session, store: &Arc<Store>) -> Result<Receipt, Failure> {
    // The writer's complete() shall return only when the stream stands under its name.
    session.hold_completion();
    let place = match session.metadata().get(query::VERSION) {
        Some(version) => store.resumed(session.stream(), version, offset(session), Writer::of(session)),
        None => store.incoming(session.stream(), &session.id()),
    };
    let mut incoming = place.map_err(|reason| refuse(session, reason))?;
    drain(session, |part| incoming.write_all(part).map_err(|e| Failure::local("storing", &e)))?;
    incoming.commit().map_err(|e| Failure::local("storing", &e))?;
    Ok(session.confirm()?)
}

fn take_to_standard_output(session: &Session) -> Result<Receipt, Failure> {
    session.hold_completion();
    let mut out = io::stdout().lock();
    drain(session, |part| out.write_all(part).map_err(|e| Failure::local("standard output", &e)))?;
    out.flush().map_err(|e| Failure::local("standard output", &e))?;
    Ok(session.confirm()?)
}

fn give(session: &Session, store: &Store) -> Result<Receipt, Failure> {
    let source = match session.metadata().get(query::VERSION) {
        Some(version) => store.outgoing_from(session.stream(), version, offset(session)),
        None => store.outgoing(session.stream()),
    };
    write_all(session, &mut source.map_err(|reason| refuse(session, reason))?)
}

fn write_all(session: &Session, source: &mut dyn Read) -> Result<Receipt, Failure> {
    copy(source, |part| Ok(session.write(part)?), |e| Failure::local("reading", e))?;
    Ok(session.complete()?)
}

fn answer(
    session: &Session,
    question: &str,
    direction: Direction,
    place: &Place,
) -> Result<Receipt, Failure> {
    if question == query::BENCH {
        return match direction {
            Direction::Push => {
                drain(session, |_| Ok(()))?;
                Ok(session.confirm()?)
            }
            Direction::Pull => give_nothing_in_particular(session),
        };
    }
    let Place::Store(store) = place else {
        return Err(refuse(
            session,
            "this server gives and takes one stream and answers no questions".to_owned(),
        ));
    };
    let answer = answers::answer(session, question, store).map_err(|reason| refuse(session, reason))?;
    write_all(session, &mut answer.to_string().as_bytes())
}

fn give_nothing_in_particular(session: &Session) -> Result<Receipt, Failure> {
    let seconds =
        session.metadata().get(query::SECONDS).and_then(|text| text.parse::<f64>().ok()).unwrap_or(10.0);
    let length = Duration::try_from_secs_f64(seconds).unwrap_or(BENCH_MAX).min(BENCH_MAX);
    let chunk = vec![0x5a; CHUNK];
    let end = Instant::now() + length;
    while Instant::now() < end {
        session.write(&chunk)?;
    }
    Ok(session.complete()?)
}

fn refuse(session: &Session, reason: String) -> Failure {
    session.reject(&reason);
    Failure::Local(reason)
}

/// True if a failure is worth a line at the server: a client that only goes away is not.
pub(crate) fn is_worth_a_line(failure: &Failure) -> bool {
    !matches!(failure, Failure::Engine(error) if error.code() == ErrorCode::Closed)
}
