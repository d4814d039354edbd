//! `faspstream send` and `recv`: one stream, then the end.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use faspstream::{Client, Direction, Metadata, Options, Session};

use crate::args::{Recv, Send, Transfer};
use crate::endpoint;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::summary::{StandardOutput, Summary};

/// Bytes that are moved at once between a file and a session.
pub(crate) const CHUNK: usize = 256 << 10;

/// Pushes a file or standard input.
pub(crate) fn send(args: &Send) -> Result<(), Failure> {
    let named = |e: &io::Error| Failure::Usage(format!("{}: {e}", args.file.display()));
    let (mut source, length): (Box<dyn Read>, _) = if is_standard(&args.file) {
        (Box::new(io::stdin().lock()), None)
    } else {
        let file = File::open(&args.file).map_err(|e| named(&e))?;
        let length = file.metadata().map_err(|e| named(&e))?.len();
        (Box::new(file), Some(length))
    };
    let started = Instant::now();
    let client = connect(&args.transfer)?;
    let session = client.open(Direction::Push, &args.name, Metadata::new())?;
    let mut progress = Progress::new(args.transfer.report, length);
    if let Err(failure) = push(&session, source.as_mut(), &args.file, &mut progress) {
        session.abort(&failure.to_string());
        return Err(failure);
    }
    let receipt = session.complete()?;
    progress.finish();
    let elapsed = started.elapsed();
    let summary = Summary { stream: args.name.clone(), receipt, stats: session.stats(), elapsed };
    summary.print(args.transfer.report, StandardOutput::Free);
    client.close();
    Ok(())
}

fn push(
    session: &Session,
    source: &mut dyn Read,
    path: &Path,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let mut chunk = vec![0; CHUNK];
    let mut total = 0;
    loop {
        let n = match source.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Failure::local(format_args!("reading {}", path.display()), &e)),
        };
        session.write(&chunk[..n])?;
        total += n as u64;
        progress.advance(session, total);
    }
}

/// Pulls a stream into a file, which appears only when it is complete, or to standard output.
pub(crate) fn recv(args: &Recv) -> Result<(), Failure> {
    let mut sink = Sink::new(&args.file)?;
    let started = Instant::now();
    let client = connect(&args.transfer)?;
    let session = client.open(Direction::Pull, &args.name, Metadata::new())?;
    session.hold_completion();
    let mut progress = Progress::new(args.transfer.report, None);
    if let Err(failure) = pull(&session, &mut sink, &args.file, &mut progress).and_then(|()| sink.commit()) {
        session.abort(&failure.to_string());
        return Err(failure);
    }
    let receipt = session.confirm()?;
    progress.finish();
    let elapsed = started.elapsed();
    let summary = Summary { stream: args.name.clone(), receipt, stats: session.stats(), elapsed };
    let standard_output =
        if is_standard(&args.file) { StandardOutput::CarriesStream } else { StandardOutput::Free };
    summary.print(args.transfer.report, standard_output);
    client.close();
    Ok(())
}

fn pull(session: &Session, sink: &mut Sink, path: &Path, progress: &mut Progress) -> Result<(), Failure> {
    let mut chunk = vec![0; CHUNK];
    let mut total = 0;
    loop {
        let n = session.read(&mut chunk)?;
        if n == 0 {
            return Ok(());
        }
        let written = sink.out.write_all(&chunk[..n]);
        written.map_err(|e| Failure::local(format_args!("writing {}", path.display()), &e))?;
        total += n as u64;
        progress.advance(session, total);
    }
}

/// Where a pulled stream goes: standard output, or a file beside the final one until it is complete.
struct Sink {
    out: Box<dyn Write>,
    rename: Option<(PathBuf, PathBuf)>,
}

impl Sink {
    fn new(path: &Path) -> Result<Self, Failure> {
        if is_standard(path) {
            return Ok(Self { out: Box::new(io::stdout().lock()), rename: None });
        }
        let name =
            path.file_name().ok_or_else(|| Failure::Usage(format!("{} is no file name", path.display())))?;
        let partial = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        let file = File::create(&partial).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
        Ok(Self { out: Box::new(file), rename: Some((partial, path.to_path_buf())) })
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|e| Failure::local("writing the last bytes", &e))?;
        if let Some((partial, path)) = self.rename.take() {
            fs::rename(&partial, &path).map_err(|e| Failure::local(path.display(), &e))?;
        }
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.rename {
            // Nobody is left to hear of a partial file that can't be removed.
            drop(fs::remove_file(partial));
        }
    }
}

fn connect(args: &Transfer) -> Result<Client, Failure> {
    let mut options = Options::default();
    endpoint::apply_rates(&mut options, args.rate, args.policy);
    let mut builder =
        Client::builder().host(&args.endpoint.host).tcp_port(args.endpoint.port).options(options);
    for key in endpoint::keys(&args.endpoint)? {
        builder = builder.access_key(key);
    }
    Ok(builder.connect()?)
}

fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}
