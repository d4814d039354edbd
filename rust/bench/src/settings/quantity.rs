//! Rates, sizes, times and shares with their units.

use std::time::Duration;

use faspstream_netem::{BitRate, LossAt};

/// Splits "12.5mbit" into its number and its unit in lower case. None if there is no number, or one that is below zero or not finite.
fn number_and_unit(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    number.is_finite().then(|| (number, text[end..].trim().to_ascii_lowercase()))
}

/// A rate in bits per second: `bit`, `kbit`, `mbit`, `gbit`.
pub(crate) fn rate(text: &str) -> Option<BitRate> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit.as_str() {
        "bit" | "bps" => 1.0,
        "kbit" | "kbps" => 1e3,
        "mbit" | "mbps" => 1e6,
        "gbit" | "gbps" => 1e9,
        _ => return None,
    };
    // Casts from f64 saturate.
    Some((number * factor) as u64).filter(|bps| *bps > 0).map(BitRate::from_bps)
}

/// A number of bytes: none, `b`, `kb`, `mb` (powers of 1000), `kib`, `mib` (powers of 1024).
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit.as_str() {
        "" | "b" => 1.0,
        "kb" | "k" => 1e3,
        "mb" | "m" => 1e6,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        _ => return None,
    };
    Some((number * factor) as u64)
}

/// A time: `us`, `ms`, `s`, `min`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit.as_str() {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * factor).ok()
}

/// A share from 0 to 1: `1%` or `0.01`.
pub(crate) fn share(text: &str) -> Option<f64> {
    let (number, unit) = number_and_unit(text)?;
    let share = match unit.as_str() {
        "%" => number / 100.0,
        "" => number,
        _ => return None,
    };
    (share <= 1.0).then_some(share)
}

/// Where on a link packets are lost: `entry` or `exit`.
pub(crate) fn loss_at(text: &str) -> Option<LossAt> {
    match text {
        "entry" => Some(LossAt::Entry),
        "exit" => Some(LossAt::Exit),
        _ => None,
    }
}

/// A plain number with a unit of one's own, as in `1.5bdp`.
pub(crate) fn times(text: &str, unit: &str) -> Option<f64> {
    number_and_unit(text).filter(|(_, u)| u == unit).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_carry_their_units() {
        assert_eq!(rate("12.5mbit"), Some(BitRate::from_bps(12_500_000)));
        assert_eq!(rate("1 Gbit"), Some(BitRate::from_mbps(1000)));
        assert_eq!(bytes("64kib"), Some(65_536));
        assert_eq!(bytes("1500"), Some(1500));
        assert_eq!(duration("0.5s"), Some(Duration::from_millis(500)));
        assert_eq!(share("1%"), Some(0.01));
        assert_eq!(share("0.25"), Some(0.25));
        assert_eq!(times("0.25bdp", "bdp"), Some(0.25));
    }

    #[test]
    fn a_quantity_without_sense_is_refused() {
        assert_eq!(rate("100"), None);
        assert_eq!(rate("0mbit"), None);
        assert_eq!(rate("-1mbit"), None);
        assert_eq!(duration("5"), None);
        assert_eq!(duration("1e99s"), None);
        assert_eq!(share("101%"), None);
        assert_eq!(bytes(""), None);
    }
}
