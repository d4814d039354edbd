//! Clients.

use core::ffi::c_char;

use faspstream::{Client, Direction, Metadata};

use crate::config::snapshot;
use crate::constants::{fasp_direction, fasp_result};
use crate::failure::{Failure, Result, guarded};
use crate::handles::{self, Entry, fasp_client, fasp_config, fasp_session};
use crate::place::{present, put, text};

/// A word that travels with a stream's name.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct fasp_metadata {
    /// Zero-terminated.
    pub key: *const c_char,
    /// Zero-terminated.
    pub value: *const c_char,
}

/// Connects and waits until the server has let us in, at most connect.timeout. `config` 0 stands for the defaults; it is copied. To be closed
/// with `fasp_client_close`.
///
/// # Safety
/// `client` points to a place for a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_client_connect(config: fasp_config, client: *mut fasp_client) -> fasp_result {
    guarded(|| {
        present("client", client)?;
        let connected = Client::builder().config(snapshot(config)?).connect()?;
        // SAFETY: the caller's promise.
        unsafe { put("client", client, handles::adopt(Entry::Client(connected))) }
    })
}

/// Starts to connect and returns at once; FASP_READY_CONNECTED or FASP_READY_ENDED follows. Sessions may be opened meanwhile.
///
/// # Safety
/// `client` points to a place for a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_client_start(config: fasp_config, client: *mut fasp_client) -> fasp_result {
    guarded(|| {
        present("client", client)?;
        let started = Client::builder().config(snapshot(config)?).start()?;
        // SAFETY: the caller's promise.
        unsafe { put("client", client, handles::adopt(Entry::Client(started))) }
    })
}

/// FASP_OK if the server has let us in, FASP_AGAIN while connecting, else why there will be no connection (any more).
#[unsafe(no_mangle)]
pub extern "C" fn fasp_client_state(client: fasp_client) -> fasp_result {
    guarded(|| if handles::client(client)?.state()? { Ok(()) } else { Err(Failure::Again) })
}

/// Opens a session and waits until the server has accepted it, at most connect.timeout. `direction` is a value of `fasp_direction`; `metadata`
/// may be null if `count` is 0. To be closed with `fasp_session_close`.
///
/// # Safety
/// `stream` is a zero-terminated string, `metadata` has `count` entries, `session` points to a place for a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_client_open(
    client: fasp_client,
    direction: i32,
    stream: *const c_char,
    metadata: *const fasp_metadata,
    count: usize,
    session: *mut fasp_session,
) -> fasp_result {
    // SAFETY: the caller's promise.
    guarded(|| unsafe {
        open(client, direction, stream, (metadata, count), session, |client, direction, name, words| {
            client.open(direction, name, words)
        })
    })
}

/// Starts to open a session and returns at once; FASP_READY_OPENED or FASP_READY_ENDED follows at the session. Otherwise like
/// `fasp_client_open`.
///
/// # Safety
/// As `fasp_client_open`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_client_start_open(
    client: fasp_client,
    direction: i32,
    stream: *const c_char,
    metadata: *const fasp_metadata,
    count: usize,
    session: *mut fasp_session,
) -> fasp_result {
    // SAFETY: the caller's promise.
    guarded(|| unsafe {
        open(client, direction, stream, (metadata, count), session, |client, direction, name, words| {
            client.start_open(direction, name, words)
        })
    })
}

/// # Safety
/// As `fasp_client_open`.
unsafe fn open(
    client: fasp_client,
    direction: i32,
    stream: *const c_char,
    metadata: (*const fasp_metadata, usize),
    session: *mut fasp_session,
    act: impl FnOnce(&Client, Direction, &str, Metadata) -> faspstream::Result<faspstream::Session>,
) -> Result<()> {
    present("session", session)?;
    let client = handles::client(client)?;
    // SAFETY: the caller's promise.
    let (name, words) = unsafe { (text("stream", stream)?, words(metadata.0, metadata.1)?) };
    let opened = act(&client, to_direction(direction)?, name, words)?;
    // SAFETY: the caller's promise.
    unsafe { put("session", session, handles::adopt(Entry::Session(opened))) }
}

fn to_direction(number: i32) -> Result<Direction> {
    match number {
        n if n == fasp_direction::FASP_PUSH as i32 => Ok(Direction::Push),
        n if n == fasp_direction::FASP_PULL as i32 => Ok(Direction::Pull),
        _ => Err(Failure::Invalid(format!("direction is {number}, allowed is FASP_PUSH or FASP_PULL"))),
    }
}

/// # Safety
/// `entries` has `count` entries of two zero-terminated strings.
unsafe fn words(entries: *const fasp_metadata, count: usize) -> Result<Metadata> {
    // The engine allows no more; a larger number is a mistake that must not be followed through memory.
    const MOST: usize = 64;
    if count == 0 {
        return Ok(Metadata::new());
    }
    present("metadata", entries)?;
    if count > MOST {
        return Err(Failure::Invalid(format!("metadata has {count} entries, allowed are {MOST}")));
    }
    // SAFETY: not null, and the caller has `count` entries there.
    let entries = unsafe { core::slice::from_raw_parts(entries, count) };
    let mut words = Metadata::new();
    for entry in entries {
        // SAFETY: the caller's promise.
        let (key, value) =
            unsafe { (text("a metadata key", entry.key)?, text("a metadata value", entry.value)?) };
        words.insert(key.to_owned(), value.to_owned());
    }
    Ok(words)
}

/// Aborts the sessions that run, says good-bye, ends, and releases the handle. Waits at most a second for the words to be sent.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_client_close(client: fasp_client) -> fasp_result {
    guarded(|| {
        handles::remove_client(client)?.close();
        Ok(())
    })
}
