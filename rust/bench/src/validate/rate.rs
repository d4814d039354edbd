//! Rates: within 1 %, for a flood of datagrams above the rate and for the kernel's TCP.

use std::time::Duration;

use super::{Case, Check};
use crate::error::LabError;
use crate::lab::Family;
use crate::peer::{Load, Peer, Programs, Source};
use crate::probe::Flood;

/// Payload bytes of a full TCP segment with timestamps, and of its IP packet.
const SEGMENT: [(Family, f64); 2] = [(Family::V4, 1448.0), (Family::V6, 1428.0)];
const PACKET: f64 = 1500.0;
const ALLOWED: f64 = 0.01;

pub(super) fn cases() -> impl Iterator<Item = Case> {
    let v4 = [10, 100, 300, 1000].map(|rate| (rate, Family::V4));
    let cells = v4.into_iter().chain([(1000, Family::V6)]);
    let of = |what: &'static str, measure: super::Measure| {
        move |(rate, family): (u32, Family)| Case {
            what: format!("rate, {what}, {rate} Mbit/s, {family:?}"),
            link: format!("rate={rate}mbit rtt=20ms"),
            measure,
            expected: f64::from(rate),
            family,
        }
    };
    cells.clone().map(of("UDP", udp)).chain(cells.map(of("kernel TCP CUBIC", tcp)))
}

fn udp(case: &Case) -> Result<Check, LabError> {
    case.check(case.expected * ALLOWED, "Mbit/s", |lab| {
        let offered = case.expected * 1.15e6;
        // For 3 s; 1428 bytes are an IPv4 packet of 1400.
        let count = (offered * 3.0 / (1428.0 * 8.0)) as u64;
        let flood = Flood { family: case.family, rate: offered, size: 1400, count, batch: 16 };
        let result = flood.run(lab)?;
        Ok(result.series.rate(Duration::from_millis(500), Duration::from_millis(2500)) / 1e6)
    })
}

fn tcp(case: &Case) -> Result<Check, LabError> {
    case.check(case.expected * ALLOWED, "Mbit/s", |lab| {
        let time = Duration::from_secs(8);
        let peer = Peer::Tcp { congestion: "cubic".to_owned() };
        let source = Source::Zeros(u64::MAX);
        let load = Load { family: case.family, source, window: 0, rtt: Duration::ZERO };
        let flow = peer.open(lab, load, &Programs::default())?;
        let result = flow.receive(time, u64::MAX)?;
        let segment = SEGMENT.iter().find(|(f, _)| *f == case.family).map_or(PACKET, |(_, bytes)| *bytes);
        let goodput = result.series.rate(Duration::from_secs(4), time);
        Ok(goodput / 1e6 * PACKET / segment)
    })
}
