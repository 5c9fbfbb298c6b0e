//! A record's field as the caller writes it, on its way to the core's checks. Nothing becomes a text here that was not one:
//! an id `nan` or `['CRM-1']` would be accepted, and would be wrong.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::errors;

/// What a field should hold.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Text,
    Time,
    Number,
}

/// A field's value for the core to check; an error names `path`. None counts as left out.
///
/// A value that JSON cannot express becomes a placeholder that validation rejects.
pub(crate) fn read(
    py: Python<'_>,
    value: &Bound<'_, PyAny>,
    form: Form,
    path: &str,
) -> PyResult<Option<Value>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(text) = value.cast::<PyString>() {
        let Ok(text) = text.to_cow() else {
            let message = format!("{path} is not valid Unicode: it has half of a surrogate pair");
            return Err(errors::invalid(py, message));
        };
        return Ok(Some(Value::String(text.into_owned())));
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Some(Value::Bool(flag.is_true())));
    }
    if let (Form::Time, Ok(time)) = (form, value.cast::<PyDateTime>()) {
        let text: String = time.call_method0("isoformat")?.extract()?;
        let is_naive = time.call_method0("utcoffset")?.is_none();
        return Ok(Some(Value::String(match is_naive {
            true => format!("{text} (a naive datetime; give it a tzinfo)"),
            false => text,
        })));
    }
    if let Some(number) = number(value)? {
        return Ok(Some(match (Number::from_f64(number), form) {
            (Some(number), _) => Value::Number(number),
            (None, Form::Number) => Value::String(number.to_string()),
            (None, _) => Value::Number(0.into()),
        }));
    }
    if value.cast::<PyList>().is_ok() || value.cast::<PyTuple>().is_ok() {
        return Ok(Some(Value::Array(Vec::new())));
    }
    Ok(Some(Value::Object(Map::new())))
}

/// The value of an int, a float, a Decimal, a number of numpy; one beyond a double's range is infinite.
fn number(value: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    match value.extract::<f64>() {
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            Ok(Some(f64::INFINITY))
        }
        // A KeyboardInterrupt is not a fault of the value.
        Err(error) if error.is_instance_of::<pyo3::exceptions::PyException>(value.py()) => Ok(None),
        Err(error) => Err(error),
    }
}
