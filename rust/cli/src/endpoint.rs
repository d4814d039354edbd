//! What the options of every command have in common on their way into the engine.

use faspstream::{Client, Config, Rate, RatePolicy};

use crate::args::{Endpoint, Transfer};
use crate::failure::Failure;

/// The configuration: defaults, then the properties file, then `--set`, then the options of their own.
pub(crate) fn config(endpoint: &Endpoint) -> Result<Config, Failure> {
    let mut config = Config::default();
    if let Some(path) = &endpoint.config {
        config.merge(path)?;
    }
    for (key, value) in &endpoint.set {
        config.set(key, value)?;
    }
    if let Some(path) = &endpoint.key_file {
        config.access_keys.extend(faspstream::AccessKey::load(path)?);
    }
    for key in &endpoint.key {
        config.access_keys.push(key.clone()?);
    }
    if let Some(host) = &endpoint.host {
        config.host.clone_from(host);
    }
    if let Some(port) = endpoint.port {
        config.tcp_port = port;
    }
    Ok(config)
}

/// Puts rate and policy of the command line over what is configured.
pub(crate) fn apply_rates(config: &mut Config, rate: Option<Rate>, policy: Option<RatePolicy>) {
    if let Some(rate) = rate {
        config.options.target_rate = rate;
    }
    if let Some(policy) = policy {
        config.options.policy = policy;
    }
}

/// A client on its way to the server: what it asks for first travels with its proof.
pub(crate) fn connect(args: &Transfer) -> Result<Client, Failure> {
    let mut config = config(&args.endpoint)?;
    apply_rates(&mut config, args.rate, args.policy);
    Ok(Client::builder().config(config).start()?)
}
