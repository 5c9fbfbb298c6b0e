//! From the core's error to the Python exception of its kind.

use campaigns8x8::{Error, ErrorKind};
use pyo3::prelude::*;
use serde_json::Value;

use crate::convert;

/// What the core calls by its JSON name, and what it is called here.
const NAMES: [(&str, &str); 25] = [
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
    ("waitForCampaignMs", "wait_for_campaign"),
    ("deadlineMs", "deadline"),
    ("soleWriter", "sole_writer"),
    ("notSent", "not_sent"),
];

/// The exception for an error of the core. Should even that fail, the failure is what is raised.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let mut facts = serde_json::to_value(error).unwrap_or_default();
    // Other kinds may quote the server, and what the server said stays as it is.
    let is_ours = matches!(error.kind(), ErrorKind::Config | ErrorKind::InvalidArgument);
    for (text, ours) in [("message", is_ours), ("hint", true)] {
        if let (true, Some(Value::String(text))) = (ours, facts.get_mut(text)) {
            *text = with_python_names(text);
        }
    }
    if error.kind() == ErrorKind::Tls
        && let Some(Value::String(hint)) = facts.get_mut("hint")
    {
        hint.push_str(" or REQUESTS_CA_BUNDLE");
    }
    exception(py, &facts).unwrap_or_else(|failure| failure)
}

/// The exception of `kind` for what is refused before it reaches the core.
pub(crate) fn refuse(py: Python<'_>, kind: ErrorKind, message: impl Into<String>) -> PyErr {
    let facts = serde_json::to_value(Error::new(kind, message)).unwrap_or_default();
    exception(py, &facts).unwrap_or_else(|failure| failure)
}

pub(crate) fn invalid(py: Python<'_>, message: impl Into<String>) -> PyErr {
    refuse(py, ErrorKind::InvalidArgument, message)
}

fn exception(py: Python<'_>, facts: &Value) -> PyResult<PyErr> {
    let facts = convert::to_python(py, facts)?;
    let exception = py
        .import("campaigns8x8._errors")?
        .call_method1("_from_facts", (facts,))?;
    Ok(PyErr::from_value(exception))
}

/// Whole words only, and not what stands in quotes: that is the caller's.
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
