//! Configurations: text for every key of conf/faspstream.properties.

use core::ffi::c_char;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use faspstream::{AccessKey, Config};

use crate::constants::fasp_result;
use crate::failure::{Result, guarded};
use crate::handles::{self, Entry, fasp_config};
use crate::place::{present, put, text};

/// A copy of the configuration behind `handle`; 0 stands for the defaults.
pub(crate) fn snapshot(handle: fasp_config) -> Result<Config> {
    if handle == 0 {
        return Ok(Config::default());
    }
    let config = handles::config(handle)?;
    let config = config.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(config.clone())
}

fn change(handle: fasp_config, change: impl FnOnce(&mut Config) -> Result<()>) -> Result<()> {
    let config = handles::config(handle)?;
    let mut config = config.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut config)
}

/// Makes a configuration that has the defaults. To be freed with `fasp_config_free`.
///
/// # Safety
/// `config` points to a place for a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_config_new(config: *mut fasp_config) -> fasp_result {
    guarded(|| {
        present("config", config)?;
        let handle = handles::adopt(Entry::Config(Arc::new(Mutex::new(Config::default()))));
        // SAFETY: the caller's promise.
        unsafe { put("config", config, handle) }
    })
}

/// Frees a configuration. What was started with it goes on.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_config_free(config: fasp_config) -> fasp_result {
    guarded(|| handles::remove_config(config).map(drop))
}

/// Sets a key of conf/faspstream.properties, such as "target.rate" to "500mbit". An empty value leaves the key as it is. FASP_CONFIGURATION
/// for an unknown key or a bad value; the words name what is allowed.
///
/// # Safety
/// `key` and `value` are zero-terminated strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_config_set(
    config: fasp_config,
    key: *const c_char,
    value: *const c_char,
) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        let (key, value) = unsafe { (text("key", key)?, text("value", value)?) };
        change(config, |config| Ok(config.set(key, value)?))
    })
}

/// Reads a properties file over what is set.
///
/// # Safety
/// `path` is a zero-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_config_load(config: fasp_config, path: *const c_char) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        let path = unsafe { text("path", path)? };
        change(config, |config| Ok(config.merge(Path::new(path))?))
    })
}

/// Adds an access key: a server accepts every key that was added, a client proves the last one.
///
/// # Safety
/// `id` and `secret` are zero-terminated strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_config_add_access_key(
    config: fasp_config,
    id: *const c_char,
    secret: *const c_char,
) -> fasp_result {
    guarded(|| {
        // SAFETY: the caller's promise.
        let (id, secret) = unsafe { (text("id", id)?, text("secret", secret)?) };
        let key = AccessKey::new(id, secret)?;
        change(config, |config| {
            config.access_keys.push(key);
            Ok(())
        })
    })
}
