//! What a lab is to be like.

use std::time::Duration;

use faspstream_netem::{LinkConfig, LossAt, Script, Time};

use crate::settings::{LinkState, Queue, Setting, Settings};

/// What a lab is to be like. The default is a perfect wire.
#[derive(Clone, Debug)]
pub struct LabConfig {
    /// The link at the beginning. Without a queue in it, the queue is one bandwidth-delay product.
    pub settings: Settings,
    /// Changes at moments after the beginning.
    pub schedule: Vec<(Duration, Settings)>,
    /// Whether lost packets take their share of the rate first.
    pub loss_at: LossAt,
    /// MTU of the devices, 1280 to 65535.
    pub mtu: u16,
    /// Seed of all chances; the same seed gives the n-th packet of a direction the same fate.
    pub seed: u64,
    /// The most that the kernel's TCP may buffer per connection and side: without this its default of 4 to 6 MiB would limit it.
    pub tcp_buffer: u64,
}

impl Default for LabConfig {
    fn default() -> Self {
        Self {
            settings: Vec::new(),
            schedule: Vec::new(),
            loss_at: LossAt::Exit,
            mtu: 1500,
            seed: 1,
            tcp_buffer: 128 << 20,
        }
    }
}

impl LabConfig {
    /// The links of both directions with all their changes, and the state after the beginning.
    pub(crate) fn links(&self) -> (LinkState, [LinkConfig; 2]) {
        let mut state = LinkState::default();
        let mut scripts = [Script::default(), Script::default()];
        let mut settings = vec![(None, Setting::Queue(Queue::Bdp(1.0)))];
        settings.extend(&self.settings);
        let mut add = |at: Time, changes: Vec<_>| {
            for (direction, change) in changes {
                let script: &mut Script = &mut scripts[direction as usize];
                *script = std::mem::take(script).then(at, change);
            }
        };
        add(Time::ZERO, state.apply(&settings));
        let mut later = state;
        for (after, settings) in &self.schedule {
            add(Time::ZERO + *after, later.apply(settings));
        }
        let links =
            scripts.map(|script| LinkConfig { script, loss_at: self.loss_at, ..LinkConfig::default() });
        (state, links)
    }
}
