//! Access keys.

use core::ffi::c_char;

use faspstream::AccessKey;

use crate::constants::fasp_result;
use crate::failure::guarded;
use crate::place::{put_text, text};

/// Makes an access key with a secret of 256 random bits and writes it as "id:secret", with a zero byte at the end. FASP_TRUNCATED if
/// `capacity` is too small: the length of the id and 66 bytes are enough. `length` may be null.
///
/// # Safety
/// `id` is a zero-terminated string, `buffer` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_access_key_generate(
    id: *const c_char,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        let key = AccessKey::generate(unsafe { text("id", id)? })?;
        let line = format!("{}:{}", key.id(), key.reveal_secret());
        // SAFETY: the caller's promise.
        unsafe { put_text(&line, buffer, capacity, length) }
    })
}
