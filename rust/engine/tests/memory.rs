//! What a transfer holds in memory, both ends together, counted at the allocator.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::{PATIENCE, pair};
use faspstream::{Direction, Metadata};

/// Bytes that are allocated now, and the most since the mark was set.
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is handed on to the system's allocator with the arguments it came with; counting touches no memory of the caller.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: usize = 1 << 20;

#[test]
fn both_ends_stay_within_four_bandwidth_delay_products_and_eight_mebibytes_each() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "stream", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let far = reader.clone();
    let reading = thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        let mut sum = 0;
        loop {
            match far.read(&mut buffer).expect("the peer writes") {
                0 => return sum,
                n => sum += n,
            }
        }
    });
    let block = vec![3; MIB];
    let (mut fastest, mut longest) = (0, core::time::Duration::ZERO);
    for _ in 0..128 {
        writer.write(&block).expect("the peer reads");
        let counters = writer.stats().counters;
        (fastest, longest) = (counters.delivery_rate.max(fastest), counters.rtt.max(longest));
    }
    writer.complete().expect("the peer has read it all");
    assert_eq!(reading.join().expect("the reader does not panic"), 128 * MIB);
    let product = (fastest as f64 / 8.0 * longest.as_secs_f64()) as usize;
    // The block and the buffer are the application's own.
    let used = MOST.load(Ordering::Relaxed) - before - MIB - (64 << 10);
    let most = 2 * (4 * product + 8 * MIB);
    assert!(used <= most, "{used} bytes for both ends where {most} are allowed (product {product})");
}
