//! The configuration: one table of keys, the parsers of their values, and what they make up together.
//!
//! The conf file, the CLI's help and the Java constants are checked against [`TABLE`] by tests.

mod file;
mod parse;
mod table;

use std::path::{Path, PathBuf};

pub(crate) use file::properties;
pub use parse::{parse_duration, parse_rate, parse_size};
pub use table::{Key, Kind, TABLE, key};

use crate::api::error::{Error, Result};
use crate::api::key::AccessKey;
use crate::api::options::Options;
use crate::control::pin::KeyPin;

/// Everything that can be configured, as the builders of server and client take it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Bind address of a server, server address of a client.
    pub host: String,
    /// TCP port of the control channel; 0 lets a server take any free one.
    pub tcp_port: u16,
    /// UDP port of a server; 0 is any free one.
    pub udp_port: u16,
    /// What is the same for server, client and session.
    pub options: Options,
    /// Access keys; a client uses the first.
    pub access_keys: Vec<AccessKey>,
    /// PEM file with the certificate chain of this end.
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the private key of this end.
    pub tls_key: Option<PathBuf>,
    /// PEM file with the authorities that sign the peer's certificate.
    pub tls_trust: Option<PathBuf>,
    /// Public keys that a client's server may show; any if there are none.
    pub tls_pins: Vec<KeyPin>,
    /// Most sessions of a server at the same time.
    pub max_sessions: u32,
    /// Server: most of them from one IPv4 address or IPv6 /64; None: as many as `max_sessions`.
    pub max_sessions_per_address: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        let mut config = Self {
            host: String::new(),
            tcp_port: 0,
            udp_port: 0,
            options: Options::blank(),
            access_keys: Vec::new(),
            tls_cert: None,
            tls_key: None,
            tls_trust: None,
            tls_pins: Vec::new(),
            max_sessions: 0,
            max_sessions_per_address: None,
        };
        for key in TABLE {
            if !key.default.is_empty() {
                config.set(key.name, key.default).expect("a test holds that every default is allowed");
            }
        }
        config
    }
}

impl Config {
    /// Reads a properties file over the defaults. An unknown key or a bad value is an error that names file, key and what is allowed.
    pub fn load(path: &Path) -> Result<Self> {
        let mut config = Self::default();
        config.merge(path)?;
        Ok(config)
    }

    /// Reads a properties file over what is set already.
    pub fn merge(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::configuration(format!("configuration file {}: {e}", path.display())))?;
        for (name, value) in properties(&text) {
            self.set(&name, &value)
                .map_err(|e| Error::configuration(format!("configuration file {}: {e}", path.display())))?;
        }
        Ok(())
    }

    /// Sets one key from its text. An empty value leaves the key as it is.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let key = key(name).ok_or_else(|| unknown(name))?;
        let value = value.trim();
        if value.is_empty() {
            return Ok(());
        }
        self.assign(key, value).map_err(|why| {
            // A secret is not repeated.
            let shown = if key.kind == Kind::AccessKeys { "(hidden)" } else { value };
            Error::configuration(format!("{name} = {shown}: {why}; allowed: {}", key.allowed))
        })
    }

    fn assign(&mut self, key: &Key, value: &str) -> core::result::Result<(), String> {
        let o = &mut self.options;
        match key.name {
            "host" => self.host = value.to_owned(),
            "tcp.port" => self.tcp_port = parse::number(value, 0, 65_535)?,
            "udp.port" => self.udp_port = parse::number(value, 0, 65_535)?,
            "target.rate" => o.target_rate = parse::target_rate(value)?,
            "min.rate" => o.min_rate = parse_rate(value)?,
            "policy" => o.policy = parse::word(value, &table::POLICIES)?,
            "cipher" => o.cipher = parse::word(value, &table::CIPHERS)?,
            "digest" => o.digest = parse::word(value, &table::DIGESTS)?,
            "access.key" => self.access_keys = AccessKey::parse_list(value)?,
            "access.key.file" => {
                self.access_keys = AccessKey::load(Path::new(value)).map_err(|e| e.message().to_owned())?;
            }
            "tls.cert" => self.tls_cert = Some(value.into()),
            "tls.key" => self.tls_key = Some(value.into()),
            "tls.trust" => self.tls_trust = Some(value.into()),
            "tls.pin" => self.tls_pins = parse::pins(value)?,
            "datagram.size" => o.datagram_size = parse::auto(value, |v| parse::number(v, 256, 65_000))?,
            "buffer.size" => o.buffer_size = parse::auto(value, |v| parse::size_within(v, table::BUFFER))?,
            "buffer.max" => o.buffer_max = parse::size_within(value, table::BUFFER)?,
            "connect.timeout" => o.connect_timeout = parse::duration_within(value, table::TIMEOUT)?,
            "outage.timeout" => o.outage_timeout = parse::duration_within(value, table::TIMEOUT)?,
            "max.sessions" => self.max_sessions = parse::number(value, 1, 65_535)?,
            "max.sessions.per.address" => {
                self.max_sessions_per_address = parse::auto(value, |v| parse::number(v, 1, 65_535))?;
            }
            "complete.on.close" => o.complete_on_close = parse::word(value, &table::BOOLEANS)?,
            "transport" => o.transport = parse::word(value, &table::TRANSPORTS)?,
            "dscp" => o.dscp = if value == "default" { None } else { Some(parse::number(value, 0, 63)?) },
            other => return Err(format!("the key {other} is in the table and nowhere else: a bug")),
        }
        Ok(())
    }
}

fn unknown(name: &str) -> Error {
    let known: Vec<&str> = TABLE.iter().map(|k| k.name).collect();
    Error::configuration(format!("unknown key {name:?}; known are: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use faspstream_proto::config::{Cipher, RatePolicy};
    use faspstream_proto::digest::DigestAlgorithm;
    use faspstream_proto::units::Rate;

    use super::*;
    use crate::api::error::ErrorCode;
    use crate::api::options::Transport;

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let c = Config::default();
        assert_eq!(
            (c.host.as_str(), c.tcp_port, c.udp_port, c.max_sessions),
            ("127.0.0.1", 33_001, 33_001, 1_024)
        );
        let o = c.options;
        assert_eq!((o.target_rate, o.min_rate, o.policy), (Rate::UNLIMITED, Rate::ZERO, RatePolicy::Fair));
        assert_eq!((o.cipher, o.datagram_size, o.buffer_size), (Cipher::Aes128Gcm, None, None));
        assert_eq!((o.buffer_max, o.digest), (256 << 20, DigestAlgorithm::Xxh3));
        assert_eq!((o.connect_timeout, o.outage_timeout), (Duration::from_secs(20), Duration::from_secs(60)));
        assert_eq!((o.transport, o.dscp, o.complete_on_close), (Transport::Auto, None, true));
    }

    /// The keys that stand in the conf file, with their defaults.
    fn conf_file() -> Vec<(String, String)> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conf/faspstream.properties");
        let text = std::fs::read_to_string(&path).expect("the conf file is part of the project");
        let settings =
            text.lines().filter_map(|line| line.strip_prefix('#')).filter(|l| !l.starts_with([' ', '#']));
        settings
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn the_conf_file_has_every_key_with_its_default() {
        let mut in_file = conf_file();
        let mut in_table: Vec<(String, String)> =
            TABLE.iter().map(|k| (k.name.to_owned(), k.default.to_owned())).collect();
        in_file.sort();
        in_table.sort();
        assert_eq!(in_file, in_table);
    }

    #[test]
    fn every_profile_can_be_loaded() {
        let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conf/profiles");
        let mut loaded = 0;
        for entry in std::fs::read_dir(profiles).expect("the profiles are part of the project") {
            let path = entry.expect("it can be listed").path();
            if path.extension().is_some_and(|e| e == "properties") {
                Config::load(&path).expect("a profile holds what is allowed");
                loaded += 1;
            }
        }
        assert!(loaded > 0);
    }

    #[test]
    fn every_key_takes_a_value_and_refuses_nonsense_by_name() {
        for key in TABLE {
            let mut config = Config::default();
            if matches!(key.kind, Kind::Text | Kind::Path) && key.name != "access.key.file" {
                assert!(config.set(key.name, "x").is_ok(), "{}", key.name);
                continue;
            }
            let error = config.set(key.name, "no such value").expect_err(key.name);
            assert_eq!(error.code(), ErrorCode::Configuration);
            assert!(error.message().contains(key.name) && error.message().contains(key.allowed), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_the_known_ones() {
        let error = Config::default().set("tcp.prot", "1").expect_err("there is no such key");
        assert!(error.message().contains("tcp.prot") && error.message().contains("tcp.port"));
    }

    #[test]
    fn secrets_are_not_repeated_in_errors() {
        let error = Config::default().set("access.key", "hush-hush-hush").expect_err("it has no colon");
        assert!(!error.message().contains("hush"));
        let error =
            Config::default().set("access.key", "cam:hush and, hush again: quiet").expect_err("it is cut");
        for part in ["cam", "hush", "again", "quiet"] {
            assert!(!error.message().contains(part), "{error}");
        }
    }
}
