//! A scenario is data: a path, its troubles, the flows on it, and how long to look.

use core::time::Duration;

use faspstream_netem::{BitRate, LinkConfig, LossAt, Time};
use faspstream_proto::config::{PathMemory, Rates};

use crate::cross::Cross;
use crate::endpoint::{HostConfig, Order, SinkPlan, SourcePlan};
use crate::ideal::{bdp, efficiency, goodput};
use crate::seed::seed;

/// The path that all flows share, the same in both directions unless a scenario changes one of them.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// Rate of the bottleneck.
    pub rate: BitRate,
    /// Round-trip time without queueing and sending.
    pub rtt: Duration,
    /// Queue of the bottleneck.
    pub queue: Queue,
    /// Independent loss in each direction, 0 to 1.
    pub loss: f64,
    /// Largest IP packet.
    pub mtu: u64,
}

/// The size of a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Queue {
    /// In bandwidth-delay products, but never less than [`QUEUE_FLOOR`] packets of the MTU and [`QUEUE_FLOOR_TIME`] of the rate: no
    /// device has less.
    Bdp(f64),
    /// In bytes.
    Bytes(u64),
}

/// Fewest full packets that a queue given in bandwidth-delay products holds.
pub const QUEUE_FLOOR: u64 = 16;
/// Least time at its rate that such a queue holds: twice the burst that the pacer may let out.
pub const QUEUE_FLOOR_TIME: Duration = Duration::from_millis(2);

impl Path {
    /// A clean path with a queue of one bandwidth-delay product and an MTU of 1,500 bytes.
    pub const fn new(rate: BitRate, rtt: Duration) -> Self {
        Self { rate, rtt, queue: Queue::Bdp(1.0), loss: 0.0, mtu: 1500 }
    }

    /// With independent loss.
    pub const fn loss(self, loss: f64) -> Self {
        Self { loss, ..self }
    }

    /// With this queue.
    pub const fn queue(self, queue: Queue) -> Self {
        Self { queue, ..self }
    }

    /// With this MTU.
    pub const fn mtu(self, mtu: u64) -> Self {
        Self { mtu, ..self }
    }

    /// The queue in bytes.
    pub fn queue_bytes(&self) -> u64 {
        match self.queue {
            Queue::Bytes(bytes) => bytes,
            Queue::Bdp(share) => {
                let bytes = (bdp(self.rate, self.rtt) as f64 * share) as u64;
                bytes.max(QUEUE_FLOOR * self.mtu).max(bdp(self.rate, QUEUE_FLOOR_TIME))
            }
        }
    }

    /// Ideal goodput of everything on the path together, in bits per second.
    pub fn ideal(&self) -> f64 {
        goodput(self.rate, self.loss, efficiency(self.mtu))
    }

    fn link(&self) -> LinkConfig {
        LinkConfig {
            rate: Some(self.rate),
            queue: self.queue_bytes(),
            delay: self.rtt / 2,
            loss: self.loss,
            // What is lost has used the bottleneck, as the ideal of `C x (1 - p) x e` has it.
            loss_at: LossAt::Exit,
            mtu: self.mtu,
            ..LinkConfig::default()
        }
    }
}

/// One stream.
#[derive(Clone, Debug)]
pub struct Flow {
    /// What the writing application does.
    pub source: SourcePlan,
    /// What the reading application does.
    pub sink: SinkPlan,
    /// When the session begins.
    pub start: Duration,
    /// Added to the round-trip time of this flow alone.
    pub extra_rtt: Duration,
    /// True if the client sends.
    pub push: bool,
    /// Rates at the sender.
    pub rates: Rates,
    /// Millionths by which the receiver's clock runs fast.
    pub drift_ppm: i32,
    /// The sending machine.
    pub sender_host: HostConfig,
    /// The receiving machine.
    pub receiver_host: HostConfig,
    /// Most stream bytes in memory at each end.
    pub buffer_max: u64,
    /// The same at the receiver, if it differs there.
    pub receiver_buffer_max: Option<u64>,
    /// The first flow-control window.
    pub first_window: u64,
    /// UDP payload of the first datagrams.
    pub datagram_start: u16,
    /// Largest UDP payload that both ends named.
    pub datagram_max: u16,
    /// How long nothing may be heard.
    pub outage_timeout: Duration,
    /// What the sender remembers of the path.
    pub path_memory: Option<PathMemory>,
    /// What is done to the sender, and when.
    pub sender_orders: Vec<(Time, Order)>,
    /// What is done to the receiver, and when.
    pub receiver_orders: Vec<(Time, Order)>,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            source: SourcePlan::Endless,
            sink: SinkPlan::Eager,
            start: Duration::ZERO,
            extra_rtt: Duration::ZERO,
            push: true,
            rates: Rates::default(),
            drift_ppm: 0,
            sender_host: HostConfig::default(),
            receiver_host: HostConfig::default(),
            buffer_max: 256 << 20,
            receiver_buffer_max: None,
            first_window: 1 << 20,
            datagram_start: 1200,
            datagram_max: 1472,
            outage_timeout: Duration::from_secs(60),
            path_memory: None,
            sender_orders: Vec::new(),
            receiver_orders: Vec::new(),
        }
    }
}

impl Flow {
    /// A stream of `bytes`, as fast as it goes.
    pub fn bulk(bytes: u64) -> Self {
        Self { source: SourcePlan::Bulk(bytes), ..Self::default() }
    }
}

/// A whole experiment.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// Where all chances come from.
    pub seed: u64,
    /// The path as it begins; ideals refer to it.
    pub path: Path,
    /// The direction of the data.
    pub forward: LinkConfig,
    /// The direction of the feedback.
    pub backward: LinkConfig,
    /// The streams.
    pub flows: Vec<Flow>,
    /// TCP flows beside them.
    pub cross: Vec<Cross>,
    /// The end, at the latest.
    pub until: Duration,
    /// From when on steady-state figures are taken.
    pub measure_from: Duration,
}

impl Scenario {
    /// A scenario on `path` without flows, of one minute, measured after 20 round trips.
    pub fn new(name: impl Into<String>, path: Path) -> Self {
        Self {
            name: name.into(),
            seed: seed(1),
            path,
            forward: path.link(),
            backward: path.link(),
            flows: Vec::new(),
            cross: Vec::new(),
            until: Duration::from_secs(60),
            measure_from: path.rtt * 20,
        }
    }

    /// Adds a flow.
    #[must_use]
    pub fn flow(mut self, flow: Flow) -> Self {
        self.flows.push(flow);
        self
    }

    /// Adds a TCP flow.
    #[must_use]
    pub fn beside(mut self, cross: Cross) -> Self {
        self.cross.push(cross);
        self
    }

    /// With another seed, unless `FASPSTREAM_SEED` says which.
    #[must_use]
    pub fn seeded(mut self, default: u64) -> Self {
        self.seed = seed(default);
        self
    }

    /// With another end.
    #[must_use]
    pub fn until(mut self, until: Duration) -> Self {
        self.until = until;
        self
    }

    /// With steady-state figures from this moment on.
    #[must_use]
    pub fn measured_from(mut self, from: Duration) -> Self {
        self.measure_from = from;
        self
    }

    /// Changes the direction of the data.
    #[must_use]
    pub fn forward(mut self, change: impl FnOnce(&mut LinkConfig)) -> Self {
        change(&mut self.forward);
        self
    }

    /// Changes the direction of the feedback.
    #[must_use]
    pub fn backward(mut self, change: impl FnOnce(&mut LinkConfig)) -> Self {
        change(&mut self.backward);
        self
    }

    /// Changes both directions alike.
    #[must_use]
    pub fn both(self, change: impl Fn(&mut LinkConfig)) -> Self {
        self.forward(&change).backward(&change)
    }
}
