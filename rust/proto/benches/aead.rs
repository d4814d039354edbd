//! What packet protection costs: full datagrams at MTU 1500, sealed from and opened into separate memory of 4 MiB.
//!
//! `cargo bench -p faspstream-proto --bench aead`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use faspstream_proto::config::{Cipher, ConnectionId, MasterSecret, Side};
use faspstream_proto::protection::{Opener, Sealer};
use faspstream_proto::wire::header::Kind;

/// Stream bytes of a full datagram: 1,500 less IPv4 (20), UDP (8) and our own 31.
const PAYLOAD: usize = 1_441;
/// Datagrams of one round, together 4 MiB.
const DATAGRAMS: usize = 4 * 1024 * 1024 / PAYLOAD;
const DATAGRAM: usize = PAYLOAD + 31;
const CIPHERS: [Cipher; 3] = [Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305];

fn master() -> MasterSecret {
    MasterSecret::new([9; 32])
}

/// Seals all of `stream` and gives the number after the last. The key moves on as it would in a session.
fn seal_all(sealer: &mut Sealer, first: u64, stream: &[u8], datagrams: &mut [u8]) -> u64 {
    let mut number = first;
    for (payload, out) in stream.chunks_exact(PAYLOAD).zip(datagrams.chunks_exact_mut(DATAGRAM)) {
        let kind = Kind::Data { offset: (number - first) * PAYLOAD as u64 };
        sealer.seal(ConnectionId(7), kind, number, payload, out).expect("room and a new number");
        number += 1;
    }
    sealer.on_acknowledged(number - 1);
    if sealer.wants_update() {
        sealer.update();
    }
    number
}

fn open_all(opener: &mut Opener, datagrams: &[u8], stream: &mut [u8]) {
    for (datagram, out) in datagrams.chunks_exact(DATAGRAM).zip(stream.chunks_exact_mut(PAYLOAD)) {
        let sealed = opener.parse(datagram).expect("well formed");
        opener.open(&sealed, out).expect("authentic");
    }
}

fn benchmark(criterion: &mut Criterion) {
    let mut stream = vec![0x5a; DATAGRAMS * PAYLOAD];
    let mut datagrams = vec![0; DATAGRAMS * DATAGRAM];
    let mut group = criterion.benchmark_group("aead");
    group.throughput(Throughput::BytesDecimal(stream.len() as u64));
    for cipher in CIPHERS {
        let mut sealer = Sealer::new(cipher, &master(), Side::Client);
        let mut next = 0;
        group.bench_function(BenchmarkId::new("seal", format!("{cipher:?}")), |bencher| {
            bencher.iter(|| next = seal_all(&mut sealer, next, &stream, &mut datagrams));
        });
        seal_all(&mut Sealer::new(cipher, &master(), Side::Client), 0, &stream, &mut datagrams);
        let mut opener = Opener::new(cipher, &master(), Side::Client);
        group.bench_function(BenchmarkId::new("open", format!("{cipher:?}")), |bencher| {
            bencher.iter(|| open_all(&mut opener, &datagrams, &mut stream));
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
