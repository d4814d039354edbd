//! What happens when the JVM loads the library.

use core::ffi::c_void;

use jni::objects::JClass;
use jni::strings::JNIString;
use jni::sys::{JNI_ERR, JNI_VERSION_1_8, jint};
use jni::vm::{AttachConfig, AttachmentExceptionPolicy};
use jni::{Env, JavaVM, jni_sig, jni_str};

#[cfg(not(target_os = "android"))]
use crate::handles::BRIDGE;
use crate::table;

/// Number of the interface to the jar; `Native.ABI` must be the same. Raise both with every change of the table.
const ABI: jint = 3;

/// Called once by the JVM: checks that jar and library fit, and registers the native methods.
///
/// # Safety
/// Only the JVM calls this, with a pointer to itself.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "system" fn JNI_OnLoad(vm: *mut jni::sys::JavaVM, _reserved: *mut c_void) -> jint {
    if vm.is_null() {
        return JNI_ERR;
    }
    // SAFETY: the JVM passes a valid pointer to itself, which lives as long as the process.
    let vm = unsafe { JavaVM::from_raw(vm) };
    let outcome = std::panic::catch_unwind(|| {
        start_logging();
        // A pending exception is what the JVM is to show, so it is not caught on the way.
        let config = || AttachConfig::new().exceptions_policy(AttachmentExceptionPolicy::Ignore);
        vm.attach_current_thread_with_config(config, None, register)
    });
    match outcome {
        Ok(Ok(())) => JNI_VERSION_1_8,
        // An exception is pending, or the JVM makes an UnsatisfiedLinkError of this.
        Ok(Err(_)) | Err(_) => JNI_ERR,
    }
}

fn register(env: &mut Env<'_>) -> jni::errors::Result<()> {
    let native = env.find_class(jni_str!("faspstream/internal/Native"))?;
    let jar = env.get_static_field(&native, jni_str!("ABI"), jni_sig!(jint))?.i()?;
    if jar != ABI {
        let words = format!(
            "this library has interface {ABI} and the jar has interface {jar}: take both from the same version of faspstream"
        );
        return env.throw_new(jni_str!("java/lang/UnsatisfiedLinkError"), JNIString::new(words));
    }
    register_table(env, native)
}

fn register_table(env: &mut Env<'_>, native: JClass<'_>) -> jni::errors::Result<()> {
    let methods = table::methods();
    // SAFETY: all methods of the table are static and take the class as their second argument; each row has the signature of its
    // function (table.rs), and a test of the Java side compares the rows with the declarations.
    unsafe { env.register_native_methods(native, &methods) }
}

#[cfg(not(target_os = "android"))]
fn start_logging() {
    // Fails if this copy of the library was initialized before: then the logger is in place.
    let _ = log::set_logger(&BRIDGE.logs);
    std::panic::set_hook(Box::new(|panic| log::error!("{panic}")));
}

#[cfg(target_os = "android")]
fn start_logging() {
    let config =
        android_logger::Config::default().with_tag("faspstream").with_max_level(log::LevelFilter::Info);
    android_logger::init_once(config);
    std::panic::set_hook(Box::new(|panic| log::error!("{panic}")));
}
