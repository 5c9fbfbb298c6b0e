//! From the core's error to the Python exception of its kind.

use campaigns8x8::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::convert;

/// The exception for `error`. Should even that fail, the failure is what is raised.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    build(py, error).unwrap_or_else(|failure| failure)
}

fn build(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let facts = serde_json::to_value(error).unwrap_or_default();
    let facts = convert::to_python(py, &facts)?;
    let exception = py
        .import("campaigns8x8._errors")?
        .call_method1("_from_facts", (facts,))?;
    Ok(PyErr::from_value(exception))
}

pub(crate) fn invalid(py: Python<'_>, message: impl Into<String>) -> PyErr {
    raise(py, &Error::new(ErrorKind::InvalidArgument, message))
}

pub(crate) fn config(py: Python<'_>, message: impl Into<String>) -> PyErr {
    raise(py, &Error::new(ErrorKind::Config, message))
}

/// Every kind of error with its C status: what the exceptions must cover.
#[pyfunction]
pub(crate) fn _kinds() -> Vec<(&'static str, i32)> {
    ErrorKind::ALL
        .into_iter()
        .map(|kind| (kind.as_str(), kind.status()))
        .collect()
}
