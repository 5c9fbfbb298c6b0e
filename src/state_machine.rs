//! The campaign's life as the vendor's guide draws it: which action is valid where, which states pass by themselves, where
//! records may be added, and what the console shows. Pure tables; the client never guesses a state from them (the API has
//! no GET), they are for callers who branch on the state in an answer, and for the sandbox.

use serde::Serialize;

use crate::model::{CampaignAction, CampaignDisplayStatus, CampaignState};

use CampaignAction as A;
use CampaignState as S;

/// The states from which `action` is accepted, on an enabled campaign.
///
/// START is valid from CREATED only with `buildOnStart` (contract: disagreement 4), which [`is_valid`] takes into account;
/// CANCEL from READY is drawn in the guide's diagram but missing from its table (disagreement 3) and counts as valid.
pub fn valid_from(action: CampaignAction) -> &'static [CampaignState] {
    match action {
        A::Build => &[S::Created, S::Ready, S::BuildError],
        A::Reset => &[S::Ready, S::BuildError],
        A::Start => &[S::Ready, S::Created],
        A::Pause => &[S::Running],
        A::Resume => &[S::Paused],
        A::Retry => &[S::RunError],
        A::Cancel => &[S::Pending, S::Running, S::Paused, S::RunError, S::Ready],
        A::Purge => &[S::Paused, S::RunError, S::Complete],
    }
}

/// Whether the guide allows `action` in `state`. `build_on_start` matters to START only.
///
/// ```
/// use campaigns8x8::{CampaignAction, CampaignState, state_machine};
///
/// assert!(state_machine::is_valid(CampaignAction::Start, &CampaignState::Created, true));
/// assert!(!state_machine::is_valid(CampaignAction::Start, &CampaignState::Created, false));
/// ```
pub fn is_valid(action: CampaignAction, state: &CampaignState, build_on_start: bool) -> bool {
    if action == A::Start && *state == S::Created && !build_on_start {
        return false;
    }
    valid_from(action).contains(state)
}

/// Whether a disabled campaign accepts `action`: only BUILD and RESET.
pub fn is_valid_when_disabled(action: CampaignAction) -> bool {
    matches!(action, A::Build | A::Reset)
}

/// The states that `action` may lead to at once; PURGE leaves the state as it is.
pub fn leads_to(action: CampaignAction) -> &'static [CampaignState] {
    match action {
        A::Build => &[S::Building],
        A::Reset => &[S::Created],
        A::Start => &[S::Pending, S::Starting, S::Building],
        A::Pause => &[S::Paused],
        A::Resume | A::Retry => &[S::Running],
        A::Cancel => &[S::Complete],
        A::Purge => &[],
    }
}

/// Whether a campaign leaves `state` by itself in a short while.
pub fn is_transient(state: &CampaignState) -> bool {
    matches!(state, S::Building | S::Starting)
}

/// Whether records may be added in `state`: not in BUILDING, STARTING, COMPLETE, DELETED.
pub fn accepts_records(state: &CampaignState) -> bool {
    !matches!(
        state,
        S::Building | S::Starting | S::Complete | S::Deleted | S::Unknown(_)
    )
}

/// What sets two campaigns of one state apart in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// Disabled by a PATCH with `enabled` false.
    pub disabled: bool,
    /// Purged since it last ran.
    pub purged: bool,
    /// Ended by CANCEL.
    pub cancelled: bool,
}

/// What the console shows for a campaign in `state` with these marks.
pub fn display_status(state: &CampaignState, marks: Marks) -> CampaignDisplayStatus {
    use CampaignDisplayStatus as D;
    if marks.disabled {
        return D::Disabled;
    }
    match state {
        S::Created => D::New,
        S::Building | S::Starting => D::Building,
        S::BuildError => D::BuildFailed,
        S::Ready => D::ReadyToRun,
        S::Pending => D::Scheduled,
        S::Running => D::Running,
        S::Paused if marks.purged => D::Purged,
        S::Paused => D::Paused,
        S::RunError if marks.purged => D::ErrorPurged,
        S::RunError => D::Error,
        S::Complete if marks.cancelled => D::Stopped,
        S::Complete | S::Deleted => D::Completed,
        S::Unknown(value) => D::Unknown(value.clone()),
    }
}

/// A move that no action asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AutomaticMove {
    /// From this state.
    pub from: &'static str,
    /// To this one.
    pub to: &'static str,
    /// When it happens.
    pub when: &'static str,
}

/// The moves that happen by themselves (contract: PATCH, automatic moves).
pub const AUTOMATIC_MOVES: &[AutomaticMove] = &[
    automatic("BUILDING", "READY", "the build ends"),
    automatic("BUILDING", "BUILD_ERROR", "the build fails"),
    automatic("PENDING", "STARTING", "the schedule opens"),
    automatic("PENDING", "COMPLETE", "the schedule ends"),
    automatic("STARTING", "RUNNING", "the start succeeds"),
    automatic("STARTING", "BUILD_ERROR", "the start fails"),
    automatic("RUNNING", "COMPLETE", "the schedule ends"),
    automatic("RUNNING", "RUN_ERROR", "an error stops it"),
];

const fn automatic(from: &'static str, to: &'static str, when: &'static str) -> AutomaticMove {
    AutomaticMove { from, to, when }
}

/// The whole state machine as data, for faces that speak JSON.
pub fn to_json() -> serde_json::Value {
    let states: Vec<_> = S::KNOWN
        .iter()
        .map(|state| {
            let actions: Vec<_> = A::ALL
                .into_iter()
                .filter(|action| valid_from(*action).contains(state))
                .collect();
            serde_json::json!({
                "state": state,
                "transient": is_transient(state),
                "acceptsRecords": accepts_records(state),
                "displayStatus": display_status(state, Marks::default()),
                "actions": actions,
            })
        })
        .collect();
    let actions: Vec<_> = A::ALL
        .into_iter()
        .map(|action| {
            serde_json::json!({
                "action": action,
                "validFrom": valid_from(action),
                "onlyWithBuildOnStartFrom": if action == A::Start { vec![S::Created] } else { vec![] },
                "leadsTo": leads_to(action),
                "validWhenDisabled": is_valid_when_disabled(action),
                "repeatable": action.is_repeatable(),
            })
        })
        .collect();
    serde_json::json!({ "states": states, "actions": actions, "automaticMoves": AUTOMATIC_MOVES })
}
