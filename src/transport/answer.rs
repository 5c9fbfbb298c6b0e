//! An answer as it is read off the connection: its status, the headers that say when to send again, and its body up to a limit.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// What came back: a status, and as much of the rest as arrived.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) allowance: Option<Allowance>,
    pub(super) body: Body,
}

/// What the server said of its rate limit: `x-ratelimit-limit`, `-remaining`, and the time until `-reset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) limit: u64,
    pub(super) remaining: u64,
    /// Unix seconds at which the window ends: the same for all answers of one window.
    pub(super) reset: u64,
    /// The time until then, as this machine's clock has it.
    pub(super) resets_in: Duration,
}

impl Allowance {
    /// How long to wait if none is left. A function of its own: with it inlined, the release build tests a value that is
    /// not there, which changes nothing but makes valgrind complain.
    #[inline(never)]
    pub(super) fn wait_if_used_up(&self) -> Option<Duration> {
        (self.remaining == 0).then_some(self.resets_in)
    }
}

#[derive(Debug)]
pub(super) enum Body {
    Complete(Vec<u8>),
    /// The connection broke, or the time was up, before the end.
    Broken(Vec<u8>, reqwest::Error),
    /// Longer than the limit; what was read is dropped.
    TooLong,
}

/// Reads the answer, its body up to `limit` bytes.
pub(super) async fn read(mut response: reqwest::Response, limit: u64) -> Answer {
    let now = SystemTime::now();
    let status = response.status().as_u16();
    let headers = response.headers();
    let retry_after = retry_after(headers, now);
    let allowance = allowance(headers, now);
    let too_long = |length: usize| u64::try_from(length).is_ok_and(|length| length > limit);
    let mut read = Vec::new();
    let body = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => read.extend_from_slice(&chunk),
            Ok(None) => break Body::Complete(read),
            Err(error) => break Body::Broken(read, error),
        }
        if too_long(read.len()) {
            break Body::TooLong;
        }
    };
    Answer {
        status,
        retry_after,
        allowance,
        body,
    }
}

/// `Retry-After` as seconds or as a date; a date that has passed means now.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(bounded_seconds(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let server_now = server_clock(headers, now);
    let wait = date.duration_since(server_now).unwrap_or_default();
    Some(bounded_seconds(wait.as_secs_f64().ceil() as u64))
}

fn allowance(headers: &HeaderMap, now: SystemTime) -> Option<Allowance> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse().ok();
    let reset = number("x-ratelimit-reset")?;
    let ends = UNIX_EPOCH + bounded_reset(reset);
    Some(Allowance {
        limit: number("x-ratelimit-limit").or_else(|| number("x-ratelimit-remaining"))?,
        remaining: number("x-ratelimit-remaining")?,
        reset,
        resets_in: ends
            .duration_since(server_clock(headers, now))
            .unwrap_or_default()
            .min(bounded_seconds(u64::MAX)),
    })
}

/// Far enough in the future for any server, near enough for `SystemTime`.
fn bounded_reset(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(1 << 40))
}

/// The server's time: this machine's clock, unless the `Date` header says that the two differ by more than its own second.
fn server_clock(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    let date = headers
        .get(DATE)
        .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    match date {
        Some(date) => {
            let apart = match now.duration_since(date) {
                Ok(behind) => behind,
                Err(ahead) => ahead.duration(),
            };
            if apart > Duration::from_secs(2) {
                date
            } else {
                now
            }
        }
        None => now,
    }
}

/// A duration that the server named, made safe for clock arithmetic.
fn bounded_seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(365 * 24 * 60 * 60))
}
