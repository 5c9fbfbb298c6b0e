//! The client against the sandbox, once in each dialect of the vendor: the same suite must pass in both.

use std::time::Duration;

use campaigns8x8::sandbox::{Dialect, Fault, Faults, Sandbox, SandboxOptions};
use campaigns8x8::{
    CampaignAction, CampaignState, Client, Error, ErrorKind, LaunchOptions, LaunchStrategy,
    ModifyCampaign, Priority, state_machine,
};

use crate::support::{await_state, first, once, record, sandbox_with, start, timed};

fn options(dialect: Dialect) -> SandboxOptions {
    SandboxOptions {
        dialect,
        build_time: Duration::from_millis(100),
        start_time: Duration::ZERO,
        ..SandboxOptions::default()
    }
}

fn launch(strategy: LaunchStrategy) -> LaunchOptions {
    LaunchOptions {
        strategy,
        deadline: Duration::from_secs(10),
        poll_interval: Duration::from_millis(20),
        ..LaunchOptions::default()
    }
}

#[track_caller]
fn launches(sandbox: &Sandbox, client: &Client) {
    let options = launch(LaunchStrategy::BuildThenStart);
    client
        .launch_campaign(&sandbox.campaign_id(), &options)
        .unwrap();
    await_state(sandbox, CampaignState::Running);
}

#[track_caller]
fn refused(error: &Error, dialect: Dialect) {
    let kind = match dialect {
        Dialect::Guide => ErrorKind::Conflict,
        Dialect::OpenApi => ErrorKind::BadRequest,
    };
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.attempts(), 1);
    assert!(!error.is_outcome_unknown());
}

/// One test for each dialect.
macro_rules! in_both_dialects {
    ($($name:ident),+ $(,)?) => {
        mod guide {
            $(#[test] fn $name() { super::$name(super::Dialect::Guide); })+
        }
        mod openapi {
            $(#[test] fn $name() { super::$name(super::Dialect::OpenApi); })+
        }
    };
}

in_both_dialects!(
    the_four_steps,
    launch_waits_until_the_build_is_over,
    launch_by_one_request,
    launch_gives_up_at_the_deadline,
    launch_after_a_lost_build_answer,
    launch_ends_at_the_first_refusal_after_a_start_of_unknown_outcome,
    launch_waits_on_after_a_start_that_was_certainly_not_applied,
    stop_is_pause_then_purge,
    stop_purges_what_is_paused_already,
    every_action_from_every_state,
    a_record_on_the_campaign_refuses_the_whole_request,
    ranks_and_priorities_are_kept,
    records_are_refused_where_the_state_forbids_them,
    a_campaign_that_is_not_dynamic_takes_no_records,
    a_disabled_campaign_is_built_and_reset_only,
    who_is_refused,
    a_lost_pause_is_sent_again_and_its_echo_is_told,
    a_lost_resume_is_not_sent_again,
    a_lost_add_is_sent_again_and_its_echo_is_told,
    what_was_never_sent_is_repeated,
);

fn the_four_steps(dialect: Dialect) {
    let (sandbox, client) = start(options(dialect));
    let id = sandbox.campaign_id();
    assert_eq!(client.build(&id).unwrap().state, CampaignState::Building);
    refused(&client.start(&id).unwrap_err(), dialect);
    await_state(&sandbox, CampaignState::Ready);
    client.start(&id).unwrap();
    await_state(&sandbox, CampaignState::Running);
    let added = client
        .add_records(&id, &[record("CRM-1"), record("CRM-2")])
        .unwrap();
    assert_eq!(added[1].crm_record_id.as_deref(), Some("CRM-2"));
    assert_eq!(client.pause(&id).unwrap().state, CampaignState::Paused);
    assert_eq!(sandbox.stored(), ["CRM-1", "CRM-2"]);
}

fn launch_waits_until_the_build_is_over(dialect: Dialect) {
    let (sandbox, client) = start(options(dialect));
    let id = sandbox.campaign_id();
    let campaign = client
        .launch_campaign(&id, &launch(LaunchStrategy::BuildThenStart))
        .unwrap();
    assert!(
        [CampaignState::Starting, CampaignState::Running].contains(&campaign.state),
        "{}",
        campaign.state
    );
    let actions: Vec<_> = sandbox
        .request_log()
        .into_iter()
        .filter_map(|seen| seen.action)
        .collect();
    assert_eq!(actions[0], "BUILD");
    assert!(actions.len() > 2, "START was refused at least once");
    assert!(
        actions[1..].iter().all(|action| action == "START"),
        "no probing"
    );
}

fn launch_by_one_request(dialect: Dialect) {
    let (sandbox, client) = start(options(dialect));
    let id = sandbox.campaign_id();
    let campaign = client
        .launch_campaign(&id, &LaunchOptions::default())
        .unwrap();
    assert_eq!(campaign.state, CampaignState::Building);
    assert_eq!(sandbox.requests(), 1);
    await_state(&sandbox, CampaignState::Running);
}

fn launch_gives_up_at_the_deadline(dialect: Dialect) {
    let (sandbox, client) = start(SandboxOptions {
        build_fails: true,
        ..options(dialect)
    });
    let limited = LaunchOptions {
        deadline: Duration::from_millis(400),
        ..launch(LaunchStrategy::BuildThenStart)
    };
    let error = client
        .launch_campaign(&sandbox.campaign_id(), &limited)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(error.http().is_some(), "the last refusal is told");
    assert!(error.attempts() > 1);
    assert_eq!(sandbox.state(), CampaignState::BuildError);
}

fn launch_after_a_lost_build_answer(dialect: Dialect) {
    let (sandbox, client) = start(SandboxOptions {
        faults: first(Fault::LostAnswer),
        ..options(dialect)
    });
    launches(&sandbox, &client);
}

fn launch_ends_at_the_first_refusal_after_a_start_of_unknown_outcome(dialect: Dialect) {
    for strategy in [
        LaunchStrategy::BuildThenStart,
        LaunchStrategy::BuildOnStart,
        LaunchStrategy::Start,
    ] {
        // START is applied, its answer is lost, and the second one is refused because of the first.
        let built = strategy == LaunchStrategy::BuildThenStart;
        let mut faults = vec![Some(Fault::LostAnswer)];
        if built {
            faults.insert(0, None);
        }
        let (sandbox, client) = start(SandboxOptions {
            state: CampaignState::Ready,
            build_time: if built {
                Duration::ZERO
            } else {
                Duration::from_secs(60)
            },
            start_time: Duration::from_secs(60),
            faults: Faults::Scheduled(faults),
            ..options(dialect)
        });
        let (result, took) =
            timed(|| client.launch_campaign(&sandbox.campaign_id(), &launch(strategy)));
        let error = result.unwrap_err();
        assert!(error.is_outcome_unknown(), "{strategy:?}: {error}");
        assert!(matches!(error.http().unwrap().status, 409 | 400), "{error}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("START may have been applied"), "{hint}");
        assert!(!hint.contains("build"), "{hint}");
        assert_eq!(sandbox.requests(), if built { 3 } else { 2 });
        assert!(
            took < Duration::from_secs(5),
            "not until the deadline: {took:?}"
        );
    }
}

fn launch_waits_on_after_a_start_that_was_certainly_not_applied(dialect: Dialect) {
    let limited = Some(Fault::RateLimited {
        retry_after_secs: 0,
    });
    let (sandbox, client) = start(SandboxOptions {
        faults: Faults::Scheduled(vec![None, limited.clone(), None, limited]),
        ..options(dialect)
    });
    launches(&sandbox, &client);
}

fn stop_is_pause_then_purge(dialect: Dialect) {
    let (sandbox, client) = start(SandboxOptions {
        state: CampaignState::Running,
        ..options(dialect)
    });
    let campaign = client.stop_campaign(&sandbox.campaign_id()).unwrap();
    assert_eq!(campaign.state, CampaignState::Paused);
    assert_eq!(campaign.display_status.unwrap(), "PURGED");
    assert_eq!(sandbox.requests(), 2);
}

fn stop_purges_what_is_paused_already(dialect: Dialect) {
    for state in [CampaignState::Paused, CampaignState::RunError] {
        let (sandbox, client) = start(SandboxOptions {
            state: state.clone(),
            ..options(dialect)
        });
        assert_eq!(
            client.stop_campaign(&sandbox.campaign_id()).unwrap().state,
            state
        );
    }
    let (sandbox, client) = start(options(dialect));
    let error = client.stop_campaign(&sandbox.campaign_id()).unwrap_err();
    refused(&error, dialect);
    assert!(error.message().contains("PURGE"), "{error}");
}

fn every_action_from_every_state(dialect: Dialect) {
    let (sandbox, client) = start(options(dialect));
    let id = sandbox.campaign_id();
    for state in CampaignState::KNOWN {
        for action in CampaignAction::ALL {
            sandbox.set_state(state.clone());
            if sandbox.state() != *state {
                continue;
            }
            let result = client.modify_campaign(&id, &ModifyCampaign::new(action));
            let valid = state_machine::is_valid(action, state, false);
            assert_eq!(result.is_ok(), valid, "{action} from {state}");
            if let Err(error) = result {
                refused(&error, dialect);
            }
        }
    }
}

fn a_record_on_the_campaign_refuses_the_whole_request(dialect: Dialect) {
    for name_duplicates in [true, false] {
        let (sandbox, client) = start(SandboxOptions {
            name_duplicates,
            ..options(dialect)
        });
        let id = sandbox.campaign_id();
        client.add_records(&id, &[record("CRM-2")]).unwrap();
        let error = client
            .add_records(&id, &[record("CRM-1"), record("CRM-2")])
            .unwrap_err();
        refused(&error, dialect);
        assert_eq!(error.message().contains("CRM-2"), name_duplicates);
        assert_eq!(sandbox.stored(), ["CRM-2"]);
    }
}

fn ranks_and_priorities_are_kept(dialect: Dialect) {
    let (sandbox, client) = start(options(dialect));
    let id = sandbox.campaign_id();
    let at = "2030-01-01T00:00:00Z".parse().unwrap();
    let added = client
        .add_records(
            &id,
            &[
                record("low").priority(Priority::Low),
                record("second"),
                record("first").rank(0.5),
                record("later").schedule_at(at),
            ],
        )
        .unwrap();
    let ranks: Vec<_> = added.iter().map(|record| record.rank.unwrap()).collect();
    assert_eq!(ranks[2], 0.5);
    assert_eq!(added[0].priority, Some(Priority::Low));
    assert_eq!(added[1].priority, Some(Priority::High));
    assert_eq!(added[3].next_attempt_after, Some(at));
    let order = sandbox.dial_order();
    let place = |id: &str| order.iter().position(|other| other == id).unwrap();
    assert!(place("first") < place("second"));
    assert!(place("second") < place("low"));
}

fn records_are_refused_where_the_state_forbids_them(dialect: Dialect) {
    for state in CampaignState::KNOWN {
        let (sandbox, client) = start(SandboxOptions {
            state: state.clone(),
            build_time: Duration::from_secs(60),
            start_time: Duration::from_secs(60),
            opens_after: Some(Duration::from_secs(60)),
            ..options(dialect)
        });
        let result = client.add_records(&sandbox.campaign_id(), &[record("CRM-1")]);
        assert_eq!(
            result.is_ok(),
            state_machine::accepts_records(state),
            "{state}"
        );
        if let Err(error) = result {
            refused(&error, dialect);
        }
    }
}

fn a_campaign_that_is_not_dynamic_takes_no_records(dialect: Dialect) {
    let (sandbox, client) = start(SandboxOptions {
        dynamic: false,
        ..options(dialect)
    });
    let error = client
        .add_records(&sandbox.campaign_id(), &[record("CRM-1")])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert!(error.message().contains("isDynamic"), "{error}");
}

fn a_disabled_campaign_is_built_and_reset_only(dialect: Dialect) {
    let (sandbox, client) = start(SandboxOptions {
        state: CampaignState::Ready,
        enabled: false,
        ..options(dialect)
    });
    let id = sandbox.campaign_id();
    refused(&client.start(&id).unwrap_err(), dialect);
    let reset = client.reset(&id).unwrap();
    assert_eq!(reset.display_status.unwrap(), "DISABLED");
    let enable = ModifyCampaign::new(CampaignAction::Build).enabled(true);
    let built = client.modify_campaign(&id, &enable).unwrap();
    assert_eq!(built.display_status.unwrap(), "BUILDING");
}

fn who_is_refused(dialect: Dialect) {
    let sandbox = sandbox_with(options(dialect));
    let id = sandbox.campaign_id();
    let build = |config| Client::new(config).unwrap().build(&id).unwrap_err().kind();
    assert_eq!(
        build(sandbox.config().api_key("eght_other")),
        ErrorKind::Unauthorized
    );
    assert_eq!(build(sandbox.config().tenant("other")), ErrorKind::NotFound);
    let client = Client::new(sandbox.config()).unwrap();
    let other = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert_eq!(
        client.build(&other).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let (sandbox, client) = start(SandboxOptions {
        product_attached: false,
        ..options(dialect)
    });
    let error = client.build(&sandbox.campaign_id()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

fn a_lost_pause_is_sent_again_and_its_echo_is_told(dialect: Dialect) {
    let (sandbox, client) = start(SandboxOptions {
        state: CampaignState::Running,
        faults: first(Fault::LostAnswer),
        ..options(dialect)
    });
    let error = client.pause(&sandbox.campaign_id()).unwrap_err();
    assert_eq!(sandbox.requests(), 2);
    assert_eq!(error.attempts(), 2);
    assert!(error.is_outcome_unknown());
    assert!(
        error
            .message()
            .contains("the outcome of an earlier attempt is unknown: it may have been applied"),
        "{error}"
    );
    assert_eq!(sandbox.state(), CampaignState::Paused);
}

fn a_lost_resume_is_not_sent_again(dialect: Dialect) {
    for (state, action) in [
        (CampaignState::Paused, CampaignAction::Resume),
        (CampaignState::RunError, CampaignAction::Retry),
    ] {
        for fault in [
            Fault::LostAnswer,
            Fault::TruncatedAnswer,
            Fault::ErrorBefore(503),
            Fault::ErrorAfter(500),
        ] {
            let (sandbox, client) = start(SandboxOptions {
                state: state.clone(),
                faults: first(fault.clone()),
                ..options(dialect)
            });
            let error = client
                .modify_campaign(&sandbox.campaign_id(), &ModifyCampaign::new(action))
                .unwrap_err();
            assert_eq!(sandbox.requests(), 1, "{action} {fault:?}");
            assert!(error.is_outcome_unknown(), "{action} {fault:?}");
            assert!(!error.is_retryable(), "{action} {fault:?}");
            assert!(error.hint().unwrap().contains("dial again"), "{error}");
        }
    }
}

fn a_lost_add_is_sent_again_and_its_echo_is_told(dialect: Dialect) {
    let (sandbox, client) = start(SandboxOptions {
        faults: first(Fault::LostAnswer),
        ..options(dialect)
    });
    let error = client
        .add_records(&sandbox.campaign_id(), &[record("CRM-1")])
        .unwrap_err();
    assert!(error.is_outcome_unknown());
    assert_eq!(sandbox.stored(), ["CRM-1"]);
    assert_eq!(sandbox.requests(), 2);
}

fn what_was_never_sent_is_repeated(dialect: Dialect) {
    let (sandbox, client) = start(SandboxOptions {
        state: CampaignState::Paused,
        faults: Faults::Scheduled(vec![
            Some(Fault::RateLimited {
                retry_after_secs: 0,
            }),
            Some(Fault::RateLimited {
                retry_after_secs: 0,
            }),
        ]),
        ..options(dialect)
    });
    let campaign = client.resume(&sandbox.campaign_id()).unwrap();
    assert_eq!(campaign.state, CampaignState::Running);
    assert_eq!(sandbox.requests(), 3);

    let (sandbox, client) = start(SandboxOptions {
        faults: Faults::Scheduled(vec![
            Some(Fault::ErrorBefore(500)),
            Some(Fault::LostRequest),
        ]),
        ..options(dialect)
    });
    client
        .add_records(&sandbox.campaign_id(), &[record("CRM-1")])
        .unwrap();
    assert_eq!(sandbox.stored(), ["CRM-1"]);
    sandbox.set_faults(first(Fault::GatewayHtml(502)));
    let client = Client::new(sandbox.config().retry(once())).unwrap();
    let error = client.build(&sandbox.campaign_id()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.is_outcome_unknown());
}
