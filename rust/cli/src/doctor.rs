//! `faspstream doctor`: what is in the way between here and a server, and what to change.

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use faspstream::{Carrier, Client, Direction, Stats};
use serde_json::{Value, json};

use crate::args::Doctor;
use crate::bench;
use crate::endpoint;
use crate::failure::Failure;
use crate::host;
use crate::query;
use crate::serve::direction_word;
use crate::summary::say;

/// How long one address may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long each direction is probed.
const PROBE: Duration = Duration::from_secs(1);
/// A kernel buffer that carries 1 Gbit/s through a pause of 30 ms.
const GOOD_BUFFER: u64 = 4 << 20;
/// Clocks that are further apart make logs hard to compare.
const GOOD_CLOCK: f64 = 2.0;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    Good,
    /// It works, and could be better.
    Weak,
    /// It does not work.
    Bad,
}

/// What was found out so far.
#[derive(Default)]
struct Chart {
    checks: Vec<(&'static str, Grade, String, String)>,
    failure: Option<Failure>,
}

impl Chart {
    fn good(&mut self, what: &'static str, found: String) {
        self.checks.push((what, Grade::Good, found, String::new()));
    }

    fn judge(&mut self, good: bool, what: &'static str, found: String, advice: &str) {
        let advice = if good { String::new() } else { advice.to_owned() };
        self.checks.push((what, if good { Grade::Good } else { Grade::Weak }, found, advice));
    }

    fn bad(&mut self, what: &'static str, failure: Failure, advice: &str) {
        self.checks.push((what, Grade::Bad, failure.to_string(), advice.to_owned()));
        self.failure.get_or_insert(failure);
    }

    fn json(&self) -> Value {
        let word = |grade| match grade {
            Grade::Good => "good",
            Grade::Weak => "weak",
            Grade::Bad => "bad",
        };
        let check = |(what, grade, found, advice): &(&str, Grade, String, String)| json!({ "check": what, "grade": word(*grade), "found": found, "advice": advice });
        self.checks.iter().map(check).collect()
    }

    fn words(&self) -> String {
        let line = |(what, grade, found, advice): &(&str, Grade, String, String)| {
            let sign = match grade {
                Grade::Good => "ok  ",
                Grade::Weak => "weak",
                Grade::Bad => "BAD ",
            };
            let advice =
                if advice.is_empty() { String::new() } else { format!("\n              -> {advice}") };
            format!("{sign} {what:<18} {found}{advice}\n")
        };
        self.checks.iter().map(line).collect()
    }
}

/// Runs every check that the ones before it allow, and prints the chart. The exit code is that of the first bad one.
pub(crate) fn run(args: &Doctor) -> Result<(), Failure> {
    let mut chart = Chart::default();
    examine(args, &mut chart)?;
    say(args.transfer.report.json, &chart.json(), || chart.words());
    chart.failure.map_or(Ok(()), Err)
}

fn examine(args: &Doctor, chart: &mut Chart) -> Result<(), Failure> {
    let mut config = endpoint::config(&args.transfer.endpoint)?;
    endpoint::apply_rates(&mut config, args.transfer.rate, args.transfer.policy);
    config.host.clone_from(&args.server);
    own_system(chart);
    let Some(addresses) = names(&args.server, config.tcp_port, chart) else { return Ok(()) };
    if !doors(&addresses, chart) {
        return Ok(());
    }
    let client = match Client::builder().config(config).connect() {
        Ok(client) => client,
        Err(error) => {
            chart.bad("key and version", error.into(), "compare access key and version of both ends");
            return Ok(());
        }
    };
    chart.good("key and version", "both ends know each other".to_owned());
    other_system(&client, chart);
    for direction in [Direction::Push, Direction::Pull] {
        probe(&client, direction, chart);
    }
    client.close();
    Ok(())
}

fn names(name: &str, port: u16, chart: &mut Chart) -> Option<Vec<SocketAddr>> {
    let started = Instant::now();
    match (name.trim_matches(['[', ']']), port).to_socket_addrs() {
        Ok(found) => {
            let addresses: Vec<SocketAddr> = found.collect();
            let list: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).collect();
            let took = started.elapsed().as_millis();
            chart.good("name", format!("{name} is {} ({took} ms)", list.join(", ")));
            Some(addresses)
        }
        Err(error) => {
            chart.bad(
                "name",
                Failure::Usage(format!("{name}: {error}")),
                "check the spelling and this system's DNS",
            );
            None
        }
    }
}

/// Knocks at the TCP port of every address; false if nobody opens.
fn doors(addresses: &[SocketAddr], chart: &mut Chart) -> bool {
    let mut open = false;
    let mut last = None;
    for address in addresses {
        let what = if address.is_ipv4() { "TCP over IPv4" } else { "TCP over IPv6" };
        let started = Instant::now();
        match TcpStream::connect_timeout(address, PATIENCE) {
            Ok(_) => {
                open = true;
                chart.good(
                    what,
                    format!("{address} answers in {:.1} ms", started.elapsed().as_secs_f64() * 1e3),
                );
            }
            Err(error) => {
                chart.judge(
                    false,
                    what,
                    format!("{address}: {error}"),
                    "nobody can come in by this address: server, port and firewall?",
                );
                last = Some(error);
            }
        }
    }
    if !open {
        let error = last.map_or_else(|| "no address".to_owned(), |e| e.to_string());
        let failure = faspstream::Error::new(
            faspstream::ErrorCode::ConnectionRefused,
            format!("no TCP port answers: {error}"),
        );
        chart.bad(
            "TCP",
            failure.into(),
            "start the server there, and let its TCP port through every firewall",
        );
    }
    open
}

fn buffers(system: &Value, what: &'static str, chart: &mut Chart) {
    let (receive, send) = (system["rmem_max"].as_u64(), system["wmem_max"].as_u64());
    let words = |n: Option<u64>| n.map_or("unknown".to_owned(), |n| format!("{} KiB", n >> 10));
    let good = receive.is_none_or(|n| n >= GOOD_BUFFER) && send.is_none_or(|n| n >= GOOD_BUFFER);
    chart.judge(
        good,
        what,
        format!("receive {}, send {}", words(receive), words(send)),
        "sysctl -w net.core.rmem_max=16777216 net.core.wmem_max=16777216",
    );
}

fn offloads(system: &Value, what: &'static str, chart: &mut Chart) {
    let (gso, gro) =
        (system["gso_segments"].as_u64().unwrap_or(1), system["gro_segments"].as_u64().unwrap_or(1));
    chart.judge(
        gso > 1 && gro > 1,
        what,
        format!("GSO {gso} and GRO {gro} datagrams a system call"),
        "a Linux kernel from 5.0 on sends and receives many datagrams a system call",
    );
}

fn own_system(chart: &mut Chart) {
    let system = host::facts();
    buffers(&system, "buffers here", chart);
    offloads(&system, "offload here", chart);
}

fn other_system(client: &Client, chart: &mut Chart) {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let asked = now();
    let answer = match query::ask(client, query::HOST, "host", &[]) {
        Ok(answer) => answer,
        Err(failure) => {
            let advice =
                "the server is no `faspstream serve` of this version: only the way there can be examined";
            chart.judge(false, "system there", failure.to_string(), advice);
            return;
        }
    };
    let middle = f64::midpoint(asked, now());
    buffers(&answer["system"], "buffers there", chart);
    offloads(&answer["system"], "offload there", chart);
    let apart = answer["clock_ns"].as_f64().unwrap_or(0.0) / 1e9 - middle;
    chart.judge(
        apart.abs() < GOOD_CLOCK,
        "clocks",
        format!("{apart:+.3} s apart"),
        "let both systems follow a time server",
    );
}

fn probe(client: &Client, direction: Direction, chart: &mut Chart) {
    let push = direction == Direction::Push;
    let what = if push { "UDP there" } else { "UDP back" };
    let outcome = bench::open(client, direction, PROBE).and_then(|session| {
        let receipt = bench::transfer(&session, PROBE, |_| ())?;
        Ok((receipt, session.stats(), session.diagnose().to_string(), session.remote_addr().ip()))
    });
    match outcome {
        Ok((receipt, stats, limit, address)) => {
            let word = direction_word(direction);
            let by_udp = stats.carrier == Carrier::Udp;
            let found = format!(
                "{word} at {} in {:.1} s; {limit}",
                receipt.average_rate(),
                receipt.duration.as_secs_f64()
            );
            chart.judge(
                by_udp,
                what,
                found,
                "UDP is blocked, the data goes over TCP: let the server's UDP port through every firewall",
            );
            path(&stats, address, push, chart);
        }
        Err(failure) => {
            chart.bad(what, failure, "let the server's UDP port through every firewall, both ways")
        }
    }
}

/// What the sender of the probe has learnt of the path; the receiver knows less.
fn path(stats: &Stats, address: IpAddr, sent: bool, chart: &mut Chart) {
    if !sent {
        return;
    }
    let c = &stats.counters;
    let headers = if address.is_ipv4() { 28 } else { 48 };
    let mtu = u32::from(c.datagram_size) + headers;
    chart.judge(
        mtu >= 1_492,
        "path MTU",
        format!("{mtu} bytes so far"),
        "something on the way cuts packets short (a tunnel?); it works, at some more cost",
    );
    let loss = stats.loss_ratio() * 100.0;
    let (rtt, least) = (c.rtt.as_secs_f64() * 1e3, c.rtt_min.as_secs_f64() * 1e3);
    chart.good(
        "round trip",
        format!(
            "{rtt:.1} ms, at least {least:.1} ms, varies by {:.1} ms",
            c.rtt_variation.as_secs_f64() * 1e3
        ),
    );
    chart.judge(
        loss < 5.0,
        "loss",
        format!("{loss:.2} %"),
        "so much loss costs much repetition: look for a bad link or a policer",
    );
}
