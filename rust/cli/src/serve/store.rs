//! Where a server keeps streams: a directory, or memory up to a limit.
//!
//! A stream that is being stored stands under its final name only once it is complete.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::names::relative_path;

/// Most bytes that all streams together take in memory.
pub(crate) const MEMORY_LIMIT: usize = 1 << 30;

/// A place for streams, shared by all sessions of a server.
#[derive(Debug)]
pub(crate) struct Store {
    directory: Option<PathBuf>,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    streams: BTreeMap<String, Arc<[u8]>>,
    /// Bytes of all streams, those that are still coming included.
    used: usize,
}

impl Store {
    /// Keeps streams in `directory`, which must exist, or in memory.
    ///
    /// # Errors
    /// The directory is not there or not a directory.
    pub(crate) fn new(directory: Option<&Path>) -> io::Result<Arc<Self>> {
        let directory = directory.map(fs::canonicalize).transpose()?;
        if let Some(dir) = directory.as_ref().filter(|dir| !dir.is_dir()) {
            return Err(io::Error::new(
                io::ErrorKind::NotADirectory,
                format!("{} is no directory", dir.display()),
            ));
        }
        Ok(Arc::new(Self { directory, memory: Mutex::default() }))
    }

    /// A place for the stream `name` that is about to come.
    ///
    /// # Errors
    /// The name leaves the directory, or the file can't be made there.
    pub(crate) fn incoming(self: &Arc<Self>, name: &str, session: &str) -> Result<Incoming, String> {
        let path = relative_path(name)?;
        let target = match &self.directory {
            None => Target::Memory(Vec::new()),
            Some(dir) => {
                let final_path = dir.join(path);
                let parent = inside(dir, &final_path)?;
                let partial = parent.join(format!(".{session}.part"));
                let file = File::create(&partial).map_err(|e| format!("can't store {name:?}: {e}"))?;
                Target::File { file, partial, final_path }
            }
        };
        Ok(Incoming { store: Arc::clone(self), name: name.to_owned(), target, stored: false })
    }

    /// The stream `name` that was stored.
    ///
    /// # Errors
    /// There is none; the sentence is meant for the peer.
    pub(crate) fn outgoing(&self, name: &str) -> Result<Box<dyn Read + Send>, String> {
        let path = relative_path(name)?;
        match &self.directory {
            None => match self.lock().streams.get(name) {
                Some(bytes) => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
                None => Err(format!("there is no stream {name:?} here")),
            },
            Some(dir) => open_inside(dir, &dir.join(path))
                .map_err(|e| format!("there is no stream {name:?} here ({e})")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parent of `path`, made if needed, if it lies in `dir` also after symbolic links are followed.
fn inside(dir: &Path, path: &Path) -> Result<PathBuf, String> {
    let parent = path.parent().unwrap_or(dir);
    fs::create_dir_all(parent).map_err(|e| format!("can't make the folder of the stream: {e}"))?;
    let real = fs::canonicalize(parent).map_err(|e| format!("can't find the folder of the stream: {e}"))?;
    if real.starts_with(dir) {
        Ok(real)
    } else {
        Err("the stream name leads out of the directory".to_owned())
    }
}

fn open_inside(dir: &Path, path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let real = fs::canonicalize(path).map_err(|_| io::Error::other("no such file"))?;
    if !real.starts_with(dir) || !real.is_file() {
        return Err(io::Error::other("not a file of this directory"));
    }
    Ok(Box::new(File::open(real)?))
}

/// A stream that is being stored; dropped without [`Incoming::commit`] it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Incoming {
    store: Arc<Store>,
    name: String,
    target: Target,
    stored: bool,
}

#[derive(Debug)]
enum Target {
    Memory(Vec<u8>),
    File { file: File, partial: PathBuf, final_path: PathBuf },
}

impl Incoming {
    /// Puts the complete stream under its name.
    ///
    /// # Errors
    /// The file can't be renamed; then nothing is left behind.
    pub(crate) fn commit(mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Memory(bytes) => {
                let bytes: Arc<[u8]> = std::mem::take(bytes).into();
                let mut memory = self.store.lock();
                let replaced = memory.streams.insert(self.name.clone(), bytes);
                memory.used -= replaced.map_or(0, |old| old.len());
            }
            Target::File { file, partial, final_path } => {
                file.flush()?;
                fs::rename(&*partial, &*final_path)?;
            }
        }
        self.stored = true;
        Ok(())
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::File { file, .. } => file.write(bytes),
            Target::Memory(held) => {
                let mut memory = self.store.lock();
                if bytes.len() > MEMORY_LIMIT - memory.used {
                    let limit = MEMORY_LIMIT >> 20;
                    return Err(io::Error::new(
                        io::ErrorKind::OutOfMemory,
                        format!(
                            "streams kept in memory may have {limit} MiB in all; start the server with --dir"
                        ),
                    ));
                }
                memory.used += bytes.len();
                held.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        match &self.target {
            Target::Memory(bytes) if !self.stored => self.store.lock().used -= bytes.len(),
            // Nobody is left to hear of a partial file that can't be removed.
            Target::File { partial, .. } if !self.stored => drop(fs::remove_file(partial)),
            _ => {}
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn text(store: &Store, name: &str) -> String {
        let mut text = String::new();
        store.outgoing(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_stream_stands_under_its_name_only_once_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        for store in [Store::new(None).unwrap(), Store::new(Some(dir.path())).unwrap()] {
            let mut incoming = store.incoming("a b/é", "s1").unwrap();
            incoming.write_all(b"hello").unwrap();
            assert!(store.outgoing("a b/é").is_err());
            incoming.commit().unwrap();
            assert_eq!(text(&store, "a b/é"), "hello");
        }
    }

    #[test]
    fn an_aborted_stream_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Some(dir.path())).unwrap();
        let mut incoming = store.incoming("x", "s1").unwrap();
        incoming.write_all(b"half").unwrap();
        drop(incoming);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn memory_counts_each_stream_once() {
        let store = Store::new(None).unwrap();
        for round in 0..3 {
            let mut incoming = store.incoming("x", "s").unwrap();
            incoming.write_all(&[round; 100]).unwrap();
            incoming.commit().unwrap();
            assert_eq!(store.lock().used, 100);
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_symbolic_link_does_not_lead_out() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
        let store = Store::new(Some(dir.path())).unwrap();
        assert!(store.outgoing("link/secret").is_err());
        assert!(store.incoming("link/new", "s1").is_err());
    }
}
