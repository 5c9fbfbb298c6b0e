//! Launching a campaign, and what a caller may choose about it; and stopping one for real.

use std::time::Duration;

use serde::Deserialize;

use crate::api::Api;
use crate::identifier::CampaignId;
use crate::log::LogLevel;
use crate::model::{Campaign, CampaignAction, CampaignState, ModifyCampaign};
use crate::outcome::{Error, ErrorKind, Result};
use crate::request_json;
use crate::transport::{Patience, interrupted};

/// How a campaign is brought to dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LaunchStrategy {
    /// One START with `buildOnStart`: the server builds, then starts.
    #[default]
    BuildOnStart,
    /// BUILD, then START again and again until it is no longer refused because the build lasts; or until a START has an unknown
    /// outcome.
    BuildThenStart,
    /// START of a campaign that is built already.
    Start,
}

/// What a caller may choose about launching a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchOptions {
    /// How it is brought to dial. Default [`LaunchStrategy::BuildOnStart`].
    pub strategy: LaunchStrategy,
    /// How long it may take in all. Default 300 s.
    pub deadline: Duration,
    /// How long to wait between two STARTs while the build lasts. Default 1 s.
    pub poll_interval: Duration,
    /// Enables or disables the campaign with the first request; `None` leaves it as it is.
    pub enabled: Option<bool>,
}

impl Default for LaunchOptions {
    fn default() -> Self {
        Self {
            strategy: LaunchStrategy::default(),
            deadline: Duration::from_secs(300),
            poll_interval: Duration::from_secs(1),
            enabled: None,
        }
    }
}

impl LaunchOptions {
    /// Reads the JSON form: `{"strategy":"buildThenStart","deadlineMs":300000,"pollIntervalMs":1000,"enabled":true}`, every
    /// field optional.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] on malformed JSON, an unknown field or a wrong value; it names the field.
    pub fn from_json(json: &str) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Wire {
            strategy: Option<LaunchStrategy>,
            deadline_ms: Option<u64>,
            poll_interval_ms: Option<u64>,
            enabled: Option<bool>,
        }
        let wire: Wire = request_json::parse(json, "options", ErrorKind::InvalidArgument)?;
        let defaults = Self::default();
        let options = Self {
            strategy: wire.strategy.unwrap_or_default(),
            deadline: wire
                .deadline_ms
                .map_or(defaults.deadline, Duration::from_millis),
            poll_interval: wire
                .poll_interval_ms
                .map_or(defaults.poll_interval, Duration::from_millis),
            enabled: wire.enabled,
        };
        options.check()?;
        Ok(options)
    }

    /// Rejects durations that overflow, and polling too fast.
    pub(crate) fn check(&self) -> Result<()> {
        const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
        if self.deadline.is_zero() || self.deadline > LONGEST {
            return Err(Error::invalid_argument(format!(
                "deadlineMs is {}; accepted are 1 to {} (a week)",
                self.deadline.as_millis(),
                LONGEST.as_millis()
            )));
        }
        if self.poll_interval < Duration::from_millis(10) || self.poll_interval > LONGEST {
            return Err(Error::invalid_argument(format!(
                "pollIntervalMs is {}; accepted are 10 to {} (a week)",
                self.poll_interval.as_millis(),
                LONGEST.as_millis()
            )));
        }
        Ok(())
    }
}

/// Brings a campaign to dial; see [`Client::launch_campaign`](crate::Client::launch_campaign).
pub(crate) fn launch(api: &Api, id: &CampaignId, options: &LaunchOptions) -> Result<Campaign> {
    options.check()?;
    let patience = api.patience().within(options.deadline);
    let request = |action| {
        let mut request = ModifyCampaign::new(action);
        if let Some(enabled) = options.enabled {
            request = request.enabled(enabled);
        }
        request
    };
    let start = request(CampaignAction::Start);
    match options.strategy {
        LaunchStrategy::Start => api.modify(id, &start, &patience).map_err(of_start),
        LaunchStrategy::BuildOnStart => api
            .modify(id, &start.build_on_start(true), &patience)
            .map_err(of_start),
        LaunchStrategy::BuildThenStart => {
            match api.modify(id, &request(CampaignAction::Build), &patience) {
                Ok(campaign) if campaign.state == CampaignState::BuildError => {
                    return Err(Error::new(
                        ErrorKind::Conflict,
                        "BUILD failed at once: BUILD_ERROR",
                    )
                    .with_attempts(1)
                    .with_hint("look in the console why the campaign cannot be built"));
                }
                Ok(_) => {}
                // A BUILD of unknown outcome, then a refusal: perhaps it builds already. START finds out.
                Err(error) if is_state_refusal(&error) && error.is_outcome_unknown() => {}
                Err(error) => return Err(error.in_step("BUILD")),
            }
            // `enabled` went with BUILD, which a disabled campaign accepts.
            let start = ModifyCampaign::new(CampaignAction::Start);
            start_once_built(api, id, &start, options, &patience)
        }
    }
}

fn start_once_built(
    api: &Api,
    id: &CampaignId,
    start: &ModifyCampaign,
    options: &LaunchOptions,
    patience: &Patience<'_>,
) -> Result<Campaign> {
    let mut attempts = 0;
    let mut last_refusal = None;
    loop {
        let error = match api.modify(id, start, patience) {
            Ok(campaign) => return Ok(campaign),
            Err(error) => error,
        };
        attempts += error.attempts();
        let waited_for = is_state_refusal(&error) && !error.is_outcome_unknown();
        let error = if waited_for {
            last_refusal = error.http().cloned();
            api.log(LogLevel::Info, || {
                let wait = options.poll_interval.as_millis();
                format!("START of {id} refused; again in {wait} ms")
            });
            match patience.sleep(options.poll_interval) {
                Ok(()) => continue,
                Err(why) => interrupted(why),
            }
        } else {
            error
        };
        // A START that the deadline caught has no answer of its own; the last refusal says why it took so long.
        let error = match last_refusal {
            Some(http) if error.http().is_none() => error.with_http(http).with_hint(
                "START was refused until then: the build may last longer than the deadline, or have failed, or never have \
                 begun; look in the console, then call again",
            ),
            _ => error,
        };
        return Err(of_start(error).in_step("START").with_attempts(attempts));
    }
}

/// PAUSE, then PURGE; see [`Client::stop_campaign`](crate::Client::stop_campaign).
pub(crate) fn stop(api: &Api, id: &CampaignId) -> Result<Campaign> {
    let act = |action| api.modify(id, &ModifyCampaign::new(action), &api.patience());
    let (step, unknown) = match act(CampaignAction::Pause) {
        Ok(_) => (
            "PURGE (the campaign is paused, its queued records are still dialed)",
            false,
        ),
        // Not running: PURGE is valid only where nothing runs, so it can do no harm, and tells more.
        Err(error) if is_state_refusal(&error) => (
            "PURGE (PAUSE was refused before it)",
            error.is_outcome_unknown(),
        ),
        Err(error) => return Err(error.in_step("PAUSE")),
    };
    act(CampaignAction::Purge).map_err(|error| {
        let unknown = unknown || error.is_outcome_unknown();
        error.in_step(step).with_outcome_unknown(unknown)
    })
}

/// The hint of a launch whose START may have been applied. That a build lasts is then only one of the reasons why a START
/// after it was refused.
fn of_start(error: Error) -> Error {
    if error.is_outcome_unknown() {
        error.with_hint(
            "START may have been applied; look in the console whether the campaign runs before you launch it again",
        )
    } else {
        error
    }
}

/// Whether a refusal may be about the campaign's state: 409 in the guide, and in the vendor's other dialect a 400 with a
/// problem that names no field (contract: disagreement 2).
fn is_state_refusal(error: &Error) -> bool {
    let Some(http) = error.http() else {
        return false;
    };
    match http.status {
        409 => true,
        400 => http.problem.is_some() && error.field_errors().is_empty(),
        _ => false,
    }
}
