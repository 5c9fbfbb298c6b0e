//! The client.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use campaigns8x8::{
    CampaignAction, CampaignId, ClientConfig, ErrorKind, LaunchOptions, LaunchStrategy,
    ModifyCampaign, Ranks, RateLimit, Retry, UploadOptions, validate,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::call::{UploadLines, blocking, drop_detached, keep_lines};
use crate::campaign::Campaign;
use crate::cancel::Cancel;
use crate::record::{self, Record};
use crate::upload::{self, Request};
use crate::{arguments, errors};

/// The longest time that a setting may have, in seconds.
const A_DAY: f64 = 86_400.0;
/// The longest that a launch may take, in seconds.
const A_WEEK: f64 = 604_800.0;
/// Where requests looks for a bundle.
const REQUESTS_CA_BUNDLE: &str = "REQUESTS_CA_BUNDLE";
/// What may be counted by a setting.
const COUNTS: RangeInclusive<i64> = 1..=u32::MAX as i64;

/// A client for the campaigns of one tenant.
///
/// May be shared by threads, works in a forked child, and closes its connections with close() or at the end of a with block.
/// What is left out of the first four settings comes from CAMPAIGNS8X8_API_KEY, CAMPAIGNS8X8_TENANT,
/// CAMPAIGNS8X8_CUSTOMER_SITE and CAMPAIGNS8X8_BASE_URL.
///
/// Args:
///     api_key: The Key of the app in Admin Console; begins with eght_.
///     tenant: The Tenant Name from Home > Profile in Configuration Manager.
///     customer_site: The region: US1, US2 or UK3.
///     base_url: Everything before /{campaignId}, instead of customer_site.
///     connect_timeout: Seconds that one connection may take.
///     timeout: Seconds that one attempt may take.
///     max_attempts: Attempts in all; 1 means no repetition.
///     initial_backoff: The wait after the first attempt is drawn from zero to this many seconds; doubled for each further one.
///     max_backoff: No drawn wait is longer, in seconds.
///     max_retry_after: The longest wait that the server may ask for and get, in seconds.
///     requests_per_minute: A limit that the client keeps automatically.
///     burst: Requests that may follow each other at once; needs requests_per_minute.
///     proxy: URL of an HTTP proxy; beats the environment's.
///     trust_env: Whether HTTPS_PROXY, NO_PROXY and so on, and REQUESTS_CA_BUNDLE, are looked at.
///     ca_bundle: A PEM file of authorities that are trusted in addition to the system's; else REQUESTS_CA_BUNDLE. The system's are
///         those of SSL_CERT_FILE and SSL_CERT_DIR if these are set.
///     user_agent: Appended to the client's own.
///     allow_insecure_http: Accept http to hosts other than this one; the key then travels in the clear.
///     max_response_bytes: The longest answer that is read.
///
/// Raises:
///     ConfigError: A setting is missing or wrong; the message names it.
///
/// Example:
///     >>> Client(customer_site="US1", api_key="eght_example", tenant="acme01")
///     <Client tenant="acme01" base_url="https://api.8x8.com/cc/US1/campaigns/v1">
#[pyclass(frozen, module = "campaigns8x8")]
pub(crate) struct Client {
    /// `None` once it is closed.
    client: Mutex<Option<campaigns8x8::Client>>,
    upload_lines: UploadLines,
    about: String,
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (*, api_key=None, tenant=None, customer_site=None, base_url=None, connect_timeout=5.0, timeout=30.0,
        max_attempts=5, initial_backoff=0.5, max_backoff=30.0, max_retry_after=120.0, requests_per_minute=None, burst=None,
        proxy=None, trust_env=true, ca_bundle=None, user_agent=None, allow_insecure_http=false, max_response_bytes=16777216))]
    #[expect(
        clippy::too_many_arguments,
        reason = "settings are keyword arguments in Python"
    )]
    fn new(
        py: Python<'_>,
        api_key: Option<String>,
        tenant: Option<String>,
        customer_site: Option<String>,
        base_url: Option<String>,
        connect_timeout: f64,
        timeout: f64,
        #[pyo3(from_py_with = arguments::cut)] max_attempts: i64,
        initial_backoff: f64,
        max_backoff: f64,
        max_retry_after: f64,
        requests_per_minute: Option<f64>,
        #[pyo3(from_py_with = arguments::cut_or_none)] burst: Option<i64>,
        proxy: Option<String>,
        trust_env: bool,
        ca_bundle: Option<PathBuf>,
        user_agent: Option<String>,
        allow_insecure_http: bool,
        #[pyo3(from_py_with = arguments::cut)] max_response_bytes: i64,
    ) -> PyResult<Self> {
        const KIND: ErrorKind = ErrorKind::Config;
        let wait = |name, value| arguments::seconds(py, KIND, name, value, 0.0..=A_DAY);
        let timeout_of = |name, value| arguments::seconds(py, KIND, name, value, 0.001..=A_DAY);
        let mut config = ClientConfig::new()
            .connect_timeout(timeout_of("connect_timeout", connect_timeout)?)
            .timeout(timeout_of("timeout", timeout)?)
            .retry(Retry {
                max_attempts: arguments::whole(py, KIND, "max_attempts", max_attempts, COUNTS)?,
                initial_backoff: wait("initial_backoff", initial_backoff)?,
                max_backoff: wait("max_backoff", max_backoff)?,
                max_retry_after: wait("max_retry_after", max_retry_after)?,
            })
            .trust_env(trust_env)
            .allow_insecure_http(allow_insecure_http)
            .max_response_bytes(arguments::whole(
                py,
                KIND,
                "max_response_bytes",
                max_response_bytes,
                1..=i64::MAX,
            )?);
        for (value, set) in [
            (api_key, ClientConfig::api_key as fn(_, String) -> _),
            (tenant, ClientConfig::tenant),
            (customer_site, ClientConfig::customer_site),
            (base_url, ClientConfig::base_url),
            (proxy, ClientConfig::proxy),
            (user_agent, ClientConfig::user_agent),
        ] {
            if let Some(value) = value {
                config = set(config, value);
            }
        }
        // What the rest of a Python program trusts already; see the precedence in the class's description.
        let from_environment = match (&ca_bundle, trust_env) {
            (None, true) => std::env::var_os(REQUESTS_CA_BUNDLE).filter(|path| !path.is_empty()),
            _ => None,
        };
        if let Some(ca_bundle) = ca_bundle.or_else(|| from_environment.clone().map(PathBuf::from)) {
            config = config.ca_bundle(ca_bundle);
        }
        let burst = burst
            .map(|burst| arguments::whole(py, KIND, "burst", burst, COUNTS))
            .transpose()?;
        config = match (requests_per_minute, burst) {
            (Some(requests_per_minute), burst) => config.rate_limit(RateLimit {
                requests_per_minute,
                burst,
            }),
            (None, None) => config,
            (None, Some(_)) => {
                let message = "burst is given without requests_per_minute; give both, or neither";
                return Err(errors::refuse(py, KIND, message));
            }
        };
        let client =
            py.detach(|| campaigns8x8::Client::new(config))
                .map_err(|error| match error.message().strip_prefix("caBundle ") {
                    Some(rest) if from_environment.is_some() => {
                        errors::refuse(py, KIND, format!("{REQUESTS_CA_BUNDLE} {rest}"))
                    }
                    _ => errors::raise(py, &error),
                })?;
        let upload_lines = keep_lines(&client);
        let about = format!(
            "<Client tenant={:?} base_url={:?}>",
            client.tenant(),
            client.base_url()
        );
        Ok(Self {
            client: Mutex::new(Some(client)),
            upload_lines,
            about,
        })
    }

    /// Asks for one action.
    ///
    /// Args:
    ///     campaign_id: The campaign's UUID.
    ///     action: A CampaignAction or its string.
    ///     enabled: Enables or disables the campaign together with the action; None leaves it.
    ///     build_on_start: With START only: build first, then start.
    ///
    /// Returns:
    ///     The campaign as it stands once the action was accepted.
    ///
    /// Raises:
    ///     ConflictError: The action is not valid in the campaign's state.
    ///     CampaignsError: Anything else; see outcome_unknown.
    ///
    /// Example:
    ///     >>> with Sandbox() as sandbox, sandbox.client() as client:
    ///     ...     client.modify_campaign(sandbox.campaign_id, "START", build_on_start=True).state
    ///     <CampaignState.BUILDING: 'BUILDING'>
    #[pyo3(signature = (campaign_id, action, *, enabled=None, build_on_start=None))]
    fn modify_campaign(
        &self,
        py: Python<'_>,
        campaign_id: &Bound<'_, PyAny>,
        action: &str,
        enabled: Option<bool>,
        build_on_start: Option<bool>,
    ) -> PyResult<Campaign> {
        let action: CampaignAction = action.parse().map_err(|error| errors::raise(py, &error))?;
        let mut request = ModifyCampaign::new(action);
        if let Some(enabled) = enabled {
            request = request.enabled(enabled);
        }
        if let Some(build_on_start) = build_on_start {
            request = request.build_on_start(build_on_start);
        }
        self.modify(py, campaign_id, request)
    }

    /// BUILD: the campaign is BUILDING, then READY or BUILD_ERROR. Arguments, result and errors as modify_campaign.
    fn build(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        self.modify(py, campaign_id, ModifyCampaign::new(CampaignAction::Build))
    }

    /// RESET: back to CREATED. Arguments, result and errors as modify_campaign.
    fn reset(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        self.modify(py, campaign_id, ModifyCampaign::new(CampaignAction::Reset))
    }

    /// START: dial, or wait for the schedule to open. Arguments, result and errors as modify_campaign.
    fn start(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        self.modify(py, campaign_id, ModifyCampaign::new(CampaignAction::Start))
    }

    /// PAUSE: hand out no new records. Records already queued are still dialed: see stop. Else as modify_campaign.
    fn pause(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        self.modify(py, campaign_id, ModifyCampaign::new(CampaignAction::Pause))
    }

    /// RESUME: go on after PAUSE. Never sent a second time when the first one's outcome is unknown. Else as modify_campaign.
    fn resume(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        self.modify(py, campaign_id, ModifyCampaign::new(CampaignAction::Resume))
    }

    /// RETRY: go on after RUN_ERROR. Never sent a second time when the first one's outcome is unknown. Else as modify_campaign.
    fn retry(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        self.modify(py, campaign_id, ModifyCampaign::new(CampaignAction::Retry))
    }

    /// CANCEL: end the campaign. Arguments, result and errors as modify_campaign.
    fn cancel(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        self.modify(py, campaign_id, ModifyCampaign::new(CampaignAction::Cancel))
    }

    /// PURGE: clear the queued interactions; the state stays. Arguments, result and errors as modify_campaign.
    fn purge(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        self.modify(py, campaign_id, ModifyCampaign::new(CampaignAction::Purge))
    }

    /// Brings a campaign to dial.
    ///
    /// Args:
    ///     campaign_id: The campaign's UUID.
    ///     strategy: build_on_start (one START that builds first), build_then_start (BUILD, then START until it is no longer
    ///         refused because the build lasts) or start.
    ///     deadline: Seconds that it may take in all.
    ///     poll_interval: Seconds between two STARTs while the build lasts.
    ///     enabled: Enables or disables the campaign with the first request; None leaves it.
    ///
    /// Returns:
    ///     The campaign as the accepted START returned it. Whether it runs by then cannot be seen: the API has no GET.
    ///
    /// Raises:
    ///     DeadlineError: START was refused until the end.
    ///     CampaignsError: Anything else; see outcome_unknown.
    ///
    /// Example:
    ///     >>> with Sandbox() as sandbox, sandbox.client() as client:
    ///     ...     launched = client.launch(sandbox.campaign_id, strategy="build_then_start", poll_interval=0.05)
    ///     >>> launched.state in ("STARTING", "RUNNING")
    ///     True
    #[pyo3(signature = (campaign_id, *, strategy="build_on_start", deadline=300.0, poll_interval=1.0, enabled=None))]
    fn launch(
        &self,
        py: Python<'_>,
        campaign_id: &Bound<'_, PyAny>,
        strategy: &str,
        deadline: f64,
        poll_interval: f64,
        enabled: Option<bool>,
    ) -> PyResult<Campaign> {
        const KIND: ErrorKind = ErrorKind::InvalidArgument;
        let id = campaign_id_of(py, campaign_id)?;
        let strategy = match strategy {
            "build_on_start" => LaunchStrategy::BuildOnStart,
            "build_then_start" => LaunchStrategy::BuildThenStart,
            "start" => LaunchStrategy::Start,
            other => {
                return Err(errors::invalid(
                    py,
                    format!(
                        "strategy is {other:?}; accepted are build_on_start, build_then_start, start"
                    ),
                ));
            }
        };
        let options = LaunchOptions {
            strategy,
            deadline: arguments::seconds(py, KIND, "deadline", deadline, 0.001..=A_WEEK)?,
            poll_interval: arguments::seconds(
                py,
                KIND,
                "poll_interval",
                poll_interval,
                0.01..=A_WEEK,
            )?,
            enabled,
        };
        let client = self.open(py)?;
        blocking(py, client, |client| client.launch_campaign(&id, &options)).map(Campaign::from)
    }

    /// Stops a campaign for real: PAUSE, then PURGE, because PAUSE alone lets the records that are queued already be dialed.
    ///
    /// Args:
    ///     campaign_id: The campaign's UUID.
    ///
    /// Returns:
    ///     The campaign as PURGE returned it.
    ///
    /// Raises:
    ///     CampaignsError: The message says which of the two steps failed.
    ///
    /// Example:
    ///     >>> with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
    ///     ...     client.stop(sandbox.campaign_id).state
    ///     <CampaignState.PAUSED: 'PAUSED'>
    fn stop(&self, py: Python<'_>, campaign_id: &Bound<'_, PyAny>) -> PyResult<Campaign> {
        let id = campaign_id_of(py, campaign_id)?;
        let client = self.open(py)?;
        blocking(py, client, |client| client.stop_campaign(&id)).map(Campaign::from)
    }

    /// Adds 1 to 100 records, all or none.
    ///
    /// Args:
    ///     campaign_id: The campaign's UUID.
    ///     records: NewRecord objects, or dicts with the wire names crmRecordId, scheduleAt, priority, rank.
    ///
    /// Returns:
    ///     The records as the server returned them, in the order sent.
    ///
    /// Raises:
    ///     RecordValidationError: Before sending; field_errors has every fault of every record.
    ///     ConflictError: An id is on the campaign already, or the state forbids it.
    ///     CampaignsError: Anything else; with outcome_unknown, sending the same records again is safe.
    ///
    /// Example:
    ///     >>> with Sandbox() as sandbox, sandbox.client() as client:
    ///     ...     client.add_records(sandbox.campaign_id, [NewRecord("CRM-1"), {"crmRecordId": "CRM-2"}])
    ///     [<Record CRM-1 PENDING>, <Record CRM-2 PENDING>]
    fn add_records(
        &self,
        py: Python<'_>,
        campaign_id: &Bound<'_, PyAny>,
        records: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<Record>> {
        let id = campaign_id_of(py, campaign_id)?;
        let mut drafts = Vec::new();
        for (index, record) in (0..).zip(records.try_iter()?) {
            drafts.push(record::draft(py, &record?, index)?);
        }
        let records = validate::check(&drafts).map_err(|error| errors::raise(py, &error))?;
        let client = self.open(py)?;
        let added = blocking(py, client, |client| client.add_records(&id, &records))?;
        Ok(added.into_iter().map(Record::from).collect())
    }

    /// Brings any number of records onto a campaign and says what became of each: exactly one true outcome, whatever was lost
    /// on the way.
    ///
    /// Nothing is dialed twice, and a record is called added only on the server's word. Ctrl-C, an exception in source or
    /// progress, and the deadline end the upload cleanly: nothing new is sent, what is under way is awaited, and the exception
    /// has the report as its attribute `report`. It has it, too, if the upload was already done when it was raised. An
    /// exception that takes no attributes has a CampaignsError with the report in its `__context__`.
    ///
    /// Args:
    ///     campaign_id: The campaign's UUID.
    ///     source: NewRecord objects or dicts with the wire names crmRecordId, scheduleAt, priority, rank, from any iterable,
    ///         read lazily on this thread; or a pandas DataFrame; or the path of a file, .csv (UTF-8, the first row names
    ///         the columns), .ndjson or .jsonl (one record a line).
    ///     columns: For a CSV file or a DataFrame: field to column name, e.g. {"crmRecordId": "Account ID"}. Columns with the
    ///         fields' own names need no mention; others are passed over.
    ///     concurrency: Requests under way at once, 1 to 64.
    ///     batch_size: Records in one request, 1 to 100.
    ///     ledger: Path of an SQLite file with which an upload that was killed can be run again: it sends only what is not
    ///         certain yet, and reports on all.
    ///     dry_run: Check everything and send nothing.
    ///     rank_start: Number the records from here in the order of the source, so that parallel requests do not shuffle the
    ///         dial order. None leaves ranks to the server, or to the records.
    ///     wait_for_campaign: Seconds that a refusal because of the campaign's state is waited out.
    ///     deadline: Seconds that the upload may take in all.
    ///     present_wording: More texts by which the server says that a record is on the campaign already, each with {id} where
    ///         the record's id stands, e.g. ["Record {id} exists"]; for the day on which the vendor changes its own.
    ///     sole_writer: Your promise that nothing else puts these ids on the campaign, not even an earlier upload of yours
    ///         without this ledger. A lost answer is then settled by one request instead of one a record; the ids are
    ///         remembered meanwhile, about 40 bytes each.
    ///     progress: Called with a Progress at most ten times a second and once at the end; or True for a bar on a terminal's
    ///         standard error. If it raises, it is not called again.
    ///
    /// Returns:
    ///     What became of every record. Rejected records are no error.
    ///
    /// Raises:
    ///     InvalidArgumentError: Before sending: options, columns, or a ledger of another upload.
    ///     StorageError: The file or the ledger cannot be read or written.
    ///     CampaignsError: What stopped the upload; `report` says what became of every record.
    ///
    /// Example:
    ///     >>> with Sandbox() as sandbox, sandbox.client() as client:
    ///     ...     records = ({"crmRecordId": f"CRM-{n}"} for n in range(1000))
    ///     ...     client.upload_records(sandbox.campaign_id, records, progress=True).counts.added
    ///     1000
    #[pyo3(signature = (campaign_id, source, *, columns=None, concurrency=4, batch_size=100, ledger=None, dry_run=false,
        rank_start=None, wait_for_campaign=60.0, deadline=None, sole_writer=false, present_wording=None,
        progress=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "options are keyword arguments in Python"
    )]
    fn upload_records<'py>(
        &self,
        py: Python<'py>,
        campaign_id: &Bound<'py, PyAny>,
        source: &Bound<'py, PyAny>,
        columns: Option<HashMap<String, String>>,
        #[pyo3(from_py_with = arguments::cut)] concurrency: i64,
        #[pyo3(from_py_with = arguments::cut)] batch_size: i64,
        ledger: Option<PathBuf>,
        dry_run: bool,
        rank_start: Option<f64>,
        wait_for_campaign: f64,
        deadline: Option<f64>,
        sole_writer: bool,
        present_wording: Option<&Bound<'py, PyAny>>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let request = Request {
            campaign: campaign_id_of(py, campaign_id)?,
            columns,
            options: upload::options(
                py,
                UploadOptions {
                    ledger,
                    dry_run,
                    sole_writer,
                    present_wording: present_wording.map_or(Ok(Vec::new()), |wording| {
                        arguments::texts(py, "present_wording", wording)
                    })?,
                    ranks: rank_start.map_or(Ranks::Server, Ranks::StartAt),
                    ..UploadOptions::default()
                },
                concurrency,
                batch_size,
                wait_for_campaign,
                deadline,
            )?,
        };
        let client = self.open(py)?;
        upload::upload(py, client, &self.upload_lines, request, source, progress)
    }

    /// The same client with a token that ends its calls. The two share connections; closing one leaves the other open.
    ///
    /// Args:
    ///     cancel: A Cancel.
    ///
    /// Example:
    ///     >>> cancel = Cancel()
    ///     >>> with Sandbox() as sandbox, sandbox.client() as client:
    ///     ...     client.with_cancel(cancel).build(sandbox.campaign_id).state
    ///     <CampaignState.BUILDING: 'BUILDING'>
    fn with_cancel(&self, py: Python<'_>, cancel: &Bound<'_, Cancel>) -> PyResult<Self> {
        let client = self.open(py)?.with_cancel(&cancel.get().cancel);
        Ok(Self {
            client: Mutex::new(Some(client)),
            upload_lines: self.upload_lines.clone(),
            about: self.about.clone(),
        })
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Client has connections and a key, and cannot be pickled; make one in each process, or fork",
        ))
    }

    /// Closes the connections. Calls under way end as usual; further ones raise InvalidArgumentError. Harmless twice.
    fn close(&self) {
        let client = self
            .client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop_detached(client);
    }

    /// Everything before /{campaignId}.
    #[getter]
    fn base_url(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.open(py)?.base_url().to_owned())
    }

    /// The tenant's name.
    #[getter]
    fn tenant(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.open(py)?.tenant().to_owned())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.close();
    }

    fn __repr__(&self) -> &str {
        &self.about
    }
}

impl Client {
    /// From keyword arguments, as [`Sandbox`](crate::sandbox::Sandbox) passes them on.
    pub(crate) fn from_settings<'py>(
        py: Python<'py>,
        settings: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        py.get_type::<Self>().call((), Some(settings))
    }

    fn open(&self, py: Python<'_>) -> PyResult<campaigns8x8::Client> {
        // Unlocked before Python runs again: another thread would wait for the lock, and this one for the GIL.
        let client = self
            .client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        client.ok_or_else(|| errors::invalid(py, "the client is closed; make a new one"))
    }

    fn modify(
        &self,
        py: Python<'_>,
        campaign_id: &Bound<'_, PyAny>,
        request: ModifyCampaign,
    ) -> PyResult<Campaign> {
        let id = campaign_id_of(py, campaign_id)?;
        let client = self.open(py)?;
        blocking(py, client, |client| client.modify_campaign(&id, &request)).map(Campaign::from)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
    }
}

/// A campaign's id as callers give it: a string or a `uuid.UUID`.
fn campaign_id_of(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<CampaignId> {
    let text = match value.cast::<PyString>() {
        Ok(text) => text.clone(),
        Err(_) if value.is_instance(&py.import("uuid")?.getattr("UUID")?)? => value.str()?,
        Err(_) => {
            let found = value.get_type().name()?;
            let message = format!("campaign_id must be str or uuid.UUID, not {found}");
            return Err(PyTypeError::new_err(message));
        }
    };
    let id = text.to_string_lossy().parse();
    id.map_err(|error| errors::raise(py, &error))
}
