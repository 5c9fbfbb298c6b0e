//! The sandbox: the remote API imitated, in this process.

use std::mem;
use std::sync::{Mutex, PoisonError};

use campaigns8x8::sandbox::{Dialect, Faults, SandboxOptions};
use campaigns8x8::{CampaignState, ErrorKind};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::call::drop_detached;
use crate::client::Client;
use crate::{arguments, convert, errors, fault};

/// The remote API imitated in this process, with real state and faults on demand: nothing real rings.
///
/// Args:
///     dialect: "guide" (200 and 409) or "openapi" (201 and 400).
///     state: The campaign's state at the beginning.
///     build_time: Seconds that BUILDING lasts.
///     faults: Which requests fail, and how. A list has one entry a request, in order: None, or one of "lostRequest", "lostAnswer",
///         "truncatedAnswer", "errorBefore:503", "errorAfter:500", "gatewayHtml:502", "delay:0.5" (seconds),
///         "rateLimited:1" (Retry-After in seconds). A dict {"probability": 0.1, "kinds": [...]} draws at random.
///     rate_limit: {"requests": 50, "per": 1, "style": "x-ratelimit"}; style may also be "retry-after", per is in whole
///         seconds.
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
    /// The process that its server runs in.
    process: u32,
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
        #[pyo3(from_py_with = arguments::cut_or_none)] seed: Option<i64>,
    ) -> PyResult<Self> {
        const KIND: ErrorKind = ErrorKind::InvalidArgument;
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
            build_time: arguments::seconds(py, KIND, "build_time", build_time, 0.0..=86400.0)?,
            faults: faults.map_or(Ok(Faults::None), |faults| fault::read_faults(py, faults))?,
            rate_limit: rate_limit
                .map(|limit| fault::read_limit(py, limit))
                .transpose()?,
            seed: arguments::whole(py, KIND, "seed", seed.unwrap_or_default(), 0..=i64::MAX)?,
            ..SandboxOptions::default()
        };
        let sandbox = py
            .detach(|| campaigns8x8::sandbox::Sandbox::start_with(options))
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self {
            sandbox: Mutex::new(Some(sandbox)),
            process: std::process::id(),
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

    /// Sets which requests fail, from the next one on.
    ///
    /// Args:
    ///     faults: As for Sandbox; None: no more faults.
    ///
    /// Example:
    ///     >>> with Sandbox() as sandbox, sandbox.client(initial_backoff=0.0) as client:
    ///     ...     sandbox.set_faults(["lostAnswer"])
    ///     ...     added = client.add_records(sandbox.campaign_id, [{"crmRecordId": "CRM-1"}])
    ///     Traceback (most recent call last):
    ///     campaigns8x8.ConflictError: ...
    #[pyo3(signature = (faults))]
    fn set_faults(&self, py: Python<'_>, faults: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let faults = faults.map_or(Ok(Faults::None), |faults| fault::read_faults(py, faults))?;
        self.with(py, |sandbox| sandbox.set_faults(faults))
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

    /// Stops it. Harmless twice, and in a forked child, where it goes on for the parent.
    fn close(&self) {
        let sandbox = self
            .sandbox
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if self.process == std::process::id() {
            drop_detached(sandbox);
        } else {
            // The server's thread was not inherited: there is nothing to stop, and nobody to wait for.
            mem::forget(sandbox);
        }
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.close();
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match self.base_url(py) {
            Ok(url) => format!("<Sandbox {url}>"),
            Err(_) => "<Sandbox, closed>".to_owned(),
        }
    }
}

impl Sandbox {
    fn with<T>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&campaigns8x8::sandbox::Sandbox) -> T,
    ) -> PyResult<T> {
        // Unlocked before Python runs again: another thread would wait for the lock, and this one for the GIL.
        let answer = self
            .sandbox
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(ask);
        answer.ok_or_else(|| errors::invalid(py, "the sandbox is closed; make a new one"))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.close();
    }
}
