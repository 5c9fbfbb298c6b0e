//! Records as callers write them, on their way to the core's checks. Nothing is turned into a text here that was not one:
//! an id `nan` or `['CRM-1']` would be accepted, and would be wrong.

use campaigns8x8::validate::RecordDraft;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyList, PyMapping, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::errors;
use crate::record::NewRecord;

/// What a field should hold.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Text,
    Time,
    Number,
}

/// One record as the caller wrote it: a [`NewRecord`], or a mapping with the wire names.
pub(crate) fn draft(
    py: Python<'_>,
    record: &Bound<'_, PyAny>,
    index: u64,
) -> PyResult<RecordDraft> {
    if let Ok(record) = record.cast::<NewRecord>() {
        return Ok(record.get().draft());
    }
    let Ok(fields) = record.cast::<PyMapping>() else {
        let found = record.get_type().name()?;
        return Err(errors::invalid(
            py,
            format!("records[{index}] is {found}; accepted are NewRecord and dict"),
        ));
    };
    let mut draft = RecordDraft::default();
    for field in fields.items()? {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = field.extract()?;
        let name = name.str()?.to_string_lossy().into_owned();
        let (slot, form) = match name.as_str() {
            "crmRecordId" => (&mut draft.crm_record_id, Form::Text),
            "scheduleAt" => (&mut draft.schedule_at, Form::Time),
            "priority" => (&mut draft.priority, Form::Text),
            "rank" => (&mut draft.rank, Form::Number),
            _ => {
                return Err(errors::invalid(
                    py,
                    format!(
                        "records[{index}]: unknown field {:?}; accepted are crmRecordId, scheduleAt, priority, rank",
                        name.chars().take(100).collect::<String>()
                    ),
                ));
            }
        };
        *slot = field_value(py, &value, form, &format!("records[{index}].{name}"))?;
    }
    Ok(draft)
}

/// A field's value for the core to check; `path` is named if not even that is possible. None counts as left out.
///
/// What JSON has no form for becomes something of the same nature that the core refuses in this field.
pub(crate) fn field_value(
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
