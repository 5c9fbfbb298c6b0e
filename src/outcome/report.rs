//! What became of every record of an upload, and how far it is.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::cause::Cause;
use super::problem::FieldError;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// This upload put it on the campaign; the server said so.
    Added,
    /// It is on the campaign, put there before, by somebody else, or by an earlier attempt whose answer was lost.
    AlreadyPresent,
    /// It breaks a rule, and is not on the campaign by this upload.
    Rejected,
    /// The server refused it alone, again and again, in words that do not say why; this upload did not put it on the campaign.
    Refused,
    /// Not put on the campaign by this upload: never sent, or refused for a reason that is not the record's.
    NotSent,
    /// A request with it got no answer before the upload stopped.
    Unknown,
}

impl Outcome {
    /// Every outcome, in the order of the report.
    pub const ALL: [Self; 6] = [
        Self::Added,
        Self::AlreadyPresent,
        Self::Rejected,
        Self::Refused,
        Self::NotSent,
        Self::Unknown,
    ];

    /// The name in the report, e.g. `alreadyPresent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::AlreadyPresent => "alreadyPresent",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::NotSent => "notSent",
            Self::Unknown => "unknown",
        }
    }
}

/// How many records came to which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Counts {
    /// All that were read from the input.
    pub total: u64,
    /// [`Outcome::Added`].
    pub added: u64,
    /// [`Outcome::AlreadyPresent`].
    pub already_present: u64,
    /// [`Outcome::Rejected`].
    pub rejected: u64,
    /// [`Outcome::Refused`].
    pub refused: u64,
    /// [`Outcome::NotSent`].
    pub not_sent: u64,
    /// [`Outcome::Unknown`].
    pub unknown: u64,
}

impl Counts {
    pub(crate) fn count(&mut self, outcome: Outcome) {
        let slot = match outcome {
            Outcome::Added => &mut self.added,
            Outcome::AlreadyPresent => &mut self.already_present,
            Outcome::Rejected => &mut self.rejected,
            Outcome::Refused => &mut self.refused,
            Outcome::NotSent => &mut self.not_sent,
            Outcome::Unknown => &mut self.unknown,
        };
        *slot += 1;
    }

    /// Records whose outcome is stated.
    pub(crate) fn settled(&self) -> u64 {
        self.added
            + self.already_present
            + self.rejected
            + self.refused
            + self.not_sent
            + self.unknown
    }
}

/// A record that was not added, and why.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RecordOutcome {
    /// Its place in the input, from 0.
    pub index: u64,
    /// Its id; `None` if the input gave none.
    pub crm_record_id: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The rules it breaks.
    pub field_errors: Vec<FieldError>,
    /// What the server, or the connection, said last, if that says more than the outcome.
    pub error: Option<Cause>,
}

/// What became of every record of an upload: those in [`records`](Self::records), those from
/// [`not_sent_from`](Self::not_sent_from) on, which were never reached; and all others were added.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UploadReport {
    /// The campaign.
    pub campaign_id: String,
    /// Whether no record is `notSent` or `unknown`, and the whole input was read.
    pub complete: bool,
    /// How many records came to which outcome.
    pub counts: Counts,
    /// Every record that was read and not added, in the order of the input.
    pub records: Vec<RecordOutcome>,
    /// The first record that was never reached; `None` if all were.
    pub not_sent_from: Option<u64>,
    /// Requests sent, repetitions included.
    pub requests: u64,
    /// Repetitions among them.
    pub retries: u64,
    /// How long it took.
    #[serde(rename = "elapsedMs", serialize_with = "millis")]
    pub elapsed: Duration,
    /// What a dry run found; `None` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<DryRun>,
}

impl UploadReport {
    /// The report as the JSON object of the C interface.
    pub fn to_json(&self) -> String {
        // Strings and numbers only: cannot fail. Valid JSON all the same.
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
}

/// What an upload of the same input would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DryRun {
    /// Requests, if nothing goes wrong.
    pub batches: u64,
    /// How long they would take at the client's `rateLimit`; `None` without one.
    #[serde(rename = "estimatedMs", serialize_with = "optional_millis")]
    pub estimated: Option<Duration>,
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Progress {
    /// Records in the input; `None` while unknown.
    pub total: Option<u64>,
    /// Records whose outcome is stated.
    pub done: u64,
    /// [`Outcome::Added`] so far.
    pub added: u64,
    /// [`Outcome::AlreadyPresent`] so far.
    pub already_present: u64,
    /// [`Outcome::Rejected`] so far.
    pub rejected: u64,
    /// Requests sent so far, repetitions included.
    pub requests: u64,
    /// Repetitions among them.
    pub retries: u64,
    /// Records done a second, on average so far.
    pub records_per_second: f64,
    /// The time left at that rate; `None` while unknown.
    #[serde(rename = "etaMs", serialize_with = "optional_millis")]
    pub eta: Option<Duration>,
}

impl Progress {
    /// The progress as the JSON object of the C interface.
    pub fn to_json(&self) -> String {
        // Finite numbers only: cannot fail. Valid JSON all the same.
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
}

fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn optional_millis<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => millis(duration, serializer),
        None => serializer.serialize_none(),
    }
}
