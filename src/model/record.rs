//! A record as the caller adds it ([`NewRecord`]) and as the server answers it ([`Record`]).

use jiff::Timestamp;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::open_enum::open_enum;
use crate::answer_json;
use crate::identifier::CrmRecordId;
use crate::outcome::Error;

open_enum! {
    /// The group in which a record is dialed: all HIGH ones first, then MEDIUM, then LOW.
    pub enum Priority {
        /// Dialed first; what a record gets when it names none.
        High = "HIGH",
        /// Dialed after HIGH.
        Medium = "MEDIUM",
        /// Dialed last.
        Low = "LOW",
    }
}

open_enum! {
    /// Where a record comes from.
    pub enum RecordType {
        /// Found by the campaign's CRM query.
        CrmQuery = "CRM_QUERY",
        /// Added through this API.
        Dynamic = "DYNAMIC",
    }
}

open_enum! {
    /// Where a record stands.
    pub enum RecordState {
        /// Waiting for its turn.
        Pending = "PENDING",
        /// Requested from the CRM.
        Requested = "REQUESTED",
        /// Queued for an agent: PAUSE does not hold it back, PURGE does.
        Queued = "QUEUED",
        /// Its cancellation was requested.
        CancelRequested = "CANCEL_REQUESTED",
        /// An agent has it.
        AgentAccepted = "AGENT_ACCEPTED",
        /// Done.
        Complete = "COMPLETE",
        /// Rejected.
        Rejected = "REJECTED",
        /// Deleted.
        Deleted = "DELETED",
        /// Failed.
        Error = "ERROR",
    }
}

open_enum! {
    /// How a record ended.
    pub enum RecordResult {
        /// Reached.
        Success = "SUCCESS",
        /// No number that can be dialed.
        NoValidNumber = "NO_VALID_NUMBER",
        /// The schedule ended first.
        ScheduleComplete = "SCHEDULE_COMPLETE",
        /// The interaction failed.
        InteractionFailed = "INTERACTION_FAILED",
        /// Tried as often as allowed.
        MaxAttemptsReached = "MAX_ATTEMPTS_REACHED",
        /// Skipped by the agent.
        InteractionSkipped = "INTERACTION_SKIPPED",
        /// To be called back.
        CallbackScheduled = "CALLBACK_SCHEDULED",
    }
}

/// A record to add. Its id is unique on the campaign, which is what makes adding it twice impossible.
///
/// ```
/// use campaigns8x8::{NewRecord, Priority};
///
/// let record = NewRecord::new("CRM-12345")?
///     .priority(Priority::Low)
///     .schedule_at("2026-04-22T10:00:00+02:00".parse().unwrap());
/// assert_eq!(
///     serde_json::to_string(&record).unwrap(),
///     r#"{"crmRecordId":"CRM-12345","scheduleAt":"2026-04-22T08:00:00Z","priority":"LOW"}"#
/// );
/// # Ok::<(), campaigns8x8::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRecord {
    pub(crate) crm_record_id: CrmRecordId,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "serialize_timestamp"
    )]
    pub(crate) schedule_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<Priority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rank: Option<f64>,
}

impl NewRecord {
    /// A record with this id and the server's defaults: at once, HIGH, ranked by order of arrival.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Validation`] when the id is blank or longer than 32 UTF-16 units.
    pub fn new(crm_record_id: &str) -> Result<Self, Error> {
        Ok(Self::with_id(crm_record_id.parse()?))
    }

    /// A record with an id that was parsed before.
    pub fn with_id(crm_record_id: CrmRecordId) -> Self {
        Self {
            crm_record_id,
            schedule_at: None,
            priority: None,
            rank: None,
        }
    }

    /// Not before this time; among records of a priority the earliest goes first.
    pub fn schedule_at(mut self, schedule_at: Timestamp) -> Self {
        self.schedule_at = Some(schedule_at);
        self
    }

    /// The dialing group.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// The place inside the priority group, smallest first; a finite number.
    pub fn rank(mut self, rank: f64) -> Self {
        self.rank = Some(rank);
        self
    }

    /// The record's id.
    pub fn crm_record_id(&self) -> &CrmRecordId {
        &self.crm_record_id
    }
}

fn serialize_timestamp<S: Serializer>(
    timestamp: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match timestamp {
        Some(timestamp) => serializer.collect_str(timestamp),
        None => serializer.serialize_none(),
    }
}

/// A record as the server answered it. Fields that the server left out are `None`.
///
/// Serializes to the server's own JSON object ([`raw`](Self::raw)), unknown fields included.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// The server's UUID of the record.
    pub id: Option<Uuid>,
    /// Where it comes from.
    pub r#type: Option<RecordType>,
    /// The caller's id.
    pub crm_record_id: Option<String>,
    /// Its dialing group.
    pub priority: Option<Priority>,
    /// Its place inside the group.
    pub rank: Option<f64>,
    /// The earliest next attempt.
    pub next_attempt_after: Option<Timestamp>,
    /// How often it was tried again.
    pub retry_count: Option<i64>,
    /// Where it stands.
    pub state: Option<RecordState>,
    /// Why it stands there.
    pub state_reason: Option<String>,
    /// How it ended.
    pub result: Option<RecordResult>,
    /// The whole answer, unknown fields included.
    pub raw: Map<String, Value>,
}

impl Record {
    fn from_object(raw: Map<String, Value>) -> Self {
        Self {
            id: answer_json::uuid(&raw, "id"),
            r#type: answer_json::open(&raw, "type"),
            crm_record_id: answer_json::string(&raw, "crmRecordId"),
            priority: answer_json::open(&raw, "priority"),
            rank: answer_json::number(&raw, "rank"),
            next_attempt_after: answer_json::timestamp(&raw, "nextAttemptAfter"),
            retry_count: answer_json::integer(&raw, "retryCount"),
            state: answer_json::open(&raw, "state"),
            state_reason: answer_json::string(&raw, "stateReason"),
            result: answer_json::open(&raw, "result"),
            raw,
        }
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

/// From what it serializes to.
impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from_object)
    }
}

/// Reads the answer to "add records": `{"records":[…]}`. `None` if it has any other form.
pub(crate) fn records_of_answer(answer: Value) -> Option<Vec<Record>> {
    let Value::Object(mut answer) = answer else {
        return None;
    };
    let Value::Array(records) = answer.remove("records")? else {
        return None;
    };
    records
        .into_iter()
        .map(|record| match record {
            Value::Object(raw) => Some(Record::from_object(raw)),
            _ => None,
        })
        .collect()
}
