//! The faults of a sandbox, and how often it may be asked, as callers write them.

use std::time::Duration;

use campaigns8x8::ErrorKind;
use campaigns8x8::sandbox::{Fault, Faults, RateLimitStyle, SandboxRateLimit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::{arguments, errors};

/// A list with one entry a request, or `{"probability": 0.1, "kinds": […]}`.
pub(crate) fn read_faults(py: Python<'_>, faults: &Bound<'_, PyAny>) -> PyResult<Faults> {
    let Ok(random) = faults.cast::<PyDict>() else {
        return Ok(Faults::Scheduled(read_list(py, "faults", faults)?));
    };
    refuse_others(py, "faults", random, &["probability", "kinds"])?;
    let probability = required(py, "faults", random, "probability")?.extract()?;
    if !(0.0..=1.0).contains(&probability) {
        let message = format!("probability is {probability}; accepted are numbers from 0 to 1");
        return Err(errors::invalid(py, message));
    }
    let kinds = read_list(py, "kinds", &required(py, "faults", random, "kinds")?)?;
    Ok(Faults::Random {
        probability,
        kinds: kinds.into_iter().flatten().collect(),
    })
}

/// `{"requests": 50, "per": 1, "style": "x-ratelimit"}`, the last two optional.
pub(crate) fn read_limit(py: Python<'_>, limit: &Bound<'_, PyDict>) -> PyResult<SandboxRateLimit> {
    const KIND: ErrorKind = ErrorKind::InvalidArgument;
    refuse_others(py, "rate_limit", limit, &["requests", "per", "style"])?;
    let requests = arguments::cut(&required(py, "rate_limit", limit, "requests")?)?;
    let per = match limit.get_item("per")? {
        Some(per) => arguments::cut(&per)?,
        None => 1,
    };
    let style: String = match limit.get_item("style")? {
        Some(style) => style.extract()?,
        None => "x-ratelimit".to_owned(),
    };
    Ok(SandboxRateLimit {
        requests: arguments::whole(py, KIND, "requests", requests, 0..=i64::MAX)?,
        per: Duration::from_secs(arguments::whole(py, KIND, "per", per, 1..=86400)?),
        style: match style.as_str() {
            "x-ratelimit" => RateLimitStyle::XRateLimit,
            "retry-after" => RateLimitStyle::RetryAfter,
            other => {
                let message = format!("style is {other:?}; accepted are x-ratelimit, retry-after");
                return Err(errors::invalid(py, message));
            }
        },
    })
}

fn read_list(py: Python<'_>, name: &str, list: &Bound<'_, PyAny>) -> PyResult<Vec<Option<Fault>>> {
    if list.cast::<PyString>().is_ok() {
        let message = format!("{name} is one string; give a list, with one entry a request");
        return Err(errors::invalid(py, message));
    }
    let entries: Vec<Option<String>> = list.extract()?;
    entries
        .into_iter()
        .map(|entry| entry.map(|fault| read_fault(py, &fault)).transpose())
        .collect()
}

fn read_fault(py: Python<'_>, text: &str) -> PyResult<Fault> {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let status = |least: u16| value.parse().ok().filter(|s| (least..=599).contains(s));
    let fault = match name {
        "lostRequest" => Some(Fault::LostRequest),
        "lostAnswer" => Some(Fault::LostAnswer),
        "truncatedAnswer" => Some(Fault::TruncatedAnswer),
        "errorBefore" => status(500).map(Fault::ErrorBefore),
        "errorAfter" => status(500).map(Fault::ErrorAfter),
        "gatewayHtml" => status(200).map(Fault::GatewayHtml),
        "delay" => value
            .parse()
            .ok()
            .filter(|seconds| (0.0..=86400.0).contains(seconds))
            .map(|seconds| Fault::Delay(Duration::from_secs_f64(seconds))),
        "rateLimited" => value
            .parse()
            .ok()
            .map(|retry_after_secs| Fault::RateLimited { retry_after_secs }),
        _ => None,
    };
    fault.ok_or_else(|| {
        errors::invalid(
            py,
            format!(
                "fault {text:?}; accepted are None, lostRequest, lostAnswer, truncatedAnswer, \
                 errorBefore:STATUS and errorAfter:STATUS (500 to 599), gatewayHtml:STATUS (200 to 599), \
                 delay:SECONDS (up to 86400), rateLimited:SECONDS"
            ),
        )
    })
}

fn required<'py>(
    py: Python<'py>,
    of: &str,
    dict: &Bound<'py, PyDict>,
    key: &str,
) -> PyResult<Bound<'py, PyAny>> {
    dict.get_item(key)?
        .ok_or_else(|| errors::invalid(py, format!("{of} has no {key:?}")))
}

fn refuse_others(
    py: Python<'_>,
    of: &str,
    dict: &Bound<'_, PyDict>,
    accepted: &[&str],
) -> PyResult<()> {
    for key in dict.keys() {
        let key = key.str()?.to_string_lossy().into_owned();
        if !accepted.contains(&key.as_str()) {
            let accepted = accepted.join(", ");
            let message = format!("{of} has an unknown entry {key:?}; accepted are {accepted}");
            return Err(errors::invalid(py, message));
        }
    }
    Ok(())
}
