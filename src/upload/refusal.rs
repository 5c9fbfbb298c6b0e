//! What a refused "add records" is about: single records, the whole request for a reason that may pass, or everything.
//!
//! This is the one place that decides it. It reads the status, the field errors and whether the text names an id that was
//! sent; it needs no particular wording, because the vendor promises none (contract: disagreements 2 and 15).
//!
//! | the server said | it is about |
//! | --- | --- |
//! | 400 or 422 with `errors` | the records whose index the field paths name; if none is named, some record of the request |
//! | 400, 409 or 422, its text naming an id of the request | that record: it is on the campaign |
//! | 400, 409 or 422 that names nothing | unclear: a record of the request, or the campaign's state |
//! | a text with `isDynamic`, any other 4xx, 3xx, an answer in another form | everything: the upload stops |
//!
//! A name counts at once only if it cannot be there by chance: `CRM-12345` and `1000123` can not, `17` and `Campaign` can.
//! Such a weak name needs a second word: another refusal at another time, or the same text with another id in its place.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind};
use crate::model::{FieldError, NewRecord};

/// What a refusal is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum About {
    /// Records of the request break rules; by their place in it.
    Rules(Vec<(usize, Vec<FieldError>)>),
    /// Some record breaks a rule, and the server does not say which.
    SomeRule,
    /// This record of the request is on the campaign already.
    Present(usize),
    /// Perhaps this record is on the campaign already; the name may be there by chance.
    PerhapsPresent(usize),
    /// A record of the request, or the campaign's state.
    Unclear,
    /// Every record: nothing can be added at all.
    Everything,
    /// Not a refusal: the server could not be reached, or the caller stopped.
    NoRefusal,
}

/// What the refusals of one upload have taught about the server.
#[derive(Debug, Default)]
pub(super) struct Wordings {
    /// Texts with the id cut out, the first id that stood there, and whether another one was seen there since.
    templates: HashMap<String, (String, bool)>,
}

impl Wordings {
    /// Says what `error`, the answer to a request with `records`, is about.
    pub(super) fn about(&mut self, error: &Error, records: &[&NewRecord]) -> About {
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
        if !error.field_errors().is_empty() {
            return rules(error.field_errors(), records.len());
        }
        let text = match &http.problem {
            Some(problem) => [&problem.title, &problem.detail]
                .into_iter()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join("\n"),
            None => http.body.clone().unwrap_or_default(),
        };
        match named(&text, records) {
            Some((place, id)) if self.is_name(&text, id) => About::Present(place),
            Some((place, _)) => About::PerhapsPresent(place),
            None if text.contains("isDynamic") => About::Everything,
            None => About::Unclear,
        }
    }

    /// Whether `id` stands in `text` as a name and not by chance.
    fn is_name(&mut self, text: &str, id: &str) -> bool {
        const REMEMBERED: usize = 64;
        let digits = id.chars().filter(char::is_ascii_digit).count();
        let only_digits = digits == id.chars().count();
        let distinctive = if only_digits { digits >= 5 } else { digits > 0 };
        let template = text.replace(id, "\0");
        let seen_with_another = match self.templates.get_mut(&template) {
            Some((first, another)) => {
                *another |= first != id;
                *another
            }
            None => {
                if self.templates.len() < REMEMBERED {
                    self.templates.insert(template, (id.to_owned(), false));
                }
                false
            }
        };
        distinctive || seen_with_another
    }
}

/// The records whose index the paths name, e.g. `records[3].crmRecordId`.
fn rules(errors: &[FieldError], count: usize) -> About {
    let mut by_place: Vec<(usize, Vec<FieldError>)> = Vec::new();
    for error in errors {
        let place = error
            .field
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'))
            .and_then(|(index, _)| index.parse::<usize>().ok())
            .filter(|place| *place < count);
        let Some(place) = place else { continue };
        match by_place.iter_mut().find(|(other, _)| *other == place) {
            Some((_, errors)) => errors.push(error.clone()),
            None => by_place.push((place, vec![error.clone()])),
        }
    }
    match by_place.is_empty() {
        true if count == 1 => About::Rules(vec![(0, errors.to_vec())]),
        true => About::SomeRule,
        false => About::Rules(by_place),
    }
}

/// The id of the request that `text` names, whole and not as a part of a longer word; the longest if there are several.
fn named<'a>(text: &str, records: &[&'a NewRecord]) -> Option<(usize, &'a str)> {
    records
        .iter()
        .enumerate()
        .map(|(place, record)| (place, record.crm_record_id.as_str()))
        .filter(|(_, id)| stands_in(text, id))
        .max_by_key(|(_, id)| id.len())
}

fn stands_in(text: &str, id: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(id).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + id.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::HttpFailure;
    use crate::model::Problem;

    fn refusal(status: u16, body: &str) -> Error {
        let kind = ErrorKind::of_http_status(status);
        Error::new(kind, "refused").with_http(HttpFailure {
            status,
            problem: Problem::from_body(body.as_bytes()),
            body: Some(body.to_owned()),
            retry_after: None,
        })
    }

    fn ask(wordings: &mut Wordings, refusal: &Error, ids: &[&str]) -> About {
        let records: Vec<_> = ids.iter().map(|id| NewRecord::new(id).unwrap()).collect();
        wordings.about(refusal, &records.iter().collect::<Vec<_>>())
    }

    fn about(status: u16, detail: &str, ids: &[&str]) -> About {
        let body = serde_json::json!({ "title": "Conflict", "detail": detail }).to_string();
        ask(&mut Wordings::default(), &refusal(status, &body), ids)
    }

    #[test]
    fn a_distinctive_name_is_believed_in_both_dialects_and_any_wording() {
        for status in [400, 409] {
            for detail in [
                "Campaign already contains record for Id: CRM-12345",
                "\"CRM-12345\" ist schon vorhanden.",
                "CRM-12345",
            ] {
                let ids = ["CRM-1234", "CRM-12345", "CRM-123456"];
                assert_eq!(about(status, detail, &ids), About::Present(1), "{detail}");
            }
        }
    }

    #[test]
    fn a_name_that_may_be_chance_needs_a_second_word() {
        let detail = "Campaign 17 does not accept records now";
        assert_eq!(about(409, detail, &["16", "17"]), About::PerhapsPresent(1));
        assert_eq!(about(409, detail, &["Campaign"]), About::PerhapsPresent(0));
        assert_eq!(about(409, detail, &["1", "7"]), About::Unclear);

        let mut wordings = Wordings::default();
        let mut about = |id: &str| {
            let body = format!(r#"{{"title":"Conflict","detail":"already contains {id}"}}"#);
            ask(&mut wordings, &refusal(409, &body), &["16", "17"])
        };
        assert_eq!(about("16"), About::PerhapsPresent(0));
        assert_eq!(about("16"), About::PerhapsPresent(0));
        assert_eq!(about("17"), About::Present(1));
        assert_eq!(about("16"), About::Present(0), "these words name an id");
    }

    #[test]
    fn field_errors_name_their_records_by_index() {
        let body = r#"{"title":"Validation failed","errors":[{"field":"records[1].rank","code":"X","message":"m"},{"field":"records[9].rank","code":"X","message":"m"}]}"#;
        let mut wordings = Wordings::default();
        match ask(&mut wordings, &refusal(400, body), &["A", "B"]) {
            About::Rules(rules) => assert_eq!(rules[0].0, 1),
            other => panic!("{other:?}"),
        }
        let body = r#"{"title":"t","errors":[{"field":"body","code":"X","message":"m"}]}"#;
        let refusal = refusal(400, body);
        assert_eq!(ask(&mut wordings, &refusal, &["A", "B"]), About::SomeRule);
        assert!(matches!(
            ask(&mut wordings, &refusal, &["A"]),
            About::Rules(_)
        ));
    }

    #[test]
    fn what_concerns_everything_stops_and_what_is_no_refusal_says_so() {
        for status in [401, 403, 404, 405, 413] {
            assert_eq!(
                about(status, "no", &["CRM-1"]),
                About::Everything,
                "{status}"
            );
        }
        assert_eq!(about(400, "isDynamic is false", &["A"]), About::Everything);
        assert_eq!(about(500, "no", &["CRM-1"]), About::NoRefusal);
        assert_eq!(about(409, "no", &["CRM-1"]), About::Unclear);
    }
}
