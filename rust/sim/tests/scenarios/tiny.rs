//! Streams of few bytes, and where their ends lie.

use faspstream_sim::scenario::{Flow, Scenario};

use crate::common::{MS, SECOND, complete, holds, long_path};

#[test]
fn streams_around_the_size_of_a_datagram_arrive_whole() {
    for bytes in [0, 1, 2, 1168, 1169, 1170, 1199, 1200, 1201, 1441, 1442, 2338, 2339, 65_536, 100_000] {
        for push in [true, false] {
            let flow = Flow { push, ..Flow::bulk(bytes) };
            let outcome = complete(&Scenario::new(format!("{bytes} bytes"), long_path()).flow(flow));
            assert_eq!(outcome.flows[0].delivered.total(), bytes);
            // At most: the first word of the client, the data, the end, and its answer.
            let at = outcome.flows[0].completed_at().expect("complete");
            holds!(outcome, at.as_nanos() <= 4 * (100 * MS).as_nanos() as u64);
        }
    }
}

#[test]
fn a_tiny_stream_survives_any_loss() {
    for seed in 0..20 {
        let scenario = Scenario::new("3,000 bytes at 30 % loss", long_path().loss(0.3)).seeded(seed);
        let outcome = complete(&scenario.flow(Flow::bulk(3000)).until(60 * SECOND));
        assert_eq!(outcome.flows[0].delivered.total(), 3000);
    }
}
