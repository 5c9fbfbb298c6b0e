//! What an attempt means: its kind of failure, what is known of its outcome, whether it is worth another try, and what to
//! tell the user. Failures are told apart by type and status, never by their text.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::Request;
use super::engine::{Answer, Body};
use crate::config::Settings;
use crate::error::{Error, ErrorKind, HttpFailure};
use crate::model::Problem;
use crate::request_json::shorten;

/// What is known of the outcome of an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// The server did not apply it: it was never sent, or it was refused.
    NotApplied,
    /// The server may have applied it.
    Unknown,
}

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) certainty: Certainty,
    /// Whether the same attempt may succeed a little later.
    pub(super) passing: bool,
    pub(super) retry_after: Option<Duration>,
}

impl Failure {
    fn new(error: Error, certainty: Certainty, passing: bool) -> Self {
        Self {
            error,
            certainty,
            passing,
            retry_after: None,
        }
    }

    pub(super) fn internal(message: &str) -> Self {
        Self::new(
            Error::new(ErrorKind::Internal, message),
            Certainty::Unknown,
            false,
        )
    }
}

/// Judges an attempt that was answered: the decoded value and its status, or the failure.
pub(super) fn judge<T>(
    answer: Answer,
    decode: &impl Fn(Value) -> Option<T>,
    settings: &Settings,
) -> Result<(u16, T), Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(refusal(answer, settings));
    }
    let status = answer.status;
    match answer.body {
        Body::Complete(body) => match serde_json::from_slice(&body).ok().and_then(decode) {
            Some(value) => Ok((status, value)),
            None => {
                let message = format!(
                    "the server answered {status}, but not with the JSON that it owes for this request"
                );
                let error = Error::new(ErrorKind::UnexpectedResponse, message)
                    .with_http(http_failure(status, &body, None, settings));
                Err(Failure::new(error, Certainty::Unknown, false))
            }
        },
        Body::Broken(body, error) => {
            let kind = if error.is_timeout() {
                ErrorKind::Timeout
            } else {
                ErrorKind::Connection
            };
            let message = format!(
                "the server answered {status}, but the answer broke off: {}",
                root_cause(&error)
            );
            let error =
                Error::new(kind, message).with_http(http_failure(status, &body, None, settings));
            Err(Failure::new(error, Certainty::Unknown, true))
        }
        Body::TooLong => Err(Failure::new(
            too_long(status, settings),
            Certainty::Unknown,
            false,
        )),
    }
}

fn too_long(status: u16, settings: &Settings) -> Error {
    Error::new(
        ErrorKind::UnexpectedResponse,
        format!(
            "the server's answer ({status}) is longer than the {} bytes of maxResponseBytes",
            settings.max_response_bytes
        ),
    )
    .with_http(http_failure(status, &[], None, settings))
}

/// An answer that is not 2xx.
fn refusal(answer: Answer, settings: &Settings) -> Failure {
    let status = answer.status;
    let body = match answer.body {
        Body::Complete(body) | Body::Broken(body, _) => body,
        // The status is the word that counts; a refusal that nobody could read whole is still a refusal.
        Body::TooLong => Vec::new(),
    };
    // Without Retry-After, a 429 that tells when its window ends has said how long to wait.
    let retry_after = answer.retry_after.or_else(|| {
        let allowance = answer.allowance.filter(|_| status == 429)?;
        (allowance.remaining == 0).then_some(allowance.resets_in)
    });
    let http = http_failure(status, &body, retry_after, settings);
    let kind = ErrorKind::of_http_status(status);
    let error = Error::new(kind, refusal_message(&http)).with_http(http);
    let certainty = match status {
        // 302 and 303 are what a server may send after it did what a POST asked.
        302 | 303 | 500.. => Certainty::Unknown,
        _ => Certainty::NotApplied,
    };
    Failure {
        error,
        certainty,
        passing: status == 429 || (500..600).contains(&status),
        retry_after,
    }
}

fn refusal_message(http: &HttpFailure) -> String {
    let status = http.status;
    let reason = reqwest::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("unknown status");
    if (300..400).contains(&status) {
        return format!(
            "{status} {reason}: the server sent elsewhere, and redirects are never followed"
        );
    }
    let said = http
        .problem
        .as_ref()
        .and_then(|problem| problem.detail.as_deref().or(problem.title.as_deref()));
    match said {
        Some(said) => format!("{status} {reason}: {}", one_line(said)),
        None => format!("{status} {reason}"),
    }
}

fn one_line(text: &str) -> String {
    shorten(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The HTTP side of an error. The key is blotted out of it: a gateway may echo the request's headers.
fn http_failure(
    status: u16,
    body: &[u8],
    retry_after: Option<Duration>,
    settings: &Settings,
) -> HttpFailure {
    const LIMIT: usize = 64 * 1024;
    let key = settings.api_key.expose();
    let text = String::from_utf8_lossy(body);
    let text = if text.contains(key) {
        text.replace(key, "eght_[redacted]").into()
    } else {
        text
    };
    HttpFailure {
        status,
        problem: Problem::from_body(text.as_bytes()),
        body: (!text.is_empty()).then(|| text.chars().take(LIMIT).collect()),
        retry_after,
    }
}

/// Judges an attempt that got no answer at all.
pub(super) fn no_answer(error: &reqwest::Error, url: &Url, settings: &Settings) -> Failure {
    let server = match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => "the server".to_owned(),
    };
    let cause = root_cause(error);
    let (certainty, place) = if error.is_connect() {
        (Certainty::NotApplied, format!("no connection to {server}"))
    } else {
        (Certainty::Unknown, format!("no answer from {server}"))
    };
    if is_tls(error) && certainty == Certainty::NotApplied {
        let error = Error::new(ErrorKind::Tls, format!("{place}: {cause}")).with_hint(
            "if a proxy or your organisation signs the connection, name its certificate authority (a PEM file) as caBundle or in \
             SSL_CERT_FILE",
        );
        return Failure::new(error, certainty, false);
    }
    let error = if error.is_timeout() {
        let limit = match certainty {
            Certainty::NotApplied => ("connectTimeoutMs", settings.connect_timeout),
            Certainty::Unknown => ("timeoutMs", settings.timeout),
        };
        Error::new(
            ErrorKind::Timeout,
            format!("{place} within {} ms ({})", limit.1.as_millis(), limit.0),
        )
    } else {
        Error::new(ErrorKind::Connection, format!("{place}: {cause}"))
    };
    Failure::new(error, certainty, true)
}

/// The innermost reason, e.g. `Connection refused (os error 111)`. URLs do not occur that deep.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    one_line(&text.unwrap_or_else(|| "the request could not be sent".to_owned()))
}

fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<rustls::Error>() {
            return true;
        }
        cause = match inner
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            // An I/O error's source is the source of what it wraps; what it wraps would be passed over.
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    false
}

/// Adds what the call as a whole has to say: an earlier attempt that may have been applied, and what to do next.
pub(super) fn explain(error: Error, request: &Request) -> Error {
    let unknown = error.is_outcome_unknown();
    let refused = error
        .http()
        .is_some_and(|http| (400..500).contains(&http.status));
    let error = if unknown && refused {
        error.with_note("an earlier attempt got no answer and may have been applied")
    } else {
        error
    };
    if error.hint().is_some() {
        return error;
    }
    let hint = hint(&error, unknown, request.repeatable);
    error.with_hint(hint)
}

fn hint(error: &Error, unknown: bool, repeatable: bool) -> String {
    use ErrorKind as K;
    let hint = match error.kind() {
        K::BadRequest if unknown => "look in the console whether the earlier attempt was applied",
        K::BadRequest => {
            "mend what the message names; where the server speaks of the state, the action is not valid in the campaign's \
             current one"
        }
        K::Unauthorized => {
            "check the key: Admin Console > API Access, the app's Key, beginning with eght_ and not revoked"
        }
        K::Forbidden => {
            "attach the API Product \"Contact Center Campaigns\" to the key's app in Admin Console; a change takes minutes \
             to spread"
        }
        K::NotFound => {
            "check the campaign id, the tenant name and the customer site: each of them wrong is answered 404"
        }
        K::Conflict if unknown => {
            "if an earlier attempt was applied, this refusal is its echo and all is done; look in the console"
        }
        K::Conflict => {
            "the campaign's current state forbids it, or a crmRecordId is on the campaign already; the message tells which"
        }
        K::RateLimited => "send less often: set rateLimit, or wait as long as retryAfterMs says",
        K::UnexpectedResponse => {
            "check baseUrl and proxy: this answer was not written by the Campaigns API"
        }
        K::Server | K::Timeout | K::Connection if unknown && !repeatable => {
            "look in the console before doing it again: if it was applied and somebody paused the campaign since, a second \
             one would dial again"
        }
        K::Server => {
            "the server's fault; call again later, and give instance and time to the vendor's support if it stays"
        }
        K::Timeout => "call again, or raise the time that the message names",
        K::Connection => "check the network, the proxy settings and baseUrl, then call again",
        K::Deadline | K::Cancelled if unknown => {
            "a request was under way, and whether it was applied is unknown; look in the console"
        }
        K::Deadline => "raise the deadline, or call again",
        K::Cancelled => "no request was under way; call again if it is still wanted",
        K::InvalidArgument | K::Config | K::Validation | K::Tls | K::Storage | K::Internal => {
            "a fault of this library; please report it"
        }
    };
    hint.to_owned()
}
