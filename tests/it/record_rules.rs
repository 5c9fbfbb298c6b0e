//! The rules of a record, all faults at once, with the vendor's codes and Java's way of counting.

use campaigns8x8::{ErrorKind, validate};

fn faults(json: &str) -> Vec<(String, String)> {
    let error = validate::parse_records(json).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
    error
        .field_errors()
        .iter()
        .map(|fault| (fault.field.clone(), fault.code.clone()))
        .collect()
}

#[test]
fn every_fault_of_every_record_is_reported_at_once() {
    let found = faults(
        r#"{"records":[
            {"crmRecordId":"A"},
            {"crmRecordId":"   ","scheduleAt":"tomorrow","priority":"URGENT","rank":"1"},
            {"scheduleAt":"2026-04-22T10:00:00"},
            {"crmRecordId":"A","priority":"high"},
            {"crmRecordId":7,"rank":true},
            {"crmRecordId":"123456789012345678901234567890123"}
        ]}"#,
    );
    let expected = [
        ("records[1].crmRecordId", "NotBlank"),
        ("records[1].scheduleAt", "Format"),
        ("records[1].priority", "Enum"),
        ("records[1].rank", "Format"),
        ("records[2].crmRecordId", "NotBlank"),
        ("records[2].scheduleAt", "Format"),
        ("records[3].priority", "Enum"),
        ("records[4].crmRecordId", "Format"),
        ("records[4].rank", "Format"),
        ("records[5].crmRecordId", "Size"),
    ];
    for fault in expected {
        assert!(
            found.contains(&(fault.0.to_owned(), fault.1.to_owned())),
            "{fault:?} in {found:?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
}

#[test]
fn a_repeated_id_is_reported_where_it_repeats() {
    let found =
        faults(r#"{"records":[{"crmRecordId":"A"},{"crmRecordId":""},{"crmRecordId":"A"}]}"#);
    assert!(found.contains(&("records[2].crmRecordId".to_owned(), "Duplicate".to_owned())));
}

#[test]
fn the_length_is_counted_in_utf16_units_as_java_does() {
    let record = |id: &str| {
        let body = serde_json::json!({ "records": [{ "crmRecordId": id }] });
        validate::parse_records(&body.to_string())
    };
    assert!(record(&"x".repeat(32)).is_ok());
    assert!(record(&"ü".repeat(32)).is_ok());
    assert!(record(&"😀".repeat(16)).is_ok());
    assert!(record(&"😀".repeat(17)).is_err());
    assert!(record(&"x".repeat(33)).is_err());
    assert!(record("").is_err());
}

#[test]
fn no_record_and_too_many_are_refused() {
    assert_eq!(
        faults(r#"{"records":[]}"#),
        [("records".to_owned(), "Size".to_owned())]
    );
    let many: Vec<_> = (0..101)
        .map(|n| serde_json::json!({ "crmRecordId": n.to_string() }))
        .collect();
    let body = serde_json::json!({ "records": many }).to_string();
    assert_eq!(faults(&body), [("records".to_owned(), "Size".to_owned())]);
}

#[test]
fn an_unknown_field_is_refused_with_its_place() {
    for (json, named) in [
        (
            r#"{"records":[{"crmRecordId":"A","priorty":"LOW"}]}"#,
            "records[0]",
        ),
        (
            r#"{"records":[{"crmRecordId":"A","priorty":"LOW"}]}"#,
            "priorty",
        ),
        (
            r#"{"records":[{"crmRecordId":"A","rank":1,"rank":2}]}"#,
            "duplicate",
        ),
        (r#"{"records":[],"page":1}"#, "page"),
        (r#"{"record":[]}"#, "records"),
        (r#"{"records":{}}"#, "records"),
        (r#"{"records":[7]}"#, "records[0]"),
        (r#"{"records":[["A"]]}"#, "records[0]"),
        (r#"[[]]"#, "object"),
        (r#"nonsense"#, "request"),
        (r#"{"records":[]} {}"#, "trailing"),
    ] {
        let error = validate::parse_records(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{json}");
        assert!(error.message().contains(named), "{json}: {error}");
    }
}

#[test]
fn what_is_sent_is_what_was_given() {
    let json = r#"{"records":[{"crmRecordId":" CRM 1 ","scheduleAt":"2026-04-22T12:30:00.5+02:00","priority":"LOW","rank":-2.5},{"crmRecordId":"B","rank":3,"priority":null}]}"#;
    let records = validate::parse_records(json).unwrap();
    assert_eq!(
        serde_json::to_string(&records).unwrap(),
        r#"[{"crmRecordId":" CRM 1 ","scheduleAt":"2026-04-22T10:30:00.5Z","priority":"LOW","rank":-2.5},{"crmRecordId":"B","rank":3.0}]"#
    );
}
