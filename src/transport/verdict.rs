//! What an attempt means: its kind of failure, what is known of its outcome, and whether it is worth another try. Failures
//! are told apart by type and status, never by their text. What to tell the user is in [`super::hint`].

use std::error::Error as _;
use std::io;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::answer::{Answer, Body};
use super::echo::Echo;
use crate::config::Settings;
use crate::outcome::{Error, ErrorKind, HttpFailure, Problem};
use crate::text::shorten;

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

/// Judges an attempt that was answered: the decoded value and its status, or the failure. `decode` says what is wrong with
/// JSON that is not what the API owes for this request, continuing "the server answered 200, but".
pub(super) fn judge<T>(
    answer: Answer,
    decode: &impl Fn(Value) -> Result<T, String>,
    settings: &Settings,
) -> Result<(u16, T), Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(refusal(answer, settings));
    }
    let status = answer.status;
    let echo = Echo::of(&settings.api_key);
    let (kind, what, passing) = match &answer.body {
        Body::Complete(body) => {
            let json = || serde_json::from_slice(body).map_err(|_| "not with JSON".to_owned());
            match json().and_then(decode) {
                Ok(value) => return Ok((status, value)),
                Err(what) => {
                    // Once more without the key, because the message may show a part of what was sent.
                    let what = json().map_or(what, |mut json| {
                        echo.blot_out_of(&mut json);
                        let what = decode(json).err();
                        what.unwrap_or_else(|| "not with what it owes for this request".to_owned())
                    });
                    (ErrorKind::UnexpectedResponse, what, false)
                }
            }
        }
        Body::Broken(_, error) => {
            let kind = if error.is_timeout() {
                ErrorKind::Timeout
            } else {
                ErrorKind::Connection
            };
            let what = format!("the answer broke off: {}", root_cause(error));
            (kind, what, true)
        }
        Body::TooLong => {
            let what = format!("the answer is {}", too_long(settings));
            (ErrorKind::UnexpectedResponse, what, false)
        }
    };
    let error = Error::new(kind, format!("the server answered {status}, but {what}"))
        .with_http(http_failure(status, &answer.body, None, &echo));
    Err(Failure::new(error, Certainty::Unknown, passing))
}

fn too_long(settings: &Settings) -> String {
    format!(
        "longer than the {} bytes of maxResponseBytes",
        settings.max_response_bytes
    )
}

/// Whether an answer with this status says that its request was certainly not applied. Every other one that is not 2xx
/// leaves the outcome unknown:
///
/// - 301, 302, 303: what a server sends after it did what a POST asked, to lead to the result; other 3xx have no meaning here.
/// - 406: found out when the answer is written, after the request was carried out.
/// - 408, 499: a time limit between here and the server, which may pass after the request was handed on.
/// - 5xx: the server failed, and at which point is not known.
/// - 1xx as a last word, 6xx and every 4xx that is not listed: nobody knows what they mean.
pub(super) fn is_refusal(status: u16) -> bool {
    matches!(
        status,
        // "Ask elsewhere, with the same method and body": it is still to be done.
        307 | 308
        // What is wrong with the request, or with who makes it, is checked before anything is done (contract: errors; add
        // records is all or nothing).
        | 400..=405 | 407 | 413..=415 | 417 | 422 | 431 | 451
        // What was asked for does not go with what is there, or with a condition set beforehand.
        | 409..=412 | 423 | 424 | 428
        // Not on this connection, not in this protocol, not yet, not so many: none was handed on.
        | 421 | 425 | 426 | 429
    )
}

/// An answer that is not 2xx.
fn refusal(answer: Answer, settings: &Settings) -> Failure {
    let status = answer.status;
    // Without Retry-After, a 429 that tells when its window ends has said how long to wait.
    let retry_after = match (answer.retry_after, &answer.allowance) {
        (None, Some(allowance)) if status == 429 => allowance.wait_if_used_up(),
        (given, _) => given,
    };
    let certainty = if is_refusal(status) {
        Certainty::NotApplied
    } else {
        Certainty::Unknown
    };
    let kind = match ErrorKind::of_http_status(status) {
        // What the status means is not known, so not that the request was wrong either.
        ErrorKind::BadRequest if certainty == Certainty::Unknown => ErrorKind::UnexpectedResponse,
        kind => kind,
    };
    let http = http_failure(
        status,
        &answer.body,
        retry_after,
        &Echo::of(&settings.api_key),
    );
    let mut message = refusal_message(&http);
    // The status came whole, and it is what counts; the words did not.
    match &answer.body {
        Body::Complete(_) => {}
        Body::Broken(..) => message.push_str("; the rest of the answer did not come"),
        Body::TooLong => {
            message = format!("{message}; the answer is {}", too_long(settings));
        }
    }
    Failure {
        error: Error::new(kind, message).with_http(http),
        certainty,
        passing: matches!(status, 408 | 429 | 500..=599),
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

/// The HTTP side of an error. A body that is not complete is never read for meaning: it has no problem. The key is blotted
/// out of all of it.
fn http_failure(
    status: u16,
    body: &Body,
    retry_after: Option<Duration>,
    echo: &Echo<'_>,
) -> HttpFailure {
    let (bytes, complete) = match body {
        Body::Complete(bytes) => (bytes.as_slice(), true),
        Body::Broken(bytes, _) => (bytes.as_slice(), false),
        Body::TooLong => (&[][..], false),
    };
    let mut text = String::from_utf8_lossy(cut(bytes)).into_owned();
    if let Some(clean) = echo.blot_out(&text) {
        text = clean;
    }
    let json = complete.then(|| serde_json::from_slice(bytes).ok());
    let problem = json.flatten().and_then(|mut json: Value| {
        if echo.blot_out_of(&mut json) {
            // Whatever way it was written: now it is certainly gone.
            text = json.to_string();
        }
        let problem = Problem::from_value(json)?;
        if bytes.len() > BODY_LIMIT {
            problem.bounded()
        } else {
            Some(problem)
        }
    });
    // What stands for the key, or for what is no UTF-8, may be longer than that was.
    text.truncate(cut(text.as_bytes()).len());
    HttpFailure {
        status,
        problem,
        body: (!text.is_empty()).then_some(text),
        retry_after,
    }
}

/// The most bytes of a body that an error keeps.
const BODY_LIMIT: usize = 64 * 1024;

/// The beginning of a text in UTF-8, not longer than the limit, up to the end of a character.
fn cut(text: &[u8]) -> &[u8] {
    let continues = |end: &usize| text.get(*end).is_some_and(|byte| byte & 0xC0 == 0x80);
    let end = (BODY_LIMIT - 3..=BODY_LIMIT)
        .rev()
        .find(|end| !continues(end));
    text.get(..end.unwrap_or(BODY_LIMIT)).unwrap_or(text)
}

/// No answer came within the time of one attempt, and the client's thread did not say so: the server keeps it busy.
pub(super) fn no_answer_in_time(url: &Url, settings: &Settings) -> Failure {
    let error = in_time(
        &format!("no answer from {}", server(url)),
        Certainty::Unknown,
        settings,
    );
    Failure::new(error, Certainty::Unknown, true)
}

/// Judges an attempt that got no answer at all.
pub(super) fn no_answer(error: &reqwest::Error, url: &Url, settings: &Settings) -> Failure {
    let server = server(url);
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
        in_time(&place, certainty, settings)
    } else {
        Error::new(ErrorKind::Connection, format!("{place}: {cause}"))
    };
    Failure::new(error, certainty, true)
}

fn server(url: &Url) -> String {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => "the server".to_owned(),
    }
}

fn in_time(place: &str, certainty: Certainty, settings: &Settings) -> Error {
    let (name, limit) = match certainty {
        Certainty::NotApplied => ("connectTimeoutMs", settings.connect_timeout),
        Certainty::Unknown => ("timeoutMs", settings.timeout),
    };
    let message = format!("{place} within {} ms ({name})", limit.as_millis());
    Error::new(ErrorKind::Timeout, message)
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
