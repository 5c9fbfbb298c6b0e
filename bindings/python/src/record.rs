//! Records: as callers add them, and as the server returns them.

use std::hash::{DefaultHasher, Hash, Hasher};

use campaigns8x8::validate::{self, RecordDraft};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict, PyMapping};
use serde_json::Value;

use crate::field::{self, Form};
use crate::{convert, errors};

/// A record to add. Checked when it is made.
///
/// Args:
///     crm_record_id: The record's id in your CRM: not blank, at most 32 UTF-16 units, unique on the campaign.
///     schedule_at: Not before this time: an aware datetime, or ISO 8601 with an offset. Default: at once.
///     priority: HIGH (default), MEDIUM or LOW.
///     rank: The place inside the priority group, smallest first. Default: by order of arrival.
///
/// Raises:
///     RecordValidationError: A value breaks a rule; field_errors has every fault.
///
/// Example:
///     >>> NewRecord("CRM-12345", priority="LOW")
///     NewRecord('CRM-12345', priority='LOW')
#[pyclass(frozen, eq, hash, module = "campaigns8x8")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewRecord {
    record: campaigns8x8::NewRecord,
}

impl Hash for NewRecord {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.record.crm_record_id().hash(state);
    }
}

impl NewRecord {
    fn json(&self) -> serde_json::Map<String, Value> {
        match serde_json::to_value(&self.record) {
            Ok(Value::Object(object)) => object,
            _ => serde_json::Map::new(),
        }
    }

    pub(crate) fn draft(&self) -> RecordDraft {
        let mut json = self.json();
        RecordDraft {
            crm_record_id: json.remove("crmRecordId"),
            schedule_at: json.remove("scheduleAt"),
            priority: json.remove("priority"),
            rank: json.remove("rank"),
        }
    }
}

#[pymethods]
impl NewRecord {
    /// For match: `case NewRecord(crm_record_id)`.
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str) {
        ("crm_record_id", "schedule_at", "priority", "rank")
    }

    #[new]
    #[pyo3(signature = (crm_record_id, *, schedule_at=None, priority=None, rank=None))]
    fn new(
        py: Python<'_>,
        crm_record_id: &Bound<'_, PyAny>,
        schedule_at: Option<&Bound<'_, PyAny>>,
        priority: Option<&Bound<'_, PyAny>>,
        rank: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let field = |value: Option<&Bound<'_, PyAny>>, form, name| match value {
            Some(value) => field::read(py, value, form, name),
            None => Ok(None),
        };
        let draft = RecordDraft {
            crm_record_id: field(Some(crm_record_id), Form::Text, "crmRecordId")?,
            schedule_at: field(schedule_at, Form::Time, "scheduleAt")?,
            priority: field(priority, Form::Text, "priority")?,
            rank: field(rank, Form::Number, "rank")?,
        };
        match validate::check_one(&draft) {
            Ok(record) => Ok(Self { record }),
            Err(error) => Err(errors::raise(py, &error)),
        }
    }

    /// The record's id in your CRM.
    #[getter]
    fn crm_record_id(&self) -> &str {
        self.record.crm_record_id().as_str()
    }

    /// Not before this time, in UTC; None for at once.
    #[getter]
    fn schedule_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        let text = self.draft().schedule_at;
        convert::time(py, text.and_then(|text| text.as_str()?.parse().ok()))
    }

    /// The dialing group; None for the server's default, HIGH.
    #[getter]
    fn priority<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.draft().priority;
        convert::member(py, "Priority", value.as_ref().and_then(Value::as_str))
    }

    /// The place inside the priority group; None for the order of arrival.
    #[getter]
    fn rank(&self) -> Option<f64> {
        self.draft().rank.and_then(|rank| rank.as_f64())
    }

    /// The record as it goes over the wire.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        convert::object_to_python(py, &self.json())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let id = self.crm_record_id().into_pyobject(py)?.repr()?.to_string();
        let draft = self.draft();
        let mut text = format!("NewRecord({id}");
        for (name, value) in [
            ("schedule_at", draft.schedule_at),
            ("priority", draft.priority),
            ("rank", draft.rank),
        ] {
            if let Some(value) = value {
                let value = convert::to_python(py, &value)?.repr()?;
                text.push_str(&format!(", {name}={value}"));
            }
        }
        text.push(')');
        Ok(text)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let make = slf.get_type().getattr("_from_dict")?;
        Ok((make, (slf.get().to_dict(slf.py())?,)))
    }

    /// The other half of pickling.
    #[staticmethod]
    fn _from_dict(py: Python<'_>, record: &Bound<'_, PyDict>) -> PyResult<Self> {
        let draft = draft(py, record, 0)?;
        match validate::check_one(&draft) {
            Ok(record) => Ok(Self { record }),
            Err(error) => Err(errors::raise(py, &error)),
        }
    }
}

/// A record to upload as the caller writes it: a [`NewRecord`], or a mapping with the wire names.
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
        *slot = field::read(py, &value, form, &format!("records[{index}].{name}"))?;
    }
    Ok(draft)
}

/// A record as the server returned it. Fields that the server left out are None.
///
/// Example:
///     >>> with Sandbox() as sandbox, sandbox.client() as client:
///     ...     (record,) = client.add_records(sandbox.campaign_id, [NewRecord("CRM-1", rank=2)])
///     >>> record.crm_record_id, record.state, record.rank
///     ('CRM-1', <RecordState.PENDING: 'PENDING'>, 2.0)
#[pyclass(frozen, eq, module = "campaigns8x8")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    record: campaigns8x8::Record,
}

impl From<campaigns8x8::Record> for Record {
    fn from(record: campaigns8x8::Record) -> Self {
        Self { record }
    }
}

#[pymethods]
impl Record {
    /// For match: `case Record(crm_record_id, "PENDING")`.
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("crm_record_id", "state")
    }

    /// The server's UUID of the record.
    #[getter]
    fn id(&self) -> Option<String> {
        self.record.id.map(|id| id.to_string())
    }

    /// Where it comes from: a RecordType, or the string of a later one.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.record.r#type.as_ref().map(|value| value.as_str());
        convert::member(py, "RecordType", value)
    }

    /// Your id of it.
    #[getter]
    fn crm_record_id(&self) -> Option<&str> {
        self.record.crm_record_id.as_deref()
    }

    /// Its dialing group: a Priority, or the string of a later one.
    #[getter]
    fn priority<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.record.priority.as_ref().map(|value| value.as_str());
        convert::member(py, "Priority", value)
    }

    /// Its place inside the group.
    #[getter]
    fn rank(&self) -> Option<f64> {
        self.record.rank
    }

    /// The earliest next attempt, in UTC.
    #[getter]
    fn next_attempt_after<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        convert::time(py, self.record.next_attempt_after)
    }

    /// How often it was tried again.
    #[getter]
    fn retry_count(&self) -> Option<i64> {
        self.record.retry_count
    }

    /// Where it stands: a RecordState, or the string of a later one.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.record.state.as_ref().map(|value| value.as_str());
        convert::member(py, "RecordState", value)
    }

    /// Why it stands there.
    #[getter]
    fn state_reason(&self) -> Option<&str> {
        self.record.state_reason.as_deref()
    }

    /// How it ended: a RecordResult, or the string of a later one.
    #[getter]
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.record.result.as_ref().map(|value| value.as_str());
        convert::member(py, "RecordResult", value)
    }

    /// The whole answer, unknown fields included.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        convert::object_to_python(py, &self.record.raw)
    }

    /// The same as raw.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.raw(py)
    }

    fn __repr__(&self) -> String {
        let state = self.record.state.as_ref().map_or("None", |s| s.as_str());
        let id = self.record.crm_record_id.as_deref().unwrap_or("None");
        format!("<Record {id} {state}>")
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.record.crm_record_id.hash(&mut hasher);
        self.record.id.hash(&mut hasher);
        hasher.finish()
    }
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<convert::Pickled<'py>> {
        convert::pickled(slf.as_any(), &slf.get().record)
    }

    /// The other half of pickling.
    #[staticmethod]
    fn _from_json(text: &str) -> PyResult<Self> {
        convert::unpickled(text).map(|record| Self { record })
    }
}
