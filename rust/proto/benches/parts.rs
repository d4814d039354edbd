//! What the parts of the data path cost that have no key: pacer, reassembly, FEEDBACK; and whole turns of two sessions.
//!
//! `cargo bench -p faspstream-proto --bench parts`

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the private parts are taken in as they are, with their tests, and not all of each is measured"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use faspstream_proto::units::{self, ByteCount, Instant, Rate};
use faspstream_proto::wire::buffer::{BufferReader, BufferWriter};
use faspstream_proto::wire::feedback::{self, Feedback};

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../src/memory.rs"]
mod memory;
#[path = "../src/pacer.rs"]
mod pacer;
#[path = "../src/ranges.rs"]
mod ranges;
#[path = "../src/receive/mod.rs"]
mod receive;

use memory::ChunkPool;
use pacer::Pacer;
use receive::reassembly::Reassembly;

/// Stream bytes and wire bytes of a full datagram at an MTU of 1,500.
const PAYLOAD: u64 = 1_441;
const WIRE: ByteCount = ByteCount(1_500);

/// What a datagram costs at the pacer: a batch is opened, each datagram charged, the next time asked for.
fn pace(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pacer");
    for mbps in [100, 1_000, 10_000] {
        let mut pacer = Pacer::new(Rate::from_mbps(mbps), WIRE);
        let mut now = Instant::ZERO;
        group.bench_function(BenchmarkId::new("batch", format!("{mbps} Mbit/s")), |bencher| {
            bencher.iter(|| {
                let datagrams = pacer.open(now).0 / WIRE.0;
                (0..datagrams).for_each(|_| pacer.on_sent(now, WIRE));
                pacer.hold();
                now = black_box(pacer.next_send_time());
            });
        });
    }
    group.finish();
}

/// A megabyte that arrives in order, or with every tenth datagram a round trip of 500 datagrams late, and is read at once.
fn reassemble(criterion: &mut Criterion) {
    const DATAGRAMS: u64 = 728;
    const LATE: u64 = 500;
    let mut group = criterion.benchmark_group("reassembly");
    group.throughput(Throughput::Elements(DATAGRAMS));
    for (name, every) in [("in order", u64::MAX), ("every tenth late", 10)] {
        let memory = ChunkPool::default();
        let mut stream = Reassembly::new(u64::MAX >> 16, memory.clone());
        let datagram = [0x5a; PAYLOAD as usize];
        let mut next = 0;
        let arrive = |stream: &mut Reassembly, index: u64| {
            let (offset, len) = (index * PAYLOAD, PAYLOAD as usize);
            if stream.place(offset, len).is_some() {
                stream.commit(offset, len);
            } else {
                stream.insert(offset, &datagram).expect("it is below the limit");
            }
        };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for index in next..next + DATAGRAMS {
                    // The first of all is in time.
                    let is_late = |index: u64| (index + 1).is_multiple_of(every);
                    if !is_late(index) {
                        arrive(&mut stream, index);
                    }
                    if let Some(late) = index.checked_sub(LATE).filter(|late| is_late(*late)) {
                        arrive(&mut stream, late);
                    }
                    while let Some(piece) = stream.poll_read() {
                        memory.give_back(black_box(piece));
                    }
                }
                next += DATAGRAMS;
            });
        });
    }
    group.finish();
}

/// FEEDBACK written and read, by the number of gaps that it tells of.
fn tell(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("feedback");
    for gaps in [0u64, 10, 200] {
        let counters =
            Feedback { largest: 1_000_000, arrived: 1 << 30, limit: 1 << 40, ..Feedback::default() };
        let ranges = || (0..=gaps).map(|i| 1_000_000 - 50 * i - 20..=1_000_000 - 50 * i);
        let mut buffer = [0; 1_200];
        group.bench_function(BenchmarkId::new("write", gaps), |bencher| {
            bencher.iter(|| {
                let mut writer = BufferWriter::new(&mut buffer);
                feedback::encode(&counters, ranges(), &mut writer).expect("there is room")
            });
        });
        let mut writer = BufferWriter::new(&mut buffer);
        feedback::encode(&counters, ranges(), &mut writer).expect("there is room");
        let written = writer.written().to_vec();
        group.bench_function(BenchmarkId::new("read", gaps), |bencher| {
            bencher.iter(|| {
                let (_, ranges) =
                    feedback::decode(&mut BufferReader::new(&written)).expect("it is well formed");
                ranges.map(|range| range.end() - range.start()).sum::<u64>()
            });
        });
    }
    group.finish();
}

/// Batches of 44 datagrams of 1,472 bytes: cut, sealed, recorded; opened, put in place, read; acknowledged.
fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session");
    let mut pair = common::Pair::new();
    group.throughput(Throughput::Elements(44));
    group.bench_function("batch of 44, both ends", |bencher| {
        bencher.iter(|| {
            let datagrams = pair.turn_of_sender();
            pair.turn_of_receiver();
            pair.turn_of_feedback();
            datagrams
        });
    });
    group.finish();
}

criterion_group!(benches, pace, reassemble, tell, turns);
criterion_main!(benches);
