//! What a server answers to the questions of other `faspstream` commands.

use std::time::{SystemTime, UNIX_EPOCH};

use faspstream::Session;
use serde_json::{Value, json};

use super::store::Store;
use crate::host;
use crate::query;

/// The answer, or the reason for a refusal.
pub(crate) fn answer(session: &Session, question: &str, store: &Store) -> Result<Value, String> {
    match question {
        query::LIST => Ok(list(store, session.stream())),
        query::FACTS => {
            let (bytes, version) = store.facts(session.stream())?;
            Ok(json!({ "bytes": bytes, "version": version }))
        }
        query::PARTIAL => {
            let version = session.metadata().get(query::VERSION).map_or("", String::as_str);
            Ok(json!({ "bytes": store.partial(session.stream(), version)? }))
        }
        query::HOST => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let now = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
            Ok(json!({ "version": env!("CARGO_PKG_VERSION"), "clock_ns": now, "system": host::facts() }))
        }
        other => Err(format!("this version of the server does not know the question {other:?}")),
    }
}

/// The name of the session is the prefix, behind one character that keeps it from being empty.
fn list(store: &Store, name: &str) -> Value {
    let prefix = name.strip_prefix('^').unwrap_or(name);
    let entry = |l: super::store::Listed| json!({ "name": l.name, "bytes": l.bytes, "changed": l.changed });
    store.list(prefix).into_iter().map(entry).collect()
}
