//! What surrounds every call that blocks: the GIL is given up, Ctrl-C is looked for, log lines are handed to `logging`.
//!
//! The core waits on the calling thread and asks a check about every 50 ms; that is where signals are looked at. No helper
//! thread is needed. Log lines are kept in a buffer of the calling thread and handed over only where the GIL is held anyway:
//! the core never waits for Python. The threads of an upload have a buffer in common, which the upload's caller hands over.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use campaigns8x8::{Cancel, Client, Error, LogLevel};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::errors;

/// Taking the GIL may mean waiting for whoever has it, so a call that is over sooner never does.
const BETWEEN_CHECKS: Duration = Duration::from_millis(45);

thread_local! {
    /// Lines with the number that `logging` has for their level.
    static LINES: RefCell<Vec<(u8, String)>> = const { RefCell::new(Vec::new()) };
}

/// What Python raised during a call: a signal handler, a source of records, a callback, a log handler.
#[derive(Clone, Default)]
pub(crate) struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    /// The first one counts, but Ctrl-C and the like (what is no `Exception`) count more than an exception.
    pub(crate) fn keep(&self, py: Python<'_>, error: PyErr) {
        let is_exception = |error: &PyErr| error.is_instance_of::<PyException>(py);
        let kept = match self.take() {
            None => error,
            Some(first) if is_exception(&first) && !is_exception(&error) => {
                add_context(py, &error, first);
                error
            }
            Some(first) => first,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// As [`keep`](Self::keep), for what may have failed.
    pub(crate) fn keep_failure(&self, py: Python<'_>, result: PyResult<()>) {
        if let Err(error) = result {
            self.keep(py, error);
        }
    }

    /// Makes what must not be lost. A signal handler may raise in between: that is kept, and the thing made all the same.
    pub(crate) fn despite<T>(&self, py: Python<'_>, make: impl Fn() -> PyResult<T>) -> Option<T> {
        /// What fails more often is not interrupted, it cannot be made.
        const TRIES: usize = 3;
        (0..TRIES).find_map(|_| make().map_err(|error| self.keep(py, error)).ok())
    }

    pub(crate) fn is_empty(&self) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.is_none()
    }

    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Puts an exception below another one and what that has in its context already.
pub(crate) fn add_context(py: Python<'_>, error: &PyErr, below: PyErr) {
    /// Contexts may be made to go in a circle.
    const DEEPEST: usize = 100;
    let mut last = error.clone_ref(py);
    for _ in 0..DEEPEST {
        let Some(context) = last.context(py) else {
            break;
        };
        last = context;
    }
    last.set_context(py, Some(below));
}

/// Lines from the threads of a client's uploads, with the number that `logging` has for their level.
#[derive(Clone, Default)]
pub(crate) struct UploadLines(Arc<Mutex<Vec<(u8, String)>>>);

impl UploadLines {
    fn keep(&self, line: (u8, String)) {
        /// Nobody has handed over for long: a program that blocks in its own code. The oldest lines go.
        const KEPT: usize = 10_000;
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= KEPT {
            lines.drain(..KEPT / 2);
        }
        lines.push(line);
    }

    pub(crate) fn hand_over(&self, py: Python<'_>) -> PyResult<()> {
        let lines = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        log(py, lines)
    }
}

/// Makes a client keep its log lines for [`blocking`] to hand over; what comes from the threads of its uploads is given back.
pub(crate) fn keep_lines(client: &Client) -> UploadLines {
    let uploads = UploadLines::default();
    let kept = uploads.clone();
    client.set_log(LogLevel::Debug, move |level, line| {
        let number = match level {
            LogLevel::Error => 40,
            LogLevel::Warn => 30,
            LogLevel::Info => 20,
            LogLevel::Debug => 10,
        };
        let line = (number, line.to_owned());
        let is_upload = thread::current()
            .name()
            .is_some_and(|name| name.starts_with("campaigns8x8-"));
        if is_upload {
            kept.keep(line);
        } else {
            LINES.with_borrow_mut(|lines| lines.push(line));
        }
    });
    uploads
}

/// Runs `call` without the GIL.
///
/// Ctrl-C, or whatever else a signal handler raises, ends it and is raised instead of its result.
pub(crate) fn blocking<T: Send>(
    py: Python<'_>,
    client: Client,
    call: impl FnOnce(&Client) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let raised = Raised::default();
    let result = detached(py, client, &raised, call).map_err(|error| errors::raise(py, &error));
    let Some(raised) = raised.take() else {
        return result;
    };
    if let Err(known) = result {
        // What was being done, and what is known of it, can be seen below the interruption.
        add_context(py, &raised, known);
    }
    Err(raised)
}

/// Runs `call` without the GIL, and keeps what Python raises meanwhile. A signal handler that raises ends the call.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    mut client: Client,
    raised: &Raised,
    call: impl FnOnce(&Client) -> Result<T, Error> + Send,
) -> Result<T, Error> {
    // Signal handlers run on the main thread only; any other would wait for the GIL for nothing.
    if is_main_thread(py) {
        let token = client.cancel_token().cloned();
        client = client.with_cancel(&look_for_signals(raised.clone(), token));
    }
    // The client goes in as a whole: should it be the last one, its connections are closed without the GIL too.
    let result = py.detach(move || call(&client));
    raised.keep_failure(py, hand_lines_over(py));
    result
}

/// Drops what waits for a thread of its own to end, without the GIL if Python still runs.
pub(crate) fn drop_detached<T: Send>(value: Option<T>) {
    let Some(value) = value else { return };
    let mut value = Some(value);
    Python::try_attach(|py| py.detach(|| drop(value.take())));
}

/// A token that ends a call when a signal handler raises, or when the caller's own token is triggered.
fn look_for_signals(raised: Raised, token: Option<Cancel>) -> Cancel {
    let last_check = Mutex::new(Instant::now());
    Cancel::with_check(move || {
        if token.as_ref().is_some_and(Cancel::is_triggered) {
            return true;
        }
        let mut last = last_check.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < BETWEEN_CHECKS {
            return false;
        }
        *last = Instant::now();
        Python::attach(|py| {
            raised.keep_failure(py, hand_lines_over(py).and_then(|()| py.check_signals()));
            !raised.is_empty()
        })
    })
}

/// A module, if the program has imported it.
fn imported<'py>(py: Python<'py>, module: &str) -> Option<Bound<'py, PyAny>> {
    let modules = py.import("sys").ok()?.getattr("modules").ok()?;
    modules.get_item(module).ok()
}

/// In doubt yes: looking for signals costs little, missing Ctrl-C costs a hanging program.
fn is_main_thread(py: Python<'_>) -> bool {
    let Some(threading) = imported(py, "threading") else {
        return true;
    };
    let main = || threading.call_method0("main_thread")?.getattr("ident");
    let own = || threading.call_method0("get_ident");
    match (main(), own()) {
        (Ok(main), Ok(own)) => main.eq(own).unwrap_or(true),
        _ => true,
    }
}

/// Hands this thread's lines to `logging`, if the program uses it at all: importing it costs more than a call.
///
/// A filter or handler that fails is reported and nothing more: the call's outcome must not be lost over a log line.
fn hand_lines_over(py: Python<'_>) -> PyResult<()> {
    log(py, LINES.with_borrow_mut(std::mem::take))
}

fn log(py: Python<'_>, lines: Vec<(u8, String)>) -> PyResult<()> {
    if lines.is_empty() || imported(py, "logging").is_none() {
        return Ok(());
    }
    let handed_over = py
        .import("campaigns8x8._log")
        .and_then(|log| log.call_method1("hand_over", (lines,)));
    match handed_over {
        Err(error) if error.is_instance_of::<PyException>(py) => {
            error.write_unraisable(py, None);
            Ok(())
        }
        handed_over => handed_over.map(drop),
    }
}
