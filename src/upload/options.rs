//! What a caller may choose about an upload.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::refusal::ID;
use crate::outcome::{Error, ErrorKind, Result};
use crate::request_json;
use crate::text;
use crate::validate::MAX_RECORDS;

/// What a caller may choose about an upload.
#[derive(Debug, Clone, PartialEq)]
pub struct UploadOptions {
    /// Requests under way at once, 1 to 64. Default 4.
    pub concurrency: usize,
    /// Records in one request, 1 to 100. Default 100.
    pub batch_size: usize,
    /// An SQLite file that remembers the outcome of every record, so that an upload that was killed can be run again. Default
    /// none.
    pub ledger: Option<PathBuf>,
    /// Checks everything and sends nothing. Default false.
    pub dry_run: bool,
    /// Who numbers the records inside their priority group. Default [`Ranks::Server`].
    pub ranks: Ranks,
    /// Further texts by which a refusal says that a record is on the campaign already, each with `{id}` where the record's id
    /// stands, e.g. `"Record {id} exists"`: for the day on which the vendor changes its own, "already contains record for
    /// Id: {id}". Default none.
    pub present_wording: Vec<String>,
    /// How long a refusal because of the campaign's state is waited out. Default 60 s.
    pub wait_for_campaign: Duration,
    /// How long the upload may take in all. Default none.
    pub deadline: Option<Duration>,
    /// The caller's promise that nothing else puts these ids on the campaign, not even an earlier upload without this ledger.
    /// A lost answer is then settled by one refusal instead of record by record: if the promise does not hold, records that
    /// are not there may be called added. The ids are remembered while the upload lasts, about 80 bytes each. Default false.
    pub sole_writer: bool,
}

/// Who numbers the records inside their priority group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ranks {
    /// The server, in the order in which the records arrive: parallel batches shuffle the input.
    Server,
    /// The upload, in the order of the input, starting here: parallel batches keep the dial order.
    StartAt(f64),
}

impl Default for UploadOptions {
    fn default() -> Self {
        Self {
            concurrency: 4,
            batch_size: MAX_RECORDS,
            ledger: None,
            dry_run: false,
            ranks: Ranks::Server,
            present_wording: Vec::new(),
            wait_for_campaign: Duration::from_secs(60),
            deadline: None,
            sole_writer: false,
        }
    }
}

impl UploadOptions {
    /// Reads the JSON form, every field optional: `{"concurrency":4,"batchSize":100,"ledger":"upload.db","dryRun":false,
    /// "ranks":{"startAt":1},"presentWording":["Record {id} exists"],"waitForCampaignMs":60000,"deadlineMs":3600000,"soleWriter":false}`; `ranks` may also be
    /// `"server"`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] on malformed JSON, an unknown field or a wrong value; it names the field.
    pub fn from_json(json: &str) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Wire {
            concurrency: Option<usize>,
            batch_size: Option<usize>,
            ledger: Option<PathBuf>,
            dry_run: Option<bool>,
            ranks: Option<Value>,
            present_wording: Option<Vec<String>>,
            wait_for_campaign_ms: Option<u64>,
            deadline_ms: Option<u64>,
            sole_writer: Option<bool>,
        }
        let wire: Wire = request_json::parse(json, "options", ErrorKind::InvalidArgument)?;
        let defaults = Self::default();
        let options = Self {
            concurrency: wire.concurrency.unwrap_or(defaults.concurrency),
            batch_size: wire.batch_size.unwrap_or(defaults.batch_size),
            ledger: wire.ledger,
            dry_run: wire.dry_run.unwrap_or(false),
            ranks: wire.ranks.as_ref().map_or(Ok(Ranks::Server), ranks)?,
            present_wording: wire.present_wording.unwrap_or_default(),
            wait_for_campaign: wire
                .wait_for_campaign_ms
                .map_or(defaults.wait_for_campaign, Duration::from_millis),
            deadline: wire.deadline_ms.map(Duration::from_millis),
            sole_writer: wire.sole_writer.unwrap_or(false),
        };
        options.check()?;
        Ok(options)
    }

    pub(crate) fn check(&self) -> Result<()> {
        /// Longer than any upload, short enough that clock arithmetic cannot overflow.
        const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
        let wrong = |message: String| Err(Error::invalid_argument(message));
        if !(1..=64).contains(&self.concurrency) {
            return wrong(format!(
                "concurrency is {}; accepted are 1 to 64",
                self.concurrency
            ));
        }
        if !(1..=MAX_RECORDS).contains(&self.batch_size) {
            return wrong(format!(
                "batchSize is {}; accepted are 1 to {MAX_RECORDS}",
                self.batch_size
            ));
        }
        if let Ranks::StartAt(start) = self.ranks
            && (start.is_nan() || start.abs() > HIGHEST_START)
        {
            return wrong(format!(
                "ranks.startAt is {start}; accepted are -{HIGHEST_START} to {HIGHEST_START}: beyond them not every number \
                 is a number of its own (a rank is a double)"
            ));
        }
        for text in &self.present_wording {
            if text.matches(ID).count() != 1 || !text.split(ID).any(has_words) {
                return wrong(format!(
                    "presentWording has {}; each text needs {ID} once, where the record's id stands, and words beside it, e.g. \
                     \"Record {ID} exists\"",
                    text::quoted(text)
                ));
            }
        }
        if let Some(path) = &self.ledger {
            let name = path.to_string_lossy();
            if name.is_empty() || name == ":memory:" || name.starts_with("file:") {
                return wrong(format!(
                    "ledger is {}; give the path of a file, which keeps what was learned (a path that begins with file: \
                     needs ./ before it)",
                    text::quoted(&name)
                ));
            }
        }
        for (name, wait) in [
            ("waitForCampaignMs", Some(self.wait_for_campaign)),
            ("deadlineMs", self.deadline),
        ] {
            if wait.is_some_and(|wait| wait > LONGEST) {
                return wrong(format!("{name} is longer than 30 days"));
            }
        }
        Ok(())
    }
}

/// The highest first rank: a million million records further, each whole number still is a double of its own.
const HIGHEST_START: f64 = 8_000_000_000_000_000.0;

fn has_words(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

fn ranks(value: &Value) -> Result<Ranks> {
    let start = match value {
        Value::String(text) if text == "server" => return Ok(Ranks::Server),
        Value::Object(object) if object.len() == 1 => object.get("startAt").and_then(Value::as_f64),
        _ => None,
    };
    start.map(Ranks::StartAt).ok_or_else(|| {
        Error::invalid_argument(format!(
            "options: ranks is {}; accepted are \"server\" and {{\"startAt\":number}}",
            text::shorten(&text::redact_keys(&value.to_string()))
        ))
    })
}
