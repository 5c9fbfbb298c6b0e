//! What a refused "add records" is about: one record, named ones, the whole upload, or nobody knows.
//!
//! This is the one place that reads texts, and it believes few of them:
//!
//! | the server said | it is about |
//! | --- | --- |
//! | 409 or 400 with a problem object that names one record in the known words for a duplicate, and no other record of the request anywhere | that record: it is on the campaign |
//! | 400 or 422 with a problem object whose `errors` name records by index | those records |
//! | 400 with a problem object that speaks of `isDynamic`; any other 4xx but 409 and 422 | everything: the upload stops |
//! | anything else | unknown: a record of the request, or the campaign's state |
//!
//! Only an answer that came whole has a problem object. The known words are the vendor's (contract: errors), and those of
//! the caller's `presentWording`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::NewRecord;
use crate::outcome::{Error, ErrorKind, FieldError, Problem};

/// The vendor's words; the record's id ends the text.
const VENDOR: &str = "already contains record for Id: {id}";
/// Where the id stands in a wording.
pub(super) const ID: &str = "{id}";

/// What a refusal is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum About {
    /// This record of the request is on the campaign already.
    Present(usize),
    /// `errors` name these records of the request, by their places in it.
    Faults(Vec<(usize, Vec<FieldError>)>),
    /// Nobody knows: a record of the request, or the campaign's state.
    Unknown,
    /// Every record: nothing can be added at all.
    Everything,
    /// It is no refusal: the server could not be reached, or the caller stopped.
    NoRefusal,
}

/// How far the indexes in `errors` are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Indexes {
    /// The first record that they name is asked for alone before it is rejected.
    #[default]
    Untested,
    /// They count from 0, over the records of the request.
    FromZero,
    /// They named a record that was accepted: they mean something else.
    Useless,
}

/// The texts by which a refusal says that a record is on the campaign.
#[derive(Debug)]
pub(super) struct Wordings(Vec<(String, String)>);

impl Wordings {
    pub(super) fn new(further: &[String]) -> Self {
        let all = further.iter().map(String::as_str).chain([VENDOR]);
        Self(
            all.filter_map(|wording| wording.split_once(ID))
                .map(|(before, after)| (before.to_owned(), after.to_owned()))
                .collect(),
        )
    }

    /// Says what `error`, the answer to a request with `records`, is about.
    pub(super) fn about(&self, error: &Error, records: &[&NewRecord], indexes: Indexes) -> About {
        match error.kind() {
            ErrorKind::Conflict | ErrorKind::BadRequest => {}
            ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::NotFound => {
                return About::Everything;
            }
            _ => return About::NoRefusal,
        }
        let Some(http) = error.http() else {
            return About::NoRefusal;
        };
        if !matches!(http.status, 400 | 409 | 422) {
            return About::Everything;
        }
        let Some(problem) = &http.problem else {
            return About::Unknown;
        };
        if http.status != 422
            && let Some(place) = self.present(problem, records)
        {
            return About::Present(place);
        }
        if http.status == 400 && is_static(problem, records) {
            return About::Everything;
        }
        if http.status != 409 && (indexes != Indexes::Useless || records.len() == 1) {
            let faults = by_place(&problem.errors, records.len());
            if !faults.is_empty() {
                return About::Faults(faults);
            }
        }
        About::Unknown
    }

    /// The record that the problem names as present, if it names one, and no other anywhere.
    fn present(&self, problem: &Problem, records: &[&NewRecord]) -> Option<usize> {
        let texts = || said(problem);
        let named = |record: &&NewRecord| {
            texts().any(|text| self.says_present(text, record.crm_record_id.as_str()))
        };
        let place = records.iter().position(named)?;
        let is_other = |(other, record): (usize, &&NewRecord)| {
            other != place && stands_anywhere(problem, record.crm_record_id.as_str())
        };
        (!records.iter().enumerate().any(is_other)).then_some(place)
    }

    fn says_present(&self, text: &str, id: &str) -> bool {
        self.0.iter().any(|(before, after)| {
            let told = format!("{before}{id}{after}");
            text.match_indices(&told).any(|(at, _)| {
                let rest = text.get(at + told.len()..).unwrap_or_default();
                // What is cut off after the id may be a part of another one.
                let ends = rest.is_empty() || (!after.is_empty() && !begins_with_word_part(rest));
                ends && (!before.is_empty() || !ends_with_word_part(text.get(..at)))
            })
        })
    }
}

/// The problem's own sentences.
fn said(problem: &Problem) -> impl Iterator<Item = &str> {
    [&problem.title, &problem.detail]
        .into_iter()
        .flatten()
        .chain(problem.errors.iter().map(|error| &error.message))
        .map(String::as_str)
}

/// Whether the campaign takes no records at all (contract: add records).
fn is_static(problem: &Problem, records: &[&NewRecord]) -> bool {
    const WORD: &str = "isDynamic";
    let is_an_id = |record: &&NewRecord| record.crm_record_id.as_str().contains(WORD);
    said(problem).any(|text| text.contains(WORD)) && !records.iter().any(is_an_id)
}

/// The records whose index the paths name, e.g. `records[3].crmRecordId`.
fn by_place(errors: &[FieldError], count: usize) -> Vec<(usize, Vec<FieldError>)> {
    let place = |error: &FieldError| {
        let (_, index) = error.field.split_once("records[")?;
        let (index, _) = index.split_once(']')?;
        index.parse::<usize>().ok().filter(|place| *place < count)
    };
    let mut by_place: BTreeMap<usize, Vec<FieldError>> = BTreeMap::new();
    for error in errors {
        if let Some(place) = place(error) {
            by_place.entry(place).or_default().push(error.clone());
        }
    }
    by_place.into_iter().collect()
}

/// Whether the id stands in the body, anywhere but in the two members that are numbers of another kind.
fn stands_anywhere(problem: &Problem, id: &str) -> bool {
    problem.raw.iter().any(|(name, value)| {
        !matches!(name.as_str(), "status" | "time") && (stands_in(name, id) || stands(value, id))
    })
}

fn stands(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => stands_in(text, id),
        Value::Number(number) => number.to_string() == id,
        Value::Array(items) => items.iter().any(|item| stands(item, id)),
        Value::Object(object) => object
            .iter()
            .any(|(name, value)| stands_in(name, id) || stands(value, id)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// Whether `id` stands in `text` whole, and not as a part of a longer word.
fn stands_in(text: &str, id: &str) -> bool {
    text.match_indices(id).any(|(at, _)| {
        !ends_with_word_part(text.get(..at))
            && !begins_with_word_part(text.get(at + id.len()..).unwrap_or_default())
    })
}

fn begins_with_word_part(text: &str) -> bool {
    text.chars().next().is_some_and(is_word_part)
}

fn ends_with_word_part(text: Option<&str>) -> bool {
    text.and_then(|text| text.chars().next_back())
        .is_some_and(is_word_part)
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
