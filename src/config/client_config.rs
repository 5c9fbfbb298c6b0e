//! The settings as the caller gives them, with the environment and the defaults still to come.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::outcome::{Error, ErrorKind};
use crate::request_json::{self, optional_object};

/// The settings of a [`Client`](crate::Client), none of them required here: `apiKey`, `tenant`, and `customerSite` or
/// `baseUrl` come from `CAMPAIGNS8X8_API_KEY`, `CAMPAIGNS8X8_TENANT`, `CAMPAIGNS8X8_CUSTOMER_SITE` and
/// `CAMPAIGNS8X8_BASE_URL` when they are left out; what is given beats the environment.
///
/// Everything is checked by [`Client::new`](crate::Client::new). Debug shows which settings were given, never the key.
///
/// ```
/// use campaigns8x8::{Client, ClientConfig};
/// use std::time::Duration;
///
/// let client = Client::new(
///     ClientConfig::new()
///         .api_key("eght_example")
///         .tenant("acme01")
///         .customer_site("US1")
///         .timeout(Duration::from_secs(10)),
/// )?;
/// assert_eq!(client.base_url(), "https://api.8x8.com/cc/US1/campaigns/v1");
/// # Ok::<(), campaigns8x8::Error>(())
/// ```
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClientConfig {
    pub(super) api_key: Option<Zeroizing<String>>,
    pub(super) tenant: Option<String>,
    pub(super) customer_site: Option<String>,
    pub(super) base_url: Option<String>,
    #[serde(rename = "connectTimeoutMs", deserialize_with = "optional_millis")]
    pub(super) connect_timeout: Option<Duration>,
    #[serde(rename = "timeoutMs", deserialize_with = "optional_millis")]
    pub(super) timeout: Option<Duration>,
    #[serde(deserialize_with = "optional_object")]
    pub(super) retry: Option<Retry>,
    #[serde(deserialize_with = "optional_object")]
    pub(super) rate_limit: Option<RateLimit>,
    pub(super) proxy: Option<String>,
    pub(super) trust_env: Option<bool>,
    pub(super) ca_bundle: Option<PathBuf>,
    pub(super) user_agent: Option<String>,
    pub(super) allow_insecure_http: Option<bool>,
    pub(super) max_response_bytes: Option<u64>,
}

/// How often and how patiently an attempt is repeated: exponential backoff with full jitter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retry {
    /// Attempts in all, the first included; 1 means no repetition. Default 5.
    pub max_attempts: u32,
    /// The wait after the first attempt is drawn from zero to this; doubled for each further one. Default 500 ms.
    #[serde(rename = "initialBackoffMs", deserialize_with = "millis")]
    pub initial_backoff: Duration,
    /// No drawn wait is longer. Default 30 s.
    #[serde(rename = "maxBackoffMs", deserialize_with = "millis")]
    pub max_backoff: Duration,
    /// The longest wait that the server may ask for and get; beyond it the error is returned. Default 120 s.
    #[serde(rename = "maxRetryAfterMs", deserialize_with = "millis")]
    pub max_retry_after: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(120),
        }
    }
}

/// A limit that the client keeps on its own, for servers that do not tell theirs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimit {
    /// Requests in any 60 seconds; above zero.
    pub requests_per_minute: f64,
    /// Requests that may follow each other at once; default 1, so that they are spread evenly.
    #[serde(default)]
    pub burst: Option<u32>,
}

impl ClientConfig {
    /// Settings all left to the environment and the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the JSON form, e.g. `{"apiKey":"eght_…","tenant":"acme01","customerSite":"US1"}`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] on malformed JSON, an unknown setting or a wrong type; it names the setting.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        request_json::parse(json, "config", ErrorKind::Config)
    }

    /// The Key of the app in Admin Console; begins with `eght_`.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = Some(Zeroizing::new(api_key.into()));
        self
    }

    /// The Tenant Name from Home > Profile in Configuration Manager.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// The region: `US1`, `US2` or `UK3`. Not together with [`base_url`](Self::base_url).
    pub fn customer_site(mut self, site: impl Into<String>) -> Self {
        self.customer_site = Some(site.into());
        self
    }

    /// Everything before `/{campaignId}`: for a sandbox or a proxy of your own.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// How long one connection may take to come about. Default 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How long one attempt may take, connection and answer together. Default 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How attempts are repeated.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// A limit that the client keeps on its own. Default none.
    pub fn rate_limit(mut self, rate_limit: RateLimit) -> Self {
        self.rate_limit = Some(rate_limit);
        self
    }

    /// URL of an HTTP proxy (`http://` or `https://`, may hold a user and a password). Beats the environment's.
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.proxy = Some(proxy.into());
        self
    }

    /// Whether proxies are taken from the environment (`HTTPS_PROXY`, `NO_PROXY`, …). Default true.
    pub fn trust_env(mut self, trust_env: bool) -> Self {
        self.trust_env = Some(trust_env);
        self
    }

    /// A PEM file of certificate authorities that are trusted in addition to the operating system's.
    pub fn ca_bundle(mut self, ca_bundle: impl Into<PathBuf>) -> Self {
        self.ca_bundle = Some(ca_bundle.into());
        self
    }

    /// Appended to the client's own User-Agent, e.g. `nightly-load/2.1`.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Accepts `http://` to hosts other than this one. The key then travels in the clear. Default false.
    pub fn allow_insecure_http(mut self, allow: bool) -> Self {
        self.allow_insecure_http = Some(allow);
        self
    }

    /// The longest answer that is read, in bytes; a longer one is refused. Default 16 MiB.
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.max_response_bytes = Some(bytes);
        self
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxy's URL may hold a password, the base URL one that is about to be refused.
        let given = |is_given: bool| if is_given { "[given]" } else { "[not given]" };
        f.debug_struct("ClientConfig")
            .field("api_key", &given(self.api_key.is_some()))
            .field("tenant", &self.tenant)
            .field("customer_site", &self.customer_site)
            .field("base_url", &given(self.base_url.is_some()))
            .field("proxy", &given(self.proxy.is_some()))
            .finish_non_exhaustive()
    }
}

fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

fn optional_millis<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
}
