//! `speed path`, `speed veth` and `speed paced`: one stream from application to application, ours and others', in interleaved rounds.

use faspstream_bench::veth::Veth;

use crate::load::Load;
use crate::meter::{Cost, median};
use crate::{Outcome, rivals, session};

/// Moves a load from one thread to another, and tells what that has cost once both ends were connected.
type Run = fn(&Load<'_>) -> Outcome<Cost>;

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

/// Those who can be given a rate.
const PACED: &[(&str, Run)] = &[
    (OURS, session::standard_datagrams),
    ("ours, the rate kept by the session and not by the application", session::with_a_target),
    ("TLS 1.3 over TCP, rustls, AES-128-GCM", rivals::tls::run),
    ("QUIC, quinn, tuned, MTU 1,500, AES-128-GCM", rivals::quic::run),
    #[cfg(feature = "s2n-quic")]
    ("QUIC, s2n-quic, tuned, MTU 1,500, AES-128-GCM", rivals::s2n::run),
];

/// `[MEGABYTES] [ROUNDS] [NAME]`
pub(crate) fn main(words: &[String]) -> Outcome<()> {
    at_full_speed(words, None)
}

/// `[MEGABYTES] [ROUNDS] [NAME]`
pub(crate) fn veth(words: &[String]) -> Outcome<()> {
    let cable = Veth::new()?;
    cable.enter()?;
    at_full_speed(words, Some(&cable))
}

fn at_full_speed(words: &[String], cable: Option<&Veth>) -> Outcome<()> {
    let (megabytes, rounds) = (number(words, 0, 1_000)?, number(words, 1, 5)?);
    let wanted = words.get(2).map_or("", String::as_str);
    let load = Load { bytes: megabytes * 1_000_000, rate: None, cable };
    compare(CONTESTANTS.iter().filter(|(name, _)| name.contains(wanted)), &load, rounds)
}

/// `[MBIT] [SECONDS] [ROUNDS] [NAME]`
pub(crate) fn paced(words: &[String]) -> Outcome<()> {
    let rate = number(words, 0, 100)? * 1_000_000 / 8;
    let wanted = words.get(3).map_or("", String::as_str);
    let load = Load { bytes: rate * number(words, 1, 3)?, rate: Some(rate), cable: None };
    compare(PACED.iter().filter(|(name, _)| name.contains(wanted)), &load, number(words, 2, 3)?)
}

fn number(words: &[String], at: usize, default: u64) -> Outcome<u64> {
    Ok(words.get(at).map_or(Ok(default), |word| word.parse())?)
}

fn compare<'c>(
    chosen: impl Iterator<Item = &'c (&'static str, Run)>,
    load: &Load<'_>,
    rounds: u64,
) -> Outcome<()> {
    let mut contestants: Vec<Contestant> =
        chosen.map(|&(name, run)| Contestant { name, run, costs: Vec::new() }).collect();
    for _ in 0..rounds {
        for contestant in &mut contestants {
            let cost = (contestant.run)(load);
            contestant.costs.push(cost.map_err(|e| format!("{}: {e}", contestant.name))?);
        }
    }
    print(&contestants, load.bytes as f64 / 1e9, rounds);
    Ok(())
}

fn print(contestants: &[Contestant], gigabytes: f64, rounds: u64) {
    let speed = |contestant: &Contestant| {
        median(&mut contestant.costs.iter().map(|cost| gigabytes / cost.seconds).collect::<Vec<_>>())
    };
    let ours = contestants.iter().find(|c| c.name == OURS).map_or(f64::NAN, &speed);
    println!("{gigabytes} GB, {rounds} interleaved rounds, both ends in one process, GB/s:\n");
    println!(
        "| what | median | least | most | ours : this | core-seconds per GB | of a core | thousand switches per GB |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for contestant in contestants {
        let costs = &contestant.costs;
        let mut speeds: Vec<f64> = costs.iter().map(|cost| gigabytes / cost.seconds).collect();
        let mut cpu: Vec<f64> = costs.iter().map(|cost| cost.cpu / gigabytes).collect();
        let mut share: Vec<f64> = costs.iter().map(|cost| cost.cpu / cost.seconds).collect();
        let mut switches: Vec<f64> = costs.iter().map(|cost| cost.switches as f64 / gigabytes).collect();
        let middle = median(&mut speeds);
        println!(
            "| {} | {middle:.3} | {:.3} | {:.3} | {:.2} | {:.2} | {:.1} % | {:.1} |",
            contestant.name,
            speeds.first().unwrap_or(&f64::NAN),
            speeds.last().unwrap_or(&f64::NAN),
            ours / middle,
            median(&mut cpu),
            100.0 * median(&mut share),
            median(&mut switches) / 1_000.0
        );
    }
}
