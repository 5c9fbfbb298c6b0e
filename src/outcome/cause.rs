//! What is known of a failure: the server's answer, what it means for the outcome, and what to do next. An
//! [`Error`](super::error::Error) adds the report of the upload that it ended; a record in a report has a cause alone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::kind::ErrorKind;
use super::problem::{FieldError, Problem};
use crate::text::redact_keys;

/// What the server, or the connection, said last about a record: an [`Error`](crate::Error) without a report.
///
/// Cheap to move and to clone (clones share what the server sent), `Send` and `Sync`. Serializes as an error does. Never
/// holds the API key.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Cause(#[serde(serialize_with = "serialize_shared")] Arc<Facts>);

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Facts {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) retryable: bool,
    pub(super) outcome_unknown: bool,
    pub(super) attempts: u32,
    pub(super) http: Option<HttpFailure>,
    pub(super) field_errors: Vec<FieldError>,
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

impl Cause {
    pub(super) fn new(kind: ErrorKind, message: &str) -> Self {
        Self::from_facts(Facts {
            kind,
            // Wherever a value of the caller's comes in, a key may have been pasted.
            message: redact_keys(message),
            hint: None,
            retryable: kind.is_passing(),
            outcome_unknown: false,
            attempts: 0,
            http: None,
            field_errors: Vec::new(),
        })
    }

    pub(super) fn from_facts(facts: Facts) -> Self {
        Self(Arc::new(facts))
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.0
    }

    /// The facts, to be changed: copied first if another error shares them.
    pub(super) fn facts_mut(&mut self) -> &mut Facts {
        Arc::make_mut(&mut self.0)
    }

    pub(super) fn set_http(&mut self, http: HttpFailure) {
        let facts = self.facts_mut();
        if let Some(problem) = &http.problem {
            facts.field_errors.clone_from(&problem.errors);
        }
        facts.http = Some(http);
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

    /// The cause as the JSON object of the C interface.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| {
            // Strings and numbers only: cannot fail. Valid JSON all the same.
            format!(r#"{{"kind":"{}","message":""}}"#, self.kind())
        })
    }
}

/// Reads back what [`Cause::to_json`] wrote. `None` if it has another form.
pub(crate) fn from_json(json: &Value) -> Option<Cause> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let millis = |value: &Value| value.as_u64().map(Duration::from_millis);
    let kind = json.get("kind")?.as_str()?;
    let kind = ErrorKind::ALL.into_iter().find(|k| k.as_str() == kind)?;
    let mut cause = Cause::new(kind, json.get("message")?.as_str()?);
    if let Some(http) = json.get("http").filter(|http| !http.is_null()) {
        cause.set_http(HttpFailure {
            status: u16::try_from(http.get("status")?.as_u64()?).ok()?,
            problem: http
                .get("problem")
                .and_then(|problem| Problem::from_body(problem.to_string().as_bytes())),
            body: http.get("body").and_then(text),
            retry_after: http.get("retryAfterMs").and_then(millis),
        });
    }
    let facts = cause.facts_mut();
    facts.retryable = json.get("retryable")?.as_bool()?;
    facts.outcome_unknown = json.get("outcomeUnknown")?.as_bool()?;
    facts.attempts = u32::try_from(json.get("attempts")?.as_u64()?).ok()?;
    facts.hint = json.get("hint").and_then(text);
    facts.field_errors = serde_json::from_value(json.get("fieldErrors")?.clone()).ok()?;
    Some(cause)
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(&mut f.debug_struct("Cause")).finish()
    }
}

impl Facts {
    /// Adds the facts to what Debug shows.
    pub(super) fn describe<'a, 'b, 'c>(
        &self,
        shown: &'a mut fmt::DebugStruct<'b, 'c>,
    ) -> &'a mut fmt::DebugStruct<'b, 'c> {
        shown
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("hint", &self.hint)
            .field("retryable", &self.retryable)
            .field("outcome_unknown", &self.outcome_unknown)
            .field("attempts", &self.attempts)
            .field("http", &self.http)
            .field("field_errors", &self.field_errors)
    }
}

impl std::error::Error for Cause {}
