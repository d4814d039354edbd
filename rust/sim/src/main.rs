//! `faspstream-sim`: one cell or a whole grid, in virtual time.

mod grid_command;
mod shares_command;

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use faspstream_netem::BitRate;
use faspstream_proto::config::Rates;
use faspstream_proto::units::Rate;
use faspstream_sim::args::{self, Args};
use faspstream_sim::cost;
use faspstream_sim::endpoint::{HostConfig, SourcePlan};
use faspstream_sim::rows;
use faspstream_sim::run::{run, run_all};
use faspstream_sim::scenario::{Flow, Path, Queue, Scenario};
use faspstream_sim::sweep;
use faspstream_sim::text;

const HELP: &str = "\
faspstream-sim cell [--rate 100mbit] [--rtt 100ms] [--loss 1%] [--queue 1bdp|64kib] [--mtu 1500]
                    [--policy fair] [--target 50mbit] [--flows N] [--bytes N] [--live 50mbit]
                    [--seconds N] [--seed N] [--csv FILE] [--late 10%]
                    [--buffer 256mib]
    runs one link and prints what came of it; --csv writes the first flow over time.
    --buffer: the most that either end holds.
    --late: this share of the wake-ups of both ends comes 1 to 10 ms late.
    --bytes sends so much and ends; --live writes once a millisecond at this rate; otherwise the stream has no end.
faspstream-sim grid [--quick] [--threads N] [--from FILE] [--csv FILE] [--charts DIR] [--page FILE --date DAY]
    runs the goodput grid and the original's grid, prints the shares of ideal and the goals missed.
    --from takes the cells that an earlier --csv wrote instead; --charts writes heat maps as SVG and PNG;
    --page runs the rows too, and writes all of it as Markdown, with the charts in a directory beside it.
faspstream-sim shares [--rate 100mbit] [--rtt 50ms] [--loss 1%] [--queue 1bdp] [--flows N] [--apart 500ms]
                      [--beside cubic|bbr] [--after 5s] [--gone 20s] [--seconds 40] [--every 4] [--seed N]
    prints who gets how much over time, and the queue: streams that start so long after each other, and so long after a TCP flow if
    there is one, which ends where --gone says so.
faspstream-sim rows [NAME...]
    measures the rows of the transport page (all, or those named) and prints them as a table in Markdown.
faspstream-sim sweep [--links 200] [--seed 1] [--threads N] [--csv FILE]
    transfers over random links with the seeds from --seed on; prints every link on which something is wrong, and the whole
    report of a single link; --csv writes its flow over time.
faspstream-sim cost [IN_FLIGHT...]
    measures what a datagram costs with so many in flight: 1,000 to 1,000,000 unless told otherwise.
";

fn main() -> ExitCode {
    let mut args = Args::new(std::env::args().skip(1));
    let result = match args.command().as_deref() {
        Some("cell") => cell(args),
        Some("grid") => grid_command::grid(args),
        Some("shares") => shares_command::shares(args),
        Some("rows") => rows(args),
        Some("sweep") => random_links(args),
        Some("cost") => costs(args),
        _ => say(HELP).map(|()| false),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "faspstream-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> Result<(), Box<dyn Error>> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn cell(mut args: Args) -> Result<bool, Box<dyn Error>> {
    let rate = args.value("--rate", "a rate such as 100mbit", args::rate)?.unwrap_or(BitRate::from_mbps(100));
    let rtt =
        args.value("--rtt", "a time such as 100ms", args::duration)?.unwrap_or(Duration::from_millis(100));
    let loss = args.value("--loss", "a share such as 1%", args::share)?.unwrap_or(0.0);
    let queue =
        args.value("--queue", "a size such as 1bdp or 64kib", args::queue)?.unwrap_or(Queue::Bdp(1.0));
    let mtu = args.value("--mtu", "a number of bytes", number)?.unwrap_or(1500);
    let policy = args.value("--policy", "fixed, high, fair or low", args::policy)?.unwrap_or_default();
    let target = args.value("--target", "a rate such as 100mbit", args::rate)?;
    let flows = args.value("--flows", "a number", number)?.unwrap_or(1);
    let bytes = args.value("--bytes", "a number of bytes", number)?;
    let live = args.value("--live", "a rate such as 50mbit", args::rate)?;
    let seconds = args.value("--seconds", "a number of seconds", number)?.unwrap_or(20);
    let seed = args.value("--seed", "a number", number)?.unwrap_or(1);
    let csv = args.value("--csv", "a file", |text| Some(text.to_owned()))?;
    let late = args.value("--late", "a share such as 10%", args::share)?;
    let buffer = args.value("--buffer", "a size such as 256mib", args::size)?;
    args.finish()?;

    let host = late.map_or_else(HostConfig::default, rows::late_host);
    let source = match (bytes, live) {
        (Some(bytes), _) => SourcePlan::Bulk(bytes),
        (None, Some(rate)) => SourcePlan::Live {
            rate,
            every: Duration::from_millis(1),
            lasting: Duration::from_secs(seconds.saturating_sub(2)),
        },
        (None, None) => SourcePlan::Endless,
    };
    let target = target.map_or(Rate::UNLIMITED, |rate| Rate::from_bps(rate.as_bps()));
    let rates = Rates { target, policy, ..Rates::default() };
    let datagram_max = mtu.saturating_sub(28).clamp(1200, 65_507) as u16;
    let path = Path::new(rate, rtt).loss(loss).queue(queue).mtu(mtu);
    let mut scenario = Scenario::new("cell", path).seeded(seed).until(Duration::from_secs(seconds));
    let flow =
        Flow { source, rates, datagram_max, sender_host: host, receiver_host: host, ..Flow::default() };
    let buffer_max = buffer.unwrap_or(flow.buffer_max);
    for _ in 0..flows {
        scenario = scenario.flow(Flow { buffer_max, ..flow.clone() });
    }
    let outcome = run(&scenario)?;
    say(&text::report(&outcome))?;
    if let (Some(file), Some(flow)) = (csv, outcome.flows.first()) {
        std::fs::write(file, text::series_csv(flow))?;
    }
    Ok(true)
}

fn rows(mut args: Args) -> Result<bool, Box<dyn Error>> {
    let mut named = Vec::new();
    while let Some(name) = args.command() {
        named.push(name);
    }
    let rows = rows::rows();
    if let Some(unknown) = named.iter().find(|name| rows.iter().all(|row| row.name != **name)) {
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        return Err(format!("no row is called {unknown}; there are: {}", names.join(", ")).into());
    }
    say("| row | what | goal | measured | holds |\n|---|---|---|---|---|\n")?;
    let mut all_hold = true;
    for row in rows.iter().filter(|row| named.is_empty() || named.iter().any(|name| name == row.name)) {
        let result = (row.measure)();
        all_hold &= result.as_ref().is_ok_and(|figures| figures.iter().all(|f| f.holds));
        say(&rows::table(row, &result))?;
    }
    Ok(all_hold)
}

fn random_links(mut args: Args) -> Result<bool, Box<dyn Error>> {
    let count = args.value("--links", "a number", number)?.unwrap_or(200);
    let from = args.value("--seed", "a number", number)?.unwrap_or(1);
    let threads = args.value("--threads", "a number", number)?;
    let csv = args.value("--csv", "a file", |text| Some(text.to_owned()))?;
    args.finish()?;
    let scenarios: Vec<Scenario> = (from..from.saturating_add(count)).map(sweep::random_scenario).collect();
    let bad = AtomicU64::new(0);
    let shares = run_all(&scenarios, threads_or_all(threads)?, |scenario, result| {
        let wrong = match &result {
            Ok(outcome) => sweep::judge(scenario, outcome),
            Err(failure) => vec![failure.to_string()],
        };
        if !wrong.is_empty() {
            bad.fetch_add(1, Ordering::Relaxed);
            let link = sweep::describe(scenario);
            let _ = say(&format!("{}: {}\n  {link}\n", scenario.name, wrong.join("; ")));
        }
        if let (1, Ok(outcome)) = (count, &result) {
            let _ = say(&text::report(outcome));
            if let (Some(file), Some(flow)) = (&csv, outcome.flows.first()) {
                let _ = std::fs::write(file, text::series_csv(flow));
            }
        }
        result.ok().and_then(|outcome| outcome.flows.first().map(|f| f.share()))
    });
    let bad = bad.into_inner();
    let mut shares: Vec<f64> = shares.into_iter().flatten().collect();
    shares.sort_by(f64::total_cmp);
    let at = |q: f64| shares.get((shares.len() as f64 * q) as usize).map_or(0.0, |s| s * 100.0);
    say(&format!(
        "{count} links, {bad} with something wrong; whole transfers reach p5 {:.1} %, p25 {:.1} %, median {:.1} % of ideal\n",
        at(0.05),
        at(0.25),
        at(0.5)
    ))?;
    Ok(bad == 0)
}

fn costs(mut args: Args) -> Result<bool, Box<dyn Error>> {
    let mut sizes = Vec::new();
    while let Some(word) = args.command() {
        sizes.push(word.parse().map_err(|_| format!("{word} is no number of datagrams in flight"))?);
    }
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000, 1_000_000];
    }
    say(&cost::table(&sizes))?;
    Ok(true)
}

fn threads_or_all(threads: Option<u64>) -> Result<usize, Box<dyn Error>> {
    Ok(match threads {
        Some(n) => usize::try_from(n)?,
        None => std::thread::available_parallelism()?.get(),
    })
}
