//! Bytes between Java's memory and the engine's, each copied once.

use jni::Env;
use jni::objects::{JByteArray, JByteBuffer};
use jni::sys::{jbyte, jint};

use crate::failure::{Failure, Result};

/// A part of memory on the Java side that was checked to be there.
pub(crate) enum Place<'a, 'local> {
    /// `len` elements of an array from `start`.
    Array {
        /// The array.
        array: &'a JByteArray<'local>,
        /// Index of the first element.
        start: jint,
        /// How many.
        len: usize,
    },
    /// Memory of a direct buffer, which its reference on the caller's stack keeps alive for the length of the call.
    Direct {
        /// The first byte.
        address: *mut u8,
        /// How many.
        len: usize,
    },
}

fn checked_range(offset: jint, length: jint, size: usize) -> Result<(usize, usize)> {
    let bad =
        |what, value: jint| Failure::Argument { what, value: value.into(), allowed: format!("0 to {size}") };
    let start = usize::try_from(offset).map_err(|_| bad("offset", offset))?;
    let len = usize::try_from(length).map_err(|_| bad("length", length))?;
    if start.checked_add(len).is_none_or(|end| end > size) {
        return Err(bad("offset + length", offset.saturating_add(length)));
    }
    Ok((start, len))
}

impl<'a, 'local> Place<'a, 'local> {
    /// A part of an array.
    pub(crate) fn array(
        env: &Env<'_>,
        array: &'a JByteArray<'local>,
        offset: jint,
        length: jint,
    ) -> Result<Self> {
        let (_, len) = checked_range(offset, length, array.len(env)?)?;
        Ok(Self::Array { array, start: offset, len })
    }

    /// A part of a direct buffer.
    pub(crate) fn direct(env: &Env<'_>, buffer: &JByteBuffer<'_>, index: jint, length: jint) -> Result<Self> {
        let (start, len) = checked_range(index, length, env.get_direct_buffer_capacity(buffer)?)?;
        let address = env.get_direct_buffer_address(buffer)?.wrapping_add(start);
        Ok(Self::Direct { address, len })
    }

    /// How many bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Array { len, .. } | Self::Direct { len, .. } => *len,
        }
    }

    /// Copies bytes of the engine to `at`; `at + from.len()` is not above `len`.
    pub(crate) fn put(&self, env: &Env<'_>, at: usize, from: &[u8]) -> Result<()> {
        match self {
            Self::Array { array, start, .. } => {
                Ok(array.set_region(env, index(*start, at)?, signed(from))?)
            }
            Self::Direct { address, len } => {
                let room = len.checked_sub(at).ok_or(Failure::BadRecord)?;
                let n = from.len().min(room);
                // SAFETY: [address, address + len) lies inside the direct buffer (checked at construction), which the caller's reference
                // keeps alive; at + n <= len; the engine's memory and a direct buffer never overlap.
                unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), address.wrapping_add(at), n) };
                Ok(())
            }
        }
    }

    /// Copies the first bytes of this place into the engine's memory; `into.len()` is not above `len`.
    pub(crate) fn get(&self, env: &Env<'_>, into: &mut [u8]) -> Result<()> {
        match self {
            Self::Array { array, start, .. } => Ok(array.get_region(env, *start, signed_mut(into))?),
            Self::Direct { address, len } => {
                let n = into.len().min(*len);
                // SAFETY: as in `put`, with the roles changed; n <= len.
                unsafe { core::ptr::copy_nonoverlapping(address.cast_const(), into.as_mut_ptr(), n) };
                Ok(())
            }
        }
    }
}

fn index(start: jint, at: usize) -> Result<jint> {
    jint::try_from(at).ok().and_then(|at| start.checked_add(at)).ok_or(Failure::BadRecord)
}

fn signed(bytes: &[u8]) -> &[jbyte] {
    // SAFETY: u8 and i8 have the same size, alignment and no invalid values; the lifetime is that of the argument.
    unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

fn signed_mut(bytes: &mut [u8]) -> &mut [jbyte] {
    // SAFETY: as in `signed`, and the mutable borrow is passed on.
    unsafe { core::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_outside_of_the_memory_are_refused() {
        assert_eq!(checked_range(2, 3, 5).ok(), Some((2, 3)));
        assert_eq!(checked_range(5, 0, 5).ok(), Some((5, 0)));
        for (offset, length) in [(-1, 1), (0, -1), (3, 3), (jint::MAX, jint::MAX), (6, 0)] {
            let failure = checked_range(offset, length, 5).err().map(|f| f.to_string());
            assert!(failure.is_some_and(|words| words.contains("allowed is 0 to 5")), "{offset} {length}");
        }
    }
}
