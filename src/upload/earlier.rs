//! What an earlier run of the same upload left in the ledger: what is certain is taken over, what is open waits here until
//! the input was compared with all that the ledger knows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::candidate::{self, Candidate};
use super::inquiry::{Batch, Item};
use super::ledger::Known;
use crate::outcome::{Outcome, RecordOutcome, cause};
use crate::text::shorten;

pub(super) struct Earlier {
    /// Up to which place in the input the ledger knows records.
    pub(super) extent: u64,
    /// Records of requests of unknown outcome, by the request.
    lost: BTreeMap<i64, Vec<Item>>,
    refused: Vec<Item>,
    unsent: Vec<Item>,
}

impl Earlier {
    pub(super) fn new(extent: u64) -> Self {
        Self {
            extent,
            lost: BTreeMap::new(),
            refused: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// Keeps a record that the ledger is not certain of.
    pub(super) fn keep(&mut self, item: Item, known: Option<&Known>) {
        match known {
            Some(known) if known.outcome() == Outcome::Unknown => {
                let request = known.request.unwrap_or_default();
                self.lost.entry(request).or_default().push(item);
            }
            Some(known) if known.outcome() == Outcome::Refused => {
                let item = Item::refused_before(item.index, item.record);
                self.refused.push(item);
            }
            _ => self.unsent.push(item),
        }
    }

    /// Requests of unknown outcome, records that were refused, and records to be sent.
    pub(super) fn into_open(self) -> (impl Iterator<Item = Batch>, Batch, Vec<Item>) {
        let lost = self.lost.into_values().map(Batch::lost);
        (lost, Batch::new(self.refused), self.unsent)
    }
}

/// How the input differs from what the ledger knows of this place.
pub(super) fn difference(index: u64, candidate: &Candidate, known: &Known) -> Option<String> {
    let given = match candidate {
        Ok(record) => candidate::as_written(record),
        Err(wrong) => wrong.text.clone(),
    };
    (known.record != given).then(|| {
        format!(
            "record {index} of the input that it was begun with is {}, here it is {}",
            shorten(&known.record),
            shorten(&given)
        )
    })
}

/// What the ledger says of a record, in the words of the report.
pub(super) fn outcome_of(index: u64, known: &Known) -> RecordOutcome {
    let detail: Value = known
        .detail
        .as_deref()
        .and_then(|detail| serde_json::from_str(detail).ok())
        .unwrap_or_default();
    let faults = detail.get("fieldErrors").cloned().unwrap_or_default();
    RecordOutcome {
        field_errors: serde_json::from_value(faults).unwrap_or_default(),
        error: detail.get("error").and_then(cause::from_json),
        ..RecordOutcome::new(index, known.crm_record_id.clone(), known.outcome())
    }
}

/// Whether the ledger is certain of a record, so that it is not sent again. One that breaks a rule is not sent either.
pub(super) fn is_settled(candidate: &Candidate, known: &Known) -> bool {
    match known.outcome() {
        Outcome::Added | Outcome::AlreadyPresent | Outcome::Rejected => true,
        Outcome::Unknown => candidate.is_err(),
        _ => false,
    }
}
