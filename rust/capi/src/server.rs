//! Servers.

use core::ffi::c_char;
use core::time::Duration;

use faspstream::{ErrorCode, Rate, Server};

use crate::config::snapshot;
use crate::constants::{FASP_RATE_UNLIMITED, fasp_result};
use crate::failure::{Failure, Result, guarded};
use crate::handles::{self, Entry, fasp_config, fasp_server, fasp_session};
use crate::place::{present, put, put_text};
use crate::records::{fasp_server_stats, fill};

/// A rate of the caller: bits per second, FASP_RATE_UNLIMITED for no cap.
pub(crate) fn rate(bits_per_second: u64) -> Rate {
    if bits_per_second == FASP_RATE_UNLIMITED { Rate::UNLIMITED } else { Rate::from_bps(bits_per_second) }
}

/// Binds the ports and starts to serve. `config` 0 stands for the defaults; it is copied. To be closed with `fasp_server_close`.
///
/// # Safety
/// `server` points to a place for a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_server_start(config: fasp_config, server: *mut fasp_server) -> fasp_result {
    guarded(|| {
        present("server", server)?;
        let started = Server::builder().config(snapshot(config)?).start()?;
        // SAFETY: the caller's promise.
        unsafe { put("server", server, handles::adopt(Entry::Server(started))) }
    })
}

/// The address and port of the control channel as bound, such as "127.0.0.1:33001" or "[::1]:33001". `length` may be null.
///
/// # Safety
/// `buffer` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_server_address(
    server: fasp_server,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> fasp_result {
    guarded(|| {
        let address = handles::server(server)?.local_addr().to_string();
        // SAFETY: the caller's promise.
        unsafe { put_text(&address, buffer, capacity, length) }
    })
}

/// The control port as bound, also when 0 was asked for.
///
/// # Safety
/// `port` points to a place for a port.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_server_tcp_port(server: fasp_server, port: *mut u16) -> fasp_result {
    // SAFETY: the caller's promise.
    guarded(|| unsafe { put("port", port, handles::server(server)?.tcp_port()) })
}

/// The data port as bound.
///
/// # Safety
/// `port` points to a place for a port.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_server_udp_port(server: fasp_server, port: *mut u16) -> fasp_result {
    // SAFETY: the caller's promise.
    guarded(|| unsafe { put("port", port, handles::server(server)?.udp_port()) })
}

/// What clients may set as `tls.pin`: "sha256:" and 64 hexadecimal digits over the public key in this server's certificate. Without `tls.cert`
/// the key is another one at each start. `length` may be null.
///
/// # Safety
/// `buffer` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_server_key_pin(
    server: fasp_server,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> fasp_result {
    guarded(|| {
        let pin = handles::server(server)?.key_pin().to_string();
        // SAFETY: the caller's promise.
        unsafe { put_text(&pin, buffer, capacity, length) }
    })
}

/// Waits up to `timeout_ms` milliseconds (negative: for ever, 0: not at all) for the next session that a client opens. FASP_AGAIN if there is
/// none in time, FASP_CLOSED once the server was closed. To be closed with `fasp_session_close`.
///
/// # Safety
/// `session` points to a place for a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_server_accept(
    server: fasp_server,
    timeout_ms: i64,
    session: *mut fasp_session,
) -> fasp_result {
    guarded(|| {
        present("session", session)?;
        let server = handles::server(server)?;
        let accepted = if timeout_ms == 0 {
            // Leaves the listener armed, unlike a wait that ends at once.
            server.try_accept()?.ok_or(Failure::Again)?
        } else {
            let wait = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
            accepted(server.accept(wait))?
        };
        // SAFETY: the caller's promise.
        unsafe { put("session", session, handles::adopt(Entry::Session(accepted))) }
    })
}

fn accepted(result: faspstream::Result<faspstream::Session>) -> Result<faspstream::Session> {
    result.map_err(|error| match error.code() {
        ErrorCode::Timeout => Failure::Again,
        _ => Failure::Engine(error),
    })
}

/// A snapshot of the counters.
///
/// # Safety
/// `stats` points to a record with its size set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_server_get_stats(
    server: fasp_server,
    stats: *mut fasp_server_stats,
) -> fasp_result {
    guarded(|| {
        let found = fasp_server_stats::from(&handles::server(server)?.stats());
        // SAFETY: the caller's promise.
        unsafe { fill("stats", stats, &found) }
    })
}

/// Caps the sum over all sessions from now on, in bits per second; FASP_RATE_UNLIMITED takes the cap away.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_server_set_target_rate(server: fasp_server, bits_per_second: u64) -> fasp_result {
    guarded(|| Ok(handles::server(server)?.set_target_rate(rate(bits_per_second))?))
}

/// Opens no session any more, waits up to `grace_ms` milliseconds for those that run, aborts the rest, ends, and releases the handle. Calls
/// that wait at the server in other threads end with FASP_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_server_close(server: fasp_server, grace_ms: u64) -> fasp_result {
    guarded(|| {
        handles::remove_server(server)?.close(Duration::from_millis(grace_ms));
        Ok(())
    })
}
