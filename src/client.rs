//! The client: the two requests of the API, the eight actions by name, and the operations made of several requests. How
//! these are made is in `api`, `launch` and `upload`; here is what a caller needs to know.

use std::fmt;
use std::ops::ControlFlow;

use crate::api::Api;
use crate::cancel::Cancel;
use crate::config::{ClientConfig, Settings};
use crate::identifier::CampaignId;
use crate::launch::{self, LaunchOptions};
use crate::log::LogLevel;
use crate::model::{Campaign, CampaignAction, ModifyCampaign, NewRecord, Record};
#[cfg(doc)]
use crate::outcome::{Error, ErrorKind};
use crate::outcome::{Progress, Result, UploadReport};
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
    api: Api,
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
            api: Api::new(Settings::resolve(config)?)?,
        })
    }

    /// The same client, whose calls are ended by `cancel`.
    pub fn with_cancel(&self, cancel: &Cancel) -> Self {
        Self {
            api: self.api.with_cancel(cancel),
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
        self.api.logger().set(max_level, sink);
    }

    /// Writes no more lines, and waits for the sink as [`set_log`](Self::set_log) does.
    pub fn clear_log(&self) {
        self.api.logger().clear();
    }

    /// Everything before `/{campaignId}`.
    pub fn base_url(&self) -> &str {
        self.api.base_url()
    }

    /// The tenant's name.
    pub fn tenant(&self) -> &str {
        self.api.tenant()
    }

    /// Asks for an action, and returns the campaign as it stands once the action was accepted.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] before sending, if `buildOnStart` goes with another action than START.
    /// [`ErrorKind::Conflict`] (or, in another dialect of the server, [`ErrorKind::BadRequest`]) if the action is not valid in
    /// the campaign's state. Any other kind of the table in [`ErrorKind`]. [`Error::is_outcome_unknown`] tells whether the
    /// action may have been applied all the same; RESUME and RETRY are then not sent again.
    pub fn modify_campaign(&self, id: &CampaignId, request: &ModifyCampaign) -> Result<Campaign> {
        self.api.modify(id, request, &self.api.patience())
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
        self.api.add(id, &records)
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
        let mut uploader = Uploader::new(&self.api, *id, options)?;
        uploader.on_progress(progress);
        uploader.run(source)
    }

    /// An upload whose records are pushed one by one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] and [`ErrorKind::Storage`], for options and ledger.
    pub fn uploader<'p>(&self, id: &CampaignId, options: &UploadOptions) -> Result<Uploader<'p>> {
        Uploader::new(&self.api, *id, options)
    }

    /// The token that ends this client's calls; see [`with_cancel`](Self::with_cancel).
    pub fn cancel_token(&self) -> Option<&Cancel> {
        self.api.cancel_token()
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
        launch::launch(&self.api, id, options)
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
        launch::stop(&self.api, id)
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
}
