//! Cursors over bytes: a reader that never reads past the end and a writer that never writes past it.

/// There is no room for what was to be written; nothing of it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the buffer is full; send it and go on in the next one")]
pub struct Full;

/// Reads from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub struct BufferReader<'a> {
    rest: &'a [u8],
}

impl<'a> BufferReader<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// True at the end.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte, which stays where it is.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next byte.
    pub fn take_u8(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// The next `len` bytes, or None and nothing taken if there are fewer.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next `N` bytes, or None and nothing taken if there are fewer.
    pub fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }
}

/// Writes to the front of a slice.
#[derive(Debug)]
pub struct BufferWriter<'a> {
    bytes: &'a mut [u8],
    len: usize,
}

impl<'a> BufferWriter<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, len: 0 }
    }

    /// Bytes written so far.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// True before anything was written.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that still fit.
    pub const fn remaining(&self) -> usize {
        self.bytes.len() - self.len
    }

    /// What was written so far.
    pub fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Writes all of `bytes`, or nothing.
    ///
    /// # Errors
    /// [`Full`] if they do not fit.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let room = self.bytes.get_mut(self.len..self.len + bytes.len()).ok_or(Full)?;
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }

    /// Writes `count` zero bytes, or nothing.
    ///
    /// # Errors
    /// [`Full`] if they do not fit.
    pub fn put_zeros(&mut self, count: usize) -> Result<(), Full> {
        if count > self.remaining() {
            return Err(Full);
        }
        self.bytes[self.len..self.len + count].fill(0);
        self.len += count;
        Ok(())
    }

    /// Runs `write`; if it fails, what it wrote is taken back.
    pub(super) fn all_or_nothing<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, Full>,
    ) -> Result<T, Full> {
        let before = self.len;
        write(self).inspect_err(|Full| self.len = before)
    }

    /// Writes over what stands at `at`, which was written before.
    pub(super) fn patch(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[..self.len][at..at + bytes.len()].copy_from_slice(bytes);
    }
}
