//! Which library this is.

use std::ffi::{CStr, c_char};

/// Number of the ABI this header describes. Raised when a program built with an older header would break.
pub const C8X8_ABI_VERSION: u32 = 0;

/// Version of the library this header came with: the first of its three numbers.
pub const C8X8_VERSION_MAJOR: u32 = 0;
/// The second number.
pub const C8X8_VERSION_MINOR: u32 = 1;
/// The third number.
pub const C8X8_VERSION_PATCH: u32 = 0;

// The header needs numbers, and cargo has strings.
const _: () = {
    const fn same(text: &str, number: u32) -> bool {
        matches!(u32::from_str_radix(text, 10), Ok(parsed) if parsed == number)
    }
    assert!(same(env!("CARGO_PKG_VERSION_MAJOR"), C8X8_VERSION_MAJOR));
    assert!(same(env!("CARGO_PKG_VERSION_MINOR"), C8X8_VERSION_MINOR));
    assert!(same(env!("CARGO_PKG_VERSION_PATCH"), C8X8_VERSION_PATCH));
};

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

/// Version of the library that is running.
///
/// @return E.g. "0.1.0". Static: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn c8x8_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Number of the ABI of the library that is running.
///
/// @return The number, to be compared with C8X8_ABI_VERSION; see C8X8_HEADER_MATCHES_LIBRARY.
#[unsafe(no_mangle)]
pub extern "C" fn c8x8_abi_version() -> u32 {
    C8X8_ABI_VERSION
}
