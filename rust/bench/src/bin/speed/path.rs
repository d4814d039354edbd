//! `speed path`: how fast one stream is from application to application, ours and others', in interleaved rounds.

use crate::meter::{Cost, median};
use crate::{Outcome, rivals, session};

/// Moves so many bytes from one thread to another, and tells what that has cost once both ends were connected.
type Run = fn(u64) -> Outcome<Cost>;

struct Contestant {
    name: &'static str,
    run: Run,
    costs: Vec<Cost>,
}

/// What the others are compared with.
const OURS: &str = "ours, Rust, datagrams of 1,472";

const CONTESTANTS: &[(&str, Run)] = &[
    ("raw limit: GSO, GRO, AES-128-GCM in place, 1,472", rivals::raw::run),
    (OURS, session::standard_datagrams),
    ("ours, Rust, datagrams as discovered", session::discovered_datagrams),
    ("TCP, in clear", rivals::tcp::run),
    ("TLS 1.3 over TCP, rustls, AES-128-GCM", rivals::tls::run),
    ("QUIC, quinn, tuned, MTU 1,500, AES-128-GCM", rivals::quic::run),
    #[cfg(feature = "s2n-quic")]
    ("QUIC, s2n-quic, tuned, MTU 1,500, AES-128-GCM", rivals::s2n::run),
];

/// `[MEGABYTES] [ROUNDS] [NAME]`
pub(crate) fn main(words: &[String]) -> Outcome<()> {
    let number = |at: usize, default: u64| words.get(at).map_or(Ok(default), |word| word.parse());
    let (megabytes, rounds) = (number(0, 1_000)?, number(1, 5)?);
    let wanted = words.get(2).map_or("", String::as_str);
    let chosen = CONTESTANTS.iter().filter(|(name, _)| name.contains(wanted));
    let mut contestants: Vec<Contestant> =
        chosen.map(|&(name, run)| Contestant { name, run, costs: Vec::new() }).collect();
    for _ in 0..rounds {
        for contestant in &mut contestants {
            let cost = (contestant.run)(megabytes * 1_000_000);
            contestant.costs.push(cost.map_err(|e| format!("{}: {e}", contestant.name))?);
        }
    }
    print(&contestants, megabytes as f64 / 1e3, rounds);
    Ok(())
}

fn print(contestants: &[Contestant], gigabytes: f64, rounds: u64) {
    let speed = |contestant: &Contestant| {
        median(&mut contestant.costs.iter().map(|cost| gigabytes / cost.seconds).collect::<Vec<_>>())
    };
    let ours = contestants.iter().find(|c| c.name == OURS).map_or(f64::NAN, &speed);
    println!(
        "{gigabytes} GB by writes and reads of 64 KiB, {rounds} interleaved rounds, one process, GB/s:\n"
    );
    println!("| what | median | least | most | ours : this | core-seconds per GB |");
    println!("|---|---|---|---|---|---|");
    for contestant in contestants {
        let mut speeds: Vec<f64> = contestant.costs.iter().map(|cost| gigabytes / cost.seconds).collect();
        let mut cpu: Vec<f64> = contestant.costs.iter().map(|cost| cost.cpu / gigabytes).collect();
        let middle = median(&mut speeds);
        println!(
            "| {} | {middle:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
            contestant.name,
            speeds.first().unwrap_or(&f64::NAN),
            speeds.last().unwrap_or(&f64::NAN),
            ours / middle,
            median(&mut cpu)
        );
    }
}
