//! `faspstream send` and `recv`: one stream, then the end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use faspstream::{Client, Direction, Metadata, Session};

use crate::args::{Recv, Send};
use crate::endpoint::connect;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::query;
use crate::sink::Sink;
use crate::summary::{StandardOutput, Summary};

/// Bytes that are moved at once between a file and a session.
pub(crate) const CHUNK: usize = 256 << 10;

/// What is sent: where it begins, and what the server is told of it.
struct Source {
    reader: Box<dyn Read>,
    from: u64,
    length: Option<u64>,
    metadata: Metadata,
}

impl Source {
    fn new(args: &Send, client: &Client) -> Result<Self, Failure> {
        if is_standard(&args.file) {
            let reader = Box::new(io::stdin().lock());
            return Ok(Self { reader, from: 0, length: None, metadata: Metadata::new() });
        }
        let (mut file, length) = open(&args.file)?;
        if !args.resume {
            return Ok(Self {
                reader: Box::new(file),
                from: 0,
                length: Some(length),
                metadata: Metadata::new(),
            });
        }
        let (_, version) =
            query::identity(&args.file).map_err(|e| Failure::local(args.file.display(), &e))?;
        let answer = query::ask(client, query::PARTIAL, &args.name, &[(query::VERSION, &version)])?;
        let from = answer["bytes"].as_u64().unwrap_or(0).min(length);
        file.seek(SeekFrom::Start(from)).map_err(|e| Failure::local(args.file.display(), &e))?;
        let metadata = Metadata::from([
            (query::VERSION.to_owned(), version),
            (query::OFFSET.to_owned(), from.to_string()),
        ]);
        Ok(Self { reader: Box::new(file), from, length: Some(length), metadata })
    }
}

fn open(path: &Path) -> Result<(File, u64), Failure> {
    let usage = |e: io::Error| Failure::Usage(format!("{}: {e}", path.display()));
    let file = File::open(path).map_err(usage)?;
    let length = file.metadata().map_err(usage)?.len();
    Ok((file, length))
}

/// Pushes a file or standard input.
pub(crate) fn send(args: &Send) -> Result<(), Failure> {
    if is_standard(&args.file) && args.resume {
        return Err(Failure::Usage("standard input can't be resumed: name a file".to_owned()));
    }
    if !is_standard(&args.file) {
        // Before the connection, so that a missing file troubles no server.
        open(&args.file)?;
    }
    let started = Instant::now();
    let client = connect(&args.transfer)?;
    let mut source = Source::new(args, &client)?;
    let session = client.open(Direction::Push, &args.name, source.metadata.clone())?;
    let mut progress = Progress::new(args.transfer.report, source.from, source.length);
    if let Err(failure) = push(&session, &mut source, &args.file, &mut progress) {
        session.abort(&failure.to_string());
        return Err(failure);
    }
    let receipt = session.complete()?;
    progress.finish();
    let summary = Summary::new(&args.name, &session, receipt, started.elapsed(), source.from);
    summary.print(args.transfer.report, StandardOutput::Free);
    client.close();
    Ok(())
}

fn push(session: &Session, source: &mut Source, path: &Path, progress: &mut Progress) -> Result<(), Failure> {
    let mut at = source.from;
    copy(
        &mut source.reader,
        |part| {
            session.write(part)?;
            at += part.len() as u64;
            progress.advance(session, at);
            Ok(())
        },
        |e| Failure::local(format_args!("reading {}", path.display()), e),
    )
}

/// Gives all of `source` to `take`, chunk by chunk.
pub(crate) fn copy(
    source: &mut dyn Read,
    mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    failed: impl Fn(&io::Error) -> Failure,
) -> Result<(), Failure> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match source.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => take(&chunk[..n])?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(failed(&e)),
        }
    }
}

/// Gives all of a session to `take`, chunk by chunk, up to its verified end.
pub(crate) fn drain(
    session: &Session,
    mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match session.read(&mut chunk)? {
            0 => return Ok(()),
            n => take(&chunk[..n])?,
        }
    }
}

/// Pulls a stream into a file, which appears only when it is complete, or to standard output.
pub(crate) fn recv(args: &Recv) -> Result<(), Failure> {
    if is_standard(&args.file) && args.resume {
        return Err(Failure::Usage("standard output can't be resumed: name a file".to_owned()));
    }
    let mut sink = if args.resume { None } else { Some(Sink::new(&args.file)?) };
    let started = Instant::now();
    let client = connect(&args.transfer)?;
    let mut metadata = Metadata::new();
    let mut length = None;
    if args.resume {
        let facts = query::ask(&client, query::FACTS, &args.name, &[])?;
        let version = facts["version"].as_str().filter(|v| query::is_version(v)).unwrap_or("0-0").to_owned();
        length = facts["bytes"].as_u64();
        let kept = Sink::resumed(&args.file, &version, length.unwrap_or(0))?;
        metadata.insert(query::VERSION.to_owned(), version);
        metadata.insert(query::OFFSET.to_owned(), kept.from().to_string());
        sink = Some(kept);
    }
    let mut sink = sink.expect("one of the two made it");
    let session = client.open(Direction::Pull, &args.name, metadata)?;
    session.hold_completion();
    let mut progress = Progress::new(args.transfer.report, sink.from(), length);
    if let Err(failure) = pull(&session, &mut sink, &args.file, &mut progress).and_then(|()| sink.commit()) {
        session.abort(&failure.to_string());
        return Err(failure);
    }
    let receipt = session.confirm()?;
    progress.finish();
    let summary = Summary::new(&args.name, &session, receipt, started.elapsed(), sink.from());
    let standard_output =
        if is_standard(&args.file) { StandardOutput::CarriesStream } else { StandardOutput::Free };
    summary.print(args.transfer.report, standard_output);
    client.close();
    Ok(())
}

fn pull(session: &Session, sink: &mut Sink, path: &Path, progress: &mut Progress) -> Result<(), Failure> {
    let mut at = sink.from();
    drain(session, |part| {
        let written = sink.write_all(part);
        written.map_err(|e| Failure::local(format_args!("writing {}", path.display()), &e))?;
        at += part.len() as u64;
        progress.advance(session, at);
        Ok(())
    })
}

/// True for the name of standard input and output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}
