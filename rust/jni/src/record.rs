//! Structured values as one byte array: fields one behind the other, big-endian; texts and bytes with a 4-byte length.
//!
//! The Java side is `faspstream.internal.Fields`.

use std::collections::BTreeMap;

use crate::failure::{Failure, Result};

/// Writes a record.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// One byte.
    pub(crate) fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// 4 bytes; saturates at the largest that Java can tell.
    pub(crate) fn int(mut self, value: usize) -> Self {
        let value = i32::try_from(value).unwrap_or(i32::MAX);
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// 8 bytes; saturates at the largest that Java can tell.
    pub(crate) fn long(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&to_long(value).to_be_bytes());
        self
    }

    /// 8 bytes.
    pub(crate) fn double(mut self, value: f64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// A run of bytes, of less than 2 GiB.
    pub(crate) fn bytes(self, value: &[u8]) -> Self {
        let mut this = self.int(value.len());
        this.0.extend_from_slice(value);
        this
    }

    /// A text.
    pub(crate) fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    /// A map: the count, then key and value in turn.
    pub(crate) fn map(self, value: &BTreeMap<String, String>) -> Self {
        value.iter().fold(self.int(value.len()), |this, (key, value)| this.text(key).text(value))
    }

    /// What was written.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// A count as Java has it: saturates at `Long.MAX_VALUE`.
pub(crate) fn to_long(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reads a record that the Java side made.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the begin of `record`.
    pub(crate) fn new(record: &'a [u8]) -> Self {
        Self(record)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Failure::BadRecord)?;
        self.0 = rest;
        Ok(taken)
    }

    /// One byte.
    pub(crate) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// 4 bytes, not negative.
    pub(crate) fn int(&mut self) -> Result<usize> {
        let bytes = self.take(4)?.try_into().map_err(|_| Failure::BadRecord)?;
        usize::try_from(i32::from_be_bytes(bytes)).map_err(|_| Failure::BadRecord)
    }

    /// A text.
    pub(crate) fn text(&mut self) -> Result<&'a str> {
        let len = self.int()?;
        core::str::from_utf8(self.take(len)?).map_err(|_| Failure::BadRecord)
    }

    /// A map.
    pub(crate) fn map(&mut self) -> Result<BTreeMap<String, String>> {
        (0..self.int()?).map(|_| Ok((self.text()?.to_owned(), self.text()?.to_owned()))).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back() {
        let map = BTreeMap::from([("k".to_owned(), "ü".to_owned())]);
        let record = Writer::default().byte(7).text("stream").map(&map).int(3).finish();
        let mut reader = Reader::new(&record);
        assert_eq!(reader.byte().unwrap(), 7);
        assert_eq!(reader.text().unwrap(), "stream");
        assert_eq!(reader.map().unwrap(), map);
        assert_eq!(reader.int().unwrap(), 3);
    }

    #[test]
    fn a_record_that_is_cut_anywhere_is_refused_and_never_panics() {
        let record =
            Writer::default().text("stream").map(&BTreeMap::from([("k".into(), "v".into())])).finish();
        for len in 0..record.len() {
            let mut reader = Reader::new(&record[..len]);
            assert!(reader.text().is_err() || reader.map().is_err(), "cut at {len}");
        }
        assert!(Reader::new(&[0xff; 8]).text().is_err());
    }

    #[test]
    fn large_counts_saturate() {
        assert_eq!(to_long(u64::MAX), i64::MAX);
    }
}
