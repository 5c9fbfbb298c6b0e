//! Uploading: records from Python or from a file, progress to Python. All of the caller's code runs on the caller's thread.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use campaigns8x8::validate::RecordDraft;
use campaigns8x8::{CampaignId, Client, Error, ErrorKind, Progress, Source, UploadOptions};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::call::{Raised, UploadLines, blocking_unless};
use crate::{arguments, convert, errors, record};

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
    let module = py.import("campaigns8x8._upload")?;
    let progress = module.call_method1("_progress_of", (progress,))?;
    let raised = Raised::default();
    let source = source_of(py, &module, source, columns, &raised)?;
    let watch = Watch {
        progress: (!progress.is_none()).then(|| progress.clone().unbind()),
        lines: lines.clone(),
        raised: raised.clone(),
    };
    let result = blocking_unless(py, client, &raised, move |client| {
        client.upload_records(&campaign, source, &options, |now| watch.look(now))
    });
    let handed_over = lines.hand_over(py);
    if !progress.is_none() && progress.hasattr("close")? {
        progress.call_method0("close")?;
    }
    let report = result?;
    handed_over?;
    let facts = convert::to_python(py, &serde_json::to_value(&report).unwrap_or_default())?;
    module.call_method1("_report_of", (facts,))
}

/// What happens ten times a second.
struct Watch {
    progress: Option<Py<PyAny>>,
    lines: UploadLines,
    raised: Raised,
}

impl Watch {
    fn look(&self, now: &Progress) -> ControlFlow<()> {
        let result = Python::attach(|py| {
            self.lines.hand_over(py)?;
            let Some(progress) = &self.progress else {
                return Ok(());
            };
            let facts = convert::to_python(py, &serde_json::to_value(now).unwrap_or_default())?;
            let now = py
                .import("campaigns8x8._upload")?
                .call_method1("_progress", (facts,))?;
            progress.call1(py, (now,)).map(drop)
        });
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.raised.keep(error);
                ControlFlow::Break(())
            }
        }
    }
}

/// The records, from a file or from whatever can be iterated over.
fn source_of(
    py: Python<'_>,
    module: &Bound<'_, PyModule>,
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
    let rows = module.call_method1("_rows", (source, columns))?;
    let total = source.len().ok();
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
        let read = Python::attach(|py| self.read_one(py));
        match read {
            Ok(draft) => {
                self.read += 1;
                draft.map(Ok)
            }
            Err(error) => {
                self.raised.keep(error);
                // Seen by nobody: what was raised is raised again.
                Some(Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "the source of records failed",
                )))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.total.map(|total| total.saturating_sub(self.read));
        (left.unwrap_or(0), left)
    }
}
