//! The steady state asks the allocator for nothing, neither to send a datagram nor to receive one.

mod common;

use core::sync::atomic::{AtomicU64, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};

use common::Pair;

/// Calls that asked for memory.
static ASKED: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call is handed to the system's allocator as it came, so its promises are kept; counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the promises of `alloc`, which are the same there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `alloc` above, and so from the system's allocator, with this layout.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as for `dealloc`, and the caller keeps the promises on `size`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What the two ends have asked the allocator for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    sender: u64,
    receiver: u64,
}

/// Does something and adds what it has asked for.
fn count<T>(asked: &mut u64, act: impl FnOnce() -> T) -> T {
    let before = ASKED.load(Ordering::Relaxed);
    let result = act();
    *asked += ASKED.load(Ordering::Relaxed) - before;
    result
}

/// Streams until `bytes` more were read; how many data datagrams it took.
fn stream(pair: &mut Pair, asked: &mut Asked, bytes: u64) -> usize {
    let (end, mut datagrams) = (pair.read() + bytes, 0);
    while pair.read() < end {
        datagrams += count(&mut asked.sender, || pair.turn_of_sender());
        count(&mut asked.receiver, || pair.turn_of_receiver());
        count(&mut asked.sender, || pair.turn_of_feedback());
    }
    datagrams
}

#[test]
fn no_datagram_costs_an_allocation_in_the_steady_state() {
    let mut pair = Pair::new();
    stream(&mut pair, &mut Asked::default(), 64 << 20);
    let mut asked = Asked::default();
    let datagrams = stream(&mut pair, &mut asked, 64 << 20);
    assert!(datagrams > 45_000, "{datagrams} datagrams");
    assert_eq!(asked, Asked::default(), "for {datagrams} datagrams");
}
