//! The files of the engine that synchronise threads by themselves, compiled with the primitives of loom: it runs each law below through every
//! order of the threads' steps that matters, and through what the memory model allows, with a bound on preemptions. A thread that is never woken is
//! a deadlock there, which fails. `cargo test -p faspstream-model` runs them all.

#![forbid(unsafe_code)]

#[path = "../../engine/src/pipe/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the laws use a part of the engine's file")]
mod pipe;
mod reading;
#[path = "../../engine/src/signal.rs"]
mod signal;
mod sync;
mod waiting;
mod writing;

pub use reading::{end_is_judged_once, reader_is_told};
pub use waiting::{one_who_waits_once_is_woken, waiter_is_woken};
pub use writing::{blocked_writer_is_told, end_comes_last, hungry_driver_is_told, two_writers_are_in_order};

/// Preemptions in one run; what two of them do not show is hardly ever shown by more (Musuvathi and Qadeer 2007).
const PREEMPTIONS: usize = 3;

/// Runs `law` through all its schedules.
fn explore(law: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(PREEMPTIONS);
    model.check(law);
}
