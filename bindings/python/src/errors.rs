//! From the core's error to the Python exception of its kind.

use campaigns8x8::{Error, ErrorKind};
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::convert;

/// What the core calls by its JSON name, and what it is called here.
const NAMES: [(&str, &str); 26] = [
    ("apiKey", "api_key"),
    ("customerSite", "customer_site"),
    ("baseUrl", "base_url"),
    ("retry.maxAttempts", "max_attempts"),
    ("retry.initialBackoffMs", "initial_backoff"),
    ("retry.maxBackoffMs", "max_backoff"),
    ("retry.maxRetryAfterMs", "max_retry_after"),
    ("rateLimit", "requests_per_minute"),
    ("rateLimit.requestsPerMinute", "requests_per_minute"),
    ("rateLimit.burst", "burst"),
    ("trustEnv", "trust_env"),
    ("caBundle", "ca_bundle"),
    ("userAgent", "user_agent"),
    ("allowInsecureHttp", "allow_insecure_http"),
    ("maxResponseBytes", "max_response_bytes"),
    ("buildOnStart", "build_on_start"),
    ("fieldErrors", "field_errors"),
    ("retryAfterMs", "retry_after"),
    ("batchSize", "batch_size"),
    ("dryRun", "dry_run"),
    ("ranks.startAt", "rank_start"),
    ("presentWording", "present_wording"),
    ("waitForCampaignMs", "wait_for_campaign"),
    ("deadlineMs", "deadline"),
    ("soleWriter", "sole_writer"),
    ("notSent", "not_sent"),
];

/// The exception for an error of the core. If making it fails, that failure is raised.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error, None).unwrap_or_else(|failure| failure)
}

/// The exception of `kind` for what is refused before it reaches the core.
pub(crate) fn refuse(py: Python<'_>, kind: ErrorKind, message: impl Into<String>) -> PyErr {
    raise(py, &Error::new(kind, message))
}

pub(crate) fn invalid(py: Python<'_>, message: impl Into<String>) -> PyErr {
    refuse(py, ErrorKind::InvalidArgument, message)
}

/// The exception for an error of the core. An error that ended an upload has a report, which the caller makes and gives.
pub(crate) fn exception(
    py: Python<'_>,
    error: &Error,
    report: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyErr> {
    let facts = convert::to_python(py, &facts(error))?;
    let exception = py
        .import("campaigns8x8._errors")?
        .call_method1("_from_facts", (facts, report))?;
    Ok(PyErr::from_value(exception))
}

/// The error object of the C interface with Python's names in it, and without its report: that may be as long as the input.
pub(crate) fn facts(error: &Error) -> Value {
    // Other kinds may quote the server, and what the server said stays as it is.
    let is_ours = matches!(error.kind(), ErrorKind::Config | ErrorKind::InvalidArgument);
    let message = match is_ours {
        true => with_python_names(error.message()),
        false => error.message().to_owned(),
    };
    let mut hint = error.hint().map(with_python_names);
    if let (ErrorKind::Tls, Some(hint)) = (error.kind(), &mut hint) {
        hint.push_str(" or REQUESTS_CA_BUNDLE");
    }
    json!({
        "kind": error.kind(),
        "message": message,
        "hint": hint,
        "retryable": error.is_retryable(),
        "outcomeUnknown": error.is_outcome_unknown(),
        "attempts": error.attempts(),
        "http": error.http(),
        "fieldErrors": error.field_errors(),
    })
}

/// Replaces whole words only, and nothing between quotes: that is the caller's.
fn with_python_names(text: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    let mut named = String::with_capacity(text.len());
    let (mut in_quotes, mut escaped) = (false, false);
    for piece in text.split_inclusive(|c| !is_letter(c) && c != '.') {
        let word = piece.trim_end_matches(|c| !is_letter(c));
        let name = NAMES.iter().find(|(json, _)| *json == word);
        match name.zip(piece.strip_prefix(word)) {
            Some(((_, python), end)) if !in_quotes => {
                named.push_str(python);
                named.push_str(end);
            }
            _ => named.push_str(piece),
        }
        escaped &= word.is_empty();
        in_quotes ^= piece.ends_with('"') && !escaped;
        escaped = piece.ends_with('\\') && !escaped;
    }
    named
}

/// Every kind of error with its C status: what the exceptions must cover.
#[pyfunction]
pub(crate) fn _kinds() -> Vec<(&'static str, i32)> {
    ErrorKind::ALL
        .into_iter()
        .map(|kind| (kind.as_str(), kind.status()))
        .collect()
}
