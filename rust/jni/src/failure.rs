//! What a body fails of, and how Java hears of it.

use faspstream::ErrorCode;
use jni::Env;
use jni::objects::{JThrowable, JValue};
use jni::{jni_sig, jni_str};

use crate::record::to_long;

/// The result of every body.
pub(crate) type Result<T> = core::result::Result<T, Failure>;

/// Why a body failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The engine said no.
    #[error("{0}")]
    Engine(#[from] faspstream::Error),
    /// A call into the JVM failed; if it left an exception pending, Java gets that one.
    #[error("a call into the JVM failed: {0}")]
    Jvm(#[from] jni::errors::Error),
    /// The handle is stale, of another kind, or made up.
    #[error("this {0} was closed; open a new one")]
    Stale(&'static str),
    /// An argument is out of range; the Java side checks before, so this is a bug there.
    #[error("{what} is {value}, allowed is {allowed}")]
    Argument {
        /// Which argument.
        what: &'static str,
        /// What it was.
        value: i64,
        /// What it may be.
        allowed: String,
    },
    /// A record of the Java side can't be read: a bug there.
    #[error("a record from Java can't be read")]
    BadRecord,
    /// A panic was caught.
    #[error("a bug of the engine: {0}; the session is dead, the process goes on; please report it")]
    Panic(String),
}

impl Failure {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Engine(error) => error.code(),
            Self::Stale(_) => ErrorCode::Closed,
            Self::Jvm(_) | Self::Argument { .. } | Self::BadRecord | Self::Panic(_) => ErrorCode::Internal,
        }
    }

    /// Code (4 bytes), retryable (1), bytes delivered (8), message: what `faspstream.internal.NativeFailure` decodes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let code = self.code();
        let delivered = match self {
            Self::Engine(error) => error.bytes_delivered(),
            _ => 0,
        };
        let mut out = i32::from(code as u8).to_be_bytes().to_vec();
        out.push(u8::from(code.is_retryable()));
        out.extend_from_slice(&to_long(delivered).to_be_bytes());
        out.extend_from_slice(self.to_string().as_bytes());
        out
    }

    /// What a panic said.
    pub(crate) fn from_panic(payload: &(dyn core::any::Any + Send)) -> Self {
        let words = payload
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        Self::Panic(words.unwrap_or_else(|| "a panic without words".to_owned()))
    }

    /// Throws it as the checked `NativeFailure`, unless an exception is pending already.
    pub(crate) fn throw_checked(&self, env: &mut Env<'_>) -> jni::errors::Result<()> {
        if env.exception_check() {
            return Ok(());
        }
        let encoded = env.byte_array_from_slice(&self.encode())?;
        let class = env.find_class(jni_str!("faspstream/internal/NativeFailure"))?;
        let object =
            env.new_object(class, jni_sig!((bytes: jbyte[]) -> void), &[JValue::Object(&encoded)])?;
        let throwable = env.cast_local::<JThrowable<'_>>(object)?;
        pending(env.throw(throwable))
    }

    /// Throws it as an `IllegalStateException`, unless an exception is pending already.
    pub(crate) fn throw_unchecked(&self, env: &mut Env<'_>) -> jni::errors::Result<()> {
        if env.exception_check() {
            return Ok(());
        }
        let message = jni::strings::JNIString::new(self.to_string());
        pending(env.throw_new(jni_str!("java/lang/IllegalStateException"), message))
    }
}

/// A throw that worked reports the exception that is pending now.
fn pending(thrown: jni::errors::Result<()>) -> jni::errors::Result<()> {
    match thrown {
        Err(jni::errors::Error::JavaException) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_handle_is_closed_and_a_panic_is_internal() {
        assert_eq!(Failure::Stale("session").encode()[..5], [0, 0, 0, 1, 0]);
        let panic = Failure::from_panic(&"boom".to_owned());
        assert_eq!(panic.encode()[..5], [0, 0, 0, 18, 0]);
        assert!(panic.to_string().contains("boom"));
        assert!(Failure::from_panic(&"str").to_string().contains("str"));
        assert!(Failure::from_panic(&7).to_string().contains("without words"));
    }

    #[test]
    fn an_error_of_the_engine_keeps_its_code_and_words() {
        let failure = Failure::from(faspstream::Error::new(ErrorCode::Timeout, "too slow"));
        let encoded = failure.encode();
        assert_eq!(encoded[..13], [0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&encoded[13..], b"too slow");
    }
}
