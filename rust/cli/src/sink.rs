//! Where a pulled stream goes: standard output, or a file beside the final one until it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::transfer::is_standard;

/// A place for one stream.
pub(crate) struct Sink {
    out: Box<dyn Write>,
    rename: Option<(PathBuf, PathBuf)>,
    from: u64,
    /// What has come stays when the stream ends without completion.
    keep: bool,
}

impl Sink {
    /// For a stream from its first byte; nothing is left behind if it does not complete.
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        if is_standard(path) {
            return Ok(Self { out: Box::new(io::stdout().lock()), rename: None, from: 0, keep: true });
        }
        let partial = beside(path, &std::process::id().to_string())?;
        let file = File::create(&partial).map_err(|e| usage(path, &e))?;
        Ok(Self { out: Box::new(file), rename: Some((partial, path.to_path_buf())), from: 0, keep: false })
    }

    /// For the rest of a stream of `length` bytes of which earlier attempts have left something here. What has come stays.
    pub(crate) fn resumed(path: &Path, version: &str, length: u64) -> Result<Self, Failure> {
        let partial = beside(path, version)?;
        let file =
            OpenOptions::new().append(true).create(true).open(&partial).map_err(|e| usage(path, &e))?;
        let mut from = file.metadata().map_err(|e| usage(path, &e))?.len();
        if from > length {
            file.set_len(0).map_err(|e| usage(path, &e))?;
            from = 0;
        }
        Ok(Self { out: Box::new(file), rename: Some((partial, path.to_path_buf())), from, keep: true })
    }

    /// The byte of the stream at which this begins.
    pub(crate) fn from(&self) -> u64 {
        self.from
    }

    /// Puts the file under its name.
    pub(crate) fn commit(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|e| Failure::local("writing the last bytes", &e))?;
        if let Some((partial, path)) = &self.rename {
            fs::rename(partial, path).map_err(|e| Failure::local(path.display(), &e))?;
            self.rename = None;
        }
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some((partial, _)) = self.rename.as_ref().filter(|_| !self.keep) {
            // Nobody is left to hear of a partial file that can't be removed.
            drop(fs::remove_file(partial));
        }
    }
}

fn beside(path: &Path, mark: &str) -> Result<PathBuf, Failure> {
    let name =
        path.file_name().ok_or_else(|| Failure::Usage(format!("{} is no file name", path.display())))?;
    Ok(path.with_file_name(format!(".{}.{mark}.part", name.to_string_lossy())))
}

fn usage(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("{}: {error}", path.display()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_file_goes_on_where_it_ended_and_another_version_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        Sink::resumed(&path, "6-1", 6).unwrap().write_all(b"abc").unwrap();
        assert_eq!(Sink::resumed(&path, "6-2", 6).unwrap().from(), 0);
        let mut sink = Sink::resumed(&path, "6-1", 6).unwrap();
        assert_eq!(sink.from(), 3);
        sink.write_all(b"def").unwrap();
        assert!(!path.exists());
        sink.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"abcdef");
    }

    #[test]
    fn without_resumption_nothing_is_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        Sink::new(&dir.path().join("file")).unwrap().write_all(b"abc").unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
