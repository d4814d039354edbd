//! Sessions: bytes.

use faspstream::{Read, Session};

use crate::constants::fasp_result;
use crate::failure::{Failure, Result, guarded};
use crate::handles::{self, fasp_session};
use crate::place::{buffer, bytes, put};
use crate::poller::deadline;
use crate::records::fasp_receipt;
use crate::session::{give_receipt, or_again};

/// Reads at least one byte and at most `length`, waiting for it up to `timeout_ms` milliseconds (negative: for ever, 0: not at all). FASP_END
/// is the verified end of the stream, FASP_AGAIN tells that nothing came in time. `count` gets the number of bytes.
///
/// # Safety
/// `data` has room for `length` bytes, `count` points to a place for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_read(
    session: fasp_session,
    data: *mut u8,
    length: usize,
    timeout_ms: i64,
    count: *mut usize,
) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        let out = unsafe {
            put("count", count, 0)?;
            buffer(data, length)?
        };
        if out.is_empty() {
            return Err(Failure::Invalid("length is 0, allowed is 1 or more".to_owned()));
        }
        let read = read(&handles::session(session)?, out, timeout_ms)?;
        // SAFETY: the caller's promise.
        unsafe { put("count", count, read) }
    })
}

fn read(session: &Session, out: &mut [u8], timeout_ms: i64) -> Result<usize> {
    if timeout_ms == 0 {
        return match session.try_read(out)? {
            Read::Bytes(n) => Ok(n),
            Read::Empty => Err(Failure::Again),
            Read::End => Err(Failure::End),
        };
    }
    match or_again(session, session.read_until(out, deadline(timeout_ms)))? {
        0 => Err(Failure::End),
        n => Ok(n),
    }
}

/// Writes at least one byte of `data`, waiting for room up to `timeout_ms` milliseconds (negative: for ever, 0: not at all), and tells in `count`
/// how many were taken. FASP_AGAIN if there was no room in time.
///
/// # Safety
/// `data` has `length` bytes, `count` points to a place for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_write(
    session: fasp_session,
    data: *const u8,
    length: usize,
    timeout_ms: i64,
    count: *mut usize,
) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        let data = unsafe {
            put("count", count, 0)?;
            bytes(data, length)?
        };
        let session = handles::session(session)?;
        let written = if timeout_ms == 0 {
            session.try_write(data)?
        } else {
            or_again(&session, session.write_until(data, deadline(timeout_ms)))?
        };
        // SAFETY: the caller's promise.
        unsafe { put("count", count, written)? };
        if written == 0 && !data.is_empty() { Err(Failure::Again) } else { Ok(()) }
    })
}

/// Writes all of `data`, waiting for room for as long as it takes.
///
/// # Safety
/// `data` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_write_all(
    session: fasp_session,
    data: *const u8,
    length: usize,
) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        let data = unsafe { bytes(data, length)? };
        Ok(handles::session(session)?.write(data)?)
    })
}

/// Bytes that can be read, or written, without waiting.
///
/// # Safety
/// `count` points to a place for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_available(session: fasp_session, count: *mut usize) -> fasp_result {
    // SAFETY: the caller's promise.
    guarded(|| unsafe { put("count", count, handles::session(session)?.available()) })
}

/// Lets a partly filled datagram go now.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_session_flush(session: fasp_session) -> fasp_result {
    guarded(|| Ok(handles::session(session)?.flush()?))
}

/// Ends the stream that this end writes and returns at once; FASP_READY_ENDED follows, and `fasp_session_receipt` has the receipt then.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_session_finish(session: fasp_session) -> fasp_result {
    guarded(|| Ok(handles::session(session)?.finish()?))
}

/// Ends the stream that this end writes and waits until the peer's application has read all of it and the digests agreed. FASP_AGAIN if
/// that takes longer than `timeout_ms` milliseconds (negative: for ever): the call may be repeated. `receipt` may be null.
///
/// # Safety
/// `receipt` is null or points to a record with its size set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_complete(
    session: fasp_session,
    timeout_ms: i64,
    receipt: *mut fasp_receipt,
) -> fasp_result {
    guarded(|| {
        let session = handles::session(session)?;
        session.finish()?;
        let found = or_again(&session, session.wait_for_end(deadline(timeout_ms)))?;
        // SAFETY: the caller's promise.
        unsafe { give_receipt(receipt, &found) }
    })
}

/// Takes the confirmation into the reading application's hands: the writer's complete returns only after `fasp_session_confirm` here. For
/// readers that can fail after the last byte (a file that is renamed). To be called before the last byte is read.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_session_hold_completion(session: fasp_session) -> fasp_result {
    guarded(|| {
        handles::session(session)?.hold_completion();
        Ok(())
    })
}

/// Confirms a stream that was read to FASP_END, and waits until the writer is being told. `timeout_ms` and `receipt` as with
/// `fasp_session_complete`.
///
/// # Safety
/// `receipt` is null or points to a record with its size set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_session_confirm(
    session: fasp_session,
    timeout_ms: i64,
    receipt: *mut fasp_receipt,
) -> fasp_result {
    guarded(|| {
        let session = handles::session(session)?;
        session.start_confirm()?;
        let found = or_again(&session, session.wait_for_end(deadline(timeout_ms)))?;
        // SAFETY: the caller's promise.
        unsafe { give_receipt(receipt, &found) }
    })
}
