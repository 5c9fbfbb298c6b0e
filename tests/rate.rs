//! Rate limits under a real upload: the allowance is used, and no 429 is earned that could have been avoided.
//!
//! A program of its own because it measures for twenty seconds: beside tests that keep every core busy, requests come so late
//! that they meet the next window.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that finds what it does not expect fails by panicking"
)]

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use campaigns8x8::sandbox::{RateLimitStyle, Sandbox, SandboxOptions, SandboxRateLimit};
use campaigns8x8::{CampaignState, Client, NewRecord, Source, UploadOptions};

const PER_SECOND: u64 = 50;
const SECONDS: u64 = 20;

/// Uploads for twenty seconds: requests in whole windows that were allowed, and 429s.
fn upload(style: RateLimitStyle) -> (u64, u64) {
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        rate_limit: Some(SandboxRateLimit {
            requests: PER_SECOND,
            per: Duration::from_secs(1),
            style,
        }),
        ..SandboxOptions::default()
    })
    .unwrap();
    let client = Client::new(sandbox.config()).unwrap();
    let options = UploadOptions {
        batch_size: 1,
        ..UploadOptions::default()
    };
    // The first windows are for getting to know each other: the measured time begins afterwards.
    let warm_up = Duration::from_secs(3);
    let measured = Duration::from_secs(SECONDS);
    let mut at_start = None;
    let mut at_end = None;
    let started = Instant::now();
    let records = (0..).map(|n| NewRecord::new(&format!("CRM-{n}")).unwrap());
    let _ = client.upload_records(
        &sandbox.campaign_id(),
        Source::records(records),
        &options,
        |_| {
            let elapsed = started.elapsed();
            if at_start.is_none() && elapsed >= warm_up {
                at_start = Some((Instant::now(), sandbox.stored().len() as u64));
            }
            if elapsed >= warm_up + measured {
                at_end = Some((Instant::now(), sandbox.stored().len() as u64));
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        },
    );
    let (start, before) = at_start.unwrap();
    let (end, after) = at_end.unwrap();
    let rate = (after - before) as f64 / (end - start).as_secs_f64();
    let refused = sandbox
        .request_log()
        .iter()
        .filter(|seen| seen.status == Some(429))
        .count() as u64;
    println!("{style:?}: {rate:.2} requests a second of {PER_SECOND} allowed, {refused} refused");
    ((rate * 1000.0) as u64, refused)
}

#[test]
fn a_limit_that_is_told_is_used_up_and_never_exceeded() {
    let (rate, refused) = upload(RateLimitStyle::XRateLimit);
    assert_eq!(refused, 0);
    assert!(rate >= PER_SECOND * 980, "{rate}");
}

#[test]
fn a_limit_that_is_only_enforced_is_learned_from_one_refusal_a_window() {
    let (rate, refused) = upload(RateLimitStyle::RetryAfter);
    assert!(refused <= SECONDS + 3, "{refused}");
    // Only the 429s are promised here; this is that the upload does not crawl.
    assert!(rate >= PER_SECOND * 800, "{rate}");
}
