//! One call: attempts, each in its turn and judged, until there is a final result.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::engine::{Engine, Trouble};
use super::hint;
use super::patience::{Patience, interrupted};
use super::process::ProcessBound;
use super::request::Request;
use super::retry::{self, Next};
use super::verdict::{self, Certainty, Failure};
use crate::config::Settings;
use crate::log::{Log, LogLevel};
use crate::outcome::{Error, ErrorKind, Result};

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
                Err(Trouble::Interrupted(why)) => {
                    engine.pacer.forget();
                    history.outcome_unknown = true;
                    let error = interrupted(why);
                    self.log_attempt(LogLevel::Error, request, history, started, || {
                        error.message().to_owned()
                    });
                    return Err(history.conclude(error, request));
                }
                Err(Trouble::Failed(failure)) => {
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
