//! The rows of `docs/rate-control.md`: what a law must hold, as scenarios of the lab.

use core::time::Duration;

use faspstream_netem::{BitRate, LinkConfig};
use faspstream_proto::config::{RatePolicy, Rates};
use faspstream_proto::rate::Controller;
use faspstream_proto::units::{ByteCount, Rate};

use crate::scenario::{QUEUE_FLOOR, QUEUE_FLOOR_TIME};

use super::bbr::Bbr;
use super::tcp::{Kind, Tcp};
use super::{FlowConfig, Lab, Law, Outcome};

/// A path: rate, round-trip time, loss, queue in bandwidth-delay products.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Mbit/s.
    pub mbps: f64,
    /// Milliseconds, there and back.
    pub rtt: f64,
    /// Share of the datagrams lost at random, 0 to 1.
    pub loss: f64,
    /// Queue, in bandwidth-delay products.
    pub queue: f64,
}

impl Cell {
    /// Round-trip time in seconds.
    pub fn seconds(&self) -> f64 {
        self.rtt / 1e3
    }

    /// What may arrive at best, in bit/s of wire bytes.
    pub fn ideal(&self) -> f64 {
        self.mbps * 1e6 * (1.0 - self.loss)
    }

    /// Bytes of the bandwidth-delay product.
    pub fn product(&self) -> u64 {
        (self.mbps * 1e6 / 8.0 * self.seconds()) as u64
    }

    /// Delay of the way back; the other half belongs to the link.
    pub fn back(&self) -> Duration {
        Duration::from_secs_f64(self.seconds() / 2.0)
    }

    /// The link of this path.
    pub fn link(&self) -> LinkConfig {
        LinkConfig {
            rate: Some(BitRate::from_bps((self.mbps * 1e6) as u64)),
            queue: ((self.product() as f64 * self.queue) as u64)
                .max(QUEUE_FLOOR * 1_500)
                .max((self.mbps * 1e6 / 8.0 * QUEUE_FLOOR_TIME.as_secs_f64()) as u64),
            delay: self.back(),
            loss: self.loss,
            ..LinkConfig::default()
        }
    }

    /// Slices that are short beside the round-trip time.
    pub fn slice(&self) -> Duration {
        Duration::from_secs_f64((self.seconds() / 10.0).clamp(0.001, 0.01))
    }

    /// One flow of a law alone on the path.
    pub fn alone(&self, law: Law, seed: u64, seconds: f64) -> Outcome {
        Lab::new(self.link(), seed, self.slice())
            .flow(FlowConfig::new(law, self.back()))
            .run(Duration::from_secs_f64(seconds))
    }
}

/// A law of this project by its policy, without target and minimum.
pub fn ours(policy: RatePolicy) -> Law {
    let rates = Rates { target: Rate::UNLIMITED, min: Rate::ZERO, policy };
    Law::Ours(Box::new(Controller::new(&rates, ByteCount(1_500), None)))
}

/// A law by its name; None if there is no such law.
pub fn by_name(name: &str) -> Option<Law> {
    Some(match name {
        "fair" => ours(RatePolicy::Fair),
        "high" => ours(RatePolicy::High),
        "low" => ours(RatePolicy::Low),
        "cubic" => Law::Tcp(Tcp::new(Kind::Cubic)),
        "reno" => Law::Tcp(Tcp::new(Kind::Reno)),
        "bbr" => Law::Bbr(Bbr::new(3)),
        _ => return None,
    })
}
