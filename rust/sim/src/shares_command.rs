//! `faspstream-sim shares`: who gets how much of a link, over time.

use core::time::Duration;
use std::error::Error;

use faspstream_netem::{BitRate, Time};
use faspstream_sim::args::{self, Args};
use faspstream_sim::cross::{Cross, CrossLaw};
use faspstream_sim::run::run;
use faspstream_sim::scenario::{Flow, Path, Queue, Scenario};

use super::{number, say};

/// A TCP flow has the link to itself for so long unless told otherwise.
const AFTER: Duration = Duration::from_secs(5);

pub(super) fn shares(mut args: Args) -> Result<bool, Box<dyn Error>> {
    let rate = args.value("--rate", "a rate such as 100mbit", args::rate)?.unwrap_or(BitRate::from_mbps(100));
    let rtt =
        args.value("--rtt", "a time such as 50ms", args::duration)?.unwrap_or(Duration::from_millis(50));
    let loss = args.value("--loss", "a share such as 1%", args::share)?.unwrap_or(0.0);
    let queue =
        args.value("--queue", "a size such as 1bdp or 64kib", args::queue)?.unwrap_or(Queue::Bdp(1.0));
    let flows = args.value("--flows", "a number", number)?.unwrap_or(1);
    let apart = args.value("--apart", "a time such as 500ms", args::duration)?.unwrap_or(Duration::ZERO);
    let beside = args.value("--beside", "cubic or bbr", law)?;
    let after = args.value("--after", "a time such as 2s", args::duration)?.unwrap_or(AFTER);
    let gone = args.value("--gone", "a time such as 20s", args::duration)?;
    let seconds = args.value("--seconds", "a number of seconds", number)?.unwrap_or(40);
    let every = args.value("--every", "a number of seconds", number)?.unwrap_or(4).max(1);
    let seed = args.value("--seed", "a number", number)?.unwrap_or(1);
    args.finish()?;

    let until = Duration::from_secs(seconds);
    let path = Path::new(rate, rtt).loss(loss).queue(queue);
    let mut scenario = Scenario::new("shares", path).seeded(seed).until(until);
    let first = if beside.is_some() { after } else { Duration::ZERO };
    for index in 0..u32::try_from(flows)? {
        scenario = scenario.flow(Flow { start: first + apart * index, ..Flow::default() });
    }
    if let Some(law) = beside {
        let cross =
            Cross { law, start: Duration::ZERO, stop: gone.unwrap_or(until), extra_rtt: Duration::ZERO };
        scenario = scenario.beside(cross);
    }
    let outcome = run(&scenario)?;
    say(
        "seconds, Jain index of the streams, Mbit/s of each, of TCP; longest queue that the first stream sees, in ms\n",
    )?;
    for from in (0..seconds).step_by(usize::try_from(every)?) {
        let (from, to) = (Time::from_secs(from), Time::from_secs((from + every).min(seconds)));
        let rates = outcome.flows.iter().map(|flow| &flow.delivered).chain(&outcome.cross);
        let rates: Vec<String> = rates.map(|bins| format!("{:.1}", bins.rate(from, to) / 1e6)).collect();
        let (jain, rates) = (outcome.jain(from, to), rates.join(" "));
        let samples = outcome.flows.iter().take(1).flat_map(|flow| &flow.sender.samples);
        let samples = samples.filter(|sample| sample.at > from && sample.at <= to);
        let queue = samples.map(|sample| sample.stats.rtt.saturating_sub(rtt)).max().unwrap_or_default();
        say(&format!("{:.0} {jain:.2} {rates}; {:.1}\n", from.as_secs_f64(), queue.as_secs_f64() * 1e3))?;
    }
    Ok(true)
}

fn law(text: &str) -> Option<CrossLaw> {
    match text {
        "cubic" => Some(CrossLaw::Cubic),
        "bbr" => Some(CrossLaw::Bbr),
        _ => None,
    }
}
