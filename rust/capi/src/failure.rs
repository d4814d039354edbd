//! What a call fails of, and how the caller hears of it: a code, and words that the calling thread can ask for.

use core::cell::RefCell;
use core::ffi::c_char;
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::constants::{fasp_code, fasp_result};

/// The result of every body.
pub(crate) type Result<T> = core::result::Result<T, Failure>;

/// Why a body did not give what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine said no.
    Engine(faspstream::Error),
    /// The handle is stale, of another kind, or made up.
    Stale(&'static str),
    /// A bug of the caller.
    Invalid(String),
    /// Not within the given time.
    Again,
    /// The verified end of the stream.
    End,
    /// The text is longer than its place.
    Truncated,
    /// A panic was caught.
    Panic(String),
}

impl From<faspstream::Error> for Failure {
    fn from(error: faspstream::Error) -> Self {
        Self::Engine(error)
    }
}

impl Failure {
    /// A null pointer where none is allowed.
    pub(crate) fn null(what: &str) -> Self {
        Self::Invalid(format!("{what} is a null pointer"))
    }

    fn code(&self) -> fasp_result {
        match self {
            Self::Engine(error) => error.code() as fasp_result,
            Self::Stale(_) => fasp_code::FASP_CLOSED as fasp_result,
            Self::Invalid(_) => fasp_code::FASP_INVALID as fasp_result,
            Self::Again => fasp_code::FASP_AGAIN as fasp_result,
            Self::End => fasp_code::FASP_END as fasp_result,
            Self::Truncated => fasp_code::FASP_TRUNCATED as fasp_result,
            Self::Panic(_) => fasp_code::FASP_INTERNAL as fasp_result,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Engine(error) => error.message().to_owned(),
            Self::Stale(what) => format!("this {what} was closed, or never was one; open a new one"),
            Self::Invalid(words) => words.clone(),
            Self::Again => "not within the given time; try again".to_owned(),
            Self::End => "the end of the stream".to_owned(),
            Self::Truncated => "the buffer is too small for the text".to_owned(),
            Self::Panic(words) => {
                format!("a bug of the engine: {words}; the process can go on; please report it")
            }
        }
    }

    /// True for what a program meets in its normal course: the words of the last failure stay.
    fn is_ordinary(&self) -> bool {
        matches!(self, Self::Again | Self::End | Self::Truncated)
    }
}

/// The last failure of a thread.
struct Last {
    code: fasp_result,
    message: CString,
    bytes_delivered: u64,
    retryable: bool,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

fn remember(failure: &Failure) {
    let (bytes_delivered, retryable) = match failure {
        Failure::Engine(error) => (error.bytes_delivered(), error.retryable()),
        _ => (0, false),
    };
    let words = failure.message().replace('\0', " ");
    let message = CString::new(words).unwrap_or_default();
    LAST.with(|last| {
        *last.borrow_mut() = Some(Last { code: failure.code(), message, bytes_delivered, retryable });
    });
}

fn of_last<T>(default: T, take: impl FnOnce(&Last) -> T) -> T {
    LAST.with(|last| last.borrow().as_ref().map_or(default, take))
}

/// Runs a body: a failure or a panic becomes its code, and its words are kept for the calling thread.
pub(crate) fn guarded(body: impl FnOnce() -> Result<()>) -> fasp_result {
    // A body leaves nothing half done behind: it owns no state but locks that the engine takes as poisoned.
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        let words = payload
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        Err(Failure::Panic(words.unwrap_or_else(|| "a panic without words".to_owned())))
    });
    match outcome {
        Ok(()) => fasp_code::FASP_OK as fasp_result,
        Err(failure) => {
            if !failure.is_ordinary() {
                remember(&failure);
            }
            failure.code()
        }
    }
}

/// The words of the calling thread's last failure, in UTF-8, for a human; never null, empty if nothing has failed yet. Valid until the
/// next failure on this thread. FASP_AGAIN, FASP_END and FASP_TRUNCATED leave the words as they are.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_error_message() -> *const c_char {
    of_last(c"".as_ptr(), |last| last.message.as_ptr())
}

/// The code of the calling thread's last failure, FASP_OK if nothing has failed yet.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_error_code() -> fasp_result {
    of_last(fasp_code::FASP_OK as fasp_result, |last| last.code)
}

/// Stream bytes that the reading application had taken when the session of the calling thread's last failure failed; at the sender as
/// last heard.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_error_bytes_delivered() -> u64 {
    of_last(0, |last| last.bytes_delivered)
}

/// True if what failed last on the calling thread may succeed later without a change by the user.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_error_retryable() -> bool {
    of_last(false, |last| last.retryable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> String {
        // SAFETY: the pointer is never null and its text lives until the next failure of this thread.
        unsafe { core::ffi::CStr::from_ptr(fasp_error_message()) }.to_string_lossy().into_owned()
    }

    #[test]
    fn a_panic_becomes_a_code_and_words() {
        assert_eq!(guarded(|| panic!("boom {}", 7)), fasp_code::FASP_INTERNAL as i32);
        assert!(message().contains("boom 7"));
        assert_eq!(fasp_error_code(), fasp_code::FASP_INTERNAL as i32);
    }

    #[test]
    fn what_is_ordinary_leaves_the_words_of_the_last_failure() {
        assert_eq!(guarded(|| Err(Failure::Invalid("no\0way".to_owned()))), fasp_code::FASP_INVALID as i32);
        assert_eq!(guarded(|| Err(Failure::Again)), fasp_code::FASP_AGAIN as i32);
        assert_eq!(guarded(|| Ok(())), 0);
        assert_eq!(message(), "no way");
    }

    #[test]
    fn every_thread_has_words_of_its_own() {
        guarded(|| Err(Failure::Stale("session")));
        std::thread::spawn(|| assert_eq!((message().as_str(), fasp_error_code()), ("", 0)))
            .join()
            .expect("equal");
        assert!(message().contains("session"));
    }
}
