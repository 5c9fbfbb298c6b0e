//! Pace: the caller's own limit is kept, the server's is neither exceeded nor left unused.

#![cfg(feature = "sandbox")]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use campaigns8x8::sandbox::{
    Fault, Faults, RateLimitStyle, Sandbox, SandboxOptions, SandboxRateLimit,
};
use campaigns8x8::{CampaignState, Client, NewRecord, RateLimit};
use support::campaign;

/// Adds single records from `threads` threads for `duration`.
fn load(client: &Client, threads: usize, duration: Duration) {
    let end = Instant::now() + duration;
    thread::scope(|scope| {
        for worker in 0..threads {
            scope.spawn(move || {
                let mut n = 0;
                while Instant::now() < end {
                    let record = NewRecord::new(&format!("{worker}-{n}")).unwrap();
                    client.add_records(&campaign(), &[record]).unwrap();
                    n += 1;
                }
            });
        }
    });
}

#[test]
fn the_callers_limit_is_kept() {
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        ..SandboxOptions::default()
    })
    .unwrap();
    let client = Client::new(sandbox.config().rate_limit(RateLimit {
        requests_per_minute: 6000.0,
        burst: Some(5),
    }))
    .unwrap();
    load(&client, 4, Duration::from_secs(1));
    // 100 a second, 5 ahead, and what each of the four threads had still waiting when the time was up. The lower bound leaves
    // room for a machine that is busy with other things.
    let sent = sandbox.requests();
    assert!((70..=110).contains(&sent), "{sent}");
}

#[test]
fn the_servers_limit_is_used_and_never_exceeded() {
    const PER_SECOND: u64 = 50;
    const SECONDS: u64 = 4;
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        rate_limit: Some(SandboxRateLimit {
            requests: PER_SECOND,
            per: Duration::from_secs(1),
            style: RateLimitStyle::XRateLimit,
        }),
        ..SandboxOptions::default()
    })
    .unwrap();
    let client = Client::new(sandbox.config()).unwrap();
    load(&client, 4, Duration::from_secs(SECONDS));
    let refused = sandbox
        .request_log()
        .iter()
        .filter(|seen| seen.status == Some(429))
        .count();
    assert_eq!(refused, 0);
    let stored = u64::try_from(sandbox.stored().len()).unwrap();
    let allowed = PER_SECOND * SECONDS;
    println!("{stored} of {allowed} used");
    assert!(stored * 100 >= allowed * 80, "{stored} of {allowed}");
}

#[test]
fn a_refusal_by_itself_holds_the_client_back_once_and_teaches_it_nothing() {
    let busy = || {
        Some(Fault::RateLimited {
            retry_after_secs: 1,
        })
    };
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        faults: Faults::Scheduled(vec![None, busy(), None, busy()]),
        ..SandboxOptions::default()
    })
    .unwrap();
    let client = Client::new(sandbox.config()).unwrap();
    let started = Instant::now();
    for n in 0..100 {
        let record = NewRecord::new(&format!("CRM-{n}")).unwrap();
        client.add_records(&campaign(), &[record]).unwrap();
    }
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}
