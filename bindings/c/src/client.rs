//! The client handle, and its log.

use std::ffi::{CString, c_char, c_void};

use campaigns::{Cancel, Client, ClientConfig, Error, LogLevel};

use crate::cancel::c8x8_cancel;
use crate::guard::{self, guard, protected};
use crate::pointer;
use crate::status::C8X8_OK;

/// A client for the campaigns of one tenant. May be used from any number of threads at once, and in a child after fork.
/// Keeps one thread of its own until it is freed.
pub struct c8x8_client {
    client: Client,
}

/// Takes a log line. `level` is 1 error, 2 warn, 3 info, 4 debug; `line` is valid during the call only. Called on the thread
/// that makes the call, of an upload on the upload's own threads. May call the library, but on an upload's thread no uploader
/// (C8X8_ERR_INVALID_ARGUMENT, and c8x8_uploader_free does nothing there); must not throw.
pub type c8x8_log_fn =
    Option<unsafe extern "C" fn(level: i32, line: *const c_char, userdata: *mut c_void)>;

/// Makes a client. Sends nothing.
///
/// @param config_json Settings, e.g. {"apiKey":"eght_...","tenant":"acme01","customerSite":"US1","timeoutMs":10000}. What is
///        left out comes from CAMPAIGNS8X8_API_KEY, CAMPAIGNS8X8_TENANT, CAMPAIGNS8X8_CUSTOMER_SITE, CAMPAIGNS8X8_BASE_URL.
///        NULL: everything from there.
/// @param out_client Gets the client, on success only. Free it with c8x8_client_free. Required.
/// @param out_json Gets {"baseUrl":"https://...","tenant":"acme01"}, or the error. NULL: not wanted.
/// @return C8X8_OK; C8X8_ERR_CONFIG for a setting that is missing, unknown or wrong; C8X8_ERR_INVALID_ARGUMENT;
///         C8X8_ERR_TLS if the system has no trusted certificates.
///
/// # Safety
/// Strings are NULL or NUL-terminated; outputs are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_client_new(
    config_json: *const c_char,
    out_client: *mut *mut c8x8_client,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        if out_client.is_null() {
            return Err(pointer::is_null("out_client"));
        }
        // SAFETY: the caller's promise, handed on.
        let config = match unsafe { pointer::optional(config_json, "config_json") }? {
            Some(json) => ClientConfig::from_json(json)?,
            None => ClientConfig::new(),
        };
        let client = Client::new(config)?;
        let about = serde_json::json!({ "baseUrl": client.base_url(), "tenant": client.tenant() });
        let handle = Box::into_raw(Box::new(c8x8_client { client }));
        // SAFETY: not NULL, and by the caller's promise writable.
        unsafe { out_client.write(handle) };
        Ok(about.to_string())
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Frees a client. Its log function is not running when this returns and will not be called again: a call of it on another
/// thread is waited for, so do not hold a lock here that the function takes. An uploader of the client may still be at work; it
/// goes on without the log function. The client's thread has ended when this returns, or with the last such uploader.
///
/// May be called inside the log function, which is waited for on other threads only. In a child after fork, the parent's
/// connections are left alone.
///
/// @param client A client, not freed yet, that no call uses any more; or NULL (nothing happens).
///
/// # Safety
/// `client` is NULL, or was made by `c8x8_client_new` and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_client_free(client: *mut c8x8_client) {
    if !client.is_null() {
        // SAFETY: the caller promises that `c8x8_client_new` made it and that nobody uses it any more.
        let client = unsafe { Box::from_raw(client) };
        // There is nobody to report a panic to; it must not cross into C.
        let _ = protected(|| {
            // An uploader has the client too, and the function's userdata is the caller's to free from here on.
            client.client.clear_log();
            drop(client);
            Ok(())
        });
    }
}

/// Sends a client's log lines to a function: one line an attempt, with method, path, status, milliseconds and number. The
/// key is never in them.
///
/// When this returns, the function that was set before is not running and will not be called again: a call of it on another
/// thread is waited for, so do not hold a lock here that the function takes. May be called inside the function, which is
/// waited for on other threads only.
///
/// @param client The client. Required.
/// @param max_level The quietest level wanted: 1 error, 2 warn, 3 info, 4 debug. Not looked at when fn is NULL.
/// @param fn The function; it replaces the one before. NULL: no more lines.
/// @param userdata Handed to fn. Must stay valid until a later c8x8_client_set_log, or c8x8_client_free, has returned. If the
///        client is used from several threads, or uploads, fn may run on several at once.
/// @return C8X8_OK, or C8X8_ERR_INVALID_ARGUMENT.
///
/// # Safety
/// `client` is NULL or live; `userdata` may be used by `fn` from any thread that makes calls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_client_set_log(
    client: *const c8x8_client,
    max_level: i32,
    r#fn: c8x8_log_fn,
    userdata: *mut c_void,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise, handed on.
        let client = &unsafe { pointer::handle(client, "client") }?.client;
        let Some(function) = r#fn else {
            client.clear_log();
            return Ok(());
        };
        let level = LogLevel::from_number(max_level).ok_or_else(|| {
            pointer::invalid(format!(
                "max_level is {max_level}; accepted are 1 (error), 2 (warn), 3 (info), 4 (debug)"
            ))
        })?;
        let target = LogTarget { function, userdata };
        client.set_log(level, move |level, line| target.write(level, line));
        Ok(())
    };
    match protected(body) {
        Ok(()) => C8X8_OK,
        Err(error) => error.kind().status(),
    }
}

struct LogTarget {
    function: unsafe extern "C" fn(i32, *const c_char, *mut c_void),
    userdata: *mut c_void,
}

// SAFETY: the caller of `c8x8_client_set_log` promises that the function may use the pointer from any thread.
unsafe impl Send for LogTarget {}
// SAFETY: as above.
unsafe impl Sync for LogTarget {}

impl LogTarget {
    fn write(&self, level: LogLevel, line: &str) {
        let Ok(line) = CString::new(line.replace('\0', "\u{fffd}")) else {
            return;
        };
        let _callback = guard::Callback::enter();
        // SAFETY: by the promise of `c8x8_client_set_log` the function may be called with this pointer as long as it is set.
        unsafe { (self.function)(level as i32, line.as_ptr(), self.userdata) };
    }
}

/// The client as one call uses it: with the caller's token, if there is one.
///
/// # Safety
/// Both are NULL or live handles.
pub(crate) unsafe fn for_call(
    client: *const c8x8_client,
    cancel: *const c8x8_cancel,
) -> Result<Client, Error> {
    // SAFETY: the caller's promise, handed on.
    let client = unsafe { pointer::handle(client, "client") }?;
    // SAFETY: as above.
    let cancel: Option<&Cancel> = unsafe { cancel.as_ref() }.map(|cancel| &cancel.cancel);
    Ok(match cancel {
        Some(cancel) => client.client.with_cancel(cancel),
        None => client.client.clone(),
    })
}
