//! What one `faspstream` command asks another beside plain streams: words in the metadata of a session.
//!
//! A server of another kind knows nothing of them, takes the session for a pull of a stream that it does not have, and rejects it.

use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use faspstream::{Client, Direction, ErrorCode, Metadata, RecvStream};
use serde_json::Value;

use crate::failure::Failure;

/// The key that makes a session a question; its value is one of the words below.
pub(crate) const ASK: &str = "faspstream.ask";
/// Pull: the list of streams, as JSON.
pub(crate) const LIST: &str = "list";
/// Pull: size and time of the named stream, as JSON.
pub(crate) const FACTS: &str = "facts";
/// Pull: how many bytes of the named stream have come in earlier attempts, as JSON.
pub(crate) const PARTIAL: &str = "partial";
/// Pull: what the doctor wants to know of the server's system, as JSON.
pub(crate) const HOST: &str = "host";
/// Push: bytes for nobody; pull: bytes without meaning, for [`SECONDS`].
pub(crate) const BENCH: &str = "bench";

/// How long a bench lasts, in seconds.
pub(crate) const SECONDS: &str = "faspstream.seconds";
/// Which version of a file a resumed stream is of; see [`identity`].
pub(crate) const VERSION: &str = "faspstream.version";
/// The byte of the file at which a resumed stream begins.
pub(crate) const OFFSET: &str = "faspstream.offset";

/// Most bytes of an answer.
const ANSWER_MAX: u64 = 64 << 20;

/// Asks the server and reads its answer.
pub(crate) fn ask(
    client: &Client,
    question: &str,
    name: &str,
    more: &[(&str, &str)],
) -> Result<Value, Failure> {
    let mut metadata = Metadata::from([(ASK.to_owned(), question.to_owned())]);
    metadata.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    let session = client.open(Direction::Pull, name, metadata)?;
    let mut text = Vec::new();
    let read = RecvStream::from(session.clone()).take(ANSWER_MAX).read_to_end(&mut text);
    if let Err(error) = read {
        return Err(match session.state() {
            faspstream::SessionState::Failed(error) if error.code() == ErrorCode::Rejected => {
                Failure::Refused(error.message().to_owned())
            }
            faspstream::SessionState::Failed(error) => error.into(),
            _ => Failure::local("reading the answer of the server", &error),
        });
    }
    serde_json::from_slice(&text)
        .map_err(|_| Failure::Refused("the server's answer is none that this version understands".to_owned()))
}

/// Which version of a file this is: its size and the time of its last change. Equal for equal content unless somebody sets the clock back.
pub(crate) fn identity(path: &Path) -> std::io::Result<(u64, String)> {
    let facts = std::fs::metadata(path)?;
    let changed = facts.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok((facts.len(), version(facts.len(), changed.as_nanos())))
}

/// The words of a version: fit for a file name.
pub(crate) fn version(bytes: u64, changed_ns: u128) -> String {
    format!("{bytes:x}-{changed_ns:x}")
}

/// True for what [`version`] makes; everything else does not get into a file name.
pub(crate) fn is_version(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') && text.contains('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_version_gets_into_no_file_name() {
        assert!(is_version(&version(u64::MAX, u128::from(u64::MAX))));
        for text in ["", "..", "../x-", "a/b-", "12", &"-".repeat(65)] {
            assert!(!is_version(text), "{text:?}");
        }
    }
}
