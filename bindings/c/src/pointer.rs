//! Reading what C passes, writing what C gets. Every pointer may be NULL.

use std::ffi::{CStr, CString, c_char};

use campaigns::{Error, ErrorKind};

/// A string that must be there; `name` is the parameter's.
///
/// # Safety
/// `text` is NULL or a NUL-terminated string that stays as it is while the result lives.
pub(crate) unsafe fn required<'a>(text: *const c_char, name: &str) -> Result<&'a str, Error> {
    // SAFETY: the caller's promise, handed on.
    unsafe { optional(text, name) }?.ok_or_else(|| is_null(name))
}

/// A string that may be left out.
///
/// # Safety
/// As for [`required`].
pub(crate) unsafe fn optional<'a>(
    text: *const c_char,
    name: &str,
) -> Result<Option<&'a str>, Error> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and by the caller's promise NUL-terminated and unchanged meanwhile.
    let text = unsafe { CStr::from_ptr(text) };
    match text.to_str() {
        Ok(text) => Ok(Some(text)),
        Err(error) => Err(invalid(format!(
            "{name} is not valid UTF-8 (valid are its first {} bytes)",
            error.valid_up_to()
        ))),
    }
}

/// A handle that must be there.
///
/// # Safety
/// `handle` is NULL or a live handle of this library.
pub(crate) unsafe fn handle<'a, T>(handle: *const T, name: &str) -> Result<&'a T, Error> {
    // SAFETY: by the caller's promise it is NULL or points to a live value that is only ever shared.
    unsafe { handle.as_ref() }.ok_or_else(|| is_null(name))
}

/// Hands a string over to C, which frees it with `c8x8_string_free`.
///
/// # Safety
/// `out` is NULL or may be written to.
pub(crate) unsafe fn write_string(out: *mut *mut c_char, text: String) {
    if out.is_null() {
        return;
    }
    // JSON has no NUL byte: it is escaped. Should one be there all the same, what stands before it is handed over.
    let text = CString::new(text).unwrap_or_else(|error| {
        let end = error.nul_position();
        let mut bytes = error.into_vec();
        bytes.truncate(end);
        CString::new(bytes).unwrap_or_default()
    });
    // SAFETY: not NULL, and by the caller's promise writable.
    unsafe { out.write(text.into_raw()) };
}

pub(crate) fn is_null(name: &str) -> Error {
    invalid(format!("{name} is NULL"))
}

pub(crate) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}
