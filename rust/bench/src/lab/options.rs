//! A lab described by command-line options.

use std::time::Duration;

use super::config::LabConfig;
use crate::error::LabError;
use crate::settings::{self, KEYS, Setting, Settings};

/// The options that are not settings of the link: name, what is allowed, meaning.
const OTHERS: [(&str, &str, &str); 5] = [
    ("mtu", "1280 to 65535", "MTU of the devices; default 1500"),
    ("seed", "a number", "seed of all chances; default 1"),
    ("tcp-buffer", "e.g. 128mib", "most that the kernel's TCP may buffer per connection; default 128mib"),
    ("loss-at", "entry or exit", "whether loss happens before the queue or after it; default exit"),
    ("at", "TIME:KEY=VALUE[,...], e.g. 10s:rate=25mbit", "a change while running; may be given often"),
];

impl LabConfig {
    /// Takes `--key value` pairs: every setting of a link, and `--mtu`, `--seed`, `--tcp-buffer`, `--at`.
    pub fn from_options(options: &[String]) -> Result<Self, LabError> {
        let mut config = Self::default();
        let mut rest = options.iter();
        while let Some(option) = rest.next() {
            let key = option.strip_prefix("--").ok_or_else(|| {
                LabError::Usage(format!("{option:?} is not an option; options begin with --"))
            })?;
            let value = rest.next().ok_or_else(|| LabError::Usage(format!("{option} lacks its value")))?;
            config.take_option(key, value)?;
        }
        Ok(config)
    }

    fn take_option(&mut self, key: &str, value: &str) -> Result<(), LabError> {
        let refused = |allowed: &str| LabError::Setting {
            key: key.to_owned(),
            value: value.to_owned(),
            allowed: format!("give {allowed}"),
        };
        match key {
            "mtu" => {
                let mtu = value.parse().ok().filter(|mtu| *mtu >= 1280);
                self.mtu = mtu.ok_or_else(|| refused(OTHERS[0].1))?;
            }
            "seed" => self.seed = value.parse().map_err(|_| refused(OTHERS[1].1))?,
            "tcp-buffer" => self.tcp_buffer = settings::bytes(value).ok_or_else(|| refused(OTHERS[2].1))?,
            "loss-at" => self.loss_at = settings::loss_at(value).ok_or_else(|| refused(OTHERS[3].1))?,
            "at" => {
                let (when, changes) = value.split_once(':').ok_or_else(|| refused(OTHERS[4].1))?;
                let when: Duration = settings::duration(when).ok_or_else(|| refused(OTHERS[4].1))?;
                let changes: Result<Settings, _> = changes.split(',').map(Setting::parse_pair).collect();
                self.schedule.push((when, changes?));
                self.schedule.sort_by_key(|(when, _)| *when);
            }
            _ => self.settings.push(Setting::parse(key, value)?),
        }
        Ok(())
    }
}

/// One line for each option: its name, its meaning, what is allowed.
pub fn options_help() -> String {
    let keys = KEYS.iter().map(|(name, allowed, meaning, _)| (name, meaning, allowed));
    let others = OTHERS.iter().map(|(name, allowed, meaning)| (name, meaning, allowed));
    let line =
        |(name, meaning, allowed): (&&str, &&str, &&str)| format!("  {name:<11} {meaning} ({allowed})\n");
    keys.chain(others).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(line: &str) -> Result<LabConfig, LabError> {
        LabConfig::from_options(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_settings_and_a_few_more() {
        let config = config(
            "--rate 100mbit --ba.loss 1% --mtu 9000 --seed 7 --at 2s:link=down --at 1s:rtt=5ms,loss=0",
        )
        .expect("valid options");
        assert_eq!((config.settings.len(), config.mtu, config.seed), (2, 9000, 7));
        let times: Vec<_> = config.schedule.iter().map(|(when, what)| (when.as_secs(), what.len())).collect();
        assert_eq!(times, [(1, 2), (2, 1)]);
    }

    #[test]
    fn an_option_that_is_not_understood_is_an_error_of_usage() {
        for line in
            ["--mtu 100", "--rate", "rate 5mbit", "--speed 1", "--at 5s", "--at 5s:rate=x", "--seed -1"]
        {
            assert_eq!(config(line).expect_err(line).exit_code(), 2, "{line}");
        }
    }
}
