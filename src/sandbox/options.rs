//! What a sandbox can be told before it starts.

use std::time::Duration;

use super::faults::Faults;
use crate::model::CampaignState;

/// Which of the vendor's two descriptions the sandbox follows where they disagree (contract: disagreements 1 and 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The guide: 200 for added records, 409 for conflicts.
    #[default]
    Guide,
    /// The OpenAPI file: 201 for added records, 400 for conflicts.
    OpenApi,
}

/// How a sandbox begins. All fields have a default.
///
/// ```
/// use campaigns8x8::sandbox::{Dialect, Sandbox, SandboxOptions};
///
/// let sandbox = Sandbox::start_with(SandboxOptions {
///     dialect: Dialect::OpenApi,
///     ..SandboxOptions::default()
/// })?;
/// assert_eq!(sandbox.state(), "CREATED");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// The port on 127.0.0.1; 0, the default, takes a free one.
    pub port: u16,
    /// Default [`Dialect::Guide`].
    pub dialect: Dialect,
    /// The campaign's state. Default CREATED.
    pub state: CampaignState,
    /// How long BUILDING lasts. Default 200 ms.
    pub build_time: Duration,
    /// How long STARTING lasts. Default zero: START still answers STARTING, the next request finds it over.
    pub start_time: Duration,
    /// Whether each build ends in BUILD_ERROR. Default false.
    pub build_fails: bool,
    /// Whether each start ends in BUILD_ERROR. Default false.
    pub start_fails: bool,
    /// When the schedule opens, from now; until then START leads to PENDING. Default open.
    pub opens_after: Option<Duration>,
    /// When the schedule ends, from now. Default never.
    pub ends_after: Option<Duration>,
    /// Whether records may be added at all. Default true.
    pub dynamic: bool,
    /// Whether the campaign is enabled. Default true.
    pub enabled: bool,
    /// Whether the key has the API Product; if not, everything is answered 403. Default true.
    pub product_attached: bool,
    /// Whether the refusal of a duplicate names its id. Default true.
    pub name_duplicates: bool,
    /// Default none.
    pub faults: Faults,
    /// Default none.
    pub rate_limit: Option<SandboxRateLimit>,
    /// What random faults and record ids are drawn from. Default 0.
    pub seed: u64,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            dialect: Dialect::default(),
            state: CampaignState::Created,
            build_time: Duration::from_millis(200),
            start_time: Duration::ZERO,
            build_fails: false,
            start_fails: false,
            opens_after: None,
            ends_after: None,
            dynamic: true,
            enabled: true,
            product_attached: true,
            name_duplicates: true,
            faults: Faults::None,
            rate_limit: None,
            seed: 0,
        }
    }
}

/// How many requests are allowed in each window of time; windows begin at whole multiples of their length in Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxRateLimit {
    /// Requests in a window.
    pub requests: u64,
    /// The window's length, whole seconds.
    pub per: Duration,
    /// How the client is told.
    pub style: RateLimitStyle,
}

/// How a rate limit is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimitStyle {
    /// `Retry-After` on a 429, nothing before.
    RetryAfter,
    /// `x-ratelimit-limit`, `-remaining` and `-reset` on every answer.
    XRateLimit,
}
