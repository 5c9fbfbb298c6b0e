//! Ending calls from another thread.

use pyo3::prelude::*;

/// Ends the calls of the clients it was given to, from any thread; for an asyncio task that is cancelled, a GUI's button, a
/// shutdown.
///
/// Give it to a client with Client.with_cancel. A call that is ended raises CancelledError, whose outcome_unknown tells
/// whether a request was under way.
///
/// Example:
///     >>> cancel = Cancel()
///     >>> with Sandbox() as sandbox, sandbox.client() as client:
///     ...     cancel.trigger()
///     ...     client.with_cancel(cancel).pause(sandbox.campaign_id)
///     Traceback (most recent call last):
///     campaigns8x8._errors.CancelledError: ...
#[pyclass(frozen, module = "campaigns8x8")]
pub(crate) struct Cancel {
    pub(crate) cancel: campaigns8x8::Cancel,
}

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Self {
        Self {
            cancel: campaigns8x8::Cancel::new(),
        }
    }

    /// Cancels, now and for good: calls end within about 50 ms. May be called from any thread, and more than once.
    fn trigger(&self) {
        self.cancel.trigger();
    }

    /// Whether it was triggered.
    #[getter]
    fn triggered(&self) -> bool {
        self.cancel.is_triggered()
    }

    fn __repr__(&self) -> &'static str {
        match self.cancel.is_triggered() {
            true => "<Cancel, triggered>",
            false => "<Cancel>",
        }
    }
}
