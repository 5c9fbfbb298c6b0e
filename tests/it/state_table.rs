//! The state machine against the guide's table, written down a second time.

use campaigns8x8::state_machine::{self, Marks};
use campaigns8x8::{CampaignAction, CampaignState};

/// Action, and the states it is valid from; `CREATED+` stands for "with buildOnStart".
const GUIDE: &[(&str, &[&str])] = &[
    ("BUILD", &["CREATED", "READY", "BUILD_ERROR"]),
    ("RESET", &["READY", "BUILD_ERROR"]),
    ("START", &["READY", "CREATED+"]),
    ("PAUSE", &["RUNNING"]),
    ("RESUME", &["PAUSED"]),
    ("RETRY", &["RUN_ERROR"]),
    (
        "CANCEL",
        &["PENDING", "RUNNING", "PAUSED", "RUN_ERROR", "READY"],
    ),
    ("PURGE", &["PAUSED", "RUN_ERROR", "COMPLETE"]),
];

#[test]
fn every_action_is_valid_exactly_where_the_guide_says() {
    assert_eq!(GUIDE.len(), CampaignAction::ALL.len());
    for (action, states) in GUIDE {
        let action: CampaignAction = action.parse().unwrap();
        for state in CampaignState::KNOWN {
            let plain = states.contains(&state.as_str());
            let with_build = plain || states.contains(&format!("{state}+").as_str());
            assert_eq!(
                state_machine::is_valid(action, state, false),
                plain,
                "{action} from {state}"
            );
            assert_eq!(
                state_machine::is_valid(action, state, true),
                with_build,
                "{action} from {state} with buildOnStart"
            );
        }
        let unknown = CampaignState::from("HIBERNATING");
        assert!(!state_machine::is_valid(action, &unknown, true));
    }
}

#[test]
fn records_are_refused_in_four_states_and_two_pass_by_themselves() {
    let refusing: Vec<_> = CampaignState::KNOWN
        .iter()
        .filter(|state| !state_machine::accepts_records(state))
        .map(CampaignState::as_str)
        .collect();
    assert_eq!(refusing, ["BUILDING", "STARTING", "COMPLETE", "DELETED"]);
    let transient: Vec<_> = CampaignState::KNOWN
        .iter()
        .filter(|state| state_machine::is_transient(state))
        .map(CampaignState::as_str)
        .collect();
    assert_eq!(transient, ["BUILDING", "STARTING"]);
}

#[test]
fn the_console_shows_what_the_guide_derives() {
    let shown = |state: &str, disabled, purged, cancelled| {
        let marks = Marks {
            disabled,
            purged,
            cancelled,
        };
        state_machine::display_status(&state.into(), marks)
    };
    let table = [
        ("CREATED", "NEW", "NEW", "NEW"),
        ("BUILDING", "BUILDING", "BUILDING", "BUILDING"),
        ("STARTING", "BUILDING", "BUILDING", "BUILDING"),
        (
            "BUILD_ERROR",
            "BUILD_FAILED",
            "BUILD_FAILED",
            "BUILD_FAILED",
        ),
        ("READY", "READY_TO_RUN", "READY_TO_RUN", "READY_TO_RUN"),
        ("PENDING", "SCHEDULED", "SCHEDULED", "SCHEDULED"),
        ("RUNNING", "RUNNING", "RUNNING", "RUNNING"),
        ("PAUSED", "PAUSED", "PURGED", "PAUSED"),
        ("RUN_ERROR", "ERROR", "ERROR_PURGED", "ERROR"),
        ("COMPLETE", "COMPLETED", "COMPLETED", "STOPPED"),
        ("DELETED", "COMPLETED", "COMPLETED", "COMPLETED"),
    ];
    assert_eq!(table.len(), CampaignState::KNOWN.len());
    for (state, plain, purged, cancelled) in table {
        assert_eq!(shown(state, false, false, false), plain, "{state}");
        assert_eq!(shown(state, false, true, false), purged, "{state} purged");
        assert_eq!(
            shown(state, false, false, true),
            cancelled,
            "{state} cancelled"
        );
        assert_eq!(shown(state, true, true, true), "DISABLED", "{state}");
    }
}

#[test]
fn the_json_form_says_the_same_as_the_functions() {
    let json = state_machine::to_json();
    for entry in json["states"].as_array().unwrap() {
        let state = CampaignState::from(entry["state"].as_str().unwrap());
        assert_eq!(entry["transient"], state_machine::is_transient(&state));
        assert_eq!(
            entry["acceptsRecords"],
            state_machine::accepts_records(&state)
        );
        for action in CampaignAction::ALL {
            let listed = entry["actions"]
                .as_array()
                .unwrap()
                .iter()
                .any(|listed| listed == action.as_str());
            assert_eq!(listed, state_machine::is_valid(action, &state, true));
        }
    }
    assert_eq!(json["states"].as_array().unwrap().len(), 11);
    assert_eq!(json["actions"].as_array().unwrap().len(), 8);
    let resume = &json["actions"][4];
    assert_eq!(resume["action"], "RESUME");
    assert_eq!(resume["repeatable"], false);
}
