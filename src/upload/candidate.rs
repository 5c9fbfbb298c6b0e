//! A record as the source gives it, checked: one that may be sent, or one that is wrong by itself, and why.

use serde_json::{Map, Value};

use super::options::Ranks;
use super::source::Entry;
use crate::model::NewRecord;
use crate::outcome::FieldError;
use crate::text::shorten;
use crate::validate::{self, RecordDraft};

pub(super) type Candidate = Result<NewRecord, Wrong>;

/// A record that is wrong by itself.
pub(super) struct Wrong {
    pub(super) id: Option<String>,
    pub(super) faults: Vec<FieldError>,
    /// What the input says.
    pub(super) text: String,
}

impl Wrong {
    fn new(id: Option<String>, faults: Vec<FieldError>, text: String) -> Self {
        Self { id, faults, text }
    }

    /// A record that is right in itself, and wrong where it stands.
    pub(super) fn of(record: &NewRecord, field: &str, code: &str, message: String) -> Self {
        Self::new(
            Some(record.crm_record_id.to_string()),
            vec![FieldError::new(field, code, message)],
            as_written(record),
        )
    }
}

/// A record as the ledger writes it, and as the input of a later run is compared with it.
pub(super) fn as_written(record: &NewRecord) -> String {
    // Strings and finite numbers only: cannot fail.
    serde_json::to_string(record).unwrap_or_default()
}

/// Checks the record at this place of the input, and numbers it if the upload does.
pub(super) fn check(entry: Entry, index: u64, ranks: Ranks) -> Candidate {
    let (result, id, text) = match entry {
        Entry::Record(record) => {
            let faults = validate::check_record(&record, "");
            if faults.is_empty() {
                return with_rank(record, index, ranks);
            }
            let text = as_written(&record);
            (Err(faults), Some(record.crm_record_id.to_string()), text)
        }
        Entry::Draft(draft) => (
            validate::check_draft(&draft, ""),
            id_of(&draft),
            text_of(&draft),
        ),
        Entry::Row { row, draft } => {
            let result = validate::check_draft(&draft, "").map_err(|mut faults| {
                for fault in &mut faults {
                    fault.message = format!("row {row}: {}", fault.message);
                }
                faults
            });
            (result, id_of(&draft), text_of(&draft))
        }
        Entry::Wrong {
            crm_record_id,
            text,
            fault,
        } => (Err(vec![fault]), crm_record_id, text),
    };
    match result {
        Ok(record) => with_rank(record, index, ranks),
        Err(faults) => Err(Wrong::new(id, faults, text)),
    }
}

fn with_rank(record: NewRecord, index: u64, ranks: Ranks) -> Candidate {
    let Ranks::StartAt(start) = ranks else {
        return Ok(record);
    };
    if record.rank.is_some() {
        let message = "must be left out: this upload numbers the records itself".to_owned();
        return Err(Wrong::of(&record, "rank", "Conflict", message));
    }
    Ok(record.rank(start + index as f64))
}

fn id_of(draft: &RecordDraft) -> Option<String> {
    match &draft.crm_record_id {
        Some(Value::String(id)) => Some(shorten(id)),
        _ => None,
    }
}

fn text_of(draft: &RecordDraft) -> String {
    let fields = [
        ("crmRecordId", &draft.crm_record_id),
        ("scheduleAt", &draft.schedule_at),
        ("priority", &draft.priority),
        ("rank", &draft.rank),
    ];
    let object: Map<String, Value> = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
        .collect();
    Value::Object(object).to_string()
}
