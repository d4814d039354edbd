//! `soak`: many sessions over links that lose, reorder, repeat and damage, until so many bytes have arrived; every byte is compared with
//! what was written, and the digests of both ends with each other.
//!
//! `cargo run --release -p faspstream-bench --bin soak -- GIGABYTES [SEED]`; `-- 1` takes about half a minute.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that reports to its user")]

mod content;
mod paths;
mod sessions;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use faspstream::Server;

use paths::Path;
use sessions::{Far, Sums, Worker};

/// What went wrong, in words.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match soak(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

fn soak(words: &[String]) -> Outcome<()> {
    let gigabytes: f64 = words.first().ok_or("usage: soak GIGABYTES [SEED]")?.parse()?;
    let seed = words.get(1).map_or(Ok(1), |word| word.parse())?;
    let goal = (gigabytes * 1e9) as u64;
    println!("{gigabytes} GB, seed {seed}");
    let server = Server::builder().tcp_port(0).udp_port(0).start()?;
    let far = Arc::new(Far::default());
    let serving = {
        let (server, far) = (server.clone(), Arc::clone(&far));
        std::thread::spawn(move || far.serve(&server))
    };
    let paths = Path::all(&server, seed)?;
    let (began, sums) = (Instant::now(), Sums::new(goal));
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..)
            .zip(paths.iter().flat_map(|path| path.clients.iter().map(move |client| (path, client))))
            .map(|(number, (path, client))| {
                let worker =
                    Worker { client, path: path.name, far: &far, sums: &sums, seed: seed << 8 | number };
                scope.spawn(move || worker.run())
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?)
    })?;
    println!("{sums}");
    for path in &paths {
        println!("{path}");
    }
    println!("{:.0} s; every byte was right, every digest agreed", began.elapsed().as_secs_f64());
    server.close(core::time::Duration::ZERO);
    serving.join().map_err(|_| "the serving thread panicked")??;
    Ok(())
}
