//! Uploading: records from Python or from a file, progress to Python. All of the caller's code runs on the caller's thread.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use campaigns8x8::validate::RecordDraft;
use campaigns8x8::{
    CampaignId, Client, Error, ErrorKind, Progress, Source, UploadOptions, UploadReport,
};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::call::{Raised, UploadLines, add_context, detached};
use crate::{arguments, errors, record, report};

/// The longest that an upload may take or wait, in seconds, as in the core.
const A_MONTH: f64 = 2_592_000.0;

/// What an upload is told, but for its source.
pub(crate) struct Request {
    pub(crate) campaign: CampaignId,
    pub(crate) columns: Option<HashMap<String, String>>,
    pub(crate) options: UploadOptions,
}

/// Completes the options with those that are numbers.
pub(crate) fn options(
    py: Python<'_>,
    options: UploadOptions,
    concurrency: i64,
    batch_size: i64,
    wait_for_campaign: f64,
    deadline: Option<f64>,
) -> PyResult<UploadOptions> {
    const KIND: ErrorKind = ErrorKind::InvalidArgument;
    let seconds = |name, value| arguments::seconds(py, KIND, name, value, 0.0..=A_MONTH);
    Ok(UploadOptions {
        concurrency: arguments::whole(py, KIND, "concurrency", concurrency, 1..=64)?,
        batch_size: arguments::whole(py, KIND, "batch_size", batch_size, 1..=100)?,
        wait_for_campaign: seconds("wait_for_campaign", wait_for_campaign)?,
        deadline: deadline
            .map(|deadline| seconds("deadline", deadline))
            .transpose()?,
        ..options
    })
}

pub(crate) fn upload<'py>(
    py: Python<'py>,
    client: Client,
    lines: &UploadLines,
    request: Request,
    source: &Bound<'py, PyAny>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let Request {
        campaign,
        columns,
        options,
    } = request;
    // What could fail is imported before anything is sent.
    py.import("campaigns8x8._upload")?;
    let progress = py
        .import("campaigns8x8._bar")?
        .call_method1("watcher_of", (progress,))?;
    let raised = Raised::default();
    let source = source_of(py, source, columns, &raised)?;
    let watch = Watch {
        progress: (!progress.is_none()).then(|| progress.clone().unbind()),
        lines: lines.clone(),
        raised: raised.clone(),
    };
    let result = detached(py, client, &raised, move |client| {
        client.upload_records(&campaign, source, &options, |now| watch.look(now))
    });
    raised.keep_failure(py, lines.hand_over(py));
    raised.keep_failure(py, close(&progress));
    finish(py, &raised, result)
}

/// A bar leaves its line at the end.
fn close(progress: &Bound<'_, PyAny>) -> PyResult<()> {
    if !progress.is_none() && progress.hasattr("close")? {
        progress.call_method0("close")?;
    }
    Ok(())
}

/// Returns the report, or raises with it: what was learned is not lost, whatever was raised, and however late.
fn finish<'py>(
    py: Python<'py>,
    raised: &Raised,
    result: Result<UploadReport, Error>,
) -> PyResult<Bound<'py, PyAny>> {
    let (learned, error) = match result {
        Ok(report) => (Some(report), None),
        Err(error) => (error.report().cloned(), Some(error)),
    };
    let report = match learned {
        Some(mut learned) => match report::records(py, &mut learned) {
            Ok(records) => raised.despite(py, || report::report(py, &learned, &records)),
            Err(no_memory) => {
                raised.keep(py, no_memory);
                None
            }
        },
        None => None,
    };
    // The last moment at which an interruption can still be given the report.
    raised.keep_failure(py, py.check_signals());
    let error = error.or_else(|| (!raised.is_empty()).then(too_late));
    let known = error
        .and_then(|error| raised.despite(py, || errors::exception(py, &error, report.as_ref())));
    match (raised.take(), known, report) {
        (Some(raised), known, report) => {
            if let Some(report) = report {
                // An exception that takes no attributes has it in its context all the same.
                let _ = raised.value(py).setattr("report", report);
            }
            if let Some(known) = known {
                add_context(py, &raised, known);
            }
            Err(raised)
        }
        (None, Some(known), _) => Err(known),
        (None, None, Some(report)) => Ok(report),
        (None, None, None) => Err(errors::refuse(
            py,
            ErrorKind::Internal,
            "an upload ended without a report",
        )),
    }
}

/// What stands below an exception that came when everything was done.
fn too_late() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "the upload was done when this was raised; the report says what became of each record",
    )
}

/// What happens ten times a second.
struct Watch {
    progress: Option<Py<PyAny>>,
    lines: UploadLines,
    raised: Raised,
}

impl Watch {
    fn look(&self, now: &Progress) -> ControlFlow<()> {
        Python::attach(|py| {
            self.raised.keep_failure(py, self.lines.hand_over(py));
            // A callback that has raised is not called again.
            if let (Some(progress), true) = (&self.progress, self.raised.is_empty()) {
                let called = report::progress(py, now).and_then(|now| progress.call1(py, (now,)));
                self.raised.keep_failure(py, called.map(drop));
            }
            match self.raised.is_empty() {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })
    }
}

/// The records, from a file or from whatever can be iterated over.
fn source_of(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    columns: Option<HashMap<String, String>>,
    raised: &Raised,
) -> PyResult<Source<'static>> {
    let refused = |error: Error| errors::raise(py, &error);
    if source.is_instance_of::<PyString>() || source.hasattr("__fspath__")? {
        let path: PathBuf = source.extract()?;
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase());
        return match ending.as_deref() {
            Some("csv") => {
                let columns = columns.unwrap_or_default();
                py.detach(|| Source::csv(&path, columns)).map_err(refused)
            }
            Some("ndjson" | "jsonl") if columns.is_none() => {
                py.detach(|| Source::ndjson(&path)).map_err(refused)
            }
            Some("ndjson" | "jsonl") => Err(errors::invalid(
                py,
                "columns is for CSV files and DataFrames; a line of NDJSON has the wire names",
            )),
            _ => Err(errors::invalid(
                py,
                format!(
                    "source is the path {path:?}; accepted are files ending in .csv, .ndjson or .jsonl"
                ),
            )),
        };
    }
    if source.is_instance_of::<PyBytes>() || source.is_instance_of::<PyDict>() {
        let found = source.get_type().name()?;
        let message = format!(
            "source is {found}; accepted are an iterable of NewRecord or dict, a DataFrame, a path"
        );
        return Err(PyTypeError::new_err(message));
    }
    let rows = py
        .import("campaigns8x8._frame")?
        .call_method1("rows_of", (source, columns))?;
    let total = match source.len() {
        Ok(total) => Some(total),
        Err(error) if error.is_instance_of::<PyException>(py) => None,
        Err(interruption) => return Err(interruption),
    };
    Ok(Source::drafts(Rows {
        rows: rows.try_iter()?.into_any().unbind(),
        total,
        read: 0,
        raised: raised.clone(),
    }))
}

/// A Python iterator, read one by one on the thread that uploads.
struct Rows {
    rows: Py<PyAny>,
    total: Option<usize>,
    read: usize,
    raised: Raised,
}

impl Rows {
    fn read_one(&self, py: Python<'_>) -> PyResult<Option<RecordDraft>> {
        let mut rows = self.rows.bind(py).try_iter()?;
        match rows.next() {
            Some(row) => record::draft(py, &row?, self.read as u64).map(Some),
            None => Ok(None),
        }
    }
}

impl Iterator for Rows {
    type Item = Result<RecordDraft, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = Python::attach(|py| {
            self.read_one(py)
                .map_err(|error| self.raised.keep(py, error))
        });
        match read {
            Ok(draft) => {
                self.read += 1;
                draft.map(Ok)
            }
            // Stands below what was raised.
            Err(()) => Some(Err(Error::new(
                ErrorKind::InvalidArgument,
                "the source of records failed",
            ))),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.total.map(|total| total.saturating_sub(self.read));
        (left.unwrap_or(0), left)
    }
}
