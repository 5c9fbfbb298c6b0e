//! The table from kind to status and name, written down a second time from the documentation, and the JSON form.

use std::collections::HashSet;

use campaigns8x8::{ClientConfig, ErrorKind};

use crate::support::{Stub, campaign, json};

#[test]
fn every_kind_has_the_status_and_the_name_of_the_documentation() {
    let documented = [
        (1, "invalidArgument"),
        (2, "config"),
        (3, "validation"),
        (4, "badRequest"),
        (5, "unauthorized"),
        (6, "forbidden"),
        (7, "notFound"),
        (8, "conflict"),
        (9, "rateLimited"),
        (10, "server"),
        (11, "unexpectedResponse"),
        (12, "timeout"),
        (13, "connection"),
        (14, "tls"),
        (15, "deadline"),
        (16, "cancelled"),
        (17, "storage"),
        (99, "internal"),
    ];
    let table = ErrorKind::ALL.map(|kind| (kind.status(), kind.as_str()));
    assert_eq!(table, documented);
    assert_eq!(HashSet::from(ErrorKind::ALL).len(), ErrorKind::ALL.len());
}

#[test]
fn the_json_form_has_every_field_always() {
    let refused = json(
        409,
        r#"{"title":"Conflict","detail":"no","errors":[{"field":"f","code":"c","message":"m"}],"extra":1}"#,
    );
    let stub = Stub::always(refused);
    let answered = stub.client().pause(&campaign()).unwrap_err();
    let before_sending = ClientConfig::from_json("{").unwrap_err();
    for error in [&answered, &before_sending] {
        let json: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
        let mut names: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        names.sort();
        assert_eq!(
            names,
            [
                "attempts",
                "fieldErrors",
                "hint",
                "http",
                "kind",
                "message",
                "outcomeUnknown",
                "retryable"
            ]
        );
    }
    let json: serde_json::Value = serde_json::from_str(&answered.to_json()).unwrap();
    assert_eq!(json["kind"], "conflict");
    assert_eq!(json["attempts"], 1);
    assert_eq!(json["http"]["status"], 409);
    assert_eq!(json["http"]["problem"]["extra"], 1);
    assert_eq!(json["http"]["retryAfterMs"], serde_json::Value::Null);
    assert_eq!(json["fieldErrors"][0]["code"], "c");
}
