//! The library itself.

use core::ffi::{CStr, c_char};

/// Raised when something is added; the symbol version and the library's file name tell what is incompatible.
pub const FASP_ABI_VERSION: i32 = 1;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// The version of the library, such as "1.0.0".
#[unsafe(no_mangle)]
pub extern "C" fn fasp_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The FASP_ABI_VERSION that the library was built with.
#[unsafe(no_mangle)]
pub extern "C" fn fasp_abi_version() -> i32 {
    FASP_ABI_VERSION
}
