//! What an earlier upload with the same ledger left: what is certain is taken over, what is open waits here until the input
//! has been compared with all that the ledger knows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::candidate::Candidate;
use super::inquiry::Item;
use super::ledger::{self, Known};
use super::report::{Outcome, RecordOutcome};
use super::run::Batch;
use crate::error;
use crate::request_json::shorten;

pub(super) struct Earlier {
    /// Up to which place in the input the ledger knows records.
    pub(super) extent: u64,
    /// Records whose answer was lost, by the request they went in.
    lost: BTreeMap<i64, Vec<Item>>,
    unsent: Vec<Item>,
}

impl Earlier {
    pub(super) fn new(extent: u64) -> Self {
        Self {
            extent,
            lost: BTreeMap::new(),
            unsent: Vec::new(),
        }
    }

    /// Keeps a record without an outcome.
    pub(super) fn keep(&mut self, item: Item, known: Option<&Known>) {
        match known {
            Some(Known {
                request: Some(request),
                outcome,
                ..
            }) if outcome != Outcome::NotSent.as_str() => {
                self.lost.entry(*request).or_default().push(item);
            }
            _ => self.unsent.push(item),
        }
    }

    /// What is to be found out, request by request, and what is to be sent.
    pub(super) fn into_open(self) -> (impl Iterator<Item = Batch>, Vec<Item>) {
        let lost = self.lost.into_values();
        let batches = lost.map(|items| Batch { items, lost: true });
        (batches, self.unsent)
    }
}

/// How the input differs from what the ledger knows of this place.
pub(super) fn difference(index: u64, candidate: &Candidate, known: &Known) -> Option<String> {
    let given = match candidate {
        Ok(record) => ledger::as_written(record),
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

/// The outcome of a record, if the ledger is certain of it.
pub(super) fn certain(index: u64, candidate: &Candidate, known: &Known) -> Option<RecordOutcome> {
    let outcome = [Outcome::Added, Outcome::AlreadyPresent, Outcome::Rejected]
        .into_iter()
        .find(|outcome| outcome.as_str() == known.outcome)?;
    let detail: Value = known
        .detail
        .as_deref()
        .and_then(|detail| serde_json::from_str(detail).ok())
        .unwrap_or_default();
    let faults = detail.get("fieldErrors").cloned().unwrap_or_default();
    Some(RecordOutcome {
        index,
        crm_record_id: match candidate {
            Ok(record) => Some(record.crm_record_id.to_string()),
            Err(wrong) => wrong.id.clone(),
        },
        outcome,
        field_errors: serde_json::from_value(faults).unwrap_or_default(),
        error: detail.get("error").and_then(error::from_json),
    })
}
