//! What the options of every command have in common on their way into the engine.

use faspstream::{AccessKey, Options, Rate, RatePolicy};

use crate::args::Endpoint;
use crate::failure::Failure;

/// The keys of the command line and of the key file.
pub(crate) fn keys(endpoint: &Endpoint) -> Result<Vec<AccessKey>, Failure> {
    let mut keys = endpoint.key.clone();
    if let Some(path) = &endpoint.key_file {
        keys.extend(AccessKey::load(path)?);
    }
    Ok(keys)
}

/// Puts rate and policy of the command line over the defaults.
pub(crate) fn apply_rates(options: &mut Options, rate: Option<Rate>, policy: Option<RatePolicy>) {
    if let Some(rate) = rate {
        options.target_rate = rate;
    }
    if let Some(policy) = policy {
        options.policy = policy;
    }
}
