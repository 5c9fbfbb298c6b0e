//! The one error of the library: what happened, what it means for the outcome, and what to do next.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::cause::{Cause, Facts, HttpFailure};
use super::kind::ErrorKind;
use super::problem::FieldError;
use super::report::UploadReport;

/// Why a call did not do what it was asked, and what is known of its outcome.
///
/// Cheap to move and to clone (clones share what the server sent), `Send` and `Sync`. Serializes to the error object of the C interface. Never holds the API key.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Error(#[serde(serialize_with = "serialize_shared")] Arc<Whole>);

#[derive(Clone, Serialize)]
struct Whole {
    #[serde(flatten)]
    cause: Cause,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Box<UploadReport>>,
}

fn serialize_shared<S: Serializer>(whole: &Arc<Whole>, serializer: S) -> Result<S::Ok, S::Error> {
    whole.as_ref().serialize(serializer)
}

/// An error that ended no upload.
impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        Self(Arc::new(Whole {
            cause,
            report: None,
        }))
    }
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind, as the faces on this library make for arguments that never reach it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Cause::new(kind, &message.into()).into()
    }

    /// The facts, to be changed: copied first if another error shares them.
    fn facts(&mut self) -> &mut Facts {
        Arc::make_mut(&mut self.0).cause.facts_mut()
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
        Arc::make_mut(&mut self.0).cause.set_http(http);
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
        Arc::make_mut(&mut self.0).report = Some(Box::new(report));
        self
    }

    /// Appends what else the caller must know.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.facts().message = format!("{}; {note}", self.message());
        self
    }

    /// Says in which step of a longer operation it happened.
    pub(crate) fn in_step(mut self, step: &str) -> Self {
        self.facts().message = format!("{step}: {}", self.message());
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.cause.kind()
    }

    /// What happened, in one line.
    pub fn message(&self) -> &str {
        self.0.cause.message()
    }

    /// What to do next, in the user's terms.
    pub fn hint(&self) -> Option<&str> {
        self.0.cause.hint()
    }

    /// Whether the same call, made again a little later, is safe and may succeed.
    pub fn is_retryable(&self) -> bool {
        self.0.cause.is_retryable()
    }

    /// Whether the server may have applied the request all the same, in this attempt or an earlier one.
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.cause.is_outcome_unknown()
    }

    /// How many requests were sent for the call.
    pub fn attempts(&self) -> u32 {
        self.0.cause.attempts()
    }

    /// The answer that was the last word, if there was one.
    pub fn http(&self) -> Option<&HttpFailure> {
        self.0.cause.http()
    }

    /// The broken rules, field by field: the client's own before sending, or the server's.
    pub fn field_errors(&self) -> &[FieldError] {
        self.0.cause.field_errors()
    }

    /// What became of every record, if this error ended an upload.
    pub fn report(&self) -> Option<&UploadReport> {
        self.0.report.as_deref()
    }

    /// The short form that stands beside a record in a report; see [`Cause::brief`].
    pub(crate) fn brief(&self) -> Cause {
        self.0.cause.brief()
    }

    /// The error as the JSON object of the C interface.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| {
            // Strings and numbers only: cannot fail. Valid JSON all the same.
            format!(r#"{{"kind":"{}","message":""}}"#, self.kind())
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.cause.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.0.cause.facts();
        facts
            .describe(&mut f.debug_struct("Error"))
            // As long as the input, which nobody wants in a log.
            .field("report", &self.report().map(|report| report.counts))
            .finish()
    }
}

impl std::error::Error for Error {}
