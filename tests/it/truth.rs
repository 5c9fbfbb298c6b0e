//! The invariant of a call, under generated schedules of faults: what the client says of the outcome is true.
//!
//! - A call that succeeds was applied exactly once.
//! - A call that fails with a known outcome was not applied by this call.
//! - Whatever else happened, no record is on the campaign twice, and RESUME was not applied twice.

use std::time::Duration;

use campaigns8x8::sandbox::{Dialect, Fault, Faults, Sandbox, SandboxOptions};
use campaigns8x8::{CampaignState, Client, Retry};
use proptest::prelude::*;

use crate::support::{record, sandbox_with};

fn fault() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(Fault::LostRequest)),
        1 => Just(Some(Fault::LostAnswer)),
        1 => Just(Some(Fault::TruncatedAnswer)),
        1 => prop::sample::select(vec![500, 502, 503]).prop_map(|s| Some(Fault::ErrorBefore(s))),
        1 => prop::sample::select(vec![500, 502, 503]).prop_map(|s| Some(Fault::ErrorAfter(s))),
        // Not the server's words, and they may come before or after.
        1 => prop::sample::select(vec![406, 408, 499]).prop_map(|s| Some(Fault::ErrorBefore(s))),
        1 => prop::sample::select(vec![406, 408, 499]).prop_map(|s| Some(Fault::ErrorAfter(s))),
        1 => Just(Some(Fault::GatewayHtml(502))),
        1 => Just(Some(Fault::GatewayHtml(403))),
        1 => Just(Some(Fault::Delay(Duration::from_millis(2)))),
        1 => Just(Some(Fault::RateLimited { retry_after_secs: 0 })),
    ]
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::Guide), Just(Dialect::OpenApi)]
}

fn start(
    faults: Vec<Option<Fault>>,
    dialect: Dialect,
    attempts: u32,
    state: CampaignState,
) -> (Sandbox, Client) {
    let sandbox = sandbox_with(SandboxOptions {
        dialect,
        state,
        faults: Faults::Scheduled(faults),
        ..SandboxOptions::default()
    });
    let client = Client::new(sandbox.config().retry(Retry {
        max_attempts: attempts,
        initial_backoff: Duration::ZERO,
        ..Retry::default()
    }))
    .unwrap();
    (sandbox, client)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn adding_tells_the_truth(
        faults in prop::collection::vec(fault(), 0..8),
        dialect in dialect(),
        attempts in 1_u32..6,
        already in any::<bool>(),
    ) {
        let (sandbox, client) = start(faults, dialect, attempts, CampaignState::Running);
        if already {
            sandbox.put_record("CRM-1");
        }
        let records = ["CRM-0", "CRM-1"].map(record);
        let result = client.add_records(&sandbox.campaign_id(), &records);
        let mut stored = sandbox.stored();
        stored.sort();
        let all = vec!["CRM-0".to_owned(), "CRM-1".to_owned()];
        let before = if already { vec!["CRM-1".to_owned()] } else { Vec::new() };
        match result {
            Ok(_) => prop_assert_eq!(stored, all),
            Err(error) if error.is_outcome_unknown() => {
                prop_assert!(stored == all || stored == before, "{:?}", stored);
            }
            Err(_) => prop_assert_eq!(stored, before),
        }
    }

    #[test]
    fn resuming_tells_the_truth_and_happens_once(
        faults in prop::collection::vec(fault(), 0..8),
        dialect in dialect(),
        attempts in 1_u32..6,
    ) {
        let (sandbox, client) = start(faults, dialect, attempts, CampaignState::Paused);
        let result = client.resume(&sandbox.campaign_id());
        let running = sandbox.state() == CampaignState::Running;
        let log = sandbox.request_log();
        let uncertain = log.iter().filter(|seen| !matches!(seen.status, Some(200 | 429 | 403))).count();
        prop_assert!(uncertain <= 1, "sent again after an unknown outcome: {:?}", log);
        match result {
            Ok(_) => prop_assert!(running),
            Err(error) if error.is_outcome_unknown() => {}
            Err(_) => prop_assert!(!running),
        }
    }
}
