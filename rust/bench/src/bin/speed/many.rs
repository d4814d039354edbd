//! `speed sessions`, `speed serial` and `speed setups`: many sessions through one server process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use faspstream::{Client, Counters, Direction, Metadata, Server};

use crate::meter::median;
use crate::process::{ServerProcess, State, wait_for_parent};
use crate::{Outcome, crowd};

/// Threads that set up sessions at the same time: they wait for each other's round trips, not for a processor.
const SETTERS_UP: u64 = 8;

/// `serve`: the far end of the commands below, in a process of its own.
pub(crate) fn serve() -> Outcome<()> {
    let server = Server::builder().tcp_port(0).udp_port(0).max_sessions(20_000).start()?;
    println!("{}", server.tcp_port());
    let serving = server.clone();
    let thread = std::thread::spawn(move || crowd::serve(&serving));
    wait_for_parent()?;
    server.close(Duration::ZERO);
    thread.join().map_err(|_| "the serving thread panicked")?
}

fn connect(server: &ServerProcess) -> Outcome<Client> {
    Ok(Client::builder().tcp_port(server.port).connect()?)
}

/// `sessions [COUNT] [MEGABYTES] [ROUNDS]`: COUNT sessions at once, MEGABYTES in all, beside one that carries as much, in turns.
pub(crate) fn sessions(words: &[String]) -> Outcome<()> {
    let number = |at: usize, default: u64| words.get(at).map_or(Ok(default), |word| word.parse());
    let (count, bytes, rounds) = (number(0, 1_000)?, number(1, 2_000)? * 1_000_000, number(2, 1)?);
    let (mut single, mut crowd) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        single.push(once(1, bytes)?);
        crowd.push(once(usize::try_from(count)?, bytes / count)?);
    }
    let middle =
        |of: fn(&Speed) -> f64, speeds: &[Speed]| median(&mut speeds.iter().map(of).collect::<Vec<_>>());
    println!("\nmedians of {rounds}, GB/s and core-seconds of both ends per GB:");
    for (name, speeds) in [("a single session", &single), ("all sessions together", &crowd)] {
        println!("  {name:<22} {:.2} {:.2}", middle(|s| s.rate, speeds), middle(|s| s.cost, speeds));
    }
    let mut shares: Vec<f64> =
        single.iter().zip(&crowd).map(|(one, all)| 100.0 * all.rate / one.rate).collect();
    println!(
        "{:.0} % of the rate of a single session; in each round: {shares:.0?}",
        100.0 * middle(|s| s.rate, &crowd) / middle(|s| s.rate, &single)
    );
    println!("median of the rounds {:.0} %", median(&mut shares));
    Ok(())
}

/// What a number of sessions did together.
struct Speed {
    /// GB/s in all.
    rate: f64,
    /// Core-seconds of both ends per GB.
    cost: f64,
}

fn once(count: usize, bytes: u64) -> Outcome<Speed> {
    let server = ServerProcess::start()?;
    let client = connect(&server)?;
    crowd::push(&crowd::open(&client, 1)?, 1)?;
    let before = server.state()?;
    let sessions = crowd::open(&client, count)?;
    let idle = server.state()?;
    let cpu = server.cpu_of_both()?;
    let seconds = crowd::push(&sessions, bytes)?;
    let cost = (server.cpu_of_both()? - cpu) / (bytes as f64 * count as f64 / 1e9);
    let after = server.state()?;
    let total = seconds.iter().fold(0.0, |a: f64, b| a.max(*b));
    let rate = bytes as f64 * count as f64 / total / 1e9;
    let rates: Vec<f64> = seconds.iter().map(|s| bytes as f64 / s).collect();
    let each =
        |state: State, of: fn(State) -> u64| of(state).saturating_sub(before.resident) as f64 / count as f64;
    println!(
        "{count} sessions of {bytes} bytes: all complete, {rate:.2} GB/s, {cost:.2} core-s per GB, Jain index {:.3}",
        jain(&rates)
    );
    println!("  server before:    {before}");
    println!("  all open, idle:   {idle}: {:.1} KiB a session", each(idle, |s| s.resident));
    println!("  after the bytes:  {after}: at most {:.1} KiB a session", each(after, |s| s.most));
    println!("  client:           {}", State::of("self")?);
    let sum = |of: fn(&Counters) -> u64| sessions.iter().map(|s| of(&s.stats().counters)).sum::<u64>();
    println!(
        "  datagrams:        {} sent, {} lost, {} feedbacks",
        sum(|c| c.datagrams_sent),
        sum(|c| c.datagrams_lost),
        sum(|c| c.feedbacks)
    );
    Ok(Speed { rate, cost })
}

/// Jain's index: 1 if all are equal, 1/n if one has all.
fn jain(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    sum * sum / (values.len() as f64 * values.iter().map(|v| v * v).sum::<f64>())
}

/// `serial [COUNT]`: sessions of a few bytes one after another through one client.
pub(crate) fn serial(words: &[String]) -> Outcome<()> {
    let count = words.first().map_or(Ok(10_000), |word| word.parse::<u64>())?;
    let server = ServerProcess::start()?;
    let client = connect(&server)?;
    let began = Instant::now();
    for i in 1..=count {
        crowd::push(&crowd::open(&client, 1)?, 10)?;
        if i == count / 10 || i == count / 2 || i == count {
            println!("after {i:>6}: server {}", server.state()?);
            println!("              client {}", State::of("self")?);
        }
    }
    println!("{:.0} sessions a second, one after another", count as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

/// `setups [SECONDS]`: new connections with TLS, each with one session of a few bytes.
pub(crate) fn setups(words: &[String]) -> Outcome<()> {
    let seconds = words.first().map_or(Ok(5), |word| word.parse::<u64>())?;
    let server = ServerProcess::start()?;
    let (done, until) = (AtomicU64::new(0), Instant::now() + Duration::from_secs(seconds));
    std::thread::scope(|scope| -> Outcome<()> {
        let setter_up = || -> Outcome<()> {
            while Instant::now() < until {
                let client = connect(&server)?;
                let session = client.open(Direction::Push, "set-up", Metadata::new())?;
                session.write(b"few bytes")?;
                session.complete()?;
                client.close();
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        };
        let threads: Vec<_> = (0..SETTERS_UP).map(|_| scope.spawn(setter_up)).collect();
        threads.into_iter().try_for_each(|t| t.join().map_err(|_| "a setter-up panicked")?)
    })?;
    println!(
        "{:.0} set-ups a second: TCP, TLS 1.3, a session of 9 bytes to its receipt, by {SETTERS_UP} threads",
        done.load(Ordering::Relaxed) as f64 / seconds as f64
    );
    println!("server: {}", server.state()?);
    Ok(())
}
