//! `faspstream ls`: what a server keeps.

use crate::args::Ls;
use crate::endpoint::connect;
use crate::failure::Failure;
use crate::query;
use crate::summary::say;

/// Prints name and size of every stream.
pub(crate) fn run(args: &Ls) -> Result<(), Failure> {
    let client = connect(&args.transfer)?;
    let list = query::ask(&client, query::LIST, &format!("^{}", args.prefix), &[])?;
    client.close();
    let words = || {
        let none = Vec::new();
        let line = |entry: &serde_json::Value| {
            format!(
                "{:>15}  {}\n",
                entry["bytes"].as_u64().unwrap_or(0),
                printable(entry["name"].as_str().unwrap_or(""))
            )
        };
        list.as_array().unwrap_or(&none).iter().map(line).collect()
    };
    say(args.transfer.report.json, &list, words);
    Ok(())
}

/// A name from the network on a terminal.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
