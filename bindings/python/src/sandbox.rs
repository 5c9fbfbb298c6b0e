//! The sandbox: the remote API imitated, in this process.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use campaigns8x8::CampaignState;
use campaigns8x8::sandbox::{
    Dialect, Fault, Faults, RateLimitStyle, SandboxOptions, SandboxRateLimit,
};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::client::Client;
use crate::{convert, errors};

/// The remote API imitated in this process, with real state and faults on demand: nothing real rings.
///
/// Args:
///     dialect: "guide" (200 and 409) or "openapi" (201 and 400).
///     state: The campaign's state at the beginning.
///     build_time: Seconds that BUILDING lasts.
///     faults: What goes wrong. A list has one entry a request, in order: None, or one of "lostRequest", "lostAnswer",
///         "truncatedAnswer", "errorBefore:503", "errorAfter:500", "gatewayHtml:502", "delay:0.5" (seconds),
///         "rateLimited:1" (Retry-After in seconds). A dict {"probability": 0.1, "kinds": [...]} draws at random.
///     rate_limit: {"requests": 50, "per": 1, "style": "x-ratelimit"}; style may also be "retry-after", per is in seconds.
///     seed: What random faults are drawn from.
///
/// Example:
///     >>> with Sandbox() as sandbox:
///     ...     client = sandbox.client()
///     ...     added = client.add_records(sandbox.campaign_id, [{"crmRecordId": "CRM-1"}])
///     ...     sandbox.stored()
///     ['CRM-1']
#[pyclass(frozen, module = "campaigns8x8")]
pub(crate) struct Sandbox {
    /// `None` once it is closed.
    sandbox: Mutex<Option<campaigns8x8::sandbox::Sandbox>>,
}

#[pymethods]
impl Sandbox {
    #[new]
    #[pyo3(signature = (*, dialect="guide", state="CREATED", build_time=0.2, faults=None, rate_limit=None, seed=None))]
    fn new(
        py: Python<'_>,
        dialect: &str,
        state: &str,
        build_time: f64,
        faults: Option<&Bound<'_, PyAny>>,
        rate_limit: Option<&Bound<'_, PyDict>>,
        seed: Option<u64>,
    ) -> PyResult<Self> {
        let state = CampaignState::from(state);
        if let CampaignState::Unknown(state) = &state {
            let known: Vec<_> = CampaignState::KNOWN.iter().map(|s| s.as_str()).collect();
            return Err(errors::invalid(
                py,
                format!("state is {state:?}; accepted are {}", known.join(", ")),
            ));
        }
        let options = SandboxOptions {
            dialect: match dialect {
                "guide" => Dialect::Guide,
                "openapi" => Dialect::OpenApi,
                other => {
                    let message = format!("dialect is {other:?}; accepted are guide, openapi");
                    return Err(errors::invalid(py, message));
                }
            },
            state,
            build_time: convert::seconds(py, "build_time", build_time)?,
            faults: faults.map_or(Ok(Faults::None), |faults| read_faults(py, faults))?,
            rate_limit: rate_limit.map(|limit| read_limit(py, limit)).transpose()?,
            seed: seed.unwrap_or_default(),
            ..SandboxOptions::default()
        };
        let sandbox = py
            .detach(|| campaigns8x8::sandbox::Sandbox::start_with(options))
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self {
            sandbox: Mutex::new(Some(sandbox)),
        })
    }

    /// Everything before /{campaignId}.
    #[getter]
    fn base_url(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, campaigns8x8::sandbox::Sandbox::base_url)
    }

    /// The campaign that it comes with.
    #[getter]
    fn campaign_id(&self) -> &'static str {
        campaigns8x8::sandbox::CAMPAIGN_ID
    }

    /// The key that it accepts.
    #[getter]
    fn api_key(&self) -> &'static str {
        campaigns8x8::sandbox::API_KEY
    }

    /// The tenant that it knows.
    #[getter]
    fn tenant(&self) -> &'static str {
        campaigns8x8::sandbox::TENANT
    }

    /// How many requests came, those lost on the way included.
    #[getter]
    fn requests(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, campaigns8x8::sandbox::Sandbox::requests)
    }

    /// The campaign's state now.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let state = self.with(py, campaigns8x8::sandbox::Sandbox::state)?;
        convert::member(py, "CampaignState", Some(state.as_str()))
    }

    /// The ids on the campaign, in the order in which they came.
    fn stored(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.with(py, campaigns8x8::sandbox::Sandbox::stored)
    }

    /// A client for it; settings as for Client, where they differ from the sandbox's.
    #[pyo3(signature = (**settings))]
    fn client<'py>(
        &self,
        py: Python<'py>,
        settings: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let all = PyDict::new(py);
        all.set_item("api_key", self.api_key())?;
        all.set_item("tenant", self.tenant())?;
        all.set_item("base_url", self.base_url(py)?)?;
        if let Some(settings) = settings {
            all.update(settings.as_mapping())?;
        }
        Client::from_settings(py, &all)
    }

    /// Stops it. Harmless twice.
    fn close(&self, py: Python<'_>) {
        let sandbox = self.lock().take();
        py.detach(|| drop(sandbox));
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match self.base_url(py) {
            Ok(url) => format!("<Sandbox {url}>"),
            Err(_) => "<Sandbox, closed>".to_owned(),
        }
    }
}

impl Sandbox {
    fn lock(&self) -> MutexGuard<'_, Option<campaigns8x8::sandbox::Sandbox>> {
        self.sandbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&campaigns8x8::sandbox::Sandbox) -> T,
    ) -> PyResult<T> {
        match &*self.lock() {
            Some(sandbox) => Ok(ask(sandbox)),
            None => Err(errors::invalid(py, "the sandbox is closed; make a new one")),
        }
    }
}

fn read_faults(py: Python<'_>, faults: &Bound<'_, PyAny>) -> PyResult<Faults> {
    let list = |faults: &Bound<'_, PyAny>| -> PyResult<Vec<Option<Fault>>> {
        let entries: Vec<Option<String>> = faults.extract()?;
        entries
            .into_iter()
            .map(|entry| entry.map(|name| read_fault(py, &name)).transpose())
            .collect()
    };
    let Ok(random) = faults.cast::<PyDict>() else {
        return Ok(Faults::Scheduled(list(faults)?));
    };
    let probability = random.as_any().get_item("probability")?.extract()?;
    let kinds = list(&random.as_any().get_item("kinds")?)?;
    Ok(Faults::Random {
        probability,
        kinds: kinds.into_iter().flatten().collect(),
    })
}

fn read_fault(py: Python<'_>, text: &str) -> PyResult<Fault> {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let status = value.parse().ok();
    let fault = match name {
        "lostRequest" => Some(Fault::LostRequest),
        "lostAnswer" => Some(Fault::LostAnswer),
        "truncatedAnswer" => Some(Fault::TruncatedAnswer),
        "errorBefore" => status.map(Fault::ErrorBefore),
        "errorAfter" => status.map(Fault::ErrorAfter),
        "gatewayHtml" => status.map(Fault::GatewayHtml),
        "delay" => value
            .parse()
            .ok()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map(Fault::Delay),
        "rateLimited" => value
            .parse()
            .ok()
            .map(|retry_after_secs| Fault::RateLimited { retry_after_secs }),
        _ => None,
    };
    fault.ok_or_else(|| {
        errors::invalid(
            py,
            format!(
                "fault {text:?}; accepted are None, lostRequest, lostAnswer, truncatedAnswer, errorBefore:STATUS, \
                 errorAfter:STATUS, gatewayHtml:STATUS, delay:SECONDS, rateLimited:SECONDS"
            ),
        )
    })
}

fn read_limit(py: Python<'_>, limit: &Bound<'_, PyDict>) -> PyResult<SandboxRateLimit> {
    let style: String = match limit.get_item("style")? {
        Some(style) => style.extract()?,
        None => "x-ratelimit".to_owned(),
    };
    let per: u64 = match limit.get_item("per")? {
        Some(per) => per.extract()?,
        None => 1,
    };
    Ok(SandboxRateLimit {
        requests: limit.as_any().get_item("requests")?.extract()?,
        per: Duration::from_secs(per),
        style: match style.as_str() {
            "x-ratelimit" => RateLimitStyle::XRateLimit,
            "retry-after" => RateLimitStyle::RetryAfter,
            other => {
                let message = format!("style is {other:?}; accepted are x-ratelimit, retry-after");
                return Err(errors::invalid(py, message));
            }
        },
    })
}
