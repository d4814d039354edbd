//! The settings of a link by name.

use std::time::Duration;

use faspstream_netem::{BitRate, GilbertElliott, Jitter, Policer, Reordering};

use super::quantity;
use crate::error::LabError;

/// One of the two directions of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From side a to side b.
    Ab,
    /// From side b to side a.
    Ba,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ab, Self::Ba];

    /// Its name in settings and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ab => "ab",
            Self::Ba => "ba",
        }
    }
}

/// The size of a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Queue {
    /// In bytes.
    Bytes(u64),
    /// In bandwidth-delay products of the link as it is when this is set.
    Bdp(f64),
}

/// One property of one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Setting {
    /// Rate of the bottleneck; None for no limit.
    Rate(Option<BitRate>),
    /// Half of it is the propagation delay of this direction.
    Rtt(Duration),
    /// Propagation delay of this direction.
    Delay(Duration),
    /// Share of independent loss.
    Loss(f64),
    /// Loss in bursts.
    Bursts(Option<GilbertElliott>),
    /// Room in front of the bottleneck.
    Queue(Queue),
    /// Variation of the delay.
    Jitter(Jitter),
    /// Packets that are overtaken.
    Reordering(Option<Reordering>),
    /// Share of packets that arrive twice.
    Duplication(f64),
    /// Share of packets with a flipped bit in the payload.
    Damage(f64),
    /// A token bucket without a queue.
    Policer(Option<Policer>),
    /// Largest packet that passes; larger ones vanish.
    PathMtu(u64),
    /// False for an outage.
    Up(bool),
}

/// A setting, and the direction that it concerns; None for both.
pub type Settings = Vec<(Option<Direction>, Setting)>;

type Parse = fn(&str) -> Option<Setting>;

/// Every key: name, what is allowed, meaning, parser.
pub(crate) const KEYS: [(&str, &str, &str, Parse); 14] = [
    ("rate", "e.g. 100mbit, or none", "rate of the bottleneck, in bits of IP packets per second", |v| {
        optional(v, quantity::rate).map(Setting::Rate)
    }),
    ("rtt", "e.g. 100ms", "round-trip time; each direction takes half of it", |v| {
        quantity::duration(v).map(Setting::Rtt)
    }),
    ("delay", "e.g. 50ms", "propagation delay of a direction", |v| quantity::duration(v).map(Setting::Delay)),
    ("loss", "e.g. 1%", "independent loss", |v| quantity::share(v).map(Setting::Loss)),
    (
        "burst",
        "PACKETS/SHARE, e.g. 50/1%, or none",
        "loss in bursts of that mean length, as a share of all",
        |v| optional(v, bursts).map(Setting::Bursts),
    ),
    ("queue", "e.g. 1bdp or 64kb", "room in front of the bottleneck, drop-tail", |v| {
        let bdp = quantity::times(v, "bdp").map(Queue::Bdp);
        bdp.or_else(|| quantity::bytes(v).map(Queue::Bytes)).map(Setting::Queue)
    }),
    (
        "jitter",
        "e.g. 20ms, or none",
        "each packet's delay varies by up to plus or minus this; reorders",
        |v| {
            optional(v, quantity::duration)
                .map(|j| Setting::Jitter(j.map_or(Jitter::None, Jitter::PerPacket)))
        },
    ),
    (
        "wander",
        "SPREAD/PERIOD, e.g. 20ms/1s, or none",
        "the delay wanders by plus or minus the spread; in order",
        |v| optional(v, wander).map(|j| Setting::Jitter(j.unwrap_or_default())),
    ),
    ("reorder", "SHARE/TIME, e.g. 3%/30ms, or none", "packets held back by up to that time", |v| {
        optional(v, reordering).map(Setting::Reordering)
    }),
    ("duplicate", "e.g. 1%", "packets that arrive twice", |v| quantity::share(v).map(Setting::Duplication)),
    ("damage", "e.g. 0.1%", "packets with a flipped payload bit that checksums miss", |v| {
        quantity::share(v).map(Setting::Damage)
    }),
    ("policer", "RATE/BYTES, e.g. 50mbit/64kb, or none", "a token bucket without a queue", |v| {
        optional(v, policer).map(Setting::Policer)
    }),
    ("path-mtu", "e.g. 1400, or none", "packets above it vanish without a word", |v| {
        optional(v, quantity::bytes).map(|mtu| Setting::PathMtu(mtu.unwrap_or(u64::MAX)))
    }),
    ("link", "up or down", "down drops everything", |v| match v {
        "up" => Some(Setting::Up(true)),
        "down" => Some(Setting::Up(false)),
        _ => None,
    }),
];

impl Setting {
    /// Parses a key, with `ab.` or `ba.` in front for one direction only, and its value.
    pub fn parse(key: &str, value: &str) -> Result<(Option<Direction>, Self), LabError> {
        let (direction, name) = match key.split_once('.') {
            Some(("ab", name)) => (Some(Direction::Ab), name),
            Some(("ba", name)) => (Some(Direction::Ba), name),
            _ => (None, key),
        };
        let Some((_, allowed, _, parse)) = KEYS.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<&str> = KEYS.iter().map(|(known, ..)| *known).collect();
            let text =
                format!("no setting {name:?}; known are {}, alone or behind ab. or ba.", known.join(", "));
            return Err(LabError::Usage(text));
        };
        let refused = || LabError::Setting {
            key: key.to_owned(),
            value: value.to_owned(),
            allowed: format!("give {allowed}"),
        };
        parse(value).map(|setting| (direction, setting)).ok_or_else(refused)
    }

    /// Parses "key=value".
    pub fn parse_pair(pair: &str) -> Result<(Option<Direction>, Self), LabError> {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| LabError::Usage(format!("{pair:?} is not of the form key=value")))?;
        Self::parse(key, value)
    }
}

fn optional<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    if text == "none" { Some(None) } else { parse(text).map(Some) }
}

fn bursts(text: &str) -> Option<GilbertElliott> {
    let (packets, share) = text.split_once('/')?;
    let share = quantity::share(share).filter(|share| *share < 1.0)?;
    let mean = quantity::times(packets, "").filter(|mean| *mean >= 1.0)?;
    Some(GilbertElliott::bursts_of(mean, share))
}

fn wander(text: &str) -> Option<Jitter> {
    let (spread, period) = text.split_once('/')?;
    Some(Jitter::Wander { spread: quantity::duration(spread)?, period: quantity::duration(period)? })
}

fn reordering(text: &str) -> Option<Reordering> {
    let (share, up_to) = text.split_once('/')?;
    Some(Reordering { share: quantity::share(share)?, up_to: quantity::duration(up_to)? })
}

fn policer(text: &str) -> Option<Policer> {
    let (rate, burst) = text.split_once('/')?;
    Some(Policer { rate: quantity::rate(rate)?, burst: quantity::bytes(burst)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_limits_a_setting_to_one_direction() {
        let both = Setting::parse_pair("loss=1%").expect("a valid pair");
        let one = Setting::parse_pair("ba.loss=1%").expect("a valid pair");
        assert_eq!(both, (None, Setting::Loss(0.01)));
        assert_eq!(one, (Some(Direction::Ba), Setting::Loss(0.01)));
    }

    #[test]
    fn every_key_accepts_its_own_example() {
        for (key, allowed, ..) in KEYS {
            let example = match allowed.split_once("e.g. ") {
                Some((_, rest)) => rest.split([',', ' ']).next().unwrap_or_default(),
                None => "down",
            };
            Setting::parse(key, example).expect("the example in the table of keys");
            if allowed.ends_with("or none") {
                Setting::parse(key, "none").expect("the table allows none");
            }
        }
    }

    #[test]
    fn a_refusal_names_the_key_the_value_and_the_remedy() {
        let text = Setting::parse("rate", "fast").expect_err("not a rate").to_string();
        assert!(text.contains("rate") && text.contains("fast") && text.contains("100mbit"), "{text}");
        let text = Setting::parse("speed", "1").expect_err("not a key").to_string();
        assert!(text.contains("speed") && text.contains("rate"), "{text}");
    }
}
