//! The rules of a record (contract: add records), checked before anything is sent. Pure; reports every fault of every record
//! at once, with paths like `records[3].crmRecordId` and the vendor's codes `NotBlank`, `Size`, `Duplicate`, `Format`, `Enum`.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::identifier::CrmRecordId;
use crate::model::{NewRecord, Priority};
use crate::outcome::{Error, ErrorKind, FieldError};
use crate::request_json::{self, Object};
use crate::text::quoted;

/// The most records in one request (contract: add records).
pub const MAX_RECORDS: usize = 100;

/// One record as a caller wrote it, its values not looked at yet. Unknown fields are refused when it is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordDraft {
    /// `crmRecordId`: a string.
    #[serde(default)]
    pub crm_record_id: Option<Value>,
    /// `scheduleAt`: a string, ISO 8601 with an offset.
    #[serde(default)]
    pub schedule_at: Option<Value>,
    /// `priority`: `HIGH`, `MEDIUM` or `LOW`.
    #[serde(default)]
    pub priority: Option<Value>,
    /// `rank`: a finite number.
    #[serde(default)]
    pub rank: Option<Value>,
}

/// Reads the body of "add records", `{"records":[…]}`, and checks every rule.
///
/// # Errors
/// [`ErrorKind::InvalidArgument`] on malformed JSON or an unknown field, [`ErrorKind::Validation`] with all
/// [`field_errors`](Error::field_errors) when rules are broken.
pub fn parse_records(json: &str) -> Result<Vec<NewRecord>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        records: Vec<Object<RecordDraft>>,
    }
    let body: Body = request_json::parse(json, "request", ErrorKind::InvalidArgument)?;
    let drafts: Vec<RecordDraft> = body.records.into_iter().map(|draft| draft.0).collect();
    check(&drafts)
}

/// Checks the drafts of one request and turns them into records.
///
/// # Errors
/// [`ErrorKind::Validation`] with every fault of every record.
pub fn check(drafts: &[RecordDraft]) -> Result<Vec<NewRecord>, Error> {
    let mut faults = size_fault(drafts.len());
    let mut records = Vec::with_capacity(drafts.len());
    // With their places: a record that is wrong itself is not among `records`, and the others keep their index.
    let mut ids = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.iter().enumerate() {
        match check_draft(draft, &format!("records[{index}].")) {
            Ok(record) => {
                ids.push((index, record.crm_record_id.clone()));
                records.push(record);
            }
            Err(mut wrong) => faults.append(&mut wrong),
        }
    }
    faults.append(&mut duplicates(
        ids.iter().map(|(index, id)| (*index, id.as_str())),
    ));
    if faults.is_empty() {
        Ok(records)
    } else {
        Err(Error::validation(faults))
    }
}

/// Checks a record by itself; paths are the fields' names.
///
/// # Errors
/// [`ErrorKind::Validation`] with every fault.
pub fn check_one(draft: &RecordDraft) -> Result<NewRecord, Error> {
    check_draft(draft, "").map_err(Error::validation)
}

/// Checks what the type of [`NewRecord`] does not already guarantee, for one request.
pub(crate) fn check_request(records: &[NewRecord]) -> Result<(), Error> {
    let mut faults = size_fault(records.len());
    for (index, record) in records.iter().enumerate() {
        faults.append(&mut check_record(record, &format!("records[{index}].")));
    }
    faults.append(&mut duplicates(
        records
            .iter()
            .enumerate()
            .map(|(index, record)| (index, record.crm_record_id.as_str())),
    ));
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::validation(faults))
    }
}

fn size_fault(count: usize) -> Vec<FieldError> {
    if (1..=MAX_RECORDS).contains(&count) {
        return Vec::new();
    }
    let message = format!("size must be between 1 and {MAX_RECORDS}, is {count}");
    vec![FieldError::new("records", "Size", message)]
}

fn duplicates<'a>(ids: impl Iterator<Item = (usize, &'a str)>) -> Vec<FieldError> {
    let mut first = HashMap::new();
    let mut faults = Vec::new();
    for (index, id) in ids {
        if let Some(earlier) = first.get(id) {
            faults.push(FieldError::new(
                format!("records[{index}].crmRecordId"),
                "Duplicate",
                format!("{} stands already at records[{earlier}]", quoted(id)),
            ));
        } else {
            first.insert(id, index);
        }
    }
    faults
}

/// Checks one draft; `path` stands before the field's name in each fault, e.g. `records[3].`.
pub(crate) fn check_draft(draft: &RecordDraft, path: &str) -> Result<NewRecord, Vec<FieldError>> {
    let mut faults = Vec::new();
    let id = match &draft.crm_record_id {
        None => CrmRecordId::parse("", &format!("{path}crmRecordId")),
        Some(Value::String(id)) => CrmRecordId::parse(id, &format!("{path}crmRecordId")),
        Some(other) => Err(wrong_type(path, "crmRecordId", "a string", other)),
    };
    let schedule_at = draft.schedule_at.as_ref().map(|value| match value {
        Value::String(text) => parse_timestamp(text, path),
        other => Err(wrong_type(path, "scheduleAt", "a string", other)),
    });
    let priority = draft.priority.as_ref().map(|value| match value {
        Value::String(text) => parse_priority(text, path),
        other => Err(wrong_type(path, "priority", "a string", other)),
    });
    let rank = draft.rank.as_ref().map(|value| match value.as_f64() {
        Some(rank) => Ok(rank),
        None => Err(wrong_type(path, "rank", "a finite number", value)),
    });
    let mut keep = |fault| faults.push(fault);
    let id = id.map_err(&mut keep).ok();
    let schedule_at = schedule_at.transpose().map_err(&mut keep).ok().flatten();
    let priority = priority.transpose().map_err(&mut keep).ok().flatten();
    let rank = rank.transpose().map_err(&mut keep).ok().flatten();
    match id {
        Some(crm_record_id) if faults.is_empty() => Ok(NewRecord {
            crm_record_id,
            schedule_at,
            priority,
            rank,
        }),
        _ => Err(faults),
    }
}

/// Checks a typed record: its rank and its priority may still be wrong.
pub(crate) fn check_record(record: &NewRecord, path: &str) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if let Some(priority @ Priority::Unknown(_)) = &record.priority
        && let Err(fault) = parse_priority(priority.as_str(), path)
    {
        faults.push(fault);
    }
    if let Some(rank) = record.rank
        && !rank.is_finite()
    {
        faults.push(FieldError::new(
            format!("{path}rank"),
            "Format",
            format!("must be a finite number, is {rank}"),
        ));
    }
    faults
}

fn parse_timestamp(text: &str, path: &str) -> Result<Timestamp, FieldError> {
    text.parse().map_err(|_| {
        FieldError::new(
            format!("{path}scheduleAt"),
            "Format",
            format!(
                "must be ISO 8601 with an offset, e.g. 2026-04-22T10:00:00Z, is {}",
                quoted(text)
            ),
        )
    })
}

fn parse_priority(text: &str, path: &str) -> Result<Priority, FieldError> {
    match Priority::from(text) {
        Priority::Unknown(_) => Err(FieldError::new(
            format!("{path}priority"),
            "Enum",
            format!("must be HIGH, MEDIUM or LOW, is {}", quoted(text)),
        )),
        known => Ok(known),
    }
}

fn wrong_type(path: &str, field: &str, expected: &str, value: &Value) -> FieldError {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    FieldError::new(
        format!("{path}{field}"),
        "Format",
        format!("must be {expected}, is {found}"),
    )
}
