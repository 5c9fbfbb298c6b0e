//! Arguments as callers write them: seconds, whole numbers, lists of texts. A record's fields are read in `field`.

use std::ops::RangeInclusive;
use std::time::Duration;

use campaigns8x8::ErrorKind;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors;

/// A time span in seconds. The error names the argument and the accepted values.
pub(crate) fn seconds(
    py: Python<'_>,
    kind: ErrorKind,
    name: &str,
    seconds: f64,
    accepted: RangeInclusive<f64>,
) -> PyResult<Duration> {
    if !accepted.contains(&seconds) {
        let (least, most) = accepted.into_inner();
        let message = format!("{name} is {seconds}; accepted are seconds from {least} to {most}");
        return Err(errors::refuse(py, kind, message));
    }
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| errors::refuse(py, kind, format!("{name} is {seconds}: {error}")))
}

/// Any int, cut to what fits, so that [`whole`] can refuse it by name; Python would only say OverflowError.
pub(crate) fn cut(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    match value.extract::<i64>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            Ok(if value.lt(0)? { i64::MIN } else { i64::MAX })
        }
        result => result,
    }
}

/// As [`cut`], or None.
pub(crate) fn cut_or_none(value: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    (!value.is_none()).then(|| cut(value)).transpose()
}

/// A whole number. The error names the argument and the accepted values.
pub(crate) fn whole<T: TryFrom<i64>>(
    py: Python<'_>,
    kind: ErrorKind,
    name: &str,
    value: i64,
    accepted: RangeInclusive<i64>,
) -> PyResult<T> {
    let (least, most) = (*accepted.start(), *accepted.end());
    T::try_from(value)
        .ok()
        .filter(|_| accepted.contains(&value))
        .ok_or_else(|| {
            let message = format!("{name} is out of range; accepted are {least} to {most}");
            errors::refuse(py, kind, message)
        })
}

/// Texts from an iterable. A lone str is an error: it would be taken for its letters.
pub(crate) fn texts(py: Python<'_>, name: &str, texts: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if texts.cast::<PyString>().is_ok() {
        let message = format!("{name} is one string; give a list of strings");
        return Err(errors::invalid(py, message));
    }
    let mut read = Vec::new();
    for (index, text) in texts.try_iter()?.enumerate() {
        let text = text?;
        let Ok(text) = text.cast::<PyString>() else {
            let found = text.get_type().name()?;
            let message = format!("{name}[{index}] is {found}; accepted are strings");
            return Err(errors::invalid(py, message));
        };
        read.push(text.extract()?);
    }
    Ok(read)
}
