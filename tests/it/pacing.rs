//! Pace: the caller's own limit is kept, the server's is neither exceeded nor left unused.

use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use campaigns8x8::sandbox::{Fault, Faults, RateLimitStyle, SandboxOptions, SandboxRateLimit};
use campaigns8x8::{Client, ErrorKind, RateLimit, Source, UploadOptions};

use crate::support::{
    Reply, Stub, answer, campaign, record, records, running, sandbox_with, timed, upload,
};

/// Adds single records from `threads` threads for `duration`.
fn load(client: &Client, threads: usize, duration: Duration) {
    let end = Instant::now() + duration;
    thread::scope(|scope| {
        for worker in 0..threads {
            scope.spawn(move || {
                let mut n = 0;
                while Instant::now() < end {
                    let record = record(&format!("{worker}-{n}"));
                    client.add_records(&campaign(), &[record]).unwrap();
                    n += 1;
                }
            });
        }
    });
}

#[test]
fn the_callers_limit_is_kept() {
    let sandbox = sandbox_with(running());
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
    let sandbox = sandbox_with(SandboxOptions {
        rate_limit: Some(SandboxRateLimit {
            requests: PER_SECOND,
            per: Duration::from_secs(1),
            style: RateLimitStyle::XRateLimit,
        }),
        ..running()
    });
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
    let sandbox = sandbox_with(SandboxOptions {
        faults: Faults::Scheduled(vec![None, busy(), None, busy()]),
        ..running()
    });
    let client = Client::new(sandbox.config()).unwrap();
    let started = Instant::now();
    for n in 0..100 {
        let record = record(&format!("CRM-{n}"));
        client.add_records(&campaign(), &[record]).unwrap();
    }
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

/// A campaign as the API answers it.
fn answered(headers: &str) -> Reply {
    let body = r#"{"id":"123e4567-e89b-12d3-a456-426614174000","state":"RUNNING","recordCount":1}"#;
    answer(200, headers, body)
}

#[test]
fn a_wait_beyond_the_longest_one_is_an_error_now_and_for_the_calls_after() {
    for reply in [
        answer(429, "Retry-After: 3600\r\n", ""),
        answered(&format!(
            "x-ratelimit-limit: 10\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: {}\r\n",
            UNIX_EPOCH.elapsed().unwrap().as_secs() + 3600
        )),
    ] {
        let stub = Stub::always(reply);
        let client = stub.client();
        let first = client.pause(&campaign());
        if let Err(error) = &first {
            assert_eq!(error.kind(), ErrorKind::RateLimited);
        }
        let (second, took) = timed(|| client.pause(&campaign()).unwrap_err());
        assert_eq!(second.kind(), ErrorKind::RateLimited);
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert!(second.is_retryable() && !second.is_outcome_unknown());
        let message = second.message();
        assert!(
            message.contains("3600 s") || message.contains("3599 s"),
            "{message}"
        );
        assert_eq!(stub.seen().len(), 1, "the second was not sent");
    }
}

#[test]
fn a_window_that_ends_in_another_age_is_a_mistake_of_the_servers() {
    let stub = Stub::always(answered(
        "x-ratelimit-limit: 10\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 99999999999\r\n",
    ));
    let client = stub.client();
    for _ in 0..3 {
        let (result, took) = timed(|| client.pause(&campaign()));
        result.unwrap();
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[test]
fn little_that_is_left_of_a_long_window_is_not_waited_for() {
    let stub = Stub::start(|n| {
        let reset = UNIX_EPOCH.elapsed().unwrap().as_secs() + 3600;
        answered(&format!(
            "x-ratelimit-limit: 10\r\nx-ratelimit-remaining: {}\r\nx-ratelimit-reset: {reset}\r\n",
            3_usize.saturating_sub(n)
        ))
    });
    let client = stub.client();
    let (_, took) = timed(|| (0..2).for_each(|_| drop(client.pause(&campaign()).unwrap())));
    assert!(took < Duration::from_secs(25), "{took:?}");
}

#[test]
fn a_wait_beyond_the_longest_one_stops_an_upload_and_loses_no_record() {
    let stub = Stub::always(answer(429, "Retry-After: 3600\r\n", ""));
    let source = Source::from(records(1000));
    let client = stub.client();
    let (result, took) = timed(|| upload(&client, source, &UploadOptions::default()));
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(took < Duration::from_secs(5), "{took:?}");
    let counts = error.report().unwrap().counts;
    assert_eq!((counts.total, counts.not_sent), (1000, 1000));
    assert!(stub.seen().len() <= 4, "one a worker at most");
}
