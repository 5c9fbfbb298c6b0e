//! Settings that a client can work with: complete, checked, parsed. Made from a [`ClientConfig`] and the environment.

use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};
use zeroize::Zeroizing;

use super::client_config::{ClientConfig, RateLimit, Retry};
use crate::credential::{ApiKey, Tenant};
use crate::identifier::CustomerSite;
use crate::outcome::Error;
use crate::text::quoted;

const API_KEY: &str = "CAMPAIGNS8X8_API_KEY";
const TENANT: &str = "CAMPAIGNS8X8_TENANT";
const CUSTOMER_SITE: &str = "CAMPAIGNS8X8_CUSTOMER_SITE";
const BASE_URL: &str = "CAMPAIGNS8X8_BASE_URL";

/// Longer than anybody waits, short enough that clock arithmetic cannot overflow.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) api_key: ApiKey,
    pub(crate) tenant: Tenant,
    pub(crate) base_url: Url,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) proxy: Proxy,
    pub(crate) ca_bundle: Option<PathBuf>,
    pub(crate) user_agent: String,
    pub(crate) max_response_bytes: u64,
}

/// By which way requests leave.
#[derive(Clone)]
pub(crate) enum Proxy {
    /// Straight to the server.
    None,
    /// As the environment says.
    Environment,
    /// Through this one.
    Given(Url),
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A proxy's URL may hold a password.
        f.write_str(match self {
            Self::None => "None",
            Self::Environment => "Environment",
            Self::Given(_) => "Given([redacted])",
        })
    }
}

impl Settings {
    /// Completes `config` from the environment and checks every setting.
    pub(crate) fn resolve(config: ClientConfig) -> Result<Self, Error> {
        let api_key = match config.api_key {
            Some(key) => key,
            None => Zeroizing::new(variable(API_KEY)?.ok_or_else(|| {
                missing("apiKey", "the Key of the app in Admin Console", API_KEY)
            })?),
        };
        let api_key: ApiKey = api_key.parse()?;
        let tenant = match config.tenant {
            Some(tenant) => tenant,
            None => variable(TENANT)?.ok_or_else(|| {
                missing("tenant", "the Tenant Name of Configuration Manager", TENANT)
            })?,
        };
        let base_url = base_url(
            config.customer_site,
            config.base_url,
            config.allow_insecure_http.unwrap_or(false),
        )?;
        let proxy = proxy(
            config.proxy,
            config.trust_env.unwrap_or(true),
            &base_url,
            config.allow_insecure_http.unwrap_or(false),
        )?;
        let retry = config.retry.unwrap_or_default();
        if retry.max_attempts == 0 {
            return Err(Error::config(
                "retry.maxAttempts is 0; it counts the first attempt too, so 1 means no repetition",
            ));
        }
        for (name, wait) in [
            ("retry.initialBackoffMs", retry.initial_backoff),
            ("retry.maxBackoffMs", retry.max_backoff),
            ("retry.maxRetryAfterMs", retry.max_retry_after),
        ] {
            at_most_a_day(name, wait)?;
        }
        if let Some(limit) = &config.rate_limit {
            check_rate_limit(limit)?;
        }
        let max_response_bytes = config.max_response_bytes.unwrap_or(16 * 1024 * 1024);
        if max_response_bytes == 0 {
            return Err(Error::config(
                "maxResponseBytes is 0; no answer would fit. Leave it out for 16 MiB",
            ));
        }
        Ok(Self {
            api_key,
            tenant: tenant.parse()?,
            base_url,
            connect_timeout: timeout("connectTimeoutMs", config.connect_timeout, 5_000)?,
            timeout: timeout("timeoutMs", config.timeout, 30_000)?,
            retry,
            rate_limit: config.rate_limit,
            proxy,
            ca_bundle: config.ca_bundle,
            user_agent: user_agent(config.user_agent)?,
            max_response_bytes,
        })
    }
}

/// The variable's value; empty counts as not set.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::config(format!(
            "the environment variable {name} is not valid UTF-8"
        ))),
    }
}

fn missing(setting: &str, what: &str, variable: &str) -> Error {
    Error::config(format!("{setting} is missing"))
        .with_hint(format!("give {what} as {setting}, or set {variable}"))
}

fn base_url(
    site: Option<String>,
    base_url: Option<String>,
    allow_insecure_http: bool,
) -> Result<Url, Error> {
    let (site, base_url) = match (site, base_url) {
        // What is given beats the environment: one given setting silences both variables.
        (None, None) => (variable(CUSTOMER_SITE)?, variable(BASE_URL)?),
        given => given,
    };
    match (site, base_url) {
        (Some(_), Some(_)) => Err(Error::config(
            "customerSite and baseUrl are both given; baseUrl holds the site already, so give one of them",
        )),
        (Some(site), None) => {
            let site: CustomerSite = site.parse()?;
            parse_base_url(
                &format!("https://api.8x8.com/cc/{site}/campaigns/v1"),
                allow_insecure_http,
            )
        }
        (None, Some(text)) => parse_base_url(&text, allow_insecure_http),
        (None, None) => Err(Error::config("customerSite is missing").with_hint(format!(
            "give US1, US2 or UK3 as customerSite (or a whole baseUrl), or set {CUSTOMER_SITE} or {BASE_URL}"
        ))),
    }
}

fn parse_base_url(text: &str, allow_insecure_http: bool) -> Result<Url, Error> {
    let wrong = |rule: &str| {
        // The URL itself is shown only once it is known to hold no password.
        Error::config(format!(
            "baseUrl {rule}; expected a form like https://api.8x8.com/cc/US1/campaigns/v1"
        ))
    };
    let url = Url::parse(text).map_err(|error| wrong(&format!("is not a URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "holds a user name or password, which this API does not take",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query or a fragment"));
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_insecure_http || is_loopback(&url) => {}
        "http" => {
            return Err(wrong(&format!(
                "{} is http to another host: the key would travel in the clear. Use https, or set allowInsecureHttp",
                quoted(text)
            )));
        }
        other => return Err(wrong(&format!("has the scheme {}", quoted(other)))),
    }
    if url.cannot_be_a_base() {
        return Err(wrong("has no path"));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Plain http to this machine never goes through a proxy found in the environment: the proxy would read the key.
fn proxy(
    given: Option<String>,
    trust_env: bool,
    base_url: &Url,
    allow_insecure_http: bool,
) -> Result<Proxy, Error> {
    let plain = base_url.scheme() == "http";
    let Some(text) = given else {
        let environment = trust_env && !(plain && is_loopback(base_url));
        return Ok(if environment {
            Proxy::Environment
        } else {
            Proxy::None
        });
    };
    let wrong = |rule: &str| {
        Error::config(format!(
            "proxy {rule}; expected a form like http://proxy.example:3128"
        ))
    };
    let url = Url::parse(&text).map_err(|error| wrong(&format!("is not a URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("is neither http:// nor https://"));
    }
    if plain && !allow_insecure_http && !is_loopback(&url) {
        return Err(Error::config(
            "proxy would read the key, because baseUrl is plain http; use an https baseUrl, or set allowInsecureHttp",
        ));
    }
    Ok(Proxy::Given(url))
}

fn timeout(name: &str, given: Option<Duration>, default_ms: u64) -> Result<Duration, Error> {
    let timeout = given.unwrap_or(Duration::from_millis(default_ms));
    if timeout.is_zero() {
        return Err(Error::config(format!(
            "{name} is 0; nothing could ever be answered. Leave it out for {default_ms}"
        )));
    }
    at_most_a_day(name, timeout)
}

fn at_most_a_day(name: &str, duration: Duration) -> Result<Duration, Error> {
    if duration > LONGEST {
        return Err(Error::config(format!(
            "{name} is {}; accepted are at most {} (a day, in milliseconds)",
            duration.as_millis(),
            LONGEST.as_millis()
        )));
    }
    Ok(duration)
}

fn check_rate_limit(limit: &RateLimit) -> Result<(), Error> {
    let rate = limit.requests_per_minute;
    if !(rate.is_finite() && (0.001..=1e9).contains(&rate)) {
        return Err(Error::config(format!(
            "rateLimit.requestsPerMinute is {rate}; accepted are numbers from 0.001 to 1000000000"
        )));
    }
    if limit.burst == Some(0) {
        return Err(Error::config(
            "rateLimit.burst is 0; nothing could ever be sent. Leave it out for 1",
        ));
    }
    Ok(())
}

fn user_agent(appended: Option<String>) -> Result<String, Error> {
    let own = concat!("campaigns8x8/", env!("CARGO_PKG_VERSION"));
    match appended {
        None => Ok(own.to_owned()),
        Some(text) if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) => {
            Ok(format!("{own} {text}"))
        }
        Some(text) => Err(Error::config(format!(
            "userAgent is {}; accepted is printable ASCII",
            quoted(&text)
        ))),
    }
}
