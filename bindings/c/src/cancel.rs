//! The token by which one thread ends another's call.

use std::ptr;

use campaigns::{Cancel, Error};

use crate::guard::protected;

/// Ends the calls it is given to. One token may be given to any number of calls, on any threads.
pub struct c8x8_cancel {
    pub(crate) cancel: Cancel,
}

/// Makes a token.
///
/// @return The token, to be freed with c8x8_cancel_free. NULL only if the library failed inside.
#[unsafe(no_mangle)]
pub extern "C" fn c8x8_cancel_new() -> *mut c8x8_cancel {
    let made = protected(|| {
        let cancel = Cancel::new();
        Ok::<_, Error>(Box::into_raw(Box::new(c8x8_cancel { cancel })))
    });
    made.unwrap_or(ptr::null_mut())
}

/// Cancels, now and for good: calls with this token return C8X8_ERR_CANCELLED within about 50 ms. May be called from any
/// thread, more than once, and from a signal handler (it only stores a flag).
///
/// @param c The token, or NULL (nothing happens).
///
/// # Safety
/// `c` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_cancel_trigger(c: *const c8x8_cancel) {
    // SAFETY: the caller's promise.
    if let Some(cancel) = unsafe { c.as_ref() } {
        cancel.cancel.trigger();
    }
}

/// Frees a token. Calls that were begun with it go on, and can no longer be cancelled by it.
///
/// @param c A token, not freed yet; or NULL (nothing happens).
///
/// # Safety
/// `c` is NULL, or was made by `c8x8_cancel_new` and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_cancel_free(c: *mut c8x8_cancel) {
    if !c.is_null() {
        // SAFETY: the caller promises that `c8x8_cancel_new` made it and that nobody uses it any more.
        drop(unsafe { Box::from_raw(c) });
    }
}
