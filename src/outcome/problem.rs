//! The vendor's error body: Problem JSON in the spirit of RFC 9457, with field errors on validation failures.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::answer_json;
use crate::text::shorten_to;

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

    /// The same, each string with at most this many characters.
    pub(crate) fn shortened(&self, limit: usize) -> Self {
        Self::new(
            shorten_to(&self.field, limit),
            shorten_to(&self.code, limit),
            shorten_to(&self.message, limit),
        )
    }
}

/// The body of a refusal as the vendor writes it. `instance` and `time` are what the vendor's support asks for.
///
/// Serializes to the server's own JSON object ([`raw`](Self::raw)); beside a record of a report, where that is not kept, to
/// title, detail, instance and time.
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
    /// The whole body, unknown fields included. Of a body longer than 64 KiB only the fields above, at most 100 `errors`,
    /// their texts shortened.
    pub raw: Map<String, Value>,
}

impl Problem {
    /// Reads an error body. `None` unless it is an object with a `title` or a `detail`: gateways write other shapes.
    pub(crate) fn from_body(body: &[u8]) -> Option<Self> {
        Self::from_value(serde_json::from_slice(body).ok()?)
    }

    /// As [`from_body`](Self::from_body), for a body that was parsed before.
    pub(crate) fn from_value(body: Value) -> Option<Self> {
        let Value::Object(raw) = body else {
            return None;
        };
        let title = answer_json::string(&raw, "title");
        let detail = answer_json::string(&raw, "detail");
        if title.is_none() && detail.is_none() {
            return None;
        }
        Some(Self {
            title,
            status: answer_json::integer(&raw, "status"),
            detail,
            instance: answer_json::string(&raw, "instance"),
            time: answer_json::timestamp(&raw, "time"),
            errors: answer_json::objects(&raw, "errors")
                .map(|error| {
                    let text = |field| answer_json::string(error, field).unwrap_or_default();
                    FieldError::new(text("field"), text("code"), text("message"))
                })
                .collect(),
            raw,
        })
    }

    /// The same problem, of a body that is too long to be kept whole. `None` if `title` or `detail` is too long: shortened
    /// they could say something else than the server did, e.g. `CRM-1` for `CRM-12345`.
    pub(crate) fn bounded(self) -> Option<Self> {
        const WORDS: usize = 4096;
        const ERRORS: usize = 100;
        let is_long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > WORDS);
        if is_long(&self.title) || is_long(&self.detail) {
            return None;
        }
        let errors = self.errors.iter().take(ERRORS);
        let errors: Vec<_> = errors.map(|error| error.shortened(200)).collect();
        let mut raw = self.short_fields(WORDS, WORDS);
        if let Some(status) = self.status {
            raw.insert("status".to_owned(), status.into());
        }
        if !errors.is_empty() {
            raw.insert("errors".to_owned(), json!(errors));
        }
        Self::from_value(Value::Object(raw))
    }

    /// Title, detail, instance and time only, with at most so many characters, and without [`raw`](Self::raw): it is kept in
    /// great numbers. `None` if nothing is left to read.
    pub(crate) fn brief(&self, text: usize, detail: usize) -> Option<Self> {
        let mut brief = Self::from_value(Value::Object(self.short_fields(text, detail)))?;
        brief.raw = Map::new();
        Some(brief)
    }

    fn short_fields(&self, text: usize, detail: usize) -> Map<String, Value> {
        let mut fields = Map::new();
        for (name, value, limit) in [
            ("title", &self.title, text),
            ("detail", &self.detail, detail),
            ("instance", &self.instance, text),
        ] {
            if let Some(value) = value.as_ref().filter(|_| limit > 0) {
                fields.insert(name.to_owned(), shorten_to(value, limit).into());
            }
        }
        if let Some(time) = self.time {
            fields.insert("time".to_owned(), time.to_string().into());
        }
        fields
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.raw.is_empty() {
            return self
                .short_fields(usize::MAX, usize::MAX)
                .serialize(serializer);
        }
        self.raw.serialize(serializer)
    }
}
