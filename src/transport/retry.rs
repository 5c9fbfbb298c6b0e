//! Whether and when an attempt is repeated. Pure: chance comes in as a number.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use super::request::Request;
use super::verdict::{Certainty, Failure};
use crate::config::Retry;

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Stop,
    /// Again, after this long.
    Repeat(Duration),
}

/// Decides what follows `failure`, the outcome of attempt number `attempts`. `chance` is drawn evenly from 0 to 1.
pub(super) fn next(
    failure: &Failure,
    request: &Request,
    attempts: u32,
    policy: &Retry,
    chance: f64,
) -> Next {
    let harmless = request.repeatable || failure.certainty == Certainty::NotApplied;
    if !failure.passing || !harmless || attempts >= policy.max_attempts {
        return Next::Stop;
    }
    match failure.retry_after {
        Some(wait) if wait > policy.max_retry_after => Next::Stop,
        Some(wait) => Next::Repeat(wait),
        None => Next::Repeat(longest_backoff(attempts, policy).mul_f64(chance)),
    }
}

/// A number drawn evenly from 0 to 1, good enough to spread the attempts of many clients. From the seed of std's hash maps,
/// which leaves nothing behind on the host's threads; with the process id, because a forked child inherits that seed.
pub(super) fn chance() -> f64 {
    let drawn = RandomState::new().hash_one(std::process::id());
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}

/// Backoff with jitter after attempt number `attempts`, for callers with their own retry loop.
pub(crate) fn backoff_after(attempts: u32, policy: &Retry) -> Duration {
    longest_backoff(attempts, policy).mul_f64(chance())
}

/// The longest wait after attempt number `attempts`.
fn longest_backoff(attempts: u32, policy: &Retry) -> Duration {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    policy
        .initial_backoff
        .saturating_mul(doubled)
        .min(policy.max_backoff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Error, ErrorKind};

    fn failure(certainty: Certainty, retry_after: Option<u64>) -> Failure {
        Failure {
            error: Error::new(ErrorKind::Server, "503"),
            certainty,
            passing: true,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn request(repeatable: bool) -> Request {
        Request {
            method: reqwest::Method::PATCH,
            url: url::Url::parse("http://127.0.0.1/").unwrap(),
            body: Vec::new(),
            repeatable,
        }
    }

    #[test]
    fn chance_is_spread_over_the_whole_range() {
        let drawn: Vec<f64> = (0..1000).map(|_| chance()).collect();
        assert!(drawn.iter().all(|chance| (0.0..1.0).contains(chance)));
        for quarter in [0.0, 0.25, 0.5, 0.75] {
            let inside = |c: &&f64| (quarter..quarter + 0.25).contains(*c);
            assert!(drawn.iter().filter(inside).count() > 150);
        }
    }

    #[test]
    fn waits_grow_and_stay_below_the_maximum() {
        let policy = Retry {
            max_attempts: u32::MAX,
            ..Retry::default()
        };
        let longest: Vec<u64> = [1, 2, 3, 7, 8, u32::MAX - 1]
            .into_iter()
            .map(|attempts| {
                match next(
                    &failure(Certainty::Unknown, None),
                    &request(true),
                    attempts,
                    &policy,
                    1.0,
                ) {
                    Next::Repeat(wait) => u64::try_from(wait.as_millis()).unwrap(),
                    Next::Stop => panic!("stopped"),
                }
            })
            .collect();
        assert_eq!(longest, [500, 1000, 2000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn the_servers_wait_is_obeyed_up_to_the_limit() {
        let policy = Retry::default();
        let after = |seconds| {
            next(
                &failure(Certainty::NotApplied, Some(seconds)),
                &request(true),
                1,
                &policy,
                0.0,
            )
        };
        assert_eq!(after(120), Next::Repeat(Duration::from_secs(120)));
        assert_eq!(after(121), Next::Stop);
    }

    #[test]
    fn what_must_not_happen_twice_is_repeated_only_if_it_did_not_happen() {
        let policy = Retry::default();
        let once = request(false);
        let decide = |certainty| next(&failure(certainty, None), &once, 1, &policy, 0.0);
        assert_eq!(decide(Certainty::Unknown), Next::Stop);
        assert_eq!(decide(Certainty::NotApplied), Next::Repeat(Duration::ZERO));
    }
}
