//! The configuration as Java sends it: lines of `key=value`, `access.key` once for each key.

use faspstream::{AccessKey, Config, Error, ErrorCode};

use crate::failure::{Failure, Result};

/// Reads the lines over the defaults.
pub(crate) fn read(lines: &[u8]) -> Result<Config> {
    let text = core::str::from_utf8(lines).map_err(|_| Failure::BadRecord)?;
    let mut config = Config::default();
    for line in text.lines() {
        let (key, value) = line.split_once('=').ok_or(Failure::BadRecord)?;
        if key == "access.key" {
            config.access_keys.push(AccessKey::parse(value)?);
        } else {
            config.set(key, value)?;
        }
    }
    Ok(config)
}

/// The engine's table, for the test that holds it against Java's: lines of key, tab, default.
pub(crate) fn table() -> String {
    faspstream::config::TABLE.iter().map(|key| format!("{}\t{}\n", key.name, key.default)).collect()
}

/// A rate of Java: bits per second, `Long.MAX_VALUE` for no limit.
pub(crate) fn rate(bits_per_second: i64) -> Result<faspstream::Rate> {
    match u64::try_from(bits_per_second) {
        Ok(bps) if bits_per_second == i64::MAX => Ok(faspstream::Rate::from_bps(bps | 1 << 63)),
        Ok(bps) => Ok(faspstream::Rate::from_bps(bps)),
        Err(_) => Err(Error::new(ErrorCode::Configuration, "a rate is negative").into()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_over_the_defaults_and_keys_add_up() {
        let config =
            read(b"tcp.port=7\ntarget.rate=1000000bit\nconnect.timeout=250ms\naccess.key=a:12345678,9\naccess.key=b:12345678=0\n")
                .unwrap();
        assert_eq!((config.tcp_port, config.udp_port), (7, 33_001));
        assert_eq!(config.options.target_rate, faspstream::Rate::from_mbps(1));
        assert_eq!(config.options.connect_timeout.as_millis(), 250);
        let secrets: Vec<_> = config.access_keys.iter().map(AccessKey::reveal_secret).collect();
        assert_eq!(secrets, ["12345678,9", "12345678=0"]);
    }

    #[test]
    fn nonsense_is_refused() {
        for lines in [&b"no such line"[..], b"no.such.key=1", b"\xff=1", b"tcp.port=x"] {
            assert!(read(lines).is_err());
        }
    }

    #[test]
    fn the_largest_long_is_no_limit() {
        assert_eq!(rate(i64::MAX).unwrap(), faspstream::Rate::UNLIMITED);
        assert_eq!(rate(8_000).unwrap().as_bps(), 8_000);
        assert!(rate(-1).is_err());
    }
}
