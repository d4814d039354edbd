//! How fast one session is on loopback: in one process, in two processes, and plain TCP beside it.
//!
//! `cargo run --release -p faspstream --example loopback [MEGABYTES]`

#![expect(clippy::print_stdout, reason = "a program that reports on standard output")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Instant;

use faspstream::{Client, Direction, Metadata, Server, Session};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Bytes of one write and of one read.
const BLOCK: usize = 64 << 10;
/// What both ends know in this program.
const SERVE: &str = "--serve";

fn main() -> Outcome<()> {
    let argument = std::env::args().nth(1);
    if argument.as_deref() == Some(SERVE) {
        return serve_child();
    }
    let bytes = argument.map_or(Ok(2_000), |a| a.parse::<u64>())? * 1_000_000;
    report("one session, push, one process", bytes, one_process(Direction::Push, bytes)?);
    report("one session, pull, one process", bytes, one_process(Direction::Pull, bytes)?);
    report("one session, push, two processes", bytes, two_processes(Direction::Push, bytes)?);
    report("one session, pull, two processes", bytes, two_processes(Direction::Pull, bytes)?);
    report("plain TCP, one process", bytes, plain_tcp(bytes)?);
    Ok(())
}

fn report(what: &str, bytes: u64, seconds: f64) {
    println!("{what:<34} {:8.0} MB/s", bytes as f64 / seconds / 1e6);
}

fn send(session: &Session, bytes: u64) -> Outcome<()> {
    let block = vec![0x5a; BLOCK];
    let mut left = bytes;
    while left > 0 {
        let n = left.min(BLOCK as u64);
        session.write(&block[..n as usize])?;
        left -= n;
    }
    session.complete()?;
    Ok(())
}

fn receive(session: &Session) -> Outcome<u64> {
    let mut block = vec![0; BLOCK];
    let mut total = 0;
    loop {
        match session.read(&mut block)? {
            0 => return Ok(total),
            n => total += n as u64,
        }
    }
}

/// The far end: does the opposite of what the client asks for; the name of the stream is its length.
fn serve_one(server: &Server) -> Outcome<()> {
    let session = server.accept(None)?;
    match session.direction() {
        Direction::Push => receive(&session).map(drop),
        Direction::Pull => send(&session, session.stream().parse()?),
    }
}

/// The near end; gives the seconds from open to delivered.
fn run_client(port: u16, direction: Direction, bytes: u64) -> Outcome<f64> {
    let client = Client::builder().tcp_port(port).connect()?;
    let began = Instant::now();
    let session = client.open(direction, &bytes.to_string(), Metadata::new())?;
    match direction {
        Direction::Push => send(&session, bytes)?,
        Direction::Pull => assert_eq!(receive(&session)?, bytes),
    }
    let seconds = began.elapsed().as_secs_f64();
    let stats = session.stats();
    println!(
        "  rtt {:?} (least {:?}), {} of {} datagrams lost, {} retransmitted, datagrams of {} bytes",
        stats.counters.rtt,
        stats.counters.rtt_min,
        stats.counters.datagrams_lost,
        stats.counters.datagrams_sent,
        stats.counters.datagrams_retransmitted,
        stats.counters.datagram_size
    );
    println!("  {}", session.diagnose());
    Ok(seconds)
}

fn start_server() -> Outcome<Server> {
    Ok(Server::builder().tcp_port(0).udp_port(0).start()?)
}

fn one_process(direction: Direction, bytes: u64) -> Outcome<f64> {
    let server = start_server()?;
    let port = server.tcp_port();
    let serving = std::thread::spawn(move || serve_one(&server));
    let seconds = run_client(port, direction, bytes)?;
    serving.join().map_err(|_| "the serving thread panicked")??;
    Ok(seconds)
}

fn two_processes(direction: Direction, bytes: u64) -> Outcome<f64> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(SERVE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("the child has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let result = run_client(line.trim().parse()?, direction, bytes);
    drop(child.stdin.take());
    child.wait()?;
    result
}

/// Serves one session, and ends when its parent says so by closing the input.
fn serve_child() -> Outcome<()> {
    let server = start_server()?;
    println!("{}", server.tcp_port());
    serve_one(&server)?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn plain_tcp(bytes: u64) -> Outcome<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let reading = std::thread::spawn(move || -> std::io::Result<u64> {
        let (mut socket, _) = listener.accept()?;
        let mut block = vec![0; BLOCK];
        let mut total = 0;
        loop {
            match socket.read(&mut block)? {
                0 => return Ok(total),
                n => total += n as u64,
            }
        }
    });
    let mut socket = TcpStream::connect(address)?;
    let began = Instant::now();
    let block = vec![0x5a; BLOCK];
    for _ in 0..bytes / BLOCK as u64 {
        socket.write_all(&block)?;
    }
    drop(socket);
    reading.join().map_err(|_| "the reading thread panicked")??;
    Ok(began.elapsed().as_secs_f64())
}
