//! The client: the two requests of the API, the eight actions by name, and the two operations made of several requests.

use std::collections::HashSet;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use crate::cancel::Cancel;
use crate::config::{ClientConfig, RateLimit, Retry, Settings};
use crate::identifier::CampaignId;
use crate::launch::{LaunchOptions, LaunchStrategy};
use crate::log::LogLevel;
use crate::model::{
    Campaign, CampaignAction, CampaignState, ModifyCampaign, NewRecord, Record, records_of_answer,
};
use crate::outcome::{Error, ErrorKind, Progress, Result, UploadReport};
use crate::text::quoted_to;
use crate::transport::{Patience, Request, Transport, interrupted};
use crate::upload::{Source, UploadOptions, Uploader};
use crate::validate;

/// A client for the campaigns of one tenant.
///
/// Every call blocks until the server has spoken, the attempts are used up, or the call is cancelled. Clones are cheap and
/// share connections, pace and log; a client may be used from any number of threads at once. It keeps one thread of its own,
/// which ends when the last clone is dropped. A client inherited through fork works in the child.
///
/// ```no_run
/// use campaigns8x8::{Client, ClientConfig, LaunchOptions, NewRecord};
///
/// let client = Client::new(ClientConfig::new())?; // all from CAMPAIGNS8X8_… in the environment
/// let campaign = "123e4567-e89b-12d3-a456-426614174000".parse()?;
/// client.launch_campaign(&campaign, &LaunchOptions::default())?;
/// client.add_records(&campaign, &[NewRecord::new("CRM-12345")?])?;
/// client.stop_campaign(&campaign)?;
/// # Ok::<(), campaigns8x8::Error>(())
/// ```
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    cancel: Option<Cancel>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .field("tenant", &self.tenant())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client with these settings, completed from the environment. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] on a setting that is missing or wrong; it names the setting and what would supply it.
    /// [`ErrorKind::Tls`] if the system has no trusted certificates.
    pub fn new(config: ClientConfig) -> Result<Self> {
        Ok(Self {
            transport: Arc::new(Transport::new(Settings::resolve(config)?)?),
            cancel: None,
        })
    }

    /// The same client, whose calls are ended by `cancel`.
    pub fn with_cancel(&self, cancel: &Cancel) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            cancel: Some(cancel.clone()),
        }
    }

    /// Sends lines up to `max_level` to `sink`: one line an attempt, with method, path, status, milliseconds and number.
    ///
    /// `sink` is called on the thread that makes the call, of an upload on the upload's own threads, with no lock held: it
    /// may call the client. It replaces the one before, for all clones.
    ///
    /// Once this has returned, the sink before is not running and will not be called again. So a sink that is running on
    /// another thread is waited for: do not hold a lock here that the sink takes. A sink may call this; it goes on running
    /// then.
    pub fn set_log(
        &self,
        max_level: LogLevel,
        sink: impl Fn(LogLevel, &str) + Send + Sync + 'static,
    ) {
        self.transport.log.set(max_level, sink);
    }

    /// Writes no more lines, and waits for the sink as [`set_log`](Self::set_log) does.
    pub fn clear_log(&self) {
        self.transport.log.clear();
    }

    /// Everything before `/{campaignId}`.
    pub fn base_url(&self) -> &str {
        self.transport.settings().base_url.as_str()
    }

    /// The tenant's name.
    pub fn tenant(&self) -> &str {
        self.transport.settings().tenant.as_str()
    }

    /// Asks for an action, and returns the campaign as it stands once the action was accepted.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] before sending, if `buildOnStart` goes with another action than START.
    /// [`ErrorKind::Conflict`] (or, in another dialect of the server, [`ErrorKind::BadRequest`]) if the action is not valid in
    /// the campaign's state. Any other kind of the table in [`ErrorKind`]. [`Error::is_outcome_unknown`] tells whether the
    /// action may have been applied all the same; RESUME and RETRY are then not sent again.
    pub fn modify_campaign(&self, id: &CampaignId, request: &ModifyCampaign) -> Result<Campaign> {
        self.modify(id, request, &self.patience())
    }

    /// Adds 1 to 100 records, all or none, and returns them as the server answered.
    ///
    /// # Errors
    /// [`ErrorKind::Validation`] before sending, with every fault of every record. [`ErrorKind::Conflict`] (or
    /// [`ErrorKind::BadRequest`]) if an id is on the campaign already or the state forbids it. With
    /// [`Error::is_outcome_unknown`] the records may be on the campaign all the same; sending them again is safe, because the
    /// server refuses an id that is on the campaign already.
    pub fn add_records(&self, id: &CampaignId, records: &[NewRecord]) -> Result<Vec<Record>> {
        validate::check_request(records)?;
        let records: Vec<&NewRecord> = records.iter().collect();
        let request = self.adding(id, &records, true)?;
        self.transport
            .call(&request, &self.patience(), |answer| added(&records, answer))
    }

    /// As [`add_records`](Self::add_records), for records that were checked, and not sent again once an answer was lost.
    /// Returns how many attempts it took.
    pub(crate) fn send_records(
        &self,
        id: &CampaignId,
        records: &[&NewRecord],
        patience: &Patience<'_>,
        under_way: &Patience<'_>,
    ) -> Result<u32> {
        let request = self.adding(id, records, false)?;
        self.transport
            .call_counted(&request, patience, under_way, |answer| {
                added(records, answer)
            })
            .map(|(_, attempts)| attempts)
    }

    fn adding(&self, id: &CampaignId, records: &[&NewRecord], repeatable: bool) -> Result<Request> {
        #[derive(Serialize)]
        struct Body<'a> {
            records: &'a [&'a NewRecord],
        }
        let body = Body { records };
        self.request(Method::POST, id, Some("records"), &body, repeatable)
    }

    /// Brings any number of records onto the campaign and answers what became of each: exactly one true outcome, whatever
    /// was lost on the way.
    ///
    /// `progress` is called on this thread, at most ten times a second and once at the end; `Break` cancels. So do the
    /// token of [`with_cancel`](Self::with_cancel) and the deadline: no new request is sent then, those under way are
    /// awaited. Log lines are written from the threads of the upload.
    ///
    /// ```no_run
    /// use std::ops::ControlFlow;
    /// use campaigns8x8::{Client, ClientConfig, Source, UploadOptions};
    ///
    /// let client = Client::new(ClientConfig::new())?;
    /// let campaign = "123e4567-e89b-12d3-a456-426614174000".parse()?;
    /// let source = Source::csv("contacts.csv", [("crmRecordId", "Account ID")])?;
    /// let report = client.upload_records(&campaign, source, &UploadOptions::default(), |progress| {
    ///     println!("{} done", progress.done);
    ///     ControlFlow::Continue(())
    /// })?;
    /// println!("{} added, {} rejected", report.counts.added, report.counts.rejected);
    /// # Ok::<(), campaigns8x8::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] and [`ErrorKind::Storage`] before sending, for options, source or ledger. Whatever
    /// stopped the upload otherwise (401, cancelled, deadline, the server gone), with [`Error::report`]. An upload that
    /// came to its end is no error, even if records were rejected.
    pub fn upload_records<'p>(
        &self,
        id: &CampaignId,
        source: Source<'_>,
        options: &UploadOptions,
        progress: impl FnMut(&Progress) -> ControlFlow<()> + Send + 'p,
    ) -> Result<UploadReport> {
        let mut uploader = Uploader::new(self, *id, options)?;
        uploader.on_progress(progress);
        uploader.run(source)
    }

    /// An upload whose records are pushed one by one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] and [`ErrorKind::Storage`], for options and ledger.
    pub fn uploader<'p>(&self, id: &CampaignId, options: &UploadOptions) -> Result<Uploader<'p>> {
        Uploader::new(self, *id, options)
    }

    /// The token that ends this client's calls; see [`with_cancel`](Self::with_cancel).
    pub fn cancel_token(&self) -> Option<&Cancel> {
        self.cancel.as_ref()
    }

    pub(crate) fn retry_policy(&self) -> &Retry {
        &self.transport.settings().retry
    }

    pub(crate) fn rate_limit(&self) -> Option<&RateLimit> {
        self.transport.settings().rate_limit.as_ref()
    }

    pub(crate) fn log(&self, level: LogLevel, line: impl FnOnce() -> String) {
        self.transport.log.write(level, line);
    }

    /// Brings a campaign to dial, and answers it as the accepted START did. Whether it runs by then cannot be seen: the API
    /// has no GET.
    ///
    /// While a build lasts START is refused; it is sent again every [`poll_interval`](LaunchOptions::poll_interval), within
    /// [`deadline`](LaunchOptions::deadline). No other action is ever used to find out the state. Once a START has an unknown
    /// outcome (its answer was lost), a refusal ends the launch: that START may be why.
    ///
    /// # Errors
    /// [`ErrorKind::Deadline`] if START was refused until the end: the build may last longer, or have failed; the last
    /// refusal is in [`Error::http`]. [`ErrorKind::Conflict`] if the answer to BUILD says that it failed. Else as
    /// [`modify_campaign`](Self::modify_campaign). With [`Error::is_outcome_unknown`] START may have been applied.
    pub fn launch_campaign(&self, id: &CampaignId, options: &LaunchOptions) -> Result<Campaign> {
        options.check()?;
        let patience = self.patience().within(options.deadline);
        let request = |action| {
            let mut request = ModifyCampaign::new(action);
            if let Some(enabled) = options.enabled {
                request = request.enabled(enabled);
            }
            request
        };
        let start = request(CampaignAction::Start);
        match options.strategy {
            LaunchStrategy::Start => self.modify(id, &start, &patience).map_err(of_start),
            LaunchStrategy::BuildOnStart => self
                .modify(id, &start.build_on_start(true), &patience)
                .map_err(of_start),
            LaunchStrategy::BuildThenStart => {
                match self.modify(id, &request(CampaignAction::Build), &patience) {
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
                self.start_once_built(id, &start, options, &patience)
            }
        }
    }

    fn start_once_built(
        &self,
        id: &CampaignId,
        start: &ModifyCampaign,
        options: &LaunchOptions,
        patience: &Patience<'_>,
    ) -> Result<Campaign> {
        let mut attempts = 0;
        let mut last_refusal = None;
        loop {
            let error = match self.modify(id, start, patience) {
                Ok(campaign) => return Ok(campaign),
                Err(error) => error,
            };
            attempts += error.attempts();
            let waited_for = is_state_refusal(&error) && !error.is_outcome_unknown();
            let error = if waited_for {
                last_refusal = error.http().cloned();
                self.transport.log.write(LogLevel::Info, || {
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

    /// Stops a campaign for real: PAUSE, then PURGE, because PAUSE alone lets the records that are queued already be dialed.
    /// Returns the campaign as PURGE answered it.
    ///
    /// A campaign that does not run refuses PAUSE; it is purged all the same, where its state allows it.
    ///
    /// # Errors
    /// As [`modify_campaign`](Self::modify_campaign); the message says which of the two steps failed, and whether the
    /// campaign is paused by then.
    pub fn stop_campaign(&self, id: &CampaignId) -> Result<Campaign> {
        let (step, unknown) = match self.pause(id) {
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
        self.purge(id).map_err(|error| {
            let unknown = unknown || error.is_outcome_unknown();
            error.in_step(step).with_outcome_unknown(unknown)
        })
    }

    /// BUILD: the campaign is BUILDING, then READY or BUILD_ERROR.
    ///
    /// # Errors
    /// As [`modify_campaign`](Self::modify_campaign); so it is for the other seven.
    pub fn build(&self, id: &CampaignId) -> Result<Campaign> {
        self.act(id, CampaignAction::Build)
    }

    /// RESET: back to CREATED.
    pub fn reset(&self, id: &CampaignId) -> Result<Campaign> {
        self.act(id, CampaignAction::Reset)
    }

    /// START: dial, or wait for the schedule to open.
    pub fn start(&self, id: &CampaignId) -> Result<Campaign> {
        self.act(id, CampaignAction::Start)
    }

    /// PAUSE: hand out no new records. Records already queued are still dialed: see [`stop_campaign`](Self::stop_campaign).
    pub fn pause(&self, id: &CampaignId) -> Result<Campaign> {
        self.act(id, CampaignAction::Pause)
    }

    /// RESUME: go on after PAUSE. Never sent a second time when the first one's outcome is unknown.
    pub fn resume(&self, id: &CampaignId) -> Result<Campaign> {
        self.act(id, CampaignAction::Resume)
    }

    /// RETRY: go on after RUN_ERROR. Never sent a second time when the first one's outcome is unknown.
    pub fn retry(&self, id: &CampaignId) -> Result<Campaign> {
        self.act(id, CampaignAction::Retry)
    }

    /// CANCEL: end the campaign.
    pub fn cancel(&self, id: &CampaignId) -> Result<Campaign> {
        self.act(id, CampaignAction::Cancel)
    }

    /// PURGE: clear the queued interactions; the state stays.
    pub fn purge(&self, id: &CampaignId) -> Result<Campaign> {
        self.act(id, CampaignAction::Purge)
    }

    fn act(&self, id: &CampaignId, action: CampaignAction) -> Result<Campaign> {
        self.modify_campaign(id, &ModifyCampaign::new(action))
    }

    fn modify(
        &self,
        id: &CampaignId,
        body: &ModifyCampaign,
        patience: &Patience<'_>,
    ) -> Result<Campaign> {
        body.check()?;
        let repeatable = body.action().is_repeatable();
        let request = self.request(Method::PATCH, id, None, body, repeatable)?;
        self.transport.call(&request, patience, |answer| {
            let campaign = Campaign::from_answer(answer);
            campaign.ok_or_else(|| "not with a campaign that has a state".to_owned())
        })
    }

    fn request(
        &self,
        method: Method,
        id: &CampaignId,
        below: Option<&str>,
        body: &impl Serialize,
        repeatable: bool,
    ) -> Result<Request> {
        let internal = |message: String| Error::new(ErrorKind::Internal, message);
        let mut url = self.transport.settings().base_url.clone();
        url.path_segments_mut()
            .map_err(|()| internal("baseUrl has no path".to_owned()))?
            .pop_if_empty()
            .push(&id.to_string())
            .extend(below);
        Ok(Request {
            method,
            url,
            body: serde_json::to_vec(body).map_err(|error| internal(error.to_string()))?,
            repeatable,
        })
    }

    fn patience(&self) -> Patience<'_> {
        Patience::new(self.cancel.as_ref())
    }
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

/// The records of an answer to "add records", if it names exactly those that were sent, each once, by its `crmRecordId`.
/// Anything else does not show that they were added.
fn added(sent: &[&NewRecord], answer: Value) -> Result<Vec<Record>, String> {
    let answered = records_of_answer(answer).ok_or("not with a list of records")?;
    let mut missing: Vec<&str> = sent.iter().map(|r| r.crm_record_id().as_str()).collect();
    let mut left: HashSet<&str> = missing.iter().copied().collect();
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for id in answered.iter().filter_map(|r| r.crm_record_id.as_deref()) {
        if left.remove(id) {
            named.push(id);
        } else {
            others.push(id);
        }
    }
    if left.is_empty() && answered.len() == sent.len() {
        return Ok(answered);
    }
    // Those that make the difference first, because only a few are shown.
    missing.sort_by_key(|id| !left.contains(id));
    others.append(&mut named);
    Err(format!(
        "not with exactly the records that were sent: sent were {}; the answer has {} records and names {}",
        some(&missing),
        answered.len(),
        some(&others),
    ))
}

/// How many ids there are, and the first three of them.
fn some(ids: &[&str]) -> String {
    let shown: Vec<_> = ids.iter().take(3).map(|id| quoted_to(id, 40)).collect();
    let more = if ids.len() > 3 { ", …" } else { "" };
    match ids.len() {
        0 => "none".to_owned(),
        count => format!("{count} ({}{more})", shown.join(", ")),
    }
}
