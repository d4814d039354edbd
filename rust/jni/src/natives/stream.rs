//! Sessions: bytes.

use std::time::Duration;

use faspstream::Read;
use jni::Env;
use jni::sys::{jboolean, jint, jlong};

use crate::buffers::Place;
use crate::failure::{Failure, Result};
use crate::handles;
use crate::record::to_long;

const EMPTY: jint = 0;
const END: jint = -1;

pub(crate) fn read(env: &Env<'_>, session: jlong, into: &Place<'_, '_>) -> Result<jint> {
    let session = handles::session(session)?;
    let mut at = 0;
    let mut failed = None;
    let found = session.try_read_with(into.len(), |part| {
        if let Err(failure) = into.put(env, at, part) {
            failed.get_or_insert(failure);
        }
        at += part.len();
    })?;
    match (failed, found) {
        // Bytes were taken that Java never got: the stream has a hole.
        (Some(failure), _) => {
            session.abort("bytes were lost between engine and application");
            Err(failure)
        }
        (None, Read::Bytes(n)) => count(n),
        (None, Read::Empty) => Ok(EMPTY),
        (None, Read::End) => Ok(END),
    }
}

pub(crate) fn write(env: &Env<'_>, session: jlong, from: &Place<'_, '_>) -> Result<jint> {
    let session = handles::session(session)?;
    let mut copied = Ok(());
    let taken = session.try_write_with(from.len(), |room| copied = from.get(env, room))?;
    if let Err(failure) = copied {
        // What counts as written is not what Java has: the stream is wrong from here.
        session.abort("bytes were lost between application and engine");
        return Err(failure);
    }
    count(taken)
}

fn count(n: usize) -> Result<jint> {
    jint::try_from(n).map_err(|_| Failure::BadRecord)
}

pub(crate) fn available(session: jlong) -> Result<jlong> {
    Ok(to_long(handles::session(session)?.available() as u64))
}

pub(crate) fn rest(session: jlong, micros: jint) -> Result<jboolean> {
    let time = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    Ok(handles::session(session)?.rest(time))
}

pub(crate) fn flush(session: jlong) -> Result<()> {
    Ok(handles::session(session)?.flush()?)
}

pub(crate) fn finish(session: jlong) -> Result<()> {
    Ok(handles::session(session)?.finish()?)
}

pub(crate) fn hold_completion(session: jlong) -> Result<()> {
    handles::session(session)?.hold_completion();
    Ok(())
}

pub(crate) fn confirm(session: jlong) -> Result<()> {
    Ok(handles::session(session)?.start_confirm()?)
}
