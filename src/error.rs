//! The one error of the library: what happened, what it means for the outcome, and what to do next.
//!
//! [`ErrorKind`] is the table from which the C status codes and the Python exceptions are made.

mod brief;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::model::{FieldError, Problem};
use crate::text::redact_keys;
use crate::upload::UploadReport;

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument has a wrong form; nothing was sent.
    InvalidArgument,
    /// A setting is missing, unknown or wrong; nothing was sent.
    Config,
    /// A record breaks a rule; nothing was sent. See [`Error::field_errors`].
    Validation,
    /// 400: the server refused the request as wrong.
    BadRequest,
    /// 401: the key is missing, malformed or revoked.
    Unauthorized,
    /// 403: the key lacks the API Product, or the role forbids it.
    Forbidden,
    /// 404: no such campaign for this tenant on this site.
    NotFound,
    /// 409: the campaign's state, or a record already on it, forbids the request.
    Conflict,
    /// 429: more requests than allowed.
    RateLimited,
    /// 5xx: the server failed.
    Server,
    /// An answer that the API never gives: a redirect, another form, too long, a status without a meaning here.
    UnexpectedResponse,
    /// No connection, or no answer, within the time set for one attempt; or 408, a time limit between here and the server.
    Timeout,
    /// The connection could not be made, or broke.
    Connection,
    /// No trust between the two ends: certificate or protocol.
    Tls,
    /// The deadline of the whole operation passed.
    Deadline,
    /// Cancelled by the caller.
    Cancelled,
    /// A file of an upload cannot be read or written: its source or its ledger.
    Storage,
    /// A fault of this library.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the status codes.
    pub const ALL: [Self; 18] = [
        Self::InvalidArgument,
        Self::Config,
        Self::Validation,
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::RateLimited,
        Self::Server,
        Self::UnexpectedResponse,
        Self::Timeout,
        Self::Connection,
        Self::Tls,
        Self::Deadline,
        Self::Cancelled,
        Self::Storage,
        Self::Internal,
    ];

    /// The status code of the C interface.
    pub fn status(self) -> i32 {
        match self {
            Self::InvalidArgument => 1,
            Self::Config => 2,
            Self::Validation => 3,
            Self::BadRequest => 4,
            Self::Unauthorized => 5,
            Self::Forbidden => 6,
            Self::NotFound => 7,
            Self::Conflict => 8,
            Self::RateLimited => 9,
            Self::Server => 10,
            Self::UnexpectedResponse => 11,
            Self::Timeout => 12,
            Self::Connection => 13,
            Self::Tls => 14,
            Self::Deadline => 15,
            Self::Cancelled => 16,
            Self::Storage => 17,
            Self::Internal => 99,
        }
    }

    /// The name in the error JSON, e.g. `rateLimited`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalidArgument",
            Self::Config => "config",
            Self::Validation => "validation",
            Self::BadRequest => "badRequest",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "notFound",
            Self::Conflict => "conflict",
            Self::RateLimited => "rateLimited",
            Self::Server => "server",
            Self::UnexpectedResponse => "unexpectedResponse",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Deadline => "deadline",
            Self::Cancelled => "cancelled",
            Self::Storage => "storage",
            Self::Internal => "internal",
        }
    }

    /// The kind of an answer with this HTTP status (not 2xx).
    pub(crate) fn of_http_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            408 => Self::Timeout,
            409 => Self::Conflict,
            429 => Self::RateLimited,
            400..=499 => Self::BadRequest,
            500..=599 => Self::Server,
            _ => Self::UnexpectedResponse,
        }
    }

    /// Whether the same call, made again a little later, may succeed without anything else being changed.
    fn is_passing(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Server | Self::Timeout | Self::Connection | Self::Deadline
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Why a call did not do what it was asked, and what is known of its outcome.
///
/// Cheap to move and to clone (clones share what the server sent), `Send` and `Sync`. Serializes to the error object of the C interface. Never holds the API key.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Error(#[serde(serialize_with = "serialize_shared")] Arc<Facts>);

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    retryable: bool,
    outcome_unknown: bool,
    attempts: u32,
    http: Option<HttpFailure>,
    field_errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Box<UploadReport>>,
}

/// The HTTP side of a failure: the answer that was the last word.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HttpFailure {
    /// The HTTP status.
    pub status: u16,
    /// The vendor's error body: only if the whole body came and was one problem object. An answer that broke off, or was
    /// longer than the limit, has none: its words may be half of other words.
    pub problem: Option<Problem>,
    /// What came of the body, for a person to read: as text, cut at 64 KiB; `None` if that was nothing, or longer than
    /// `maxResponseBytes`. Nothing may be concluded from it.
    pub body: Option<String>,
    /// How long the server asked to wait, in milliseconds.
    #[serde(rename = "retryAfterMs", serialize_with = "serialize_millis")]
    pub retry_after: Option<Duration>,
}

fn serialize_shared<S: Serializer>(facts: &Arc<Facts>, serializer: S) -> Result<S::Ok, S::Error> {
    facts.as_ref().serialize(serializer)
}

fn serialize_millis<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration
        .map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
        .serialize(serializer)
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind, as the faces on this library make for arguments that never reach it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::from_facts(Facts {
            kind,
            // Wherever a value of the caller's comes in, a key may have been pasted.
            message: redact_keys(&message.into()),
            hint: None,
            retryable: kind.is_passing(),
            outcome_unknown: false,
            attempts: 0,
            http: None,
            field_errors: Vec::new(),
            report: None,
        })
    }

    fn from_facts(facts: Facts) -> Self {
        Self(Arc::new(facts))
    }

    /// The facts, to be changed: copied first if another error shares them.
    fn facts(&mut self) -> &mut Facts {
        Arc::make_mut(&mut self.0)
    }

    pub(crate) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// A refusal before sending: every fault of every record, the first one in the message.
    pub(crate) fn validation(faults: Vec<FieldError>) -> Self {
        let first = faults
            .first()
            .map_or_else(String::new, |f| format!("{}: {}", f.field, f.message));
        let message = match faults.len() {
            0 | 1 => first,
            n => format!("{first} (and {} more)", n - 1),
        };
        let mut error = Self::new(ErrorKind::Validation, message);
        error.facts().field_errors = faults;
        error.with_hint("nothing was sent; fix the fields named in fieldErrors and call again")
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.facts().hint = Some(hint.into());
        self
    }

    pub(crate) fn with_http(mut self, http: HttpFailure) -> Self {
        if let Some(problem) = &http.problem {
            self.facts().field_errors.clone_from(&problem.errors);
        }
        self.facts().http = Some(http);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.facts().attempts = attempts;
        self
    }

    pub(crate) fn with_outcome_unknown(mut self, unknown: bool) -> Self {
        self.facts().outcome_unknown = unknown;
        self
    }

    pub(crate) fn with_retryable(mut self, retryable: bool) -> Self {
        self.facts().retryable = retryable;
        self
    }

    pub(crate) fn with_report(mut self, report: UploadReport) -> Self {
        self.facts().report = Some(Box::new(report));
        self
    }

    /// Appends what else the caller must know.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.facts().message = format!("{}; {note}", self.0.message);
        self
    }

    /// Says in which step of a longer operation it happened.
    pub(crate) fn in_step(mut self, step: &str) -> Self {
        self.facts().message = format!("{step}: {}", self.0.message);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, in one line.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do next, in the user's terms.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Whether the same call, made again a little later, is safe and may succeed.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the server may have applied the request all the same, in this attempt or an earlier one.
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// How many requests were sent for the call.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The answer that was the last word, if there was one.
    pub fn http(&self) -> Option<&HttpFailure> {
        self.0.http.as_ref()
    }

    /// The broken rules, field by field: the client's own before sending, or the server's.
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.field_errors
    }

    /// What became of every record, if this error ended an upload.
    pub fn report(&self) -> Option<&UploadReport> {
        self.0.report.as_deref()
    }

    /// The error as the JSON object of the C interface.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| {
            // Strings and numbers only: cannot fail. Valid JSON all the same.
            format!(r#"{{"kind":"{}","message":""}}"#, self.kind())
        })
    }
}

/// Reads back what [`Error::to_json`] wrote, but for a report in it. `None` if it has another form.
pub(crate) fn from_json(json: &Value) -> Option<Error> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let millis = |value: &Value| value.as_u64().map(Duration::from_millis);
    let kind = json.get("kind")?.as_str()?;
    let kind = ErrorKind::ALL.into_iter().find(|k| k.as_str() == kind)?;
    let mut error = Error::new(kind, json.get("message")?.as_str()?)
        .with_retryable(json.get("retryable")?.as_bool()?)
        .with_outcome_unknown(json.get("outcomeUnknown")?.as_bool()?)
        .with_attempts(u32::try_from(json.get("attempts")?.as_u64()?).ok()?);
    error.facts().hint = json.get("hint").and_then(text);
    if let Some(http) = json.get("http").filter(|http| !http.is_null()) {
        error = error.with_http(HttpFailure {
            status: u16::try_from(http.get("status")?.as_u64()?).ok()?,
            problem: http
                .get("problem")
                .and_then(|problem| Problem::from_body(problem.to_string().as_bytes())),
            body: http.get("body").and_then(text),
            retry_after: http.get("retryAfterMs").and_then(millis),
        });
    }
    let faults = json.get("fieldErrors")?.clone();
    error.facts().field_errors = serde_json::from_value(faults).ok()?;
    Some(error)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &*self.0;
        f.debug_struct("Error")
            .field("kind", &facts.kind)
            .field("message", &facts.message)
            .field("hint", &facts.hint)
            .field("retryable", &facts.retryable)
            .field("outcome_unknown", &facts.outcome_unknown)
            .field("attempts", &facts.attempts)
            .field("http", &facts.http)
            .field("field_errors", &facts.field_errors)
            // As long as the input, which nobody wants in a log.
            .field("report", &self.report().map(|report| report.counts))
            .finish()
    }
}

impl std::error::Error for Error {}
