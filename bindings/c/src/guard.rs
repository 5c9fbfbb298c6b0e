//! The boundary that no panic crosses, and the one place where results become a status and a JSON string.

use std::cell::Cell;
use std::ffi::c_char;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

use campaigns::{Error, ErrorKind};

use crate::pointer;
use crate::status::C8X8_OK;

thread_local! {
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    static CALLBACK_OF_OURS: Cell<bool> = const { Cell::new(false) };
}

/// Counts this thread as inside the library as long as it lives.
struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.set(INSIDE.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(INSIDE.get() - 1);
    }
}

/// Says, as long as it lives, that this thread is inside a callback; what matters is whether the thread is the library's own.
pub(crate) struct Callback {
    before: bool,
}

impl Callback {
    pub(crate) fn enter() -> Self {
        let before = CALLBACK_OF_OURS.get();
        // A thread of the host's came here through an export.
        CALLBACK_OF_OURS.set(before || INSIDE.get() == 0);
        Self { before }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        CALLBACK_OF_OURS.set(self.before);
    }
}

/// Whether this is a callback on a thread of the library's own: one that waits there for that thread waits for ever.
pub(crate) fn is_callback_of_ours() -> bool {
    CALLBACK_OF_OURS.get()
}

/// Runs the body of an export. Its JSON, or its error's, goes to `out_json` unless that is NULL.
///
/// # Safety
/// `out_json` is NULL or may be written to.
pub(crate) unsafe fn guard(
    out_json: *mut *mut c_char,
    body: impl FnOnce() -> Result<String, Error>,
) -> i32 {
    let (status, json) = match protected(body) {
        Ok(json) => (C8X8_OK, json),
        Err(error) => (error.kind().status(), error.to_json()),
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { pointer::write_string(out_json, json) };
    status
}

/// Runs a body that may panic; a panic becomes an internal error.
pub(crate) fn protected<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    silence_panics_inside();
    let inside = Inside::enter();
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    drop(inside);
    result.unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let error = Error::new(ErrorKind::Internal, format!("panic: {what}"));
        // A panic while its message is dropped would cross the boundary after all.
        std::mem::forget(panic);
        Err(error)
    })
}

/// A caught panic still reports to standard error, unless a hook keeps it quiet. The hook is shared with every other Rust
/// code that is linked into the same program, so it is quiet about this library's calls and threads only.
fn silence_panics_inside() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let ours = INSIDE.try_with(Cell::get).is_ok_and(|depth| depth > 0)
                || thread::current()
                    .name()
                    .is_some_and(|name| name.starts_with("campaigns8x8"));
            if !ours {
                previous(info);
            }
        }));
    });
}

/// Panics, for the test of this boundary.
///
/// # Safety
/// `out_json` is NULL or may be written to.
#[cfg(feature = "test-panic")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_test_panic(out_json: *mut *mut c_char) -> i32 {
    #[expect(clippy::panic, reason = "this is what it is for")]
    let body = || panic!("on purpose");
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}
