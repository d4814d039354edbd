//! `faspstream bench`: the throughput to a server and back, in memory at both ends.

use std::time::{Duration, Instant};

use faspstream::{Client, Direction, Metadata, Receipt, Session};
use serde_json::{Value, json};

use crate::args::Bench;
use crate::endpoint::connect;
use crate::failure::Failure;
use crate::progress::{Progress, limit_words};
use crate::query;
use crate::serve::direction_word;
use crate::summary::{carrier_words, say};
use crate::transfer::{CHUNK, drain};

/// Measures one direction or both, one after the other.
pub(crate) fn run(args: &Bench) -> Result<(), Failure> {
    let client = connect(&args.transfer)?;
    let wanted = |direction| args.only.as_deref().is_none_or(|only| only == direction_word(direction));
    let mut results = Vec::new();
    for direction in [Direction::Push, Direction::Pull].into_iter().filter(|d| wanted(*d)) {
        results.push(measure(&client, direction, args.time, args)?);
    }
    client.close();
    let words = || results.iter().map(sentence).collect();
    say(args.transfer.report.json, &json!(results), words);
    Ok(())
}

/// A session for bytes that mean nothing.
pub(crate) fn open(client: &Client, direction: Direction, time: Duration) -> Result<Session, Failure> {
    let metadata = Metadata::from([
        (query::ASK.to_owned(), query::BENCH.to_owned()),
        (query::SECONDS.to_owned(), time.as_secs_f64().to_string()),
    ]);
    Ok(client.open(direction, "bench", metadata)?)
}

/// Moves bytes for `time` and gives the receipt.
pub(crate) fn transfer(
    session: &Session,
    time: Duration,
    mut passed: impl FnMut(u64),
) -> Result<Receipt, Failure> {
    let mut bytes = 0;
    if session.is_sender() {
        let chunk = vec![0x5a; CHUNK];
        let end = Instant::now() + time;
        while Instant::now() < end {
            session.write(&chunk)?;
            bytes += chunk.len() as u64;
            passed(bytes);
        }
        return Ok(session.complete()?);
    }
    drain(session, |part| {
        bytes += part.len() as u64;
        passed(bytes);
        Ok(())
    })?;
    Ok(session.confirm()?)
}

fn measure(client: &Client, direction: Direction, time: Duration, args: &Bench) -> Result<Value, Failure> {
    let started = Instant::now();
    let session = open(client, direction, time)?;
    let mut progress = Progress::new(args.transfer.report, 0, None);
    let receipt = transfer(&session, time, |bytes| progress.advance(&session, bytes))?;
    progress.finish();
    let seconds = started.elapsed().as_secs_f64();
    let stats = session.stats();
    Ok(json!({
        "direction": direction_word(direction),
        "bytes": receipt.bytes,
        "seconds": seconds,
        "bits_per_second": receipt.bytes as f64 * 8.0 / seconds,
        "rtt_ms": stats.counters.rtt.as_secs_f64() * 1e3,
        "loss": stats.loss_ratio(),
        "transport": carrier_words(stats.carrier),
        "limit": limit_words(session.diagnose().limit()),
    }))
}

fn sentence(result: &Value) -> String {
    let number = |key: &str| result[key].as_f64().unwrap_or(0.0);
    format!(
        "{}: {:.1} Mbit/s ({} bytes in {:.1} s), rtt {:.1} ms, loss {:.2} %, {}, limit: {}\n",
        result["direction"].as_str().unwrap_or(""),
        number("bits_per_second") / 1e6,
        number("bytes"),
        number("seconds"),
        number("rtt_ms"),
        number("loss") * 100.0,
        result["transport"].as_str().unwrap_or(""),
        result["limit"].as_str().unwrap_or(""),
    )
}
