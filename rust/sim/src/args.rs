//! Values as people type them: `100mbit`, `100ms`, `1%`, `0.25bdp`, `64kib`.

use core::time::Duration;
use std::collections::VecDeque;

use faspstream_netem::BitRate;
use faspstream_proto::config::RatePolicy;

use crate::scenario::Queue;

/// A command line that cannot be obeyed.
#[derive(Debug, thiserror::Error)]
pub enum ArgError {
    /// An option that does not exist.
    #[error("unknown option {0}; run without arguments for the list")]
    Unknown(String),
    /// An option without its value.
    #[error("option {0} wants a value")]
    Missing(&'static str),
    /// A value that is none.
    #[error("{option} {text}: expected {expected}")]
    Invalid {
        /// Which option.
        option: &'static str,
        /// What it was given.
        text: String,
        /// What it takes.
        expected: &'static str,
    },
}

/// The arguments that are not yet used.
#[derive(Debug)]
pub struct Args(VecDeque<String>);

impl Args {
    /// All arguments after the program's name.
    pub fn new(args: impl Iterator<Item = String>) -> Self {
        Self(args.collect())
    }

    /// The first argument, if there is one.
    pub fn command(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// True if `option` is there.
    pub fn flag(&mut self, option: &str) -> bool {
        let at = self.0.iter().position(|a| a == option);
        at.and_then(|i| self.0.remove(i)).is_some()
    }

    /// The value after `option`, read by `parse`; None if the option is not there.
    pub fn value<T>(
        &mut self,
        option: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ArgError> {
        let Some(at) = self.0.iter().position(|a| a == option) else { return Ok(None) };
        self.0.remove(at);
        let text = self.0.remove(at).ok_or(ArgError::Missing(option))?;
        match parse(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(ArgError::Invalid { option, text, expected }),
        }
    }

    /// Ends the reading; what is left is unknown.
    pub fn finish(mut self) -> Result<(), ArgError> {
        self.0.pop_front().map_or(Ok(()), |arg| Err(ArgError::Unknown(arg)))
    }
}

/// `100mbit`, `2.5gbit`, `64kbit`, `9600bit`.
pub fn rate(text: &str) -> Option<BitRate> {
    let units = [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9), ("bit", 1.0)];
    scaled(text, &units).map(|bps| BitRate::from_bps(bps as u64))
}

/// `100ms`, `2s`, `50us`.
pub fn duration(text: &str) -> Option<Duration> {
    scaled(text, &[("ms", 1e-3), ("us", 1e-6), ("s", 1.0)]).map(Duration::from_secs_f64)
}

/// `1%` or `0.01`, from 0 up to but without 100 %.
pub fn share(text: &str) -> Option<f64> {
    let value = scaled(text, &[("%", 0.01), ("", 1.0)])?;
    (value < 1.0).then_some(value)
}

/// `1bdp`, `64kb`, `64kib`, `15000b`.
pub fn queue(text: &str) -> Option<Queue> {
    if text.ends_with("bdp") {
        return scaled(text, &[("bdp", 1.0)]).map(Queue::Bdp);
    }
    size(text).map(Queue::Bytes)
}

/// `64kb`, `64kib`, `256mib`, `15000b`.
pub fn size(text: &str) -> Option<u64> {
    let units = [("kib", 1024.0), ("kb", 1e3), ("mib", 1_048_576.0), ("mb", 1e6), ("b", 1.0)];
    scaled(text, &units).map(|bytes| bytes as u64)
}

/// `fixed`, `high`, `fair`, `low`.
pub fn policy(text: &str) -> Option<RatePolicy> {
    match text {
        "fixed" => Some(RatePolicy::Fixed),
        "high" => Some(RatePolicy::High),
        "fair" => Some(RatePolicy::Fair),
        "low" => Some(RatePolicy::Low),
        _ => None,
    }
}

/// A number that is not negative, times that of the first unit that the text ends in.
fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let (number, scale) = units.iter().find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, scale)))?;
    let value: f64 = number.trim().parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood_and_nonsense_is_not() {
        assert_eq!(rate("100mbit"), Some(BitRate::from_mbps(100)));
        assert_eq!(rate("2.5gbit"), Some(BitRate::from_mbps(2500)));
        assert_eq!(duration("100ms"), Some(Duration::from_millis(100)));
        assert_eq!(duration("2s"), Some(Duration::from_secs(2)));
        assert_eq!(share("1%"), Some(0.01));
        assert_eq!(queue("0.25bdp"), Some(Queue::Bdp(0.25)));
        assert_eq!(queue("64kib"), Some(Queue::Bytes(65_536)));
        assert_eq!(size("256mib"), Some(256 << 20));
        for nonsense in ["", "-1ms", "fast", "1e999s", "nan%"] {
            assert!(duration(nonsense).is_none() && share(nonsense).is_none() && queue(nonsense).is_none());
        }
    }

    #[test]
    fn options_are_taken_in_any_order_and_the_rest_is_refused() {
        let mut args = Args::new(["cell", "--b", "2", "--a", "--c"].into_iter().map(String::from));
        assert_eq!(args.command().as_deref(), Some("cell"));
        assert!(args.flag("--a"));
        assert_eq!(args.value("--b", "a number", |t| t.parse::<u32>().ok()).expect("a number"), Some(2));
        assert!(matches!(args.finish(), Err(ArgError::Unknown(o)) if o == "--c"));
    }
}
