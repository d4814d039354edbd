//! Random links, in search of trouble: whatever the network is like, the stream is whole, goes on, and stays within its memory.

mod judge;

use core::time::Duration;

use faspstream_netem::{
    BitRate, Change, GilbertElliott, Jitter, LinkConfig, RandomStream, Reordering, Script, Time,
};

use crate::scenario::{Flow, Path, Queue, Scenario};

pub use judge::judge;

/// Most bytes of a transfer: enough for hundreds of round trips on slow links and for a look at fast ones.
const MOST_BYTES: f64 = 40e6;

/// Draws that are used one after the other.
struct Draws {
    stream: RandomStream,
    next: u64,
}

impl Draws {
    fn unit(&mut self) -> f64 {
        self.next += 1;
        self.stream.unit_at(self.next)
    }

    fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.unit()
    }

    /// Every order of magnitude as likely as every other.
    fn magnitude(&mut self, least: f64, most: f64) -> f64 {
        (self.between(least.ln(), most.ln())).exp()
    }

    fn millis(&mut self, most: f64) -> Duration {
        Duration::from_secs_f64(self.unit() * most / 1e3)
    }
}

/// The random link of `seed`: 0.5 Mbit/s to 10 Gbit/s, RTT 0 to 1 s, loss 0 to 30 %, queue 0.05 to 4 BDP, and troubles.
pub fn random_scenario(seed: u64) -> Scenario {
    let mut draws = Draws { stream: RandomStream::new(seed, 400), next: 0 };
    let rate = BitRate::from_bps(draws.magnitude(0.5e6, 10e9) as u64);
    let rtt =
        if draws.chance(0.1) { Duration::ZERO } else { Duration::from_secs_f64(draws.magnitude(0.001, 1.0)) };
    let loss = if draws.chance(0.4) { 0.0 } else { draws.magnitude(0.0005, 0.3) };
    let queue = Queue::Bdp(draws.magnitude(0.05, 4.0));
    let path = Path::new(rate, rtt).loss(loss).queue(queue);
    let wanted = path.ideal() / 8.0 * (rtt.as_secs_f64() * 60.0 + 1.0);
    let bytes = wanted.min(MOST_BYTES) as u64;
    // A burst lasts for a number of datagrams, so one that meets nothing but probes may last for minutes.
    let outage_timeout = Duration::from_secs(3_600);
    let flow = Flow { push: draws.chance(0.5), outage_timeout, ..Flow::bulk(bytes) };
    let mut scenario = Scenario::new(format!("random link {seed}"), path).flow(flow);
    scenario.seed = seed;
    let mut length = Duration::from_secs_f64(bytes as f64 * 8.0 / path.ideal()) + rtt * 4;
    trouble(&mut draws, &mut scenario.forward, rtt);
    trouble(&mut draws, &mut scenario.backward, rtt);
    let (script, outages) = changes(&mut draws, path, length);
    length += outages;
    scenario.forward.script = script.clone();
    if draws.chance(0.5) {
        scenario.backward.script = script;
    }
    // Rate steps go down to a quarter; a law that finds a tenth of what is left is too slow, but the stream must not stop.
    scenario.until(length * 40 + Duration::from_secs(60))
}

fn trouble(draws: &mut Draws, link: &mut LinkConfig, rtt: Duration) {
    if draws.chance(0.2) {
        link.bursts = Some(GilbertElliott::bursts_of(draws.magnitude(2.0, 100.0), draws.between(0.0, 0.05)));
    }
    if draws.chance(0.2) {
        link.reordering =
            Some(Reordering { share: draws.between(0.0, 0.05), up_to: rtt.mul_f64(draws.unit()) });
    }
    if draws.chance(0.2) {
        link.jitter = Jitter::PerPacket(draws.millis(20.0).min(rtt / 2));
    } else if draws.chance(0.2) {
        let (spread, period) = (draws.millis(20.0).min(rtt / 2), draws.millis(200.0));
        link.jitter = Jitter::Wander { spread, period };
    }
    if draws.chance(0.2) {
        link.duplication = draws.between(0.0, 0.02);
    }
    if draws.chance(0.1) {
        link.damage = draws.between(0.0, 0.02);
    }
}

/// Steps and outages within the transfer; also how long the outages last together.
fn changes(draws: &mut Draws, path: Path, length: Duration) -> (Script, Duration) {
    let mut script = Script::default();
    let mut outages = Duration::ZERO;
    let moment = |draws: &mut Draws| Time::ZERO + length.mul_f64(draws.unit());
    if draws.chance(0.2) {
        let rate = BitRate::from_bps((path.rate.as_bps() as f64 * draws.magnitude(0.25, 4.0)) as u64);
        script = script.then(moment(draws), Change::Rate(Some(rate)));
    }
    if draws.chance(0.2) {
        script = script.then(moment(draws), Change::Delay(path.rtt / 2 + draws.millis(100.0)));
    }
    if draws.chance(0.2) {
        let lasting = Duration::from_secs_f64(draws.magnitude(0.05, 20.0));
        outages += lasting;
        script = script.outage(moment(draws), lasting);
    }
    if draws.chance(0.1) {
        script = script.then(moment(draws), Change::Mtu(1300));
    }
    (script, outages)
}

/// The link in a line.
pub fn describe(scenario: &Scenario) -> String {
    let (p, f) = (scenario.path, &scenario.forward);
    format!(
        "{:.2} Mbit/s, RTT {:.1} ms, loss {:.3} %, queue {:?}, bursts {:?}, reordering {:?}, jitter {:?}, script {:?}",
        p.rate.as_bps() as f64 / 1e6,
        p.rtt.as_secs_f64() * 1e3,
        p.loss * 100.0,
        p.queue,
        f.bursts,
        f.reordering,
        f.jitter,
        f.script
    )
}
