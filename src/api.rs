//! The two requests of the remote API: modify a campaign, add records. What is made of several requests stands above.

use std::collections::HashSet;
use std::sync::Arc;

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use crate::cancel::Cancel;
use crate::config::{RateLimit, Retry, Settings};
use crate::identifier::CampaignId;
use crate::log::{Log, LogLevel};
use crate::model::{Campaign, ModifyCampaign, NewRecord, Record, records_of_answer};
use crate::outcome::{Error, ErrorKind, Result};
use crate::text::quoted_to;
use crate::transport::{Patience, Request, Transport};

/// A way to the remote API, and what ends calls on it. Clones share connections, pace and log.
#[derive(Clone)]
pub(crate) struct Api {
    transport: Arc<Transport>,
    cancel: Option<Cancel>,
}

impl Api {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            transport: Arc::new(Transport::new(settings)?),
            cancel: None,
        })
    }

    /// The same, whose calls are ended by `cancel`.
    pub(crate) fn with_cancel(&self, cancel: &Cancel) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            cancel: Some(cancel.clone()),
        }
    }

    pub(crate) fn cancel_token(&self) -> Option<&Cancel> {
        self.cancel.as_ref()
    }

    pub(crate) fn logger(&self) -> &Log {
        &self.transport.log
    }

    pub(crate) fn base_url(&self) -> &str {
        self.transport.settings().base_url.as_str()
    }

    pub(crate) fn tenant(&self) -> &str {
        self.transport.settings().tenant.as_str()
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

    /// How long a call waits: until it is cancelled.
    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience::new(self.cancel.as_ref())
    }

    /// Asks for an action, and returns the campaign as it stands once the action was accepted.
    pub(crate) fn modify(
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

    /// Adds records that were checked, all or none, and returns them as the server answered.
    pub(crate) fn add(&self, id: &CampaignId, records: &[&NewRecord]) -> Result<Vec<Record>> {
        let request = self.adding(id, records, true)?;
        self.transport
            .call(&request, &self.patience(), |answer| added(records, answer))
    }

    /// As [`add`](Self::add), but not sent again once an answer was lost. Returns how many attempts it took.
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
