//! The native methods of `faspstream.testkit.Relay`: conversion and nothing else. A handle is a number that is never used twice.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use jni::errors::ThrowRuntimeExAndDefault;
use jni::objects::{JClass, JLongArray, JString};
use jni::sys::{jdouble, jint, jlong};
use jni::{Env, EnvUnowned};

use crate::error::RelayError;
use crate::lane::Counts;
use crate::relay::Relay;
use crate::settings::Settings;

static RELAYS: LazyLock<Mutex<HashMap<i64, Arc<Relay>>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicI64 = AtomicI64::new(1);

/// What a native method fails of.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Relay(#[from] RelayError),
    #[error("a call into the JVM failed: {0}")]
    Jvm(#[from] jni::errors::Error),
}

type Result<T> = core::result::Result<T, Failure>;

fn relays() -> MutexGuard<'static, HashMap<i64, Arc<Relay>>> {
    RELAYS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn relay(handle: jlong) -> Result<Arc<Relay>> {
    relays().get(&handle).cloned().ok_or(Failure::Relay(RelayError::Closed))
}

/// Runs a body; what it fails of, a panic too, is a `RuntimeException`.
fn run<'l, T: Default>(mut env: EnvUnowned<'l>, body: impl FnOnce(&mut Env<'l>) -> Result<T>) -> T {
    env.with_env(body).resolve::<ThrowRuntimeExAndDefault>()
}

fn nanos(time: jlong) -> Duration {
    Duration::from_nanos(u64::try_from(time).unwrap_or(0))
}

fn flatten(counts: Counts) -> [i64; 6] {
    let c = counts;
    [c.offered, c.delivered, c.lost, c.queue_full, c.too_large, c.bytes]
        .map(|n| i64::try_from(n).unwrap_or(i64::MAX))
}

/// `static native long start(String settings)`
#[unsafe(no_mangle)]
extern "system" fn Java_faspstream_testkit_Relay_start<'l>(
    env: EnvUnowned<'l>,
    _: JClass<'l>,
    settings: JString<'l>,
) -> jlong {
    run(env, |env| {
        let settings = Settings::parse(&settings.try_to_string(env)?)?;
        let relay = Arc::new(Relay::start(&settings)?);
        let handle = NEXT.fetch_add(1, Ordering::Relaxed);
        relays().insert(handle, relay);
        Ok(handle)
    })
}

/// `static native int tcpPort(long handle)`
#[unsafe(no_mangle)]
extern "system" fn Java_faspstream_testkit_Relay_tcpPort<'l>(
    env: EnvUnowned<'l>,
    _: JClass<'l>,
    handle: jlong,
) -> jint {
    run(env, |_| Ok(relay(handle)?.tcp_port().into()))
}

/// `static native void rate(long handle, long bitsPerSecond)`; 0 for no limit.
#[unsafe(no_mangle)]
extern "system" fn Java_faspstream_testkit_Relay_rate<'l>(
    env: EnvUnowned<'l>,
    _: JClass<'l>,
    handle: jlong,
    rate: jlong,
) {
    run(env, |_| {
        relay(handle)?.set_rate(u64::try_from(rate).ok().filter(|rate| *rate > 0));
        Ok(())
    });
}

/// `static native void rtt(long handle, long nanos)`
#[unsafe(no_mangle)]
extern "system" fn Java_faspstream_testkit_Relay_rtt<'l>(
    env: EnvUnowned<'l>,
    _: JClass<'l>,
    handle: jlong,
    rtt: jlong,
) {
    run(env, |_| {
        relay(handle)?.set_rtt(nanos(rtt));
        Ok(())
    });
}

/// `static native void loss(long handle, double share)`
#[unsafe(no_mangle)]
extern "system" fn Java_faspstream_testkit_Relay_loss<'l>(
    env: EnvUnowned<'l>,
    _: JClass<'l>,
    handle: jlong,
    share: jdouble,
) {
    run(env, |_| {
        relay(handle)?.set_loss(share);
        Ok(())
    });
}

/// `static native void outage(long handle, long nanos)`
#[unsafe(no_mangle)]
extern "system" fn Java_faspstream_testkit_Relay_outage<'l>(
    env: EnvUnowned<'l>,
    _: JClass<'l>,
    handle: jlong,
    lasting: jlong,
) {
    run(env, |_| {
        relay(handle)?.outage(nanos(lasting));
        Ok(())
    });
}

/// `static native long[] counts(long handle)`: six numbers from the clients, six to them.
#[unsafe(no_mangle)]
extern "system" fn Java_faspstream_testkit_Relay_counts<'l>(
    env: EnvUnowned<'l>,
    _: JClass<'l>,
    handle: jlong,
) -> JLongArray<'l> {
    run(env, |env| {
        let (up, down) = relay(handle)?.counts();
        let values = [flatten(up), flatten(down)].concat();
        let array = env.new_long_array(values.len())?;
        array.set_region(env, 0, &values)?;
        Ok(array)
    })
}

/// `static native void stop(long handle)`
#[unsafe(no_mangle)]
extern "system" fn Java_faspstream_testkit_Relay_stop<'l>(env: EnvUnowned<'l>, _: JClass<'l>, handle: jlong) {
    run(env, |_| {
        let stopped = relays().remove(&handle);
        drop(stopped);
        Ok(())
    });
}
