//! What surrounds every call that blocks: the GIL is given up, Ctrl-C is looked for, log lines are handed to `logging`.
//!
//! The core waits on the calling thread and asks a check about every 50 ms; that is where signals are looked at. No helper
//! thread is needed. Log lines are kept in a buffer of the calling thread and handed over only where the GIL is held anyway:
//! the core never waits for Python.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use campaigns8x8::{Cancel, Client, Error, LogLevel};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors;

/// Taking the GIL may mean waiting for whoever has it, so a call that is over sooner never does.
const BETWEEN_CHECKS: Duration = Duration::from_millis(45);

thread_local! {
    static LINES: RefCell<Vec<(LogLevel, String)>> = const { RefCell::new(Vec::new()) };
}

/// Makes a client keep its log lines for [`blocking`] to hand over.
pub(crate) fn keep_lines(client: &Client) {
    client.set_log(LogLevel::Debug, |level, line| {
        LINES.with_borrow_mut(|lines| lines.push((level, line.to_owned())));
    });
}

/// Runs `call` without the GIL.
///
/// Ctrl-C, or whatever else a signal handler raises, ends it and is raised in its place.
pub(crate) fn blocking<T: Send>(
    py: Python<'_>,
    client: &Client,
    call: impl FnOnce(&Client) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let raised = Arc::new(Mutex::new(None));
    let last_check = Mutex::new(Instant::now());
    let slot = Arc::clone(&raised);
    let cancel = Cancel::with_check(move || {
        let mut last = last_check.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < BETWEEN_CHECKS {
            return false;
        }
        *last = Instant::now();
        let result = Python::attach(|py| {
            hand_lines_over(py)?;
            py.check_signals()
        });
        match result {
            Ok(()) => false,
            Err(error) => {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                true
            }
        }
    });
    let client = client.with_cancel(&cancel);
    let result = py.detach(|| call(&client));
    let logged = hand_lines_over(py);
    let raised = raised.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (raised, result) {
        (Some(raised), Err(error)) => {
            // What was being done, and what is known of it, stays to be seen below the interruption.
            raised.set_context(py, Some(errors::raise(py, &error)));
            Err(raised)
        }
        (Some(raised), Ok(_)) => Err(raised),
        (None, Err(error)) => Err(errors::raise(py, &error)),
        (None, Ok(value)) => logged.map(|()| value),
    }
}

/// Hands this thread's lines to `logging`, if the program uses it at all: importing it costs more than a call.
fn hand_lines_over(py: Python<'_>) -> PyResult<()> {
    let lines = LINES.with_borrow_mut(std::mem::take);
    if lines.is_empty() {
        return Ok(());
    }
    let modules = py.import("sys")?.getattr("modules")?;
    let Some(logging) = modules.cast::<PyDict>()?.get_item("logging")? else {
        return Ok(());
    };
    let logger = logging.call_method1("getLogger", ("campaigns8x8",))?;
    for (level, line) in lines {
        let number = match level {
            LogLevel::Error => 40,
            LogLevel::Warn => 30,
            LogLevel::Info => 20,
            LogLevel::Debug => 10,
        };
        logger.call_method1("log", (number, "%s", line))?;
    }
    Ok(())
}
