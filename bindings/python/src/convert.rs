//! Values on their way between the two languages: JSON, times, enums, records as callers write them.

use std::time::Duration;

use campaigns8x8::validate::RecordDraft;
use jiff::Timestamp;
use jiff::tz::Offset;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyDict, PyFloat, PyInt, PyList, PyString, PyTzInfo};
use serde_json::{Number, Value};

use crate::errors;
use crate::record::NewRecord;

pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(object) => object_to_python(py, object)?.into_any(),
    })
}

pub(crate) fn object_to_python<'py>(
    py: Python<'py>,
    object: &serde_json::Map<String, Value>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in object {
        dict.set_item(name, to_python(py, value)?)?;
    }
    Ok(dict)
}

/// An aware `datetime` in UTC; what is finer than a microsecond is cut off.
pub(crate) fn time<'py>(
    py: Python<'py>,
    time: Option<Timestamp>,
) -> PyResult<Option<Bound<'py, PyDateTime>>> {
    let Some(time) = time else { return Ok(None) };
    let utc = PyTzInfo::utc(py)?.to_owned();
    let parts = Offset::UTC.to_datetime(time);
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    PyDateTime::new(
        py,
        i32::from(parts.year()),
        small(parts.month()),
        small(parts.day()),
        small(parts.hour()),
        small(parts.minute()),
        small(parts.second()),
        u32::try_from(parts.subsec_nanosecond() / 1000).unwrap_or_default(),
        Some(&utc),
    )
    .map(Some)
}

/// The `datetime` of an ISO 8601 text with an offset; None if it is none.
#[pyfunction]
pub(crate) fn _parse_time<'py>(
    py: Python<'py>,
    text: &str,
) -> PyResult<Option<Bound<'py, PyDateTime>>> {
    time(py, text.parse().ok())
}

/// The member of a Python enum, or the plain string if it has none for it.
pub(crate) fn member<'py>(
    py: Python<'py>,
    name: &str,
    value: Option<&str>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(value) = value else { return Ok(None) };
    let members = py
        .import("campaigns8x8._enums")?
        .getattr(name)?
        .getattr("_value2member_map_")?;
    members.call_method1("get", (value, value)).map(Some)
}

/// Seconds as callers give them; `setting` is named if they are no time span.
pub(crate) fn seconds(py: Python<'_>, setting: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        errors::config(
            py,
            format!("{setting} is {seconds}; accepted are seconds, zero or more"),
        )
    })
}

/// One record as the caller wrote it: a [`NewRecord`], or a dict with the wire names.
pub(crate) fn draft(
    py: Python<'_>,
    record: &Bound<'_, PyAny>,
    index: usize,
) -> PyResult<RecordDraft> {
    if let Ok(record) = record.cast::<NewRecord>() {
        return Ok(record.get().draft());
    }
    let Ok(dict) = record.cast::<PyDict>() else {
        let found = record.get_type().name()?;
        return Err(errors::invalid(
            py,
            format!("records[{index}] is {found}; accepted are NewRecord and dict"),
        ));
    };
    let mut draft = RecordDraft::default();
    for (name, value) in dict {
        let name = name.str()?.to_string();
        let slot = match name.as_str() {
            "crmRecordId" => &mut draft.crm_record_id,
            "scheduleAt" => &mut draft.schedule_at,
            "priority" => &mut draft.priority,
            "rank" => &mut draft.rank,
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
        *slot = field(&value)?;
    }
    Ok(draft)
}

/// A field's value for the core to check. What JSON has no form for becomes a text that the core refuses by name.
pub(crate) fn field(value: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Some(Value::Bool(flag.is_true())));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Some(Value::String(text.to_cow()?.into_owned())));
    }
    if value.cast::<PyFloat>().is_ok() || value.cast::<PyInt>().is_ok() {
        let number = value.extract::<f64>().ok().and_then(Number::from_f64);
        return Ok(Some(match number {
            Some(number) => Value::Number(number),
            None => Value::String(value.str()?.to_string()),
        }));
    }
    if value.cast::<PyDateTime>().is_ok() {
        let text: String = value.call_method0("isoformat")?.extract()?;
        let is_naive = value.call_method0("utcoffset")?.is_none();
        return Ok(Some(Value::String(match is_naive {
            true => format!("{text} (a naive datetime; give it a tzinfo)"),
            false => text,
        })));
    }
    // A UUID, a numpy number, a Path: as its text, which must then be of the right form.
    Ok(Some(Value::String(value.str()?.to_string())))
}
