//! What a caller may choose about launching a campaign. The launching itself is in [`crate::Client::launch_campaign`].

use std::time::Duration;

use serde::Deserialize;

use crate::outcome::{Error, ErrorKind};
use crate::request_json;

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
    pub fn from_json(json: &str) -> Result<Self, Error> {
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
    pub(crate) fn check(&self) -> Result<(), Error> {
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
