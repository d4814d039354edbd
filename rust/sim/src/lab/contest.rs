//! The rows of the contest, each a scenario with a figure and a goal.

use core::time::Duration;

use faspstream_netem::{
    BitRate, Change, GilbertElliott, Jitter, LinkConfig, Policer, Reordering, Script, Time,
};

use super::rows::{Cell, by_name};
use super::{FlowConfig, Lab, Law, Trace, jain};

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done.
    pub name: String,
    /// What must hold, in words.
    pub goal: String,
    /// What came of it.
    pub measured: String,
    /// True if it holds.
    pub holds: bool,
}

const SLICE: Duration = Duration::from_millis(5);

fn law(name: &str) -> Law {
    by_name(name).unwrap_or_else(|| super::rows::ours(faspstream_proto::config::RatePolicy::Fair))
}

fn cell(mbps: f64, rtt: f64, loss: f64, queue: f64) -> Cell {
    Cell { mbps, rtt, loss, queue }
}

fn row(name: String, goal: impl Into<String>, measured: String, holds: bool) -> Row {
    Row { name, goal: goal.into(), measured, holds }
}

/// Flows of these laws on one link, each `gap` seconds after the one before.
fn together(
    names: &[&str],
    link: LinkConfig,
    backs: &[f64],
    gap: f64,
    seconds: f64,
    seed: u64,
) -> Vec<Trace> {
    let mut lab = Lab::new(link, seed, SLICE);
    for (i, name) in names.iter().enumerate() {
        let back = Duration::from_secs_f64(backs[i % backs.len()]);
        let mut flow = FlowConfig::new(law(name), back);
        flow.start = Duration::from_secs_f64(gap * i as f64);
        lab = lab.flow(flow);
    }
    lab.run(Duration::from_secs_f64(seconds)).traces
}

/// What the second of two flows gets, and the first, as shares of the link; over `seconds` after 10 s.
fn share(a: &str, b: &str, c: Cell, seconds: f64) -> (f64, f64) {
    let (mut first, mut second) = (0.0, 0.0);
    for seed in [7, 8] {
        let traces = together(&[a, b], c.link(), &[c.seconds() / 2.0], 2.0, 10.0 + seconds, seed);
        first += traces[0].goodput(10.0, 10.0 + seconds) / c.ideal() / 2.0;
        second += traces[1].goodput(10.0, 10.0 + seconds) / c.ideal() / 2.0;
    }
    (first, second)
}

/// Harm to TCP and by it.
pub fn harm(name: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for (mbps, rtt) in [(100.0, 100.0), (100.0, 20.0), (20.0, 50.0)] {
        for queue in [1.0, 0.25] {
            for tcp in ["cubic", "bbr"] {
                let c = cell(mbps, rtt, 0.0, queue);
                let (x, y) = share(tcp, tcp, c, 40.0);
                let alike = (x + y) / 2.0;
                let (theirs, ours) = share(tcp, name, c, 40.0);
                rows.push(row(
                    format!("{tcp} beside {name}, {mbps} Mbit/s, {rtt} ms, queue {queue} BDP"),
                    "TCP at least 80 % of what its own kind leaves it, the stream at least 80 % of its half",
                    format!("TCP {theirs:.2} of {alike:.2}, stream {ours:.2}"),
                    theirs >= 0.8 * alike && ours >= 0.4,
                ));
            }
        }
    }
    rows
}

/// Fairness among streams.
pub fn fairness(name: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for (mbps, rtt, flows) in [
        (100.0, 50.0, 2),
        (100.0, 50.0, 4),
        (100.0, 50.0, 8),
        (100.0, 100.0, 2),
        (1000.0, 20.0, 2),
        (20.0, 200.0, 2),
    ] {
        let c = cell(mbps, rtt, 0.0, 1.0);
        let names = vec![name; flows];
        let last = 10.0 * (flows - 1) as f64;
        let traces = together(&names, c.link(), &[c.seconds() / 2.0], 10.0, last + 30.0, 7);
        let shares: Vec<f64> = traces.iter().map(|t| t.goodput(last + 25.0, last + 30.0)).collect();
        let sum: f64 = shares.iter().sum::<f64>() / c.ideal();
        let (j, q) = (jain(&shares), traces[0].queueing(last + 25.0, last + 30.0, 0.95));
        rows.push(row(
            format!("{flows} {name}, 10 s apart, {mbps} Mbit/s, {rtt} ms"),
            "Jain above 0.97 within 30 s",
            format!("{j:.3}, together {sum:.2}, p95 queue {q:.1} ms"),
            j > 0.97,
        ));
    }
    let c = cell(100.0, 20.0, 0.0, 5.0);
    let traces = together(&[name, name], c.link(), &[0.01, 0.19], 10.0, 60.0, 7);
    let shares: Vec<f64> = traces.iter().map(|t| t.goodput(40.0, 60.0)).collect();
    let j = jain(&shares);
    let shown = format!("{j:.3} ({:.0} and {:.0} Mbit/s)", shares[0] / 1e6, shares[1] / 1e6);
    rows.push(row(format!("2 {name} with 20 and 200 ms"), "Jain above 0.85", shown, j > 0.85));
    rows
}

/// The policies against each other and `low` against TCP.
pub fn policies() -> Vec<Row> {
    let c = cell(100.0, 50.0, 0.0, 1.0);
    let (high, fair) = share("high", "fair", c, 40.0);
    let ratio = high / fair;
    let mut rows = vec![row(
        "high beside fair".into(),
        "twice the share (1.6 to 2.5)",
        format!("{ratio:.2} ({high:.2} and {fair:.2})"),
        (1.6..2.5).contains(&ratio),
    )];
    for tcp in ["cubic", "bbr"] {
        for queue in [1.0, 0.25] {
            let c = cell(100.0, 50.0, 0.0, queue);
            let back = Duration::from_secs_f64(0.025);
            let mut first = FlowConfig::new(law(tcp), back);
            first.start = Duration::from_secs(5);
            first.stop = Duration::from_secs(30);
            let mut undisturbed = FlowConfig::new(law(tcp), back);
            (undisturbed.start, undisturbed.stop) = (first.start, first.stop);
            let lab = Lab::new(c.link(), 7, SLICE).flow(undisturbed);
            let undisturbed = lab.run(Duration::from_secs(35)).traces[0].goodput(10.0, 30.0) / c.ideal();
            let traces = Lab::new(c.link(), 7, SLICE)
                .flow(first)
                .flow(FlowConfig::new(law("low"), back))
                .run(Duration::from_secs(35))
                .traces;
            let theirs = traces[0].goodput(10.0, 30.0) / c.ideal();
            // What TCP has queued drains first.
            let taken = traces[1].reaches(30.05, 0.05, 0.9 * c.ideal()).map_or(f64::INFINITY, |s| s / 0.05);
            rows.push(row(
                format!("low beside {tcp}, queue {queue} BDP"),
                "TCP keeps 90 % of what it gets alone; 90 % taken within 5 RTT once it stops",
                format!("{theirs:.3} of {undisturbed:.3}, {taken:.1} RTT"),
                theirs >= 0.9 * undisturbed && taken <= 5.0,
            ));
        }
    }
    rows
}

fn changed(name: &str, what: &str, c: Cell, after: f64, rtt_after: f64, script: Script) -> Row {
    let link = LinkConfig { script, ..c.link() };
    let traces = together(&[name], link, &[c.seconds() / 2.0], 0.0, 20.0, 7);
    let t = &traces[0];
    let settled = t.goodput(10.0 + 10.0 * rtt_after, 20.0) / after;
    let mut least = f64::INFINITY;
    let mut at = 10.0 + 2.0 * rtt_after;
    while at < 10.0 + 10.0 * rtt_after {
        least = least.min(t.goodput(at, at + rtt_after) / after);
        at += rtt_after / 2.0;
    }
    // A link that became faster is judged from where it was.
    let floor = if after > 1.5 * c.ideal() { 0.5 * c.ideal() / after } else { 0.5 };
    let floor = if what.starts_with("outage") { 0.0 } else { floor };
    let measured = format!("{settled:.3} of ideal from 10 RTT on, least {least:.2}");
    let goal = "0.97 of the new ideal from 10 RTT on, never below half";
    row(format!("{name}, {what}"), goal, measured, settled >= 0.97 && least >= floor)
}

/// Changes of the link in mid-stream.
pub fn changes(name: &str) -> Vec<Row> {
    let ten = Time::from_secs(10);
    let c = cell(100.0, 100.0, 0.0, 1.0);
    let rate = |mbps| Script::default().then(ten, Change::Rate(Some(BitRate::from_mbps(mbps))));
    vec![
        changed(name, "rate x0.25", c, 25e6, 0.1, rate(25)),
        changed(name, "rate x4", c, 400e6, 0.1, rate(400).then(ten, Change::Queue(5_000_000))),
        changed(
            name,
            "RTT +100 ms",
            c,
            100e6,
            0.2,
            Script::default().then(ten, Change::Delay(Duration::from_millis(150))),
        ),
        changed(
            name,
            "RTT -50 ms",
            c,
            100e6,
            0.05,
            Script::default().then(ten, Change::Delay(Duration::ZERO)),
        ),
        changed(name, "loss 0 to 5 %", c, 95e6, 0.1, Script::default().then(ten, Change::Loss(0.05))),
        changed(
            name,
            "outage of 1 s",
            c,
            100e6,
            0.1,
            Script::default().outage(Time::from_secs(9), Duration::from_secs(1)),
        ),
        changed(
            name,
            "outage of 5 s",
            c,
            100e6,
            0.1,
            Script::default().outage(Time::from_secs(5), Duration::from_secs(5)),
        ),
    ]
}

/// One flow alone on a path that misbehaves.
struct Trouble {
    what: &'static str,
    link: LinkConfig,
    /// Bits per second that the path lets through.
    ideal: f64,
    /// Share of them that is wanted.
    goal: f64,
    /// How long loss detection waits for datagrams that others have overtaken.
    patience: Duration,
    /// By how much the way back is longer at times.
    back_wobble: Duration,
}

impl Trouble {
    fn new(what: &'static str, link: LinkConfig, ideal: f64, goal: f64) -> Self {
        Self { what, link, ideal, goal, patience: Duration::ZERO, back_wobble: Duration::ZERO }
    }

    /// Datagrams overtake each other, or come late by some 10 ms.
    fn overtaking(self) -> Self {
        Self { patience: Duration::from_millis(40), ..self }
    }

    fn row(self, name: &str) -> Row {
        let mut flow = FlowConfig::new(law(name), Duration::from_millis(50));
        (flow.back_wobble, flow.patience) = (self.back_wobble, self.patience);
        let traces = Lab::new(self.link, 7, SLICE).flow(flow).run(Duration::from_secs(25)).traces;
        let got = traces[0].goodput(5.0, 25.0) / self.ideal;
        let q = traces[0].queueing(5.0, 25.0, 0.95);
        let lost = 100.0 * traces[0].loss(5.0, 25.0);
        let words = format!("{:.0} % of ideal", 100.0 * self.goal);
        row(
            format!("{name}, {}", self.what),
            words,
            format!("{got:.3}, p95 queue {q:.1} ms, lost {lost:.2} %"),
            got >= self.goal,
        )
    }
}

/// Trouble on the path.
pub fn troubles(name: &str) -> Vec<Row> {
    let ms = Duration::from_millis;
    let clean = cell(100.0, 100.0, 0.0, 1.0).link();
    let policer = Some(Policer { rate: BitRate::from_mbps(20), burst: 200_000 });
    let mut script = Script::default();
    for i in 0..120_u64 {
        let at = Time::from_millis(200 * i);
        script = script.then(at, Change::Delay(ms(60))).then(at + ms(15), Change::Delay(ms(50)));
    }
    let per_packet = Jitter::PerPacket(ms(20));
    let in_order = Jitter::Wander { spread: ms(20), period: ms(50) };
    let reordering = Some(Reordering { share: 0.03, up_to: ms(30) });
    let bursts = Some(GilbertElliott::bursts_of(50.0, 0.01));
    let way_back = Trouble::new("way back up to 50 ms longer", clean.clone(), 100e6, 0.97);
    let shallow = LinkConfig { queue: 45_000, ..clean.clone() };
    [
        Trouble::new("policer of 20 Mbit/s", LinkConfig { policer, ..clean.clone() }, 20e6, 0.95),
        Trouble::new("shallow queue of 30 datagrams", shallow, 100e6, 0.95),
        Trouble::new("delay spikes of 10 ms", LinkConfig { script, ..clean.clone() }, 100e6, 0.97)
            .overtaking(),
        Trouble::new("jitter of +-20 ms", LinkConfig { jitter: per_packet, ..clean.clone() }, 100e6, 0.9)
            .overtaking(),
        Trouble::new(
            "jitter of +-20 ms in order",
            LinkConfig { jitter: in_order, ..clean.clone() },
            100e6,
            0.9,
        )
        .overtaking(),
        Trouble::new(
            "reordering of 3 % by up to 30 ms",
            LinkConfig { reordering, ..clean.clone() },
            100e6,
            0.9,
        )
        .overtaking(),
        Trouble::new("1 % lost in bursts of 50", LinkConfig { bursts, ..clean }, 99e6, 0.9),
        Trouble { back_wobble: ms(50), ..way_back },
    ]
    .map(|trouble| trouble.row(name))
    .into()
}
