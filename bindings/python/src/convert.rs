//! Values on their way to Python: JSON, times, enums, pickles. What callers write is read in `arguments` and `field`.

use std::collections::HashMap;

use campaigns8x8::Outcome;
use jiff::Timestamp;
use jiff::tz::Offset;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyDict, PyFloat, PyList, PyString, PyTzInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

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

/// What `__reduce__` gives: the function that makes the object anew, and its argument.
pub(crate) type Pickled<'py> = (Bound<'py, PyAny>, (String,));

/// An object for pickling, as the server's JSON.
pub(crate) fn pickled<'py>(
    object: &Bound<'py, PyAny>,
    value: &impl Serialize,
) -> PyResult<Pickled<'py>> {
    let json = serde_json::to_string(value).map_err(not_pickled)?;
    Ok((object.get_type().getattr("_from_json")?, (json,)))
}

pub(crate) fn unpickled<T: DeserializeOwned>(json: &str) -> PyResult<T> {
    serde_json::from_str(json).map_err(not_pickled)
}

fn not_pickled(error: serde_json::Error) -> PyErr {
    PyValueError::new_err(format!("this was not pickled by campaigns8x8: {error}"))
}

/// An aware `datetime` in UTC; what is finer than a microsecond is cut off. None for a year that Python cannot hold.
pub(crate) fn time<'py>(
    py: Python<'py>,
    time: Option<Timestamp>,
) -> PyResult<Option<Bound<'py, PyDateTime>>> {
    let Some(time) = time else { return Ok(None) };
    let parts = Offset::UTC.to_datetime(time);
    if parts.year() < 1 {
        return Ok(None);
    }
    let utc = PyTzInfo::utc(py)?.to_owned();
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

/// The known values of every enum that the server or an upload fills, for a test to compare with the Python ones.
#[pyfunction]
pub(crate) fn _known_values() -> HashMap<&'static str, Vec<&'static str>> {
    macro_rules! known {
        ($($name:ident),+) => {
            HashMap::from([$((
                stringify!($name),
                campaigns8x8::$name::KNOWN.iter().map(|value| value.as_str()).collect(),
            )),+])
        };
    }
    let mut known = known!(
        CampaignState,
        CampaignDisplayStatus,
        Priority,
        RecordType,
        RecordState,
        RecordResult
    );
    known.insert("Outcome", Outcome::ALL.map(Outcome::as_str).to_vec());
    known
}
