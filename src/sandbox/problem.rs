//! The vendor's error bodies.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::options::Dialect;
use crate::outcome::FieldError;

/// An answer, ready but for the path and the time that a problem carries.
#[derive(Debug)]
pub(super) enum Answer {
    /// A success with this body.
    Success(u16, Value),
    /// A refusal.
    Problem(Problem),
}

#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: u16,
    title: &'static str,
    detail: String,
    errors: Vec<FieldError>,
}

impl Problem {
    pub(super) fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            title,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "Bad Request", detail)
    }

    /// 409 in the guide, 400 in the OpenAPI file.
    pub(super) fn conflict(dialect: Dialect, detail: impl Into<String>) -> Self {
        match dialect {
            Dialect::Guide => Self::new(409, "Conflict", detail),
            Dialect::OpenApi => Self::new(400, "Bad Request", detail),
        }
    }

    pub(super) fn validation(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(400, "Validation failed", "The request has invalid fields")
        }
    }

    pub(super) fn to_json(&self, instance: &str) -> Value {
        let mut body = json!({
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "time": Timestamp::now().to_string(),
        });
        if let (Some(body), false) = (body.as_object_mut(), self.errors.is_empty()) {
            body.insert("errors".to_owned(), json!(self.errors));
        }
        body
    }
}
