//! Pointers of the caller: texts in, texts and values out.

use core::ffi::{CStr, c_char};

use crate::failure::{Failure, Result};

/// A text of the caller, which must end in a zero byte and be UTF-8.
///
/// # Safety
/// `text` is null or points to a zero-terminated string that nobody changes while `'a` lasts.
pub(crate) unsafe fn text<'a>(what: &str, text: *const c_char) -> Result<&'a str> {
    if text.is_null() {
        return Err(Failure::null(what));
    }
    // SAFETY: not null, and the caller keeps the rest.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map_err(|_| Failure::Invalid(format!("{what} is no UTF-8")))
}

/// Writes a value where the caller wants it.
///
/// # Safety
/// `place` is null or points to memory for a `T`.
pub(crate) unsafe fn put<T>(what: &str, place: *mut T, value: T) -> Result<()> {
    if place.is_null() {
        return Err(Failure::null(what));
    }
    // SAFETY: not null, and the caller keeps the rest.
    unsafe { place.write(value) };
    Ok(())
}

/// Fails before anything is done if a result would have no place.
pub(crate) fn present<T>(what: &str, place: *const T) -> Result<()> {
    if place.is_null() { Err(Failure::null(what)) } else { Ok(()) }
}

/// Memory of the caller to read from; null is allowed for no bytes.
///
/// # Safety
/// `data` is null or points to `length` bytes that nobody changes while `'a` lasts.
pub(crate) unsafe fn bytes<'a>(data: *const u8, length: usize) -> Result<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    check(data, length)?;
    // SAFETY: not null, not too long, and the caller keeps the rest.
    Ok(unsafe { core::slice::from_raw_parts(data, length) })
}

/// Memory of the caller to write to; null is allowed for no bytes.
///
/// # Safety
/// `buffer` is null or points to `length` initialised bytes that nobody else touches while `'a` lasts.
pub(crate) unsafe fn buffer<'a>(buffer: *mut u8, length: usize) -> Result<&'a mut [u8]> {
    if length == 0 {
        return Ok(&mut []);
    }
    check(buffer, length)?;
    // SAFETY: not null, not too long, and the caller keeps the rest.
    Ok(unsafe { core::slice::from_raw_parts_mut(buffer, length) })
}

fn check(pointer: *const u8, length: usize) -> Result<()> {
    present("the buffer", pointer)?;
    if isize::try_from(length).is_err() {
        return Err(Failure::Invalid(format!("a length of {length} is more than memory can have")));
    }
    Ok(())
}

/// Writes `text` and a zero byte, as much as fits; `length`, if not null, gets the length of all of it without the zero.
///
/// # Safety
/// `buffer` is null or has room for `capacity` bytes; `length` is null or has room for a number.
pub(crate) unsafe fn put_text(
    text: &str,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Result<()> {
    if !length.is_null() {
        // SAFETY: not null, and the caller keeps the rest.
        unsafe { length.write(text.len()) };
    }
    if capacity == 0 {
        return Err(Failure::Truncated);
    }
    present("the buffer", buffer)?;
    let fits = floor_char_boundary(text, capacity - 1);
    // SAFETY: the caller has `capacity` bytes there, and `fits` is below that.
    unsafe {
        core::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast::<u8>(), fits);
        buffer.add(fits).write(0);
    }
    if fits < text.len() { Err(Failure::Truncated) } else { Ok(()) }
}

fn floor_char_boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, capacity: usize) -> (bool, String, usize) {
        let mut place = [0x7f; 16];
        let mut length = 0;
        // SAFETY: the place is as large as is said.
        let fits = unsafe { put_text(text, place.as_mut_ptr(), capacity, &raw mut length) }.is_ok();
        // SAFETY: a zero byte was written.
        let written = unsafe { CStr::from_ptr(place.as_ptr()) }.to_string_lossy().into_owned();
        (fits, written, length)
    }

    #[test]
    fn a_text_that_does_not_fit_is_cut_between_characters_and_its_length_is_told() {
        assert_eq!(cut("abc", 4), (true, "abc".to_owned(), 3));
        assert_eq!(cut("abc", 3), (false, "ab".to_owned(), 3));
        assert_eq!(cut("aé", 3), (false, "a".to_owned(), 3));
        assert_eq!(cut("", 1), (true, String::new(), 0));
    }
}
