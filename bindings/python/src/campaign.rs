//! A campaign as the server returned it.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict};
use serde_json::{Map, Value};

use crate::convert;

/// A campaign as it stood when the server answered. Fields that the server left out are None.
///
/// Example:
///     >>> with Sandbox() as sandbox, sandbox.client() as client:
///     ...     campaign = client.build(sandbox.campaign_id)
///     >>> campaign.state, campaign.record_count, campaign.raw["state"]
///     (<CampaignState.BUILDING: 'BUILDING'>, 0, 'BUILDING')
#[pyclass(frozen, eq, module = "campaigns8x8")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Campaign {
    campaign: campaigns8x8::Campaign,
}

impl From<campaigns8x8::Campaign> for Campaign {
    fn from(campaign: campaigns8x8::Campaign) -> Self {
        Self { campaign }
    }
}

type Time<'py> = PyResult<Option<Bound<'py, PyDateTime>>>;

#[pymethods]
impl Campaign {
    /// For match: `case Campaign(id, "PAUSED")`.
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("id", "state")
    }

    /// The campaign's UUID.
    #[getter]
    fn id(&self) -> Option<String> {
        self.campaign.id.map(|id| id.to_string())
    }

    /// The tenant that owns it.
    #[getter]
    fn tenant_id(&self) -> Option<&str> {
        self.campaign.tenant_id.as_deref()
    }

    /// The integration, e.g. contactual.
    #[getter]
    fn integration_type(&self) -> Option<&str> {
        self.campaign.integration_type.as_deref()
    }

    /// When the schedule opens, in UTC.
    #[getter]
    fn start_time<'py>(&self, py: Python<'py>) -> Time<'py> {
        convert::time(py, self.campaign.start_time)
    }

    /// When the schedule ends, in UTC.
    #[getter]
    fn end_time<'py>(&self, py: Python<'py>) -> Time<'py> {
        convert::time(py, self.campaign.end_time)
    }

    /// The state after the action was accepted: a CampaignState, or the string of a later one. Branch on this.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        convert::member(py, "CampaignState", Some(self.campaign.state.as_str()))
    }

    /// What the console shows, for people: a CampaignDisplayStatus, or the string of a later one.
    #[getter]
    fn display_status<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.campaign.display_status.as_ref().map(|v| v.as_str());
        convert::member(py, "CampaignDisplayStatus", value)
    }

    /// How many records are on it.
    #[getter]
    fn record_count(&self) -> Option<i64> {
        self.campaign.record_count
    }

    /// The records by type, state and result.
    #[getter]
    fn record_counts(&self) -> Vec<RecordCount> {
        let counts = self.campaign.record_counts.iter().cloned();
        counts.map(|count| RecordCount { count }).collect()
    }

    /// When it was last built, in UTC.
    #[getter]
    fn last_build_time<'py>(&self, py: Python<'py>) -> Time<'py> {
        convert::time(py, self.campaign.last_build_time)
    }

    /// When it was last purged, in UTC.
    #[getter]
    fn last_purged_time<'py>(&self, py: Python<'py>) -> Time<'py> {
        convert::time(py, self.campaign.last_purged_time)
    }

    /// When it really started, in UTC.
    #[getter]
    fn started_time<'py>(&self, py: Python<'py>) -> Time<'py> {
        convert::time(py, self.campaign.started_time)
    }

    /// When it was complete, in UTC.
    #[getter]
    fn completed_time<'py>(&self, py: Python<'py>) -> Time<'py> {
        convert::time(py, self.campaign.completed_time)
    }

    /// The whole answer, unknown fields included.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        convert::object_to_python(py, &self.campaign.raw)
    }

    /// The same as raw.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.raw(py)
    }

    fn __repr__(&self) -> String {
        let id = self.id();
        format!(
            "<Campaign {} {}>",
            id.as_deref().unwrap_or("None"),
            self.campaign.state
        )
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.campaign.id.hash(&mut hasher);
        self.campaign.state.hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<convert::Pickled<'py>> {
        convert::pickled(slf.as_any(), &slf.get().campaign)
    }

    /// The other half of pickling.
    #[staticmethod]
    fn _from_json(text: &str) -> PyResult<Self> {
        convert::unpickled(text).map(|campaign| Self { campaign })
    }
}

/// How many records share a type, a state and a result.
///
/// Example:
///     >>> with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
///     ...     added = client.add_records(sandbox.campaign_id, [NewRecord("CRM-1")])
///     ...     client.pause(sandbox.campaign_id).record_counts
///     [<RecordCount 1 PENDING>]
#[pyclass(frozen, eq, module = "campaigns8x8")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordCount {
    count: campaigns8x8::RecordCount,
}

#[pymethods]
impl RecordCount {
    /// For match: `case RecordCount("COMPLETED", count)`.
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("state", "count")
    }

    /// The records' type: a RecordType, or the string of a later one.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.count.r#type.as_ref().map(|value| value.as_str());
        convert::member(py, "RecordType", value)
    }

    /// The records' state: a RecordState, or the string of a later one.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.count.state.as_ref().map(|value| value.as_str());
        convert::member(py, "RecordState", value)
    }

    /// The records' result: a RecordResult, or the string of a later one.
    #[getter]
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.count.result.as_ref().map(|value| value.as_str());
        convert::member(py, "RecordResult", value)
    }

    /// How many there are.
    #[getter]
    fn count(&self) -> Option<i64> {
        self.count.count
    }

    fn __repr__(&self) -> String {
        let count = self.count.count.unwrap_or_default();
        let state = self.count.state.as_ref().map_or("None", |s| s.as_str());
        format!("<RecordCount {count} {state}>")
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.count.state.hash(&mut hasher);
        self.count.count.hash(&mut hasher);
        hasher.finish()
    }

    /// The object as it stands in the campaign.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        convert::object_to_python(py, &self.as_object())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<convert::Pickled<'py>> {
        convert::pickled(slf.as_any(), &slf.get().as_object())
    }

    /// The other half of pickling.
    #[staticmethod]
    fn _from_json(text: &str) -> PyResult<Self> {
        convert::unpickled(text).map(|count| Self { count })
    }
}

impl RecordCount {
    fn as_object(&self) -> Map<String, Value> {
        let count = &self.count;
        let fields = [
            ("type", count.r#type.as_ref().map(|value| value.as_str())),
            ("state", count.state.as_ref().map(|value| value.as_str())),
            ("result", count.result.as_ref().map(|value| value.as_str())),
        ];
        let mut object: Map<String, Value> = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
            .collect();
        if let Some(count) = count.count {
            object.insert("count".to_owned(), count.into());
        }
        object
    }
}
