//! What the holder of an access key may do.

use faspstream_proto::units::Rate;

use crate::api::error::{Error, Result};
use crate::api::options::TARGET_MIN;
use crate::api::session::Direction;
use crate::config::parse_rate;

/// Limits that a server sets on a key; the default is none.
///
/// As text they stand in parentheses behind the id, separated by `;`: `cam(push;rate=100mbit;prefix=cam-;sessions=2):secret`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLimits {
    /// The only direction that is allowed; None allows both.
    pub direction: Option<Direction>,
    /// Cap of each session; None leaves it to the server's.
    pub target_rate: Option<Rate>,
    /// What the names of streams must begin with.
    pub prefix: String,
    /// Most sessions at the same time, over all who hold the key; None leaves it to the server's.
    pub max_sessions: Option<u32>,
}

impl KeyLimits {
    /// Takes `id(limits)` apart; an id without limits is one without parentheses.
    pub(super) fn split(text: &str) -> Result<(&str, Self)> {
        match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            None => Ok((text, Self::default())),
            Some((id, limits)) => Ok((id, Self::parse(id, limits)?)),
        }
    }

    fn parse(id: &str, text: &str) -> Result<Self> {
        let mut limits = Self::default();
        for word in text.split(';').map(str::trim) {
            limits.take(word).map_err(|why| {
                Error::configuration(format!(
                    "limit {word:?} of access key {id:?}: {why}; allowed: push, pull, rate=RATE, prefix=TEXT, sessions=NUMBER, \
                     separated by ;"
                ))
            })?;
        }
        Ok(limits)
    }

    fn take(&mut self, word: &str) -> core::result::Result<(), String> {
        match word.split_once('=') {
            None if word == "push" => self.direction = Some(Direction::Push),
            None if word == "pull" => self.direction = Some(Direction::Pull),
            Some(("rate", rate)) => {
                let rate = parse_rate(rate)?;
                if rate < TARGET_MIN {
                    return Err(format!("at least {TARGET_MIN} are needed"));
                }
                self.target_rate = Some(rate);
            }
            Some(("prefix", prefix)) if !prefix.is_empty() => prefix.clone_into(&mut self.prefix),
            Some(("sessions", most)) => {
                let most = most.parse().ok().filter(|most| *most > 0);
                self.max_sessions = Some(most.ok_or("not a number above 0")?);
            }
            _ => return Err("not known".to_owned()),
        }
        Ok(())
    }

    /// Why this stream may not be, if so; in words that end a sentence about the key.
    pub(crate) fn refuses(&self, direction: Direction, stream: &str) -> Option<String> {
        match self.direction {
            Some(Direction::Push) if direction != Direction::Push => return Some("may push only".to_owned()),
            Some(Direction::Pull) if direction != Direction::Pull => return Some("may pull only".to_owned()),
            _ => {}
        }
        let fits = stream.starts_with(&self.prefix);
        (!fits).then(|| format!("may use stream names that begin with {:?} only", self.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_from_the_text_of_a_key() {
        let (id, limits) = KeyLimits::split("cam(push;rate=100mbit; prefix=cam-;sessions=2)").expect("good");
        let expected = KeyLimits {
            direction: Some(Direction::Push),
            target_rate: Some(Rate::from_mbps(100)),
            prefix: "cam-".to_owned(),
            max_sessions: Some(2),
        };
        assert_eq!((id, limits), ("cam", expected));
        assert_eq!(KeyLimits::split("cam").expect("good"), ("cam", KeyLimits::default()));
    }

    #[test]
    fn what_is_no_limit_is_named_with_what_is() {
        for text in
            ["a()", "a(pusch)", "a(rate=fast)", "a(rate=1)", "a(prefix=)", "a(sessions=0)", "a(push;)"]
        {
            let error = KeyLimits::split(text).expect_err(text);
            assert!(error.message().contains("sessions=NUMBER"), "{error}");
        }
    }
}
