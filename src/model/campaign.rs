//! A campaign as the server answers it, the eight actions, and the body of a PATCH.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::open_enum::open_enum;
use super::record::{RecordResult, RecordState, RecordType};
use crate::answer_json;
use crate::outcome::{Error, ErrorKind};
use crate::request_json;
use crate::text;

open_enum! {
    /// Where a campaign stands. Automation branches on this, never on [`CampaignDisplayStatus`].
    pub enum CampaignState {
        /// Not built yet.
        Created = "CREATED",
        /// Being built; transient.
        Building = "BUILDING",
        /// Built, can be started.
        Ready = "READY",
        /// Started, waiting for its schedule to open.
        Pending = "PENDING",
        /// Being started; transient.
        Starting = "STARTING",
        /// Dialing.
        Running = "RUNNING",
        /// Not handing out new records; what is queued is still dialed.
        Paused = "PAUSED",
        /// Over: cancelled, or its schedule ended.
        Complete = "COMPLETE",
        /// The build, or the start, failed.
        BuildError = "BUILD_ERROR",
        /// Stopped by an error while running.
        RunError = "RUN_ERROR",
        /// Removed in the vendor's console.
        Deleted = "DELETED",
    }
}

open_enum! {
    /// What the vendor's console shows for a campaign; derived from its state, for people to read.
    pub enum CampaignDisplayStatus {
        /// CREATED.
        New = "NEW",
        /// BUILDING or STARTING.
        Building = "BUILDING",
        /// BUILD_ERROR.
        BuildFailed = "BUILD_FAILED",
        /// READY.
        ReadyToRun = "READY_TO_RUN",
        /// PENDING.
        Scheduled = "SCHEDULED",
        /// RUNNING.
        Running = "RUNNING",
        /// PAUSED, not purged since.
        Paused = "PAUSED",
        /// PAUSED and purged.
        Purged = "PURGED",
        /// RUN_ERROR, not purged since.
        Error = "ERROR",
        /// RUN_ERROR and purged.
        ErrorPurged = "ERROR_PURGED",
        /// COMPLETE or DELETED.
        Completed = "COMPLETED",
        /// COMPLETE because it was cancelled.
        Stopped = "STOPPED",
        /// Disabled, whatever the state.
        Disabled = "DISABLED",
    }
}

/// What a PATCH asks of a campaign. Where each is valid: [`crate::state_machine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CampaignAction {
    /// Build the campaign; it is BUILDING, then READY or BUILD_ERROR.
    Build,
    /// Back to CREATED.
    Reset,
    /// Start dialing, or wait for the schedule to open.
    Start,
    /// Hand out no new records. Records already queued are still dialed: see [`crate::Client::stop_campaign`].
    Pause,
    /// Go on after PAUSE.
    Resume,
    /// Go on after RUN_ERROR.
    Retry,
    /// End the campaign.
    Cancel,
    /// Clear the queued interactions; the state stays.
    Purge,
}

impl CampaignAction {
    /// The eight actions, in the order of the vendor's guide.
    pub const ALL: [Self; 8] = [
        Self::Build,
        Self::Reset,
        Self::Start,
        Self::Pause,
        Self::Resume,
        Self::Retry,
        Self::Cancel,
        Self::Purge,
    ];

    /// The action as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "BUILD",
            Self::Reset => "RESET",
            Self::Start => "START",
            Self::Pause => "PAUSE",
            Self::Resume => "RESUME",
            Self::Retry => "RETRY",
            Self::Cancel => "CANCEL",
            Self::Purge => "PURGE",
        }
    }

    /// Whether sending the action a second time is harmless when the outcome of the first is unknown.
    ///
    /// False for RESUME and RETRY: if a person paused the campaign in between, the second one would make it dial again
    /// (contract: consequences).
    pub fn is_repeatable(self) -> bool {
        !matches!(self, Self::Resume | Self::Retry)
    }
}

impl fmt::Display for CampaignAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CampaignAction {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| {
                Error::invalid_argument(format!(
                    "action {} is unknown; accepted are {}",
                    text::quoted(text),
                    Self::ALL.map(Self::as_str).join(", ")
                ))
            })
    }
}

/// The body of a PATCH: one action, and what may go with it.
///
/// ```
/// use campaigns8x8::{CampaignAction, ModifyCampaign};
///
/// let request = ModifyCampaign::new(CampaignAction::Start).build_on_start(true);
/// assert_eq!(
///     serde_json::to_string(&request)?,
///     r#"{"action":"START","buildOnStart":true}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModifyCampaign {
    action: CampaignAction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    build_on_start: Option<bool>,
}

impl ModifyCampaign {
    /// A request for `action` and nothing else.
    pub fn new(action: CampaignAction) -> Self {
        Self {
            action,
            enabled: None,
            build_on_start: None,
        }
    }

    /// Enables or disables the campaign together with the action; left out, it stays as it is.
    ///
    /// A disabled campaign accepts only BUILD and RESET. Whether the server applies `enabled` before it checks the action
    /// is not documented.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// With START only: true builds the campaign first, then starts it; overrides the campaign's own setting.
    pub fn build_on_start(mut self, build_on_start: bool) -> Self {
        self.build_on_start = Some(build_on_start);
        self
    }

    /// The action asked for.
    pub fn action(&self) -> CampaignAction {
        self.action
    }

    /// Reads the wire form, e.g. `{"action":"START","buildOnStart":true}`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] on malformed JSON, an unknown field, or a wrong value; it names the field.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let request: Self = request_json::parse(json, "request", ErrorKind::InvalidArgument)?;
        request.check()?;
        Ok(request)
    }

    /// Refuses `buildOnStart` with another action than START.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.build_on_start.is_some() && self.action != CampaignAction::Start {
            return Err(Error::invalid_argument(format!(
                "buildOnStart goes with action START only, not with {}; leave it out",
                self.action
            )));
        }
        Ok(())
    }
}

/// A campaign as it stood when the server answered. Fields that the server left out are `None`.
///
/// Serializes to the server's own JSON object ([`raw`](Self::raw)), unknown fields included.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Campaign {
    /// The campaign's UUID.
    pub id: Option<Uuid>,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
    /// The integration, e.g. `contactual`.
    pub integration_type: Option<String>,
    /// When the schedule opens.
    pub start_time: Option<Timestamp>,
    /// When the schedule ends.
    pub end_time: Option<Timestamp>,
    /// The state after the action was accepted; a transient one is answered while it lasts.
    pub state: CampaignState,
    /// What the console shows; for people.
    pub display_status: Option<CampaignDisplayStatus>,
    /// How many records are on the campaign.
    pub record_count: Option<i64>,
    /// The records by type, state and result.
    pub record_counts: Vec<RecordCount>,
    /// When it was last built.
    pub last_build_time: Option<Timestamp>,
    /// When it was last purged.
    pub last_purged_time: Option<Timestamp>,
    /// When it really started.
    pub started_time: Option<Timestamp>,
    /// When it was complete.
    pub completed_time: Option<Timestamp>,
    /// The whole answer, unknown fields included.
    pub raw: Map<String, Value>,
}

impl Campaign {
    /// Reads an answer. `None` unless it is a JSON object with a `state`: anything else was not written by the API.
    pub(crate) fn from_answer(answer: Value) -> Option<Self> {
        let Value::Object(raw) = answer else {
            return None;
        };
        Some(Self {
            id: answer_json::uuid(&raw, "id"),
            tenant_id: answer_json::string(&raw, "tenantId"),
            integration_type: answer_json::string(&raw, "integrationType"),
            start_time: answer_json::timestamp(&raw, "startTime"),
            end_time: answer_json::timestamp(&raw, "endTime"),
            state: answer_json::open(&raw, "state")?,
            display_status: answer_json::open(&raw, "displayStatus"),
            record_count: answer_json::integer(&raw, "recordCount"),
            record_counts: answer_json::objects(&raw, "recordCounts")
                .map(RecordCount::from_object)
                .collect(),
            last_build_time: answer_json::timestamp(&raw, "lastBuildTime"),
            last_purged_time: answer_json::timestamp(&raw, "lastPurgedTime"),
            started_time: answer_json::timestamp(&raw, "startedTime"),
            completed_time: answer_json::timestamp(&raw, "completedTime"),
            raw,
        })
    }
}

impl Serialize for Campaign {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

/// From what it serializes to.
impl<'de> Deserialize<'de> for Campaign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_answer(Value::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("a campaign is an object with a state"))
    }
}

/// How many records share a type, a state and a result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordCount {
    /// The records' type.
    pub r#type: Option<RecordType>,
    /// The records' state.
    pub state: Option<RecordState>,
    /// The records' result.
    pub result: Option<RecordResult>,
    /// How many there are.
    pub count: Option<i64>,
}

impl RecordCount {
    fn from_object(object: &Map<String, Value>) -> Self {
        Self {
            r#type: answer_json::open(object, "type"),
            state: answer_json::open(object, "state"),
            result: answer_json::open(object, "result"),
            count: answer_json::integer(object, "count"),
        }
    }
}

/// From an object as it stands in a campaign.
impl<'de> Deserialize<'de> for RecordCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_object(&Map::deserialize(deserializer)?))
    }
}
