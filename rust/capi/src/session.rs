//! Sessions: facts, knobs and the end.

use core::ffi::c_char;

use faspstream::{Direction, ErrorCode, RatePolicy, Receipt, Session, SessionState};

use crate::constants::{fasp_direction, fasp_policy, fasp_result, fasp_session_phase};
use crate::failure::{Failure, Result, guarded};
use crate::handles::{self, fasp_session};
use crate::place::{put, put_text, text};
use crate::poller::deadline;
use crate::records::{fasp_diagnosis, fasp_receipt, fasp_stats, fill};
use crate::server::rate;

/// A wait of the caller that has run out is no failure of the session.
pub(crate) fn or_again<T>(session: &Session, result: faspstream::Result<T>) -> Result<T> {
    result.map_err(|error| match (error.code(), session.state()) {
        (ErrorCode::Timeout, SessionState::Opening | SessionState::Open) => Failure::Again,
        _ => Failure::Engine(error),
    })
}

/// # Safety
/// `buffer` has room for `capacity` bytes, `length` is null or has room for a number.
unsafe fn give_text(
    session: fasp_session,
    (buffer, capacity, length): (*mut c_char, usize, *mut usize),
    take: impl FnOnce(&Session) -> String,
) -> fasp_result {
    guarded(|| {
        let text = take(&handles::session(session)?);
        // SAFETY: the caller's promise.
        unsafe { put_text(&text, buffer, capacity, length) }
    })
}

/// 32 hexadecimal digits, equal at both ends; empty while opening. `length` may be null.
///
/// # Safety
/// `buffer` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_id(
    session: fasp_session,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> fasp_result {
    // SAFETY: the caller's promise.
    unsafe { give_text(session, (buffer, capacity, length), Session::id) }
}

/// The name of the stream, as the client gave it. `length` may be null.
///
/// # Safety
/// `buffer` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_stream(
    session: fasp_session,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> fasp_result {
    // SAFETY: the caller's promise.
    unsafe { give_text(session, (buffer, capacity, length), |s| s.stream().to_owned()) }
}

/// The id of the access key that both ends proved; empty without one. `length` may be null.
///
/// # Safety
/// `buffer` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_principal(
    session: fasp_session,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> fasp_result {
    // SAFETY: the caller's promise.
    unsafe { give_text(session, (buffer, capacity, length), |s| s.principal().to_owned()) }
}

/// The peer's address and port on the control channel. `length` may be null.
///
/// # Safety
/// `buffer` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_remote_address(
    session: fasp_session,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> fasp_result {
    // SAFETY: the caller's promise.
    unsafe { give_text(session, (buffer, capacity, length), |s| s.remote_addr().to_string()) }
}

/// What the client said about the stream under `key`; FASP_INVALID if there is no such key. `length` may be null.
///
/// # Safety
/// `key` is a zero-terminated string, `buffer` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_metadata(
    session: fasp_session,
    key: *const c_char,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        let key = unsafe { text("key", key)? };
        let session = handles::session(session)?;
        let missing = || Failure::Invalid(format!("the metadata has no key {key:?}"));
        let value = session.metadata().get(key).ok_or_else(missing)?;
        // SAFETY: the caller's promise.
        unsafe { put_text(value, buffer, capacity, length) }
    })
}

/// A value of `fasp_direction`.
///
/// # Safety
/// `direction` points to a place for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_direction(session: fasp_session, direction: *mut i32) -> fasp_result {
    guarded(|| {
        let found = match handles::session(session)?.direction() {
            Direction::Push => fasp_direction::FASP_PUSH,
            Direction::Pull => fasp_direction::FASP_PULL,
        };
        // SAFETY: the caller's promise.
        unsafe { put("direction", direction, found as i32) }
    })
}

/// True if this end writes.
///
/// # Safety
/// `is_sender` points to a place for a truth value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_is_sender(session: fasp_session, is_sender: *mut bool) -> fasp_result {
    // SAFETY: the caller's promise.
    guarded(|| unsafe { put("is_sender", is_sender, handles::session(session)?.is_sender()) })
}

/// Where the session stands: a value of `fasp_session_phase`. If it has failed, the code says why.
///
/// # Safety
/// `phase` points to a place for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_state(session: fasp_session, phase: *mut i32) -> fasp_result {
    guarded(|| {
        let found = match handles::session(session)?.state() {
            SessionState::Opening => fasp_session_phase::FASP_OPENING,
            SessionState::Open => fasp_session_phase::FASP_OPEN,
            SessionState::Completed(_) => fasp_session_phase::FASP_COMPLETED,
            SessionState::Failed(error) => return Err(error.into()),
        };
        // SAFETY: the caller's promise.
        unsafe { put("phase", phase, found as i32) }
    })
}

/// Waits until the session is open (or over). FASP_AGAIN if it takes longer; it goes on opening then.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_session_wait_open(session: fasp_session, timeout_ms: i64) -> fasp_result {
    guarded(|| {
        let session = handles::session(session)?;
        or_again(&session, session.wait_open(deadline(timeout_ms)))
    })
}

/// Fills the record if there is a place for it.
///
/// # Safety
/// `place` is null or points to a record with its size set.
pub(crate) unsafe fn give_receipt(place: *mut fasp_receipt, receipt: &Receipt) -> Result<()> {
    if place.is_null() {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    unsafe { fill("receipt", place, &fasp_receipt::from(receipt)) }
}

/// The receipt of a completed session; FASP_AGAIN while it is not over, else why it failed.
///
/// # Safety
/// `receipt` points to a record with its size set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_receipt(
    session: fasp_session,
    receipt: *mut fasp_receipt,
) -> fasp_result {
    guarded(|| match handles::session(session)?.state() {
        // SAFETY: the caller's promise.
        SessionState::Completed(found) => unsafe { fill("receipt", receipt, &fasp_receipt::from(&found)) },
        SessionState::Failed(error) => Err(error.into()),
        SessionState::Opening | SessionState::Open => Err(Failure::Again),
    })
}

/// Counters and estimates, at most about 50 ms old.
///
/// # Safety
/// `stats` points to a record with its size set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_stats(session: fasp_session, stats: *mut fasp_stats) -> fasp_result {
    guarded(|| {
        let found = fasp_stats::from(&handles::session(session)?.stats());
        // SAFETY: the caller's promise.
        unsafe { fill("stats", stats, &found) }
    })
}

/// What limits the stream now, and what did so far.
///
/// # Safety
/// `diagnosis` points to a record with its size set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_diagnose(
    session: fasp_session,
    diagnosis: *mut fasp_diagnosis,
) -> fasp_result {
    guarded(|| {
        let found = fasp_diagnosis::from(&handles::session(session)?.diagnose());
        // SAFETY: the caller's promise.
        unsafe { fill("diagnosis", diagnosis, &found) }
    })
}

/// Changes the cap, in bits per second; FASP_RATE_UNLIMITED for none. At the receiving end the sender is asked to.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_session_set_target_rate(session: fasp_session, bits_per_second: u64) -> fasp_result {
    guarded(|| Ok(handles::session(session)?.set_target_rate(rate(bits_per_second))?))
}

/// Changes the floor under the adaptive policies, in bits per second. At the receiving end the sender is asked to.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_session_set_min_rate(session: fasp_session, bits_per_second: u64) -> fasp_result {
    guarded(|| Ok(handles::session(session)?.set_min_rate(rate(bits_per_second))?))
}

/// Changes the policy to a value of `fasp_policy`. At the receiving end the sender is asked to.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_session_set_policy(session: fasp_session, policy: i32) -> fasp_result {
    guarded(|| {
        let policy = match policy {
            n if n == fasp_policy::FASP_POLICY_FIXED as i32 => RatePolicy::Fixed,
            n if n == fasp_policy::FASP_POLICY_HIGH as i32 => RatePolicy::High,
            n if n == fasp_policy::FASP_POLICY_FAIR as i32 => RatePolicy::Fair,
            n if n == fasp_policy::FASP_POLICY_LOW as i32 => RatePolicy::Low,
            _ => {
                return Err(Failure::Invalid(format!(
                    "policy is {policy}, allowed is a value of fasp_policy"
                )));
            }
        };
        Ok(handles::session(session)?.set_policy(policy)?)
    })
}

/// Ends the session because its stream is not wanted; the peer gets FASP_REJECTED and `reason` (cut at 512 bytes).
///
/// # Safety
/// `reason` is a zero-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_reject(session: fasp_session, reason: *const c_char) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        handles::session(session)?.reject(unsafe { text("reason", reason)? });
        Ok(())
    })
}

/// Ends the session without completion; the peer gets FASP_ABORTED_BY_PEER and `reason` (cut at 512 bytes). Nothing happens if it is over
/// already. The handle stays, and still has to be closed.
///
/// # Safety
/// `reason` is a zero-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_abort(session: fasp_session, reason: *const c_char) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        handles::session(session)?.abort(unsafe { text("reason", reason)? });
        Ok(())
    })
}

/// Ends the use of the session and releases the handle. A session that has not completed is aborted by that; the call waits shortly until
/// the peer has been told. Calls that wait at the session in other threads end with FASP_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_session_close(session: fasp_session) -> fasp_result {
    guarded(|| {
        handles::remove_session(session)?.close();
        Ok(())
    })
}
