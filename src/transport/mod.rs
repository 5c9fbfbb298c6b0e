//! Sends a request, with retries, until there is a final result.
//!
//! [`Transport::call`] repeats attempts until the server has spoken or the policy says stop. One attempt is made by an
//! [`Engine`](engine::Engine) (connections and the thread that drives them), judged in [`verdict`], spaced by [`pacing`],
//! repeated as [`retry`] says, explained by [`hint`]; [`echo`] keeps the key out of what the server sent; [`process`] gives
//! each process an engine of its own; [`patience`] is how long a caller waits.
//!
//! **What is known of the outcome.** Each attempt ends with a [`Certainty`](verdict::Certainty): the server said it is
//! applied (2xx with the whole answer that it owes), or it is certainly not applied (never sent, or a status that
//! [`is_refusal`](verdict::is_refusal) lists), or nobody knows (everything else). A call that fails says `outcomeUnknown`
//! exactly if one of its attempts ended in the third way: a later refusal does not undo what an earlier attempt may have
//! done.
//!
//! **Why not `reqwest::blocking`.** It is the async client behind a hidden thread, and a call on it cannot be given up: a
//! cancelled one would leave a thread behind until its timeout, and the thread of an inherited client panics after a fork.
//! Here the thread is ours: cancelling drops the request and its connection at once, dropping the client joins the thread.

mod echo;
mod engine;
mod hint;
mod pacing;
mod patience;
mod process;
mod retry;
mod slot;
mod tls;
mod verdict;

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Log, LogLevel};

use engine::Engine;
pub(crate) use engine::block_signals;
pub(crate) use patience::{Interrupted, Patience};
use process::ProcessBound;
use retry::Next;
pub(crate) use retry::backoff_after;
use verdict::{Certainty, Failure};

/// One request, complete but for the headers that every request has.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Vec<u8>,
    /// Whether it may be sent again when the outcome of an earlier attempt is unknown.
    pub(crate) repeatable: bool,
}

/// Everything a client needs to make calls; shared by its clones.
#[derive(Debug)]
pub(crate) struct Transport {
    settings: Arc<Settings>,
    engines: ProcessBound<Engine>,
    pub(crate) log: Log,
}

/// What the attempts so far add up to.
#[derive(Debug, Clone, Copy, Default)]
struct History {
    attempts: u32,
    outcome_unknown: bool,
}

impl History {
    fn conclude(self, error: Error, request: &Request) -> Error {
        let retryable = error.is_retryable() && (request.repeatable || !self.outcome_unknown);
        let error = error
            .with_attempts(self.attempts)
            .with_outcome_unknown(self.outcome_unknown)
            .with_retryable(retryable);
        hint::explain(error, request)
    }
}

impl Transport {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let settings = Arc::new(settings);
        let engines = ProcessBound::new(Engine::new(&settings)?);
        Ok(Self {
            settings,
            engines,
            log: Log::default(),
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends `request` until the server has answered it, and decodes the answer. `decode` says what is wrong with JSON that
    /// the API does not owe for this request, as the end of a sentence: "the server answered 200, but …".
    pub(crate) fn call<T>(
        &self,
        request: &Request,
        patience: &Patience<'_>,
        decode: impl Fn(Value) -> Result<T, String>,
    ) -> Result<T> {
        self.call_counted(request, patience, patience, decode)
            .map(|(value, _)| value)
    }

    /// As [`call`](Self::call), but an attempt under way is given up for the sake of `under_way` alone; and with the answer
    /// comes the number of attempts, which otherwise stands in the error.
    pub(crate) fn call_counted<T>(
        &self,
        request: &Request,
        patience: &Patience<'_>,
        under_way: &Patience<'_>,
        decode: impl Fn(Value) -> Result<T, String>,
    ) -> Result<(T, u32)> {
        let engine = self.engines.get(|| Engine::new(&self.settings))?;
        let mut history = History::default();
        loop {
            let held = engine.pacer.held(Instant::now());
            if held > self.settings.retry.max_retry_after {
                return Err(history.conclude(held_back(held), request));
            }
            let wait = engine.pacer.reserve(Instant::now());
            if let Err(why) = patience.sleep(wait) {
                // The place that was taken will not be used.
                engine.pacer.forget();
                return Err(history.conclude(interrupted(why), request));
            }
            history.attempts += 1;
            let started = Instant::now();
            let failure = match engine.exchange(request, &self.settings, under_way) {
                Ok(answer) => {
                    engine.pacer.observe(&answer, Instant::now());
                    match verdict::judge(answer, &decode, &self.settings) {
                        Ok((status, value)) => {
                            self.log_attempt(LogLevel::Debug, request, history, started, || {
                                status.to_string()
                            });
                            return Ok((value, history.attempts));
                        }
                        Err(failure) => failure,
                    }
                }
                Err(engine::Trouble::Interrupted(why)) => {
                    engine.pacer.forget();
                    history.outcome_unknown = true;
                    let error = interrupted(why);
                    self.log_attempt(LogLevel::Error, request, history, started, || {
                        error.message().to_owned()
                    });
                    return Err(history.conclude(error, request));
                }
                Err(engine::Trouble::Failed(failure)) => {
                    engine.pacer.forget();
                    *failure
                }
            };
            history.outcome_unknown |= failure.certainty == Certainty::Unknown;
            let next = retry::next(
                &failure,
                request,
                history.attempts,
                &self.settings.retry,
                retry::chance(),
            );
            let level = match next {
                Next::Repeat(_) => LogLevel::Warn,
                Next::Stop if failure.certainty == Certainty::Unknown => LogLevel::Error,
                Next::Stop => LogLevel::Debug,
            };
            self.log_attempt(level, request, history, started, || {
                describe(&failure, next)
            });
            match next {
                Next::Stop => return Err(history.conclude(failure.error, request)),
                Next::Repeat(wait) => patience.sleep(wait).map_err(|why| {
                    let error = match failure.error.http() {
                        // The last refusal says why there was something to wait for.
                        Some(http) => interrupted(why).with_http(http.clone()),
                        None => interrupted(why),
                    };
                    history.conclude(error, request)
                })?,
            }
        }
    }

    fn log_attempt(
        &self,
        level: LogLevel,
        request: &Request,
        history: History,
        started: Instant,
        result: impl FnOnce() -> String,
    ) {
        self.log.write(level, || {
            format!(
                "{} {} {} {} ms attempt {}",
                request.method,
                request.url.path(),
                result(),
                started.elapsed().as_millis(),
                history.attempts
            )
        });
    }
}

/// An earlier answer asked for a longer wait than a caller is to be left waiting for.
fn held_back(left: Duration) -> Error {
    let seconds = left.as_secs() + 1;
    Error::new(
        ErrorKind::RateLimited,
        format!("the server has asked to wait, and {seconds} s of it are left; this request was not sent"),
    )
    .with_hint("call again when they are over, or raise retry.maxRetryAfterMs")
}

fn describe(failure: &Failure, next: Next) -> String {
    let what = match failure.error.http() {
        Some(http) => http.status.to_string(),
        None => format!("({})", failure.error.message()),
    };
    match next {
        Next::Stop => what,
        Next::Repeat(wait) => format!("{what} repeated in {} ms,", wait.as_millis()),
    }
}

pub(crate) fn interrupted(why: Interrupted) -> Error {
    match why {
        Interrupted::Cancelled => Error::new(ErrorKind::Cancelled, "cancelled by the caller"),
        Interrupted::Deadline(within) => Error::new(
            ErrorKind::Deadline,
            format!("not done within the deadline of {} ms", within.as_millis()),
        ),
    }
}

/// A duration that the server named, made safe for clock arithmetic.
fn bounded_seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(365 * 24 * 60 * 60))
}
