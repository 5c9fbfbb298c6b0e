//! The short form of an error that stands beside a record in a report: at most 1 KiB of JSON, whatever the server sent.
//! A report may hold millions of them.

use super::cause::{Cause, Facts, HttpFailure};
use crate::text::{shorten, shorten_to};

/// The most bytes that the JSON of a brief error has.
const LIMIT: usize = 1024;
const FIELD_ERRORS: usize = 5;
/// Characters of each string of a field error.
const FIELD_ERROR_TEXT: usize = 60;

/// What is given up, in this order, until the JSON is short enough. With all of them it is.
const CUTS: [fn(&mut Facts); 10] = [
    |facts| facts.hint = facts.hint.as_deref().map(|hint| shorten_to(hint, 60)),
    |facts| facts.hint = None,
    |facts| facts.shorten_problem(200, 60),
    |facts| facts.shorten_problem(200, 0),
    |facts| facts.field_errors.truncate(3),
    |facts| facts.field_errors.truncate(1),
    |facts| facts.shorten_problem(60, 0),
    |facts| facts.field_errors.clear(),
    |facts| facts.shorten_problem(0, 0),
    |facts| facts.message = shorten_to(&facts.message, 100),
];

impl Cause {
    /// The same error without what a long list cannot afford: no body, of the problem only title, detail, instance and time,
    /// and all texts shortened. So nothing may be concluded from its texts. The brief form of a brief error is itself.
    pub(crate) fn brief(&self) -> Self {
        let facts = self.facts();
        let mut brief = Facts {
            kind: facts.kind,
            message: shorten(&facts.message),
            hint: facts.hint.as_deref().map(shorten),
            retryable: facts.retryable,
            outcome_unknown: facts.outcome_unknown,
            attempts: facts.attempts,
            http: facts.http.as_ref().map(|http| HttpFailure {
                status: http.status,
                problem: http.problem.as_ref().and_then(|p| p.brief(200, 200)),
                body: None,
                retry_after: http.retry_after,
            }),
            field_errors: facts
                .field_errors
                .iter()
                .take(FIELD_ERRORS)
                .map(|error| error.shortened(FIELD_ERROR_TEXT))
                .collect(),
        };
        for cut in CUTS {
            if brief.json_len() <= LIMIT {
                break;
            }
            cut(&mut brief);
        }
        Self::from_facts(brief)
    }
}

impl Facts {
    fn json_len(&self) -> usize {
        // Strings and numbers only: cannot fail.
        serde_json::to_string(self).map_or(0, |json| json.len())
    }

    fn shorten_problem(&mut self, text: usize, detail: usize) {
        if let Some(http) = &mut self.http {
            http.problem = http.problem.as_ref().and_then(|p| p.brief(text, detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::outcome::cause::from_json;
    use crate::outcome::{Error, ErrorKind, Problem};

    fn refused(body: &Value) -> Error {
        let body = body.to_string();
        Error::new(ErrorKind::Conflict, body.clone())
            .with_hint(body.clone())
            .with_attempts(u32::MAX)
            .with_http(HttpFailure {
                status: 409,
                problem: Problem::from_body(body.as_bytes()),
                retry_after: Some(std::time::Duration::MAX),
                body: Some(body),
            })
    }

    #[test]
    fn a_brief_error_is_at_most_one_kib_of_json_whatever_was_sent() {
        // One of 8 MB; the others need only be longer than any limit.
        let long = |text: &str| text.repeat(if text == "x" { 8_000_000 } else { 20_000 });
        let error = |text: &str| json!({"field": text, "code": text, "message": text});
        for text in ["x", "\u{1}", "\"", "😀", "\u{301}"] {
            let long = long(text);
            let some = text.repeat(150);
            let some_errors: Vec<_> = (0..100).map(|_| error(&some)).collect();
            for body in [
                json!({"title": long, "detail": "d"}),
                json!({"title": "t", "detail": long, "time": long, "instance": long}),
                json!({"title": "t", "errors": [error(&long), error(&long)]}),
                json!({"title": some, "detail": some, "instance": some, "errors": some_errors, "time": "2026-04-22T10:00:00Z"}),
                json!({"title": "t", "more": long}),
            ] {
                let full = refused(&body);
                let brief = full.brief();
                let json = brief.to_json();
                assert!(json.len() <= LIMIT, "{} bytes", json.len());
                assert_eq!(brief.kind(), full.kind());
                assert_eq!(brief.http().map(|http| http.status), Some(409));
                assert!(brief.message().chars().count() > 60);
                assert_eq!(
                    brief.brief().to_json(),
                    json,
                    "brief once is brief for good"
                );
            }
        }
    }

    #[test]
    fn a_usual_refusal_keeps_its_words_in_brief_and_can_be_read_back() {
        let full = refused(&json!({
            "title": "Conflict", "status": 409, "detail": "Campaign already contains record for Id: CRM-1",
            "instance": "/cc/US1/campaigns/v1/123e4567-e89b-12d3-a456-426614174000/records",
            "time": "2026-04-22T10:00:00.000Z",
            "errors": [{"field": "records[0].rank", "code": "Format", "message": "must be a number"}],
        }))
        .with_hint("h");
        let brief = full.brief();
        let problem = brief.http().unwrap().problem.clone().unwrap();
        let of_full = full.http().unwrap().problem.clone().unwrap();
        assert_eq!(problem.title, of_full.title);
        assert_eq!(problem.detail, of_full.detail);
        assert_eq!(problem.instance, of_full.instance);
        assert_eq!(problem.time, of_full.time);
        assert_eq!(brief.field_errors(), full.field_errors());
        assert_eq!(brief.hint(), Some("h"));
        assert_eq!(brief.http().unwrap().body, None);
        let json = brief.to_json();
        let read_back = from_json(&serde_json::from_str(&json).unwrap()).unwrap();
        assert_eq!(read_back.to_json(), json);
    }
}
