//! The vendor's error body: Problem JSON in the spirit of RFC 9457, with field errors on validation failures.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::raw;

/// One broken rule: which field, which rule, in words. Written by the server or, before anything is sent, by the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Path of the field, e.g. `records[3].crmRecordId`.
    pub field: String,
    /// The rule in the vendor's style: `NotBlank`, `Size`, `Duplicate`, `Format`, `Enum`.
    pub code: String,
    /// The rule in words.
    pub message: String,
}

impl FieldError {
    pub(crate) fn new(
        field: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code: code.into(),
            message: message.into(),
        }
    }
}

/// The body of a refusal as the vendor writes it. `instance` and `time` are what the vendor's support asks for.
///
/// Serializes to the server's own JSON object ([`raw`](Self::raw)).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Problem {
    /// Short summary.
    pub title: Option<String>,
    /// The HTTP status, repeated in the body.
    pub status: Option<i64>,
    /// What happened this time.
    pub detail: Option<String>,
    /// URI of the occurrence (in practice the request path).
    pub instance: Option<String>,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// Broken field rules, on validation failures only.
    pub errors: Vec<FieldError>,
    /// The whole body, unknown fields included.
    pub raw: Map<String, Value>,
}

impl Problem {
    /// Reads an error body. `None` unless it is an object with a `title` or a `detail`: gateways write other shapes.
    pub(crate) fn from_body(body: &[u8]) -> Option<Self> {
        let Value::Object(raw) = serde_json::from_slice(body).ok()? else {
            return None;
        };
        let title = raw::string(&raw, "title");
        let detail = raw::string(&raw, "detail");
        if title.is_none() && detail.is_none() {
            return None;
        }
        Some(Self {
            title,
            status: raw::integer(&raw, "status"),
            detail,
            instance: raw::string(&raw, "instance"),
            time: raw::timestamp(&raw, "time"),
            errors: raw::objects(&raw, "errors")
                .map(|error| {
                    let text = |field| raw::string(error, field).unwrap_or_default();
                    FieldError::new(text("field"), text("code"), text("message"))
                })
                .collect(),
            raw,
        })
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}
