//! When the next request may go, so that no 429 is earned and little of the allowance is left unused.
//!
//! Three allowances are kept: the caller's own `rateLimit`; the one that the server tells in `x-ratelimit-*`; and, where it
//! tells none, the one that its 429s let guess. The first two are spread over their window, with a few requests allowed at
//! once. A 429 holds every request of the client back until its wait is over. Times are passed in; nothing here sleeps.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::answer::{Allowance, Answer};
use crate::config::RateLimit;

/// The window of the caller's own limit.
const MINUTE: Duration = Duration::from_secs(60);

/// One for all threads of a client.
#[derive(Debug)]
pub(super) struct Pacer {
    plan: Mutex<Plan>,
}

impl Pacer {
    pub(super) fn new(limit: Option<&RateLimit>) -> Self {
        Self {
            plan: Mutex::new(Plan {
                own: limit.map(OwnLimit::new),
                ..Plan::default()
            }),
        }
    }

    /// How long the server still wants no request at all.
    pub(super) fn held(&self, now: Instant) -> Duration {
        self.with(|plan| plan.held(now))
            .saturating_duration_since(now)
    }

    /// Takes the next place and says how long to wait for it.
    pub(super) fn reserve(&self, now: Instant) -> Duration {
        self.with(|plan| plan.reserve(now))
            .saturating_duration_since(now)
    }

    /// Learns from an answer.
    pub(super) fn observe(&self, answer: &Answer, now: Instant) {
        self.with(|plan| {
            plan.in_flight = plan.in_flight.saturating_sub(1);
            if let Some(allowance) = answer.allowance {
                plan.learn(allowance, now);
            }
            match (answer.status, answer.retry_after) {
                (429, Some(wait)) => {
                    if answer.allowance.is_none() {
                        plan.guess(wait, now);
                    }
                    plan.hold_until(now + wait.min(LONGEST_BELIEVED));
                }
                (429, None) => {}
                _ => plan.note_allowed(now),
            }
        });
    }

    /// A request that will not be answered any more.
    pub(super) fn forget(&self) {
        self.with(|plan| plan.in_flight = plan.in_flight.saturating_sub(1));
    }

    fn with<T>(&self, f: impl FnOnce(&mut Plan) -> T) -> T {
        // The plan is valid between any two statements that change it, so a panic elsewhere does not spoil it.
        f(&mut self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug, Default)]
struct Plan {
    own: Option<OwnLimit>,
    window: Option<Window>,
    guessed: Option<GuessedLimit>,
    /// When the latest requests were answered that were no 429.
    allowed: VecDeque<Instant>,
    held_until: Option<Instant>,
    in_flight: u64,
}

/// A wait that the server asks for is believed up to this long; a window that ends later is a mistake.
const LONGEST_BELIEVED: Duration = Duration::from_secs(24 * 60 * 60);

impl Plan {
    fn held(&self, now: Instant) -> Instant {
        let empty = self.window.as_ref().filter(|window| window.remaining == 0);
        let until = self.held_until.max(empty.map(|window| window.resets));
        until.map_or(now, |until| until.max(now))
    }

    fn reserve(&mut self, now: Instant) -> Instant {
        let mut at = now;
        if let Some(own) = &mut self.own {
            at = at.max(own.reserve(now));
        }
        if let Some(window) = &mut self.window {
            at = window.reserve(at);
        }
        if let Some(until) = self.held_until {
            at = at.max(until);
        }
        if let Some(guessed) = &mut self.guessed {
            at = guessed.reserve(at);
        }
        self.in_flight += 1;
        at
    }

    fn hold_until(&mut self, until: Instant) {
        self.held_until = self.held_until.max(Some(until));
    }

    fn note_allowed(&mut self, now: Instant) {
        /// More than any window allows whose end a client would wait for.
        const REMEMBERED: usize = 10_000;
        if self.allowed.len() == REMEMBERED {
            self.allowed.pop_front();
        }
        self.allowed.push_back(now);
    }

    /// A server that tells no limit has just enforced one. What it let through since it did so last is what a window allows.
    fn guess(&mut self, wait: Duration, now: Instant) {
        /// Two refusals further apart than this have nothing to do with each other.
        const LONGEST: Duration = Duration::from_secs(120);
        let Some(began) = self.held_until.filter(|_| wait >= Duration::from_secs(1)) else {
            return;
        };
        let lasted = (now + wait).saturating_duration_since(began);
        if now < began || lasted > LONGEST && self.guessed.is_none() {
            // Ignores a 429 for a request that was under way at the first one of this window, and an isolated one.
            return;
        }
        let window = match &self.guessed {
            Some(guessed) => guessed.window,
            None => Duration::from_secs(lasted.as_secs().max(1)),
        };
        let since = match &self.guessed {
            Some(_) => now
                .checked_sub(window)
                .map_or(began, |since| since.max(began)),
            None => began,
        };
        let allowed = self.allowed.iter().rev().take_while(|at| **at >= since);
        let limit = match (&self.guessed, allowed.count() as u64) {
            (Some(guessed), count) => count.min(guessed.limit - 1).max(1),
            // Too few to tell a limit from a server that is out of sorts.
            (None, 0..=2) => return,
            (None, count) => count,
        };
        self.guessed = Some(GuessedLimit::new(limit, window, now + wait));
    }

    fn learn(&mut self, allowance: Allowance, now: Instant) {
        if allowance.resets_in > LONGEST_BELIEVED {
            return;
        }
        let resets = now + allowance.resets_in;
        match &mut self.window {
            // The server counts what others send with the same key, too: the smaller number holds.
            Some(window) if window.reset == Some(allowance.reset) => {
                window.remaining = window.remaining.min(allowance.remaining);
            }
            // A window that was guessed to have begun, now confirmed: what was taken from it since stays taken.
            Some(window) if window.reset.is_none() && allowance.limit == window.limit => {
                window.reset = Some(allowance.reset);
                window.resets = resets;
                window.remaining = window.remaining.min(allowance.remaining);
            }
            // An answer from a window that is over tells nothing.
            Some(window) if window.reset.is_some_and(|reset| allowance.reset < reset) => {}
            slot => {
                *slot = Some(Window {
                    limit: allowance.limit,
                    remaining: allowance.remaining.saturating_sub(self.in_flight),
                    reset: Some(allowance.reset),
                    resets,
                    pace: now,
                });
            }
        }
    }
}

/// The caller's limit: at most so many in any 60 seconds, and only so many at once.
#[derive(Debug)]
struct OwnLimit {
    interval: Duration,
    per_minute: usize,
    burst: u32,
    pace: Option<Instant>,
    /// When the latest `per_minute` requests go.
    places: VecDeque<Instant>,
}

impl OwnLimit {
    fn new(limit: &RateLimit) -> Self {
        Self {
            interval: MINUTE.div_f64(limit.requests_per_minute),
            per_minute: (limit.requests_per_minute.floor() as usize).max(1),
            burst: limit.burst.unwrap_or(1),
            pace: None,
            places: VecDeque::new(),
        }
    }

    fn reserve(&mut self, now: Instant) -> Instant {
        let pace = self.pace.map_or(now, |pace| pace.max(now));
        let ahead = self.interval.saturating_mul(self.burst.saturating_sub(1));
        let mut at = pace.checked_sub(ahead).map_or(now, |at| at.max(now));
        self.pace = Some(pace + self.interval);
        // Bursts go beyond the even pace; what keeps any 60 seconds within the limit is the request that went so many ago.
        if self.burst > 1 {
            if self.places.len() >= self.per_minute
                && let Some(oldest) = self.places.pop_front()
            {
                at = at.max(oldest + MINUTE);
            }
            self.places.push_back(at);
        }
        at
    }
}

/// What 429s let guess: so many in any time as long as the server's window.
#[derive(Debug)]
struct GuessedLimit {
    limit: u64,
    window: Duration,
    /// When to try more, and how many: the guess was low if somebody else used the key at the time.
    grows: Instant,
    growth: u64,
    /// When the latest `limit` requests go.
    places: VecDeque<Instant>,
}

impl GuessedLimit {
    /// Without a 429 for as long, and for two windows, more is tried.
    const QUIET: Duration = Duration::from_secs(30);

    fn new(limit: u64, window: Duration, begins: Instant) -> Self {
        Self {
            limit,
            window,
            grows: begins + Self::QUIET.max(window * 2),
            growth: 1,
            places: VecDeque::new(),
        }
    }

    fn reserve(&mut self, earliest: Instant) -> Instant {
        /// Latency variation allowed between requests.
        const JITTER: Duration = Duration::from_millis(8);
        if earliest >= self.grows {
            self.limit = self.limit.saturating_add(self.growth);
            self.growth = self.growth.saturating_mul(2);
            self.grows = earliest + self.window;
        }
        let mut at = earliest;
        while self.places.len() as u64 >= self.limit {
            if let Some(oldest) = self.places.pop_front() {
                at = at.max(oldest + self.window + JITTER);
            }
        }
        self.places.push_back(at);
        at
    }
}

/// The server's window as far as it is known.
#[derive(Debug)]
struct Window {
    limit: u64,
    /// What may still be sent before `resets`, requests under way already taken off.
    remaining: u64,
    /// The server's name for the window, its end; `None` while the window is only guessed to have begun.
    reset: Option<u64>,
    resets: Instant,
    /// The even pace: the next request would go then if none went ahead.
    pace: Instant,
}

impl Window {
    /// Requests that may go ahead of the even pace: a tenth of the limit, so that single calls are not slowed down.
    fn burst(&self) -> u32 {
        u32::try_from(self.limit / 10)
            .unwrap_or(u32::MAX)
            .clamp(1, 20)
    }

    fn reserve(&mut self, earliest: Instant) -> Instant {
        /// What two clocks that agree may differ by.
        const GUARD: Duration = Duration::from_millis(5);
        /// Nobody waits longer than this for the sake of evenness: little is left of a long window then, and it goes.
        const LONGEST_PACE: Duration = Duration::from_secs(10);
        let mut at = earliest;
        if self.remaining == 0 {
            at = at.max(self.resets + GUARD);
        }
        if at >= self.resets {
            // A new window begins. Until an answer tells its end, it counts as one second long, the shortest there can be.
            // What is under way has its place in the window before; if it comes late, the first answers tell.
            self.remaining = self.limit.max(1);
            self.reset = None;
            self.resets = at + Duration::from_secs(1);
            self.pace = at;
        }
        let left = self.resets.saturating_duration_since(at);
        let interval = left.div_f64(self.remaining.max(1) as f64).min(LONGEST_PACE);
        self.pace = self.pace.max(at);
        let ahead = interval.saturating_mul(self.burst().saturating_sub(1));
        let paced = self
            .pace
            .checked_sub(ahead)
            .map_or(at, |paced| paced.max(at));
        self.pace += interval;
        self.remaining = self.remaining.saturating_sub(1);
        paced
    }
}
