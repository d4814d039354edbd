//! What an experiment runs.

use std::path::PathBuf;
use std::time::Duration;

use faspstream_netem::{BitRate, LossAt};

use super::cell::Cell;
use super::preset;
use crate::error::LabError;
use crate::lab::{Family, MOST_ATTEMPTS};
use crate::peer::{Peer, Programs};
use crate::settings::{self, Setting, Settings};

/// What an experiment runs: every combination of flows on every link with every seed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name in the results.
    pub name: String,
    /// Groups of streams that share a link.
    pub flows: Vec<Vec<Peer>>,
    /// The links.
    pub cells: Vec<Cell>,
    /// Number of seeds, from 1 on.
    pub seeds: u64,
    /// How long a run lasts at most, from the first stream on.
    pub time: Duration,
    /// How much each stream carries at most.
    pub bytes: u64,
    /// Share of the link's rate at which each stream is written live; None for streams that are always there to be sent.
    pub live: Option<f64>,
    /// Most bytes that the system grants a socket as a buffer, machine-wide while the plan runs; None leaves that as it is.
    pub socket_buffer: Option<u64>,
    /// Runs at once, each with a lab of its own.
    pub jobs: usize,
    /// Most attempts at a run that the emulator spoils, as where its machine is busy with something else.
    pub attempts: u32,
    /// Time from the start of one stream to that of the next.
    pub stagger: Duration,
    /// Whether to ping beside the streams.
    pub pings: bool,
    /// Changes of the link while running.
    pub schedule: Vec<(Duration, Settings)>,
    /// Whether lost packets take their share of the rate first.
    pub loss_at: LossAt,
    /// Version of IP.
    pub family: Family,
    /// Where the results of every run go, as comma-separated values.
    pub csv: Option<PathBuf>,
    /// Where the bytes over time of every run go, in the same form.
    pub series: Option<PathBuf>,
    /// Where the ages of live records of every run go, in the same form.
    pub delays: Option<PathBuf>,
    /// Where other programs are.
    pub programs: Programs,
}

/// The lists from which cells are made.
struct Axes {
    rates: Vec<BitRate>,
    paths: Vec<(Duration, f64)>,
    queues: Vec<f64>,
}

/// Option, what is allowed, meaning.
const OPTIONS: [(&str, &str, &str); 21] = [
    ("flows", "e.g. faspstream,cubic,bbr+bbr,faspstream*4", "streams; + and * put several on one link"),
    ("rates", "e.g. 100mbit,1gbit", "rates of the bottleneck"),
    ("rtts", "e.g. 10ms,100ms", "round-trip times, each with each loss"),
    ("losses", "e.g. 0,1%", "independent loss in each direction"),
    ("paths", "e.g. 90ms/1%,150ms/2%", "pairs of round-trip time and loss, instead of rtts and losses"),
    ("loss-at", "entry or exit", "whether loss happens before the queue or after it"),
    ("family", "v4 or v6", "version of IP"),
    ("queues", "e.g. 1bdp,0.25bdp", "queues"),
    ("seeds", "a number", "how often each is run, with another seed each time"),
    ("time", "e.g. 15s", "length of a run; longer by itself on long paths"),
    ("bytes", "e.g. 1000mb, or none", "most that a stream carries"),
    ("live", "e.g. 50%, or no", "share of the rate at which a stream is written live"),
    ("socket-buffer", "e.g. 208kib", "net.core.rmem_max and wmem_max of the machine meanwhile"),
    ("jobs", "1 to 16", "runs at once, each with a lab of its own; for slow links"),
    ("attempts", "1 to 9", "attempts at a run that a busy machine spoils"),
    ("stagger", "e.g. 10s", "time from one stream's start to the next"),
    ("pings", "yes or no", "whether to ping beside"),
    ("at", "TIME:KEY=VALUE[,...]", "a change of the link while running; may be given often"),
    ("csv", "a file name", "where the results of every run go"),
    ("series", "a file name", "where the bytes over time go"),
    ("delays", "a file name", "where the ages of live records go"),
];

impl Plan {
    /// A preset by its name, changed by `--option value` pairs.
    pub fn from_options(name: &str, options: &[String]) -> Result<Self, LabError> {
        let preset = preset::options(name)?;
        let mut plan = Self::empty(name);
        let mut axes = Axes { rates: Vec::new(), paths: Vec::new(), queues: Vec::new() };
        let (mut rtts, mut losses) = (vec![Duration::from_millis(100)], vec![0.0]);
        let preset: Vec<String> = preset.split_whitespace().map(str::to_owned).collect();
        for (key, value) in pairs(&preset)?.into_iter().chain(pairs(options)?) {
            let refused = || refused(key, value);
            match key {
                "rates" => axes.rates = list(value, settings::rate).ok_or_else(refused)?,
                "queues" => axes.queues = list(value, |v| settings::times(v, "bdp")).ok_or_else(refused)?,
                "paths" => axes.paths = list(value, path).ok_or_else(refused)?,
                "rtts" => rtts = list(value, settings::duration).ok_or_else(refused)?,
                "losses" => losses = list(value, settings::share).ok_or_else(refused)?,
                _ => plan.take(key, value)?,
            }
            // The later of the two ways to name paths is meant.
            if matches!(key, "rtts" | "losses") {
                axes.paths = rtts.iter().flat_map(|rtt| losses.iter().map(|loss| (*rtt, *loss))).collect();
            }
        }
        plan.cells = axes.cells();
        Ok(plan)
    }

    fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            flows: Vec::new(),
            cells: Vec::new(),
            seeds: 3,
            time: Duration::from_secs(15),
            bytes: u64::MAX,
            live: None,
            socket_buffer: None,
            jobs: 1,
            attempts: MOST_ATTEMPTS,
            stagger: Duration::ZERO,
            pings: false,
            schedule: Vec::new(),
            loss_at: LossAt::Exit,
            family: Family::V4,
            csv: None,
            series: None,
            delays: None,
            programs: Programs::find(),
        }
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), LabError> {
        let refused = || refused(key, value);
        match key {
            "flows" => self.flows = value.split(',').map(flows).collect::<Result<_, _>>()?,
            "seeds" => self.seeds = value.parse().ok().filter(|n| *n > 0).ok_or_else(refused)?,
            "time" => self.time = settings::duration(value).ok_or_else(refused)?,
            "bytes" if value == "none" => self.bytes = u64::MAX,
            "bytes" => self.bytes = settings::bytes(value).filter(|n| *n > 0).ok_or_else(refused)?,
            "live" if value == "no" => self.live = None,
            "live" => self.live = Some(settings::share(value).filter(|s| *s > 0.0).ok_or_else(refused)?),
            "socket-buffer" => self.socket_buffer = Some(settings::bytes(value).ok_or_else(refused)?),
            "jobs" => self.jobs = value.parse().ok().filter(|n| (1..=16).contains(n)).ok_or_else(refused)?,
            "attempts" => {
                self.attempts = value.parse().ok().filter(|n| (1..=9).contains(n)).ok_or_else(refused)?;
            }
            "stagger" => self.stagger = settings::duration(value).ok_or_else(refused)?,
            "pings" => self.pings = yes_or_no(value).ok_or_else(refused)?,
            "loss-at" => self.loss_at = settings::loss_at(value).ok_or_else(refused)?,
            "family" => self.family = family(value).ok_or_else(refused)?,
            "csv" => self.csv = Some(value.into()),
            "series" => self.series = Some(value.into()),
            "delays" => self.delays = Some(value.into()),
            "at" => {
                let (when, changes) = value.split_once(':').ok_or_else(refused)?;
                let when = settings::duration(when).ok_or_else(refused)?;
                let changes: Result<Settings, _> = changes.split(',').map(Setting::parse_pair).collect();
                self.schedule.push((when, changes?));
            }
            _ => return Err(LabError::Usage(format!("no option --{key}; known are\n{}", help()))),
        }
        Ok(())
    }
}

impl Axes {
    fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for rate in &self.rates {
            for (rtt, loss) in &self.paths {
                let of = |queue: &f64| Cell { rate: *rate, rtt: *rtt, loss: *loss, queue: *queue };
                cells.extend(self.queues.iter().map(of));
            }
        }
        cells
    }
}

/// One line for each option of an experiment.
pub fn help() -> String {
    OPTIONS.iter().map(|(name, allowed, meaning)| format!("  --{name:<13} {meaning} ({allowed})\n")).collect()
}

fn pairs(options: &[String]) -> Result<Vec<(&str, &str)>, LabError> {
    let mut pairs = Vec::new();
    for two in options.chunks(2) {
        match two {
            [key, value] if key.starts_with("--") => pairs.push((&key[2..], value.as_str())),
            _ => return Err(LabError::Usage(format!("{:?} is not an option with its value", two.join(" ")))),
        }
    }
    Ok(pairs)
}

fn refused(key: &str, value: &str) -> LabError {
    let allowed = OPTIONS.iter().find(|(name, ..)| *name == key).map_or("", |(_, allowed, _)| *allowed);
    LabError::Setting { key: key.to_owned(), value: value.to_owned(), allowed: format!("give {allowed}") }
}

fn list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(parse).collect()
}

fn path(text: &str) -> Option<(Duration, f64)> {
    let (rtt, loss) = text.split_once('/')?;
    Some((settings::duration(rtt)?, settings::share(loss)?))
}

fn family(text: &str) -> Option<Family> {
    match text {
        "v4" => Some(Family::V4),
        "v6" => Some(Family::V6),
        _ => None,
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// `a+b` and `a*3` are several streams on one link.
fn flows(text: &str) -> Result<Vec<Peer>, LabError> {
    let mut flows = Vec::new();
    for part in text.split('+') {
        let (peer, times) = part.split_once('*').unwrap_or((part, "1"));
        let times =
            times.parse().ok().filter(|n| (1..=64).contains(n)).ok_or_else(|| refused("flows", text))?;
        flows.extend(vec![Peer::parse(peer)?; times]);
    }
    Ok(flows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str, line: &str) -> Result<Plan, LabError> {
        Plan::from_options(name, &line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn every_preset_makes_a_plan() {
        for (name, ..) in preset::PRESETS {
            let plan = plan(name, "").expect(name);
            assert!(!plan.cells.is_empty() && !plan.flows.is_empty(), "{name}");
        }
    }

    #[test]
    fn options_change_a_preset() {
        let plan = plan(
            "grid",
            "--rates 10mbit --rtts 10ms,20ms --losses 0,1%,2% --queues 1bdp --flows cubic*2+bbr",
        )
        .expect("valid options");
        assert_eq!(plan.cells.len(), 6);
        assert_eq!(plan.flows[0].iter().map(Peer::to_string).collect::<Vec<_>>(), ["cubic", "cubic", "bbr"]);
    }

    #[test]
    fn a_mistake_is_an_error_of_usage() {
        for line in
            ["--rates fast", "--rates", "--flows cubic*0", "--flows x", "--speed 1", "--seeds 0", "time 5s"]
        {
            assert_eq!(plan("grid", line).expect_err(line).exit_code(), 2, "{line}");
        }
        assert_eq!(plan("gird", "").expect_err("no such preset").exit_code(), 2);
    }
}
