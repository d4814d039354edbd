//! Between the JVM and a body: panics are caught, failures become exceptions.

use core::any::Any;

use jni::errors::ErrorPolicy;
use jni::{Env, EnvUnowned};

use crate::failure::{Failure, Result};

/// Throws the checked `NativeFailure`.
struct Checked;

/// Throws an `IllegalStateException`, for methods that declare nothing.
struct Unchecked;

macro_rules! policy {
    ($policy:ty, $throw:ident) => {
        impl<T: Default> ErrorPolicy<T, Failure> for $policy {
            type Captures<'local: 'method, 'method> = ();

            fn on_error<'local: 'method, 'method>(
                env: &mut Env<'local>,
                _: &mut (),
                failure: Failure,
            ) -> jni::errors::Result<T> {
                failure.$throw(env).map(|()| T::default())
            }

            fn on_panic<'local: 'method, 'method>(
                env: &mut Env<'local>,
                _: &mut (),
                payload: Box<dyn Any + Send>,
            ) -> jni::errors::Result<T> {
                Failure::from_panic(&*payload).$throw(env).map(|()| T::default())
            }
        }
    };
}

policy!(Checked, throw_checked);
policy!(Unchecked, throw_unchecked);

/// Runs the body of a method that declares `throws NativeFailure`.
pub(crate) fn checked<'local, T: Default>(
    mut env: EnvUnowned<'local>,
    body: impl FnOnce(&mut Env<'local>) -> Result<T>,
) -> T {
    env.with_env(body).resolve::<Checked>()
}

/// Runs the body of a method that declares no exception.
pub(crate) fn unchecked<'local, T: Default>(
    mut env: EnvUnowned<'local>,
    body: impl FnOnce(&mut Env<'local>) -> Result<T>,
) -> T {
    env.with_env(body).resolve::<Unchecked>()
}
