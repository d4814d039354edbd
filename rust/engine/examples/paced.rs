//! What a session costs at a given rate: goodput, processor time and wake-ups of both ends together, in one process on loopback.
//!
//! `cargo run --release -p faspstream --example paced [MBIT ...]`; 0 is an idle session, `full` has no target.

#![expect(clippy::print_stdout, reason = "a program that reports on standard output")]

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use faspstream::{Client, Direction, Metadata, Options, Rate, RatePolicy, Server, Session};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Bytes of one write and of one read.
const BLOCK: usize = 64 << 10;
/// Until the rate is steady.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long is measured.
const MEASURED: Duration = Duration::from_secs(4);

fn main() -> Outcome<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        arguments = ["0", "100", "1000", "full"].map(String::from).to_vec();
    }
    println!(
        "| target | goodput MB/s | of the target on the wire | CPU of one core | CPU seconds per GB | wake-ups a second |"
    );
    println!("|---|---|---|---|---|---|");
    arguments.iter().try_for_each(|argument| measure(argument))
}

fn measure(argument: &str) -> Outcome<()> {
    let mbit = if argument == "full" { None } else { Some(argument.parse::<u64>()?) };
    let target = mbit.filter(|m| *m > 0).map_or(Rate::UNLIMITED, Rate::from_mbps);
    let policy = if mbit.is_some() { RatePolicy::Fixed } else { RatePolicy::Fair };
    let options = Options { target_rate: target, policy, datagram_size: Some(1_472), ..Options::default() };
    let server = Server::builder().tcp_port(0).udp_port(0).options(options).start()?;
    let client = Client::builder().tcp_port(server.tcp_port()).options(options).connect()?;
    let session = client.open(Direction::Push, "paced", Metadata::new())?;
    let receiver = server.accept(None)?;
    let (read, over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| receive(&receiver, &read));
        if mbit != Some(0) {
            scope.spawn(|| send(&session, &over));
        }
        std::thread::sleep(WARM_UP);
        let before = (Instant::now(), read.load(Ordering::SeqCst), usage(), wire(&session));
        std::thread::sleep(MEASURED);
        let after = (Instant::now(), read.load(Ordering::SeqCst), usage(), wire(&session));
        over.store(true, Ordering::SeqCst);
        session.abort("the measurement is over");
        let seconds = (after.0 - before.0).as_secs_f64();
        let bytes = (after.1 - before.1) as f64;
        let sent = (after.3 - before.3) as f64 * 8.0 / seconds;
        let cpu = after.2.0 - before.2.0;
        println!(
            "| {argument} | {:.1} | {:.2} % | {:.2} % | {:.3} | {:.0} |",
            bytes / seconds / 1e6,
            sent / target.as_bps() as f64 * 100.0,
            cpu / seconds * 100.0,
            cpu / (bytes / 1e9),
            (after.2.1 - before.2.1) / seconds
        );
    });
    client.close();
    server.close(Duration::from_secs(1));
    Ok(())
}

fn send(session: &Session, over: &AtomicBool) {
    let block = vec![0x5a; BLOCK];
    while !over.load(Ordering::SeqCst) && session.write(&block).is_ok() {}
}

fn receive(session: &Session, read: &AtomicU64) {
    let mut block = vec![0; BLOCK];
    while let Ok(n @ 1..) = session.read(&mut block) {
        read.fetch_add(n as u64, Ordering::SeqCst);
    }
}

/// Wire bytes sent; at most 50 ms old.
fn wire(session: &Session) -> u64 {
    session.stats();
    std::thread::sleep(Duration::from_millis(60));
    session.stats().counters.wire_bytes_sent
}

/// Processor seconds of this process, and how often its threads went to sleep.
fn usage() -> (f64, f64) {
    let (mut nanos, mut switches) = (0.0, 0.0);
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for task in tasks {
        let text = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let number = |word: Option<&str>| word.and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0);
        nanos += number(text("schedstat").split_whitespace().next());
        let status = text("status");
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        switches += number(line.map(str::trim));
    }
    (nanos / 1e9, switches)
}
