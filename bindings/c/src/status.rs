//! The status codes, and the way out for the strings of this library.

use std::ffi::{CStr, CString, c_char};

/// Done.
pub const C8X8_OK: i32 = 0;
/// An argument is NULL, no UTF-8, malformed JSON, or has a wrong form. Nothing was sent.
pub const C8X8_ERR_INVALID_ARGUMENT: i32 = 1;
/// A setting is missing, unknown or wrong. Nothing was sent.
pub const C8X8_ERR_CONFIG: i32 = 2;
/// A record breaks a rule; see "fieldErrors". Nothing was sent.
pub const C8X8_ERR_VALIDATION: i32 = 3;
/// 400: the server refused the request as wrong.
pub const C8X8_ERR_BAD_REQUEST: i32 = 4;
/// 401: the key is missing, malformed or revoked.
pub const C8X8_ERR_UNAUTHORIZED: i32 = 5;
/// 403: the key lacks the API Product, or the role forbids it.
pub const C8X8_ERR_FORBIDDEN: i32 = 6;
/// 404: no such campaign for this tenant on this site.
pub const C8X8_ERR_NOT_FOUND: i32 = 7;
/// 409: the campaign's state, or a record already on it, forbids the request.
pub const C8X8_ERR_CONFLICT: i32 = 8;
/// 429: more requests than allowed.
pub const C8X8_ERR_RATE_LIMITED: i32 = 9;
/// 5xx: the server failed.
pub const C8X8_ERR_SERVER: i32 = 10;
/// An answer that the API never gives: a redirect, another form, too long.
pub const C8X8_ERR_UNEXPECTED_RESPONSE: i32 = 11;
/// No connection, or no answer, within the time set for one attempt.
pub const C8X8_ERR_TIMEOUT: i32 = 12;
/// The connection could not be made, or broke.
pub const C8X8_ERR_CONNECTION: i32 = 13;
/// No trust between the two ends: certificate or protocol.
pub const C8X8_ERR_TLS: i32 = 14;
/// The deadline of the whole operation passed.
pub const C8X8_ERR_DEADLINE: i32 = 15;
/// Cancelled through a c8x8_cancel or a callback.
pub const C8X8_ERR_CANCELLED: i32 = 16;
/// The upload ledger cannot be read or written.
pub const C8X8_ERR_STORAGE: i32 = 17;
/// A fault of this library.
pub const C8X8_ERR_INTERNAL: i32 = 99;

/// Every status and its name, for C to read. A test compares the table with the core's kinds.
const NAMES: [(i32, &CStr); 19] = [
    (C8X8_OK, c"C8X8_OK"),
    (C8X8_ERR_INVALID_ARGUMENT, c"C8X8_ERR_INVALID_ARGUMENT"),
    (C8X8_ERR_CONFIG, c"C8X8_ERR_CONFIG"),
    (C8X8_ERR_VALIDATION, c"C8X8_ERR_VALIDATION"),
    (C8X8_ERR_BAD_REQUEST, c"C8X8_ERR_BAD_REQUEST"),
    (C8X8_ERR_UNAUTHORIZED, c"C8X8_ERR_UNAUTHORIZED"),
    (C8X8_ERR_FORBIDDEN, c"C8X8_ERR_FORBIDDEN"),
    (C8X8_ERR_NOT_FOUND, c"C8X8_ERR_NOT_FOUND"),
    (C8X8_ERR_CONFLICT, c"C8X8_ERR_CONFLICT"),
    (C8X8_ERR_RATE_LIMITED, c"C8X8_ERR_RATE_LIMITED"),
    (C8X8_ERR_SERVER, c"C8X8_ERR_SERVER"),
    (
        C8X8_ERR_UNEXPECTED_RESPONSE,
        c"C8X8_ERR_UNEXPECTED_RESPONSE",
    ),
    (C8X8_ERR_TIMEOUT, c"C8X8_ERR_TIMEOUT"),
    (C8X8_ERR_CONNECTION, c"C8X8_ERR_CONNECTION"),
    (C8X8_ERR_TLS, c"C8X8_ERR_TLS"),
    (C8X8_ERR_DEADLINE, c"C8X8_ERR_DEADLINE"),
    (C8X8_ERR_CANCELLED, c"C8X8_ERR_CANCELLED"),
    (C8X8_ERR_STORAGE, c"C8X8_ERR_STORAGE"),
    (C8X8_ERR_INTERNAL, c"C8X8_ERR_INTERNAL"),
];

/// Name of a status.
///
/// @param status What a call returned.
/// @return E.g. "C8X8_ERR_CONFIG"; "unknown" for a number that is none. Static: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn c8x8_status_name(status: i32) -> *const c_char {
    NAMES
        .into_iter()
        .find_map(|(number, name)| (number == status).then_some(name))
        .unwrap_or(c"unknown")
        .as_ptr()
}

/// Frees a string that this library returned through an `out_json`. The only way to free it: the library may have another
/// C runtime than the program.
///
/// @param s A string of this library, not freed yet, or NULL (nothing happens).
///
/// # Safety
/// `s` comes from this library and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_string_free(s: *mut c_char) {
    if !s.is_null() {
        // SAFETY: the caller promises that this library made it (with `CString::into_raw`) and that nobody uses it any more.
        drop(unsafe { CString::from_raw(s) });
    }
}
