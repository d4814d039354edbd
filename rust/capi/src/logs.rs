//! The engine's log records on their way to the application.

use core::ffi::{c_char, c_void};
use std::ffi::CString;
use std::sync::{PoisonError, RwLock};

use log::LevelFilter;

use crate::constants::fasp_result;
use crate::failure::{Failure, guarded};

/// Takes a log record. Called from the engine's threads: it must not wait, and must not call the library. `level` is 1 (error: a bug) to
/// 5 (trace); `target` names the part of the engine; both texts are gone when it returns.
pub type fasp_log_function = Option<
    unsafe extern "C" fn(user: *mut c_void, level: i32, target: *const c_char, message: *const c_char),
>;

struct Sink {
    function: unsafe extern "C" fn(*mut c_void, i32, *const c_char, *const c_char),
    user: *mut c_void,
}

// SAFETY: the application promises a function that any thread may call with this pointer.
unsafe impl Send for Sink {}
// SAFETY: as above.
unsafe impl Sync for Sink {}

static SINK: RwLock<Option<Sink>> = RwLock::new(None);

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let c_text = |text: &str| CString::new(text.replace('\0', " ")).unwrap_or_default();
        let (target, message) = (c_text(record.target()), c_text(&record.args().to_string()));
        if let Some(sink) = &*SINK.read().unwrap_or_else(PoisonError::into_inner) {
            // SAFETY: the application's promise of fasp_log_set; both texts live until the call returns.
            unsafe { (sink.function)(sink.user, record.level() as i32, target.as_ptr(), message.as_ptr()) };
        }
    }

    fn flush(&self) {}
}

/// Sends the engine's log to `function`, records of `level` and graver: 0 none, 1 error, 2 warning, 3 information, 4 debug, 5 trace. Null
/// ends it; once the call has returned the old function is not called any more. Without this call nothing is logged.
///
/// # Safety
/// Any thread may call `function` with `user` until another one was set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fasp_log_set(
    function: fasp_log_function,
    user: *mut c_void,
    level: i32,
) -> fasp_result {
    guarded(|| {
        let filter = match level {
            0 => LevelFilter::Off,
            1 => LevelFilter::Error,
            2 => LevelFilter::Warn,
            3 => LevelFilter::Info,
            4 => LevelFilter::Debug,
            5 => LevelFilter::Trace,
            _ => return Err(Failure::Invalid(format!("level is {level}, allowed is 0 to 5"))),
        };
        *SINK.write().unwrap_or_else(PoisonError::into_inner) =
            function.map(|function| Sink { function, user });
        // A process has one logger; a Rust program that has its own keeps it.
        let _ = log::set_logger(&Logger);
        log::set_max_level(if function.is_some() { filter } else { LevelFilter::Off });
        Ok(())
    })
}
