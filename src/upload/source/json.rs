//! The JSON form of a source, and of the records of a push.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::origin::Source;
use crate::outcome::{Error, ErrorKind, Result};
use crate::request_json::{self, Object};
use crate::text::shorten;
use crate::validate::RecordDraft;

impl<'a> Source<'a> {
    /// Reads the JSON form: `{"records":[{"crmRecordId":"CRM-1"},…]}`,
    /// `{"csv":"contacts.csv","columns":{"crmRecordId":"Account ID"}}` or `{"ndjson":"contacts.ndjson"}`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) on malformed JSON or an unknown field; else as
    /// [`csv`](Self::csv) and [`ndjson`](Self::ndjson).
    pub fn from_json(json: &str) -> Result<Self> {
        source(json)
    }
}

fn source<'a>(json: &str) -> Result<Source<'a>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wire {
        records: Option<Vec<Object<RecordDraft>>>,
        csv: Option<PathBuf>,
        columns: Option<Map<String, Value>>,
        ndjson: Option<PathBuf>,
    }
    let wire: Wire = request_json::parse(json, "source", ErrorKind::InvalidArgument)?;
    match (wire.records, wire.csv, wire.columns, wire.ndjson) {
        (Some(records), None, None, None) => {
            Ok(Source::drafts(records.into_iter().map(|draft| Ok(draft.0))))
        }
        (None, Some(path), columns, None) => {
            Source::csv(path, column_names(columns.unwrap_or_default())?)
        }
        (None, None, None, Some(path)) => Source::ndjson(path),
        _ => Err(Error::invalid_argument(
            "source: give one of {\"records\":[…]}, {\"csv\":\"path\",\"columns\":{…}} and {\"ndjson\":\"path\"}",
        )),
    }
}

fn column_names(columns: Map<String, Value>) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for (field, column) in columns {
        let Value::String(column) = column else {
            return Err(Error::invalid_argument(format!(
                "source: columns.{} must be the name of a column, a string",
                shorten(&field)
            )));
        };
        pairs.push((field, column));
    }
    Ok(pairs)
}

/// Reads the body of a push, `{"records":[…]}`, of any length.
pub(in crate::upload) fn drafts_from_json(json: &str) -> Result<Vec<RecordDraft>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wire {
        records: Vec<Object<RecordDraft>>,
    }
    let wire: Wire = request_json::parse(json, "request", ErrorKind::InvalidArgument)?;
    Ok(wire.records.into_iter().map(|draft| draft.0).collect())
}
