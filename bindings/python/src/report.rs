//! What became of the records of an upload, as Python sees it. The outcome of a record is the core's own, not a copy: a report
//! of 40,000 records takes little more room in Python than in the core. The rest of a report are the named tuples of `_upload`.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use campaigns8x8::{Error, FieldError, Outcome, Progress, UploadReport};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyWeakrefMethods, PyWeakrefReference};
use serde_json::json;

use crate::{convert, errors};

/// A record that was not added, and why.
///
/// Attributes:
///     index: Its place in the source, from 0.
///     crm_record_id: Its id; None if the source gave none.
///     outcome: An Outcome, never ADDED.
///     field_errors: The rules it breaks, a list of FieldError.
///     error: What the server, or the connection, said last, if that says more than the outcome; else None. Records about which
///         the same was said have the same exception. It is made when it is asked for, and not kept: keep it yourself.
///
/// Example:
///     >>> with Sandbox() as sandbox, sandbox.client() as client:
///     ...     report = client.upload_records(sandbox.campaign_id, [{"crmRecordId": "x" * 33}])
///     >>> record = report.records[0]
///     >>> record.index, record.outcome, record.field_errors[0].code
///     (0, <Outcome.REJECTED: 'rejected'>, 'Size')
#[pyclass(frozen, module = "campaigns8x8")]
pub(crate) struct RecordOutcome {
    index: u64,
    crm_record_id: Option<String>,
    outcome: Outcome,
    field_errors: Vec<FieldError>,
    error: Said,
}

/// What was said last about a record.
enum Said {
    Nothing,
    Core(Py<SharedError>),
    /// From a pickle, or from a caller's test.
    Exception(Py<PyAny>),
}

/// An error of the core, which becomes an exception when somebody asks, and lives no longer than he keeps it: as an exception it
/// takes ten times the room.
#[pyclass(frozen)]
struct SharedError {
    error: Error,
    /// Weak, so that those who ask at the same time have the same exception.
    exception: Mutex<Option<Py<PyWeakrefReference>>>,
}

impl SharedError {
    fn exception<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(exception) = self.living(py) {
            return Ok(exception);
        }
        let made = errors::exception(py, &self.error, None)?.into_value(py);
        let made = made.into_bound(py).into_any();
        // Making it has run Python: another thread may have been faster, and its exception is everybody's then.
        if let Some(exception) = self.living(py) {
            return Ok(exception);
        }
        *self.lock() = Some(PyWeakrefReference::new(&made)?.unbind());
        Ok(made)
    }

    fn living<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let weak = self.lock().as_ref().map(|weak| weak.clone_ref(py))?;
        weak.bind(py).upgrade()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Py<PyWeakrefReference>>> {
        // Never held while Python runs.
        self.exception
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

type Arguments<'py> = (
    u64,
    Option<&'py str>,
    &'static str,
    Bound<'py, PyList>,
    Option<Bound<'py, PyAny>>,
);

#[pymethods]
impl RecordOutcome {
    /// For match: `case RecordOutcome(index, crm_record_id, Outcome.UNKNOWN)`.
    #[classattr]
    fn __match_args__() -> (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
    ) {
        ("index", "crm_record_id", "outcome", "field_errors", "error")
    }

    #[new]
    #[pyo3(signature = (index, crm_record_id, outcome, field_errors=Vec::new(), error=None))]
    fn new(
        index: u64,
        crm_record_id: Option<String>,
        outcome: &str,
        field_errors: Vec<(String, String, String)>,
        error: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let known = Outcome::ALL.into_iter().find(|o| o.as_str() == outcome);
        let outcome = known.ok_or_else(|| {
            let accepted = Outcome::ALL.map(Outcome::as_str).join(", ");
            PyValueError::new_err(format!("outcome is {outcome:?}; accepted are {accepted}"))
        })?;
        let field_errors = field_errors.into_iter();
        Ok(Self {
            index,
            crm_record_id,
            outcome,
            field_errors: field_errors
                .map(|(field, code, message)| FieldError {
                    field,
                    code,
                    message,
                })
                .collect(),
            error: error.map_or(Said::Nothing, Said::Exception),
        })
    }

    /// Its place in the source, from 0.
    #[getter]
    fn index(&self) -> u64 {
        self.index
    }

    /// Its id; None if the source gave none.
    #[getter]
    fn crm_record_id(&self) -> Option<&str> {
        self.crm_record_id.as_deref()
    }

    /// What became of it.
    #[getter]
    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        convert::member(py, "Outcome", Some(self.outcome.as_str()))
    }

    /// The rules it breaks.
    #[getter]
    fn field_errors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        if !self.field_errors.is_empty() {
            let class = py.import("campaigns8x8._errors")?.getattr("FieldError")?;
            for fault in &self.field_errors {
                list.append(class.call1((&fault.field, &fault.code, &fault.message))?)?;
            }
        }
        Ok(list)
    }

    /// What the server, or the connection, said last; None if the outcome says all.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.error {
            Said::Nothing => Ok(None),
            Said::Core(shared) => shared.get().exception(py).map(Some),
            Said::Exception(exception) => Ok(Some(exception.bind(py).clone())),
        }
    }

    /// The record in the words of the other languages.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let facts = json!({
            "index": self.index,
            "crmRecordId": self.crm_record_id,
            "outcome": self.outcome.as_str(),
            "fieldErrors": self.field_errors,
            "error": null,
        });
        let dict = convert::to_python(py, &facts)?.cast_into::<PyDict>()?;
        if let Some(facts) = self.error_facts(py)? {
            dict.set_item("error", facts)?;
        }
        Ok(dict)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let outcome = self.outcome(py)?.into_pyobject(py)?.repr()?.to_string();
        let id = self.crm_record_id().into_pyobject(py)?.repr()?.to_string();
        let faults = self.field_errors(py)?.repr()?.to_string();
        let error = self.error(py)?.into_pyobject(py)?.repr()?.to_string();
        Ok(format!(
            "RecordOutcome(index={}, crm_record_id={id}, outcome={outcome}, field_errors={faults}, error={error})",
            self.index
        ))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        let other = other.get();
        if (self.index, &self.crm_record_id, self.outcome)
            != (other.index, &other.crm_record_id, other.outcome)
            || self.field_errors != other.field_errors
        {
            return Ok(false);
        }
        match (&self.error, &other.error) {
            (Said::Nothing, Said::Nothing) => Ok(true),
            (Said::Core(a), Said::Core(b)) if a.is(b) => Ok(true),
            (Said::Nothing, _) | (_, Said::Nothing) => Ok(false),
            // Exceptions are never equal in Python; what they say may be.
            _ => self
                .error_facts(py)?
                .into_pyobject(py)?
                .eq(other.error_facts(py)?),
        }
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.index, &self.crm_record_id).hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(
        slf: &'py Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Arguments<'py>)> {
        let (py, record) = (slf.py(), slf.get());
        let arguments = (
            record.index,
            record.crm_record_id(),
            record.outcome.as_str(),
            record.field_errors(py)?,
            record.error(py)?,
        );
        Ok((slf.get_type().into_any(), arguments))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.error {
            // An exception that knows this record, e.g. by its traceback.
            Said::Exception(exception) => visit.call(exception),
            Said::Nothing | Said::Core(_) => Ok(()),
        }
    }
}

impl RecordOutcome {
    /// The error object; does not make an exception, which would stay.
    fn error_facts<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.error {
            Said::Nothing => Ok(None),
            Said::Core(shared) => {
                let facts = errors::facts(&shared.get().error);
                convert::to_python(py, &facts).map(Some)
            }
            Said::Exception(exception) => exception.bind(py).getattr("_facts").map(Some),
        }
    }
}

/// The outcomes of single records, from which [`report`] takes them: no Python runs while they are made, so nothing can
/// interrupt it.
pub(crate) fn records<'py>(
    py: Python<'py>,
    report: &mut UploadReport,
) -> PyResult<Bound<'py, PyList>> {
    let mut errors = Errors::default();
    let list = PyList::empty(py);
    for record in mem::take(&mut report.records) {
        list.append(Bound::new(
            py,
            RecordOutcome {
                index: record.index,
                crm_record_id: record.crm_record_id,
                outcome: record.outcome,
                field_errors: record.field_errors,
                error: record.error.map_or(Ok(Said::Nothing), |error| {
                    errors.shared(py, error.into()).map(Said::Core)
                })?,
            },
        )?)?;
    }
    Ok(list)
}

/// The errors seen so far, by what they say: records of one lost request have the same one.
#[derive(Default)]
struct Errors(HashMap<u128, Py<SharedError>>);

impl Errors {
    fn shared(&mut self, py: Python<'_>, error: Error) -> PyResult<Py<SharedError>> {
        let key = fingerprint(&error);
        if let Some(shared) = self.0.get(&key) {
            return Ok(shared.clone_ref(py));
        }
        let exception = Mutex::default();
        let shared = Py::new(py, SharedError { error, exception })?;
        self.0.insert(key, shared.clone_ref(py));
        Ok(shared)
    }
}

/// Stands for what an error says: two of a thousand million differing ones have the same with a chance of about 10^-21.
fn fingerprint(error: &Error) -> u128 {
    struct Hashing([DefaultHasher; 2]);

    impl Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            for hasher in &mut self.0 {
                hasher.write(bytes);
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut hashing = Hashing(Default::default());
    let [_, second] = &mut hashing.0;
    second.write_u8(1);
    // Writing to a hasher cannot fail, and neither can an error's JSON.
    let _ = serde_json::to_writer(&mut hashing, error);
    let [first, second] = hashing.0.map(|hasher| u128::from(hasher.finish()));
    first << 64 | second
}

/// A `campaigns8x8.UploadReport`.
pub(crate) fn report<'py>(
    py: Python<'py>,
    report: &UploadReport,
    records: &Bound<'py, PyList>,
) -> PyResult<Bound<'py, PyAny>> {
    let module = py.import("campaigns8x8._upload")?;
    let counts = &report.counts;
    let counts = module.getattr("Counts")?.call1((
        counts.total,
        counts.added,
        counts.already_present,
        counts.rejected,
        counts.refused,
        counts.not_sent,
        counts.unknown,
    ))?;
    let dry_run = match &report.dry_run {
        Some(dry_run) => {
            let class = module.getattr("DryRun")?;
            Some(class.call1((dry_run.batches, dry_run.estimated.map(seconds)))?)
        }
        None => None,
    };
    module.getattr("UploadReport")?.call1((
        &report.campaign_id,
        report.complete,
        counts,
        records,
        report.not_sent_from,
        report.requests,
        report.retries,
        seconds(report.elapsed),
        dry_run,
    ))
}

/// A `campaigns8x8.Progress`.
pub(crate) fn progress<'py>(py: Python<'py>, now: &Progress) -> PyResult<Bound<'py, PyAny>> {
    py.import("campaigns8x8._upload")?
        .getattr("Progress")?
        .call1((
            now.total,
            now.done,
            now.added,
            now.already_present,
            now.rejected,
            now.requests,
            now.retries,
            now.records_per_second,
            now.eta.map(seconds),
        ))
}

/// As the other languages have it, to the millisecond.
fn seconds(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1000.0
}
