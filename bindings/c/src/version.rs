//! Which library this is.

use std::ffi::{CStr, c_char};

/// Number of the ABI this header describes. Raised when a program built with an older header would break.
pub const C8X8_ABI_VERSION: u32 = 1;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

/// Version of the library that is running, e.g. "0.1.0". Static: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn c8x8_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Number of the ABI of the library that is running; compare it with C8X8_ABI_VERSION.
#[unsafe(no_mangle)]
pub extern "C" fn c8x8_abi_version() -> u32 {
    C8X8_ABI_VERSION
}
