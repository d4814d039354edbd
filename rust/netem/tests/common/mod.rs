//! A packet with a name, and a way to run a link dry.

use core::time::Duration;

use faspstream_netem::{Link, Packet, Time};

/// A packet that knows its number, and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) len: u64,
    pub(crate) damaged: bool,
    pub(crate) waited: Duration,
}

impl Numbered {
    pub(crate) fn new(number: u64, len: u64) -> Self {
        Self { number, len, damaged: false, waited: Duration::ZERO }
    }
}

impl Packet for Numbered {
    fn wire_len(&self) -> u64 {
        self.len
    }

    fn damage(&mut self, _draw: u64) {
        self.damaged = true;
    }

    fn on_waited(&mut self, waited: Duration) {
        self.waited = waited;
    }
}

/// Offers packet i at `i * gap` and runs until the link is empty; gives what came out, with its moment.
pub(crate) fn run(link: &mut Link<Numbered>, count: u64, len: u64, gap: Duration) -> Vec<(Time, Numbered)> {
    let mut out = Vec::new();
    let mut moment = Time::ZERO;
    for number in 0..count {
        drain(link, moment, &mut out);
        link.enqueue(moment, Numbered::new(number, len));
        assert!(link.counters().balances(link.inside()), "{:?}", link.counters());
        moment = moment + gap;
    }
    while link.inside() > 0 {
        let at = link.next_event().expect("what is inside comes out");
        drain(link, at, &mut out);
    }
    assert!(link.counters().balances(0), "{:?}", link.counters());
    assert_eq!(out.len() as u64, link.counters().delivered);
    out
}

fn drain(link: &mut Link<Numbered>, until: Time, out: &mut Vec<(Time, Numbered)>) {
    while let Some(at) = link.next_event().filter(|at| *at <= until) {
        while let Some(packet) = link.poll(at) {
            out.push((at, packet));
        }
    }
}
