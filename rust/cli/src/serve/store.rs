//! Where a server keeps streams: a directory, or memory up to a limit.
//!
//! A stream that is being stored stands under its final name only once it is complete.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use super::names::relative_path;
use super::writers::{Writer, Writers};
use crate::query::{identity, is_version, version};

/// Most bytes that all streams together take in memory.
pub(crate) const MEMORY_LIMIT: usize = 1 << 30;

/// Most streams of a list.
pub(crate) const LIST_MAX: usize = 100_000;

/// A place for streams, shared by all sessions of a server.
#[derive(Debug)]
pub(crate) struct Store {
    directory: Option<PathBuf>,
    memory: Mutex<Memory>,
    /// Who writes to partial files that stay.
    writers: Writers,
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
        Ok(Arc::new(Self { directory, memory: Mutex::default(), writers: Writers::default() }))
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
                Target::File { file, partial, final_path, keep: false }
            }
        };
        Ok(Incoming { store: Arc::clone(self), name: name.to_owned(), target, stored: false })
    }

    /// A place for the rest of the stream `name`, of which the first `offset` bytes of this `version` have come already. What comes stays,
    /// also if the stream does not complete.
    ///
    /// # Errors
    /// As `incoming`; another client's session writes the same stream, or fewer bytes are here.
    pub(crate) fn resumed(
        self: &Arc<Self>,
        name: &str,
        version: &str,
        offset: u64,
        writer: Writer,
    ) -> Result<Incoming, String> {
        let (partial, final_path) = self.partial_path(name, version)?;
        let failed = |why: String| format!("can't go on with {name:?}: {why}");
        self.writers.claim(&partial, writer).map_err(|why| failed(why.to_owned()))?;
        let file = open_at(&partial, offset).map_err(|e| {
            self.writers.release(&partial);
            failed(e.to_string())
        })?;
        let target = Target::File { file, partial, final_path, keep: true };
        Ok(Incoming { store: Arc::clone(self), name: name.to_owned(), target, stored: false })
    }

    /// How many bytes of this version of the stream `name` have come in earlier attempts.
    ///
    /// # Errors
    /// As `resumed`.
    pub(crate) fn partial(&self, name: &str, version: &str) -> Result<u64, String> {
        let (partial, _) = self.partial_path(name, version)?;
        Ok(fs::metadata(partial).map_or(0, |facts| facts.len()))
    }

    fn partial_path(&self, name: &str, version: &str) -> Result<(PathBuf, PathBuf), String> {
        let dir = self
            .directory
            .as_ref()
            .ok_or("this server keeps streams in memory: start it with --dir to resume")?;
        if !is_version(version) {
            return Err("the version of the file can't be read".to_owned());
        }
        let final_path = dir.join(relative_path(name)?);
        let parent = inside(dir, &final_path)?;
        let file_name = final_path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((parent.join(format!(".{file_name}.{version}.part")), final_path))
    }

    /// The rest of the stored stream `name` from byte `offset`, if it still is of this version.
    ///
    /// # Errors
    /// There is none, or it has changed; the sentence is meant for the peer.
    pub(crate) fn outgoing_from(
        &self,
        name: &str,
        version: &str,
        offset: u64,
    ) -> Result<Box<dyn Read + Send>, String> {
        if self.facts(name)?.1 != version {
            return Err(format!("the stream {name:?} has changed since the last attempt: ask again"));
        }
        let skip = |mut source: Box<dyn Source>| source.seek(SeekFrom::Start(offset)).map(|_| source);
        let source = skip(self.open(name)?).map_err(|e| format!("can't go on with {name:?}: {e}"))?;
        Ok(Box::new(source))
    }

    /// Length and version of the stored stream `name`.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn facts(&self, name: &str) -> Result<(u64, String), String> {
        let path = relative_path(name)?;
        let missing = || format!("there is no stream {name:?} here");
        match &self.directory {
            None => match self.lock().streams.get(name) {
                Some(bytes) => Ok((bytes.len() as u64, version(bytes.len() as u64, 0))),
                None => Err(missing()),
            },
            Some(dir) => {
                let path = dir.join(path);
                open_inside(dir, &path).and_then(|_| identity(&path)).map_err(|_| missing())
            }
        }
    }

    /// The streams whose names start with `prefix`, sorted, with length and time of the last change in seconds since 1970; at most
    /// [`LIST_MAX`].
    pub(crate) fn list(&self, prefix: &str) -> Vec<Listed> {
        match &self.directory {
            None => {
                let memory = self.lock();
                let named =
                    memory.streams.range(prefix.to_owned()..).take_while(|(n, _)| n.starts_with(prefix));
                named
                    .take(LIST_MAX)
                    .map(|(n, b)| Listed { name: n.clone(), bytes: b.len() as u64, changed: 0 })
                    .collect()
            }
            Some(dir) => {
                let mut found = Vec::new();
                walk(dir, "", prefix, &mut found);
                found.sort_by(|a, b| a.name.cmp(&b.name));
                found
            }
        }
    }

    /// The stream `name` that was stored.
    ///
    /// # Errors
    /// There is none; the sentence is meant for the peer.
    pub(crate) fn outgoing(&self, name: &str) -> Result<Box<dyn Read + Send>, String> {
        Ok(Box::new(self.open(name)?))
    }

    fn open(&self, name: &str) -> Result<Box<dyn Source>, String> {
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

/// What a stored stream is read from.
trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// A stream of a list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Seconds since 1970; 0 if nobody knows.
    pub(crate) changed: u64,
}

/// Opens the partial file to be continued at `offset`; what lies behind is cut off.
fn open_at(partial: &Path, offset: u64) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(partial)?;
    let here = file.metadata()?.len();
    if here < offset {
        return Err(io::Error::other(format!("byte {offset} was asked for, and {here} are here")));
    }
    file.set_len(offset)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(file)
}

/// Gathers the files below `dir` whose names from `base` on start with `prefix`; hidden ones and symbolic links are left out.
fn walk(dir: &Path, base: &str, prefix: &str, found: &mut Vec<Listed>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let (Ok(kind), Some(part)) = (entry.file_type(), entry.file_name().to_str().map(str::to_owned))
        else {
            continue;
        };
        let name = format!("{base}{part}");
        if part.starts_with('.') || found.len() >= LIST_MAX {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{name}/"), prefix, found);
        } else if kind.is_file() && name.starts_with(prefix) {
            let Ok(facts) = entry.metadata() else { continue };
            let since = facts.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
            found.push(Listed { name, bytes: facts.len(), changed: since.map_or(0, |t| t.as_secs()) });
        }
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

fn open_inside(dir: &Path, path: &Path) -> io::Result<Box<dyn Source>> {
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
    File { file: File, partial: PathBuf, final_path: PathBuf, keep: bool },
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
            Target::File { file, partial, final_path, .. } => {
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
            Target::File { partial, keep: false, .. } if !self.stored => drop(fs::remove_file(partial)),
            Target::File { partial, keep: true, .. } => self.store.writers.release(partial),
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
    fn a_stream_goes_on_where_it_ended_and_two_clients_do_not_write_it_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Some(dir.path())).unwrap();
        let (me, other) = (|| Writer::named("me"), || Writer::named("other"));
        let mut first = store.resumed("a/x", "6-1", 0, me()).unwrap();
        first.write_all(b"abcd").unwrap();
        assert!(store.resumed("a/x", "6-1", 0, other()).is_err());
        drop(first);
        assert_eq!((store.partial("a/x", "6-1"), store.partial("a/x", "6-2")), (Ok(4), Ok(0)));
        assert!(store.resumed("a/x", "6-1", 5, me()).is_err());
        assert!(store.list("").is_empty());
        let mut second = store.resumed("a/x", "6-1", 3, other()).unwrap();
        second.write_all(b"def").unwrap();
        second.commit().unwrap();
        assert_eq!(text(&store, "a/x"), "abcdef");
        let (bytes, version) = store.facts("a/x").unwrap();
        let mut rest = String::new();
        store.outgoing_from("a/x", &version, 4).unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!((bytes, rest.as_str()), (6, "ef"));
        assert!(store.outgoing_from("a/x", "6-1", 4).is_err());
        assert_eq!(store.list("a/").iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["a/x"]);
    }

    #[test]
    fn a_version_from_the_network_stays_in_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Some(dir.path())).unwrap();
        assert!(store.resumed("x", "../../y-", 0, Writer::named("me")).is_err());
        assert!(store.partial("../x", "1-1").is_err());
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
