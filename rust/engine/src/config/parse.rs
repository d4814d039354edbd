//! Values from text: rates, sizes, times, words.

use core::ops::RangeInclusive;
use core::str::FromStr;
use core::time::Duration;

use faspstream_proto::units::Rate;

use crate::api::error::Error;
use crate::api::options::TARGET_MIN;
use crate::control::pin::KeyPin;

type Parsed<T> = Result<T, String>;

/// Splits `12.5mbit` into 12.5 and `mbit`; the number is finite and not negative.
fn split(text: &str) -> Parsed<(f64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 =
        number.replace('_', "").parse().map_err(|_| format!("{text:?} does not start with a number"))?;
    Ok((number, unit.trim().to_ascii_lowercase()))
}

/// A number times its unit, if the product is a u64.
fn scaled(number: f64, factor: f64, text: &str) -> Parsed<u64> {
    let product = number * factor;
    if product < u64::MAX as f64 { Ok(product.round() as u64) } else { Err(format!("{text:?} is too large")) }
}

/// Reads a rate: a number with `bit`, `kbit`, `mbit`, `gbit` or `tbit` (powers of 1,000, per second; `bps` stands for `bit`),
/// bits per second without a unit, or `unlimited`.
///
/// # Errors
/// What is wrong, in words.
pub fn parse_rate(text: &str) -> Parsed<Rate> {
    if text.trim().eq_ignore_ascii_case("unlimited") {
        return Ok(Rate::UNLIMITED);
    }
    let (number, unit) = split(text)?;
    let factor = match unit.trim_end_matches("/s") {
        "" | "bit" | "bps" => 1.0,
        "kbit" | "kbps" => 1e3,
        "mbit" | "mbps" => 1e6,
        "gbit" | "gbps" => 1e9,
        "tbit" | "tbps" => 1e12,
        other => return Err(format!("unknown unit {other:?}: use bit, kbit, mbit, gbit or tbit")),
    };
    scaled(number, factor, text).map(Rate::from_bps)
}

/// Reads a size: a number with `b`, `kb`, `mb`, `gb` or `tb` (powers of 1,024), bytes without a unit.
///
/// # Errors
/// What is wrong, in words.
pub fn parse_size(text: &str) -> Parsed<u64> {
    let (number, unit) = split(text)?;
    let shift = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        other => return Err(format!("unknown unit {other:?}: use b, kb, mb or gb")),
    };
    scaled(number, (1u64 << shift) as f64, text)
}

/// Reads a time: a number with `ms`, `s`, `min` or `h`; the unit must stand.
///
/// # Errors
/// What is wrong, in words.
pub fn parse_duration(text: &str) -> Parsed<Duration> {
    let (number, unit) = split(text)?;
    let millis = match unit.as_str() {
        "ms" => 1.0,
        "s" => 1e3,
        "m" | "min" => 60e3,
        "h" => 3_600e3,
        "" => return Err(format!("{text:?} has no unit: use ms, s, min or h")),
        other => return Err(format!("unknown unit {other:?}: use ms, s, min or h")),
    };
    scaled(number, millis, text).map(Duration::from_millis)
}

pub(super) fn target_rate(text: &str) -> Parsed<Rate> {
    let rate = parse_rate(text)?;
    if rate < TARGET_MIN { Err("out of range".to_owned()) } else { Ok(rate) }
}

pub(super) fn size_within(text: &str, allowed: RangeInclusive<u64>) -> Parsed<u64> {
    within(parse_size(text)?, allowed)
}

pub(super) fn duration_within(text: &str, allowed: RangeInclusive<Duration>) -> Parsed<Duration> {
    within(parse_duration(text)?, allowed)
}

pub(super) fn number<T: FromStr + PartialOrd>(text: &str, least: T, most: T) -> Parsed<T> {
    let value = text.parse().map_err(|_| "not a whole number in range".to_owned())?;
    within(value, least..=most)
}

fn within<T: PartialOrd>(value: T, allowed: RangeInclusive<T>) -> Parsed<T> {
    if allowed.contains(&value) { Ok(value) } else { Err("out of range".to_owned()) }
}

pub(super) fn auto<T>(text: &str, parse: impl FnOnce(&str) -> Parsed<T>) -> Parsed<Option<T>> {
    if text.eq_ignore_ascii_case("auto") { Ok(None) } else { parse(text).map(Some) }
}

pub(super) fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Parsed<T> {
    words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, value)| *value)
        .ok_or_else(|| "unknown word".to_owned())
}

pub(super) fn pins(text: &str) -> Parsed<Vec<KeyPin>> {
    text.split(',').map(|one| one.parse().map_err(|e: Error| e.message().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_take_decimal_units() {
        for (text, bps) in [
            ("500mbit", 500_000_000),
            ("1gbit", 1_000_000_000),
            ("64 kbit", 64_000),
            ("2.5Gbit/s", 2_500_000_000),
            ("7", 7),
        ] {
            assert_eq!(parse_rate(text), Ok(Rate::from_bps(bps)), "{text}");
        }
        assert_eq!(parse_rate("Unlimited"), Ok(Rate::UNLIMITED));
        for text in ["", "fast", "1 furlong", "-1mbit", "1.2.3mbit", "99999999999tbit", "NaN"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_take_binary_units_and_times_insist_on_one() {
        assert_eq!(parse_size("64mb"), Ok(64 << 20));
        assert_eq!(parse_size("1.5 KiB"), Ok(1_536));
        assert_eq!(parse_duration("20s"), Ok(Duration::from_secs(20)));
        assert_eq!(parse_duration("0.5min"), Ok(Duration::from_secs(30)));
        assert!(parse_duration("20").is_err());
        assert!(parse_size("3 bananas").is_err());
    }
}
