//! The server's own count of requests, in windows of Unix time.

use std::time::{SystemTime, UNIX_EPOCH};

use super::options::{RateLimitStyle, SandboxRateLimit};

#[derive(Debug)]
pub(super) struct RateLimit {
    limit: SandboxRateLimit,
    window: u64,
    taken: u64,
}

/// What one request is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    pub(super) allowed: bool,
    style: RateLimitStyle,
    limit: u64,
    remaining: u64,
    reset: u64,
    now: u64,
}

impl RateLimit {
    pub(super) fn new(limit: SandboxRateLimit) -> Self {
        Self {
            limit,
            window: 0,
            taken: 0,
        }
    }

    pub(super) fn take(&mut self) -> Ticket {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        let length = self.limit.per.as_secs().max(1);
        let window = now / length;
        if window != self.window {
            self.window = window;
            self.taken = 0;
        }
        let allowed = self.taken < self.limit.requests;
        if allowed {
            self.taken += 1;
        }
        Ticket {
            allowed,
            style: self.limit.style,
            limit: self.limit.requests,
            remaining: self.limit.requests - self.taken,
            reset: (window + 1) * length,
            now,
        }
    }
}

impl Ticket {
    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        match self.style {
            RateLimitStyle::XRateLimit => vec![
                ("x-ratelimit-limit", self.limit.to_string()),
                ("x-ratelimit-remaining", self.remaining.to_string()),
                ("x-ratelimit-reset", self.reset.to_string()),
            ],
            RateLimitStyle::RetryAfter if self.allowed => Vec::new(),
            RateLimitStyle::RetryAfter => {
                vec![("retry-after", (self.reset - self.now).to_string())]
            }
        }
    }
}
