//! A link of an experiment.

use std::fmt;
use std::time::Duration;

use faspstream_netem::BitRate;

use super::plan::Plan;
use crate::lab::LabConfig;
use crate::settings::{Queue, Setting, Settings};

/// Application bytes per IP byte of a full datagram at MTU 1500, against which goodput is judged.
pub(crate) const EFFICIENCY: f64 = 0.955;

/// A link: the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Rate of the bottleneck.
    pub rate: BitRate,
    /// Round-trip time without queues.
    pub rtt: Duration,
    /// Independent loss in each direction, 0 to 1.
    pub loss: f64,
    /// Queue in bandwidth-delay products.
    pub queue: f64,
}

impl Cell {
    /// The most goodput that a transport can be expected to reach, in bits per second.
    pub fn ideal(&self) -> f64 {
        self.rate.as_bps() as f64 * (1.0 - self.loss) * EFFICIENCY
    }

    /// When the last change of a schedule comes, and what the link is then; None without changes.
    pub(super) fn after(&self, schedule: &[(Duration, Settings)]) -> Option<(Duration, Self)> {
        let (last, _) = schedule.iter().max_by_key(|(at, _)| *at)?;
        let mut cell = *self;
        for (_, setting) in schedule.iter().flat_map(|(_, settings)| settings) {
            match setting {
                Setting::Rate(Some(rate)) => cell.rate = *rate,
                Setting::Rtt(rtt) => cell.rtt = *rtt,
                Setting::Loss(loss) => cell.loss = *loss,
                _ => {}
            }
        }
        Some((*last, cell))
    }

    /// A lab with this link, changed while running as the plan says.
    pub(super) fn lab(&self, seed: u64, plan: &Plan) -> LabConfig {
        let both = |setting| (None, setting);
        let settings = vec![
            both(Setting::Rate(Some(self.rate))),
            both(Setting::Rtt(self.rtt)),
            both(Setting::Loss(self.loss)),
            both(Setting::Queue(Queue::Bdp(self.queue))),
        ];
        LabConfig {
            settings,
            schedule: plan.schedule.clone(),
            loss_at: plan.loss_at,
            seed,
            ..LabConfig::default()
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mbit = self.rate.as_bps() as f64 / 1e6;
        let rtt = self.rtt.as_secs_f64() * 1e3;
        write!(f, "{mbit} Mbit/s, {rtt} ms, {} %, {} BDP", self.loss * 100.0, self.queue)
    }
}
