//! A case: an input, a server, what goes wrong with each request, what breaks into each run. How it is drawn: [`super::draw`].

use std::time::Duration;

use campaigns8x8::validate::RecordDraft;
use campaigns8x8::{Ranks, UploadOptions};
use serde_json::json;

use super::world::{CUSTOM, Duplicate, Fate, Setup, fold};

/// What stands in the input at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Good,
    BlankId,
    WrongPriority,
    /// The same id as the record so many places before.
    Repeated(usize),
    /// On the campaign before the upload begins.
    Present,
    /// Put there by another writer when the record so many places before is read.
    PutMeanwhile(usize),
    /// The server has a reason of its own to refuse it, always.
    Refused,
}

/// How ids look.
#[derive(Debug, Clone, Copy)]
pub enum Ids {
    Distinctive,
    /// Of the length of percentages, seconds, references.
    ShortNumbers,
    /// As they stand in the server's texts.
    Words,
    /// Each is the beginning of the next.
    Prefixes,
    /// With blanks, quotes and punctuation at the end.
    Punctuated,
    /// Alike but for case, width and blanks at the end.
    Folding,
}

/// What breaks into a run, when the record at that place is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Break {
    Nothing,
    CancelAtOnce,
    Cancel(usize),
    /// The uploader is dropped.
    Drop(usize),
    /// The process ends: no request arrives any more, and the ledger is what it was then.
    Kill(usize),
    Deadline(u64),
    /// The campaign takes nothing any more.
    Complete(usize),
}

#[derive(Debug, Clone)]
pub struct Case {
    pub input: Vec<Kind>,
    pub ids: Ids,
    pub setup: Setup,
    /// Whether the client is told of the words for a duplicate, if they are not the vendor's.
    pub told: bool,
    pub concurrency: usize,
    pub batch_size: usize,
    pub attempts: u32,
    /// One run for each. With more than one over a ledger, the last in a friendly world.
    pub runs: Vec<Break>,
    pub ledger: bool,
    pub sole_writer: bool,
    pub ranks: bool,
    /// The trouble has an end, the words are known: everything good must get there.
    pub lively: bool,
}

fn letters(n: usize) -> String {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    format!("{}{}", letter(n / 26), letter(n))
}

impl Case {
    pub fn id(&self, place: usize) -> String {
        match self.input[place] {
            Kind::BlankId => " ".to_owned(),
            Kind::Repeated(before) if before <= place => self.id(place - before),
            _ => self.ids.name(place),
        }
    }

    /// Breaks no rule, neither the client's nor the server's, and is the first with its id.
    pub fn is_good(&self, place: usize) -> bool {
        let first = || (0..place).all(|before| fold(&self.id(before)) != fold(&self.id(place)));
        !self.id(place).trim().is_empty()
            && self.input[place] != Kind::WrongPriority
            && !self.is_refused(place)
            && first()
    }

    pub fn is_refused(&self, place: usize) -> bool {
        let id = self.id(place);
        (0..self.input.len()).any(|p| self.input[p] == Kind::Refused && self.id(p) == id)
    }

    pub fn draft(&self, place: usize) -> RecordDraft {
        let priority = match self.input[place] {
            Kind::WrongPriority => "URGENT",
            _ => "LOW",
        };
        RecordDraft {
            crm_record_id: Some(json!(self.id(place))),
            priority: Some(json!(priority)),
            // By which it is known again.
            rank: (!self.ranks).then(|| json!(place)),
            ..RecordDraft::default()
        }
    }

    pub fn place_of(&self, rank: f64) -> usize {
        rank as usize - usize::from(self.ranks)
    }

    /// Whether a duplicate is told in words that the client knows, once it is asked alone.
    pub fn words_are_known(&self) -> bool {
        let words = match self.setup.duplicate {
            Duplicate::Vendor | Duplicate::VendorIn400 | Duplicate::VendorListsAll => true,
            Duplicate::Custom => self.told,
            _ => false,
        };
        words && !self.setup.named_as_stored
    }

    /// Requests that are refused without being about a record, or times in which all are.
    pub fn vague_refusals(&self) -> usize {
        let refusing =
            |fate: &&Fate| matches!(fate, Fate::Refused(_) | Fate::State(..) | Fate::TooMany);
        let ends = |broken: &&Break| matches!(broken, Break::Complete(_));
        self.setup.schedule.iter().filter(refusing).count() + self.runs.iter().filter(ends).count()
    }

    /// Long where it is never used up.
    fn patience(&self, run: usize) -> Duration {
        let last = self.runs.len() > 1 && run + 1 == self.runs.len();
        Duration::from_millis(match self.lively {
            true => 1500,
            false if last && self.words_are_known() => 600,
            false => 20,
        })
    }

    pub fn options(&self, run: usize, ledger: Option<&std::path::Path>) -> UploadOptions {
        let deadline = match self.runs[run] {
            Break::Deadline(millis) => Some(Duration::from_millis(millis)),
            _ => None,
        };
        UploadOptions {
            concurrency: self.concurrency,
            batch_size: self.batch_size,
            ledger: ledger.map(Into::into),
            sole_writer: self.sole_writer,
            ranks: if self.ranks {
                Ranks::StartAt(1.0)
            } else {
                Ranks::Server
            },
            present_wording: match self.told {
                true => vec![CUSTOM.to_owned()],
                false => Vec::new(),
            },
            wait_for_campaign: self.patience(run),
            deadline,
            ..UploadOptions::default()
        }
    }
}

impl Ids {
    fn name(self, place: usize) -> String {
        const WORDS: [&str; 24] = [
            "Campaign",
            "already",
            "contains",
            "record",
            "for",
            "Id",
            "Id:",
            "409",
            "Error",
            "Conflict",
            "records",
            "crmRecordId",
            "exists",
            "the",
            "request",
            "state",
            "Record",
            "campaign",
            "is on the campaign",
            "record for Id: record",
            "for Id",
            "\"",
            "{id}",
            "Error 409",
        ];
        const ENDS: [&str; 14] = [
            "", " ", "\"", "'", ".", ",", ":", ";", ")", "|", "-", " x", "\\", "ß",
        ];
        match self {
            Self::Distinctive => format!("CRM-{}", 10_000 + place),
            Self::ShortNumbers => place.to_string(),
            Self::Words => match WORDS.get(place) {
                Some(word) => (*word).to_owned(),
                None => format!("w{}", letters(place)),
            },
            Self::Prefixes => format!("C{}-{}", letters(place / 5), &"12345"[..=place % 5]),
            Self::Punctuated => format!("P{}{}", place / ENDS.len(), ENDS[place % ENDS.len()]),
            Self::Folding => {
                let number = place / 4;
                match place % 4 {
                    0 => format!("fold-{number}"),
                    1 => format!("FOLD-{number}"),
                    2 => format!("\u{ff46}old-{number}"),
                    _ => format!("fold-{number} "),
                }
            }
        }
    }
}
