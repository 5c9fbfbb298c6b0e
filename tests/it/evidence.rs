//! What an answer proves: only one that came whole is read for meaning, and only one that names exactly the records sent says
//! that they were added. What is kept of an answer is bounded.

use campaigns8x8::{Client, ErrorKind};

use crate::support::{CAMPAIGN, Reply, Stub, answer, campaign, json, named, once};

fn add(client: &Client, ids: &[&str]) -> campaigns8x8::Result<usize> {
    client
        .add_records(&campaign(), &named(ids))
        .map(|added| added.len())
}

/// The head and the whole answer, in each of the three ways in which HTTP/1.1 tells where a body ends.
fn framings(status: u16, body: &str) -> [(String, String); 3] {
    let head = |rest: &str| {
        format!(
            "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\n{rest}Connection: close\r\n\r\n"
        )
    };
    let length = head(&format!("Content-Length: {}\r\n", body.len()));
    let chunked = head("Transfer-Encoding: chunked\r\n");
    let (first, second) = body.split_at(body.len() / 3);
    let chunk = |part: &str| format!("{:x}\r\n{part}\r\n", part.len());
    let chunks = format!("{chunked}{}{}0\r\n\r\n", chunk(first), chunk(second));
    let closed = head("");
    [
        (length.clone(), length + body),
        (chunked, chunks),
        (closed.clone(), closed + body),
    ]
}

/// Serves `whole` cut before every one of its bytes in turn, and at last whole.
fn cut_everywhere(whole: &str) -> Stub {
    let whole = whole.to_owned().into_bytes();
    Stub::start(move |n| Reply::Bytes(whole[..n.min(whole.len())].to_vec()))
}

#[test]
fn a_refusal_cut_at_any_byte_has_no_problem_unless_it_is_whole() {
    let detail = "Campaign already contains record for Id: CRM-12345";
    let conflict = format!(
        r#"{{"title":"Conflict","status":409,"detail":"{detail}","instance":"/cc/US1/campaigns/v1/{CAMPAIGN}/records"}}"#
    );
    let invalid = r#"{"title":"Bad Request","status":400,"detail":"invalid","errors":[{"field":"records[1].rank","code":"Format","message":"m"}]}"#;
    for (status, body, said) in [(409, conflict.as_str(), detail), (400, invalid, "invalid")] {
        for (head, whole) in framings(status, body) {
            let stub = cut_everywhere(&whole);
            let client = stub.client_once();
            for cut in 0..=whole.len() {
                let error = add(&client, &["CRM-1", "CRM-12345"]).unwrap_err();
                let shown = format!("{cut} of {} bytes: {}", whole.len(), error.to_json());
                let head_came = cut >= head.len();
                assert_eq!(error.is_outcome_unknown(), !head_came, "{shown}");
                assert_eq!(error.http().is_some(), head_came, "{shown}");
                let problem = error.http().and_then(|http| http.problem.as_ref());
                assert_eq!(problem.is_some(), cut == whole.len(), "{shown}");
                assert_eq!(error.message().contains(said), problem.is_some(), "{shown}");
                if problem.is_none() {
                    assert!(error.field_errors().is_empty(), "{shown}");
                }
            }
        }
    }
}

#[test]
fn a_refusal_longer_than_the_limit_is_not_read_for_meaning() {
    let body = r#"{"title":"Conflict","detail":"Campaign already contains record for Id: CRM-1"}"#;
    let stub = Stub::always(json(409, body));
    let limited = stub
        .config()
        .retry(once())
        .max_response_bytes(body.len() as u64 - 1);
    let error = add(&Client::new(limited).unwrap(), &["CRM-1"]).unwrap_err();
    let http = error.http().unwrap();
    assert!(http.problem.is_none() && http.body.is_none());
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(!error.is_outcome_unknown());
    assert!(error.message().contains("maxResponseBytes"), "{error}");
}

#[test]
fn a_body_that_is_no_single_problem_object_has_no_problem() {
    let problem =
        r#"{"title":"Conflict","detail":"Campaign already contains record for Id: CRM-1"}"#;
    for body in [
        format!("{problem}{problem}"),
        format!("[{problem}]"),
        format!("<pre>{problem}</pre>"),
        format!("{problem}\0"),
        problem.replace("CRM-1", "CRM-1\n"),
    ] {
        let stub = Stub::always(json(409, &body));
        let error = add(&stub.client(), &["CRM-1"]).unwrap_err();
        assert!(error.http().unwrap().problem.is_none(), "{body}");
        assert!(!error.message().contains("CRM-1"), "{error}");
    }
    let mut latin1 = b"HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n".to_vec();
    latin1.extend_from_slice(b"{\"title\":\"Konflikt\",\"detail\":\"Id: CRM-1\xfc\"}");
    let stub = Stub::always(Reply::Bytes(latin1));
    let error = add(&stub.client(), &["CRM-1"]).unwrap_err();
    assert!(error.http().unwrap().problem.is_none());
    assert!(error.http().unwrap().body.is_some());
}

#[test]
fn an_answer_of_success_cut_at_any_byte_adds_nothing_unless_it_is_whole() {
    let body =
        r#"{"records":[{"crmRecordId":"CRM-1","rank":1.0},{"crmRecordId":"CRM-2","rank":2.0}]}"#;
    for status in [200, 201] {
        for (_, whole) in framings(status, body) {
            let stub = cut_everywhere(&whole);
            let client = stub.client_once();
            for cut in 0..=whole.len() {
                match add(&client, &["CRM-1", "CRM-2"]) {
                    Ok(count) => assert_eq!((count, cut), (2, whole.len())),
                    Err(error) => {
                        assert!(cut < whole.len(), "{error}");
                        assert!(error.is_outcome_unknown(), "{cut}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn only_an_answer_that_names_exactly_the_records_sent_counts() {
    let named = |ids: &[&str]| {
        let records: Vec<_> = ids
            .iter()
            .map(|id| serde_json::json!({ "crmRecordId": id }))
            .collect();
        serde_json::json!({ "records": records }).to_string()
    };
    for body in [
        r#"{"records":[{},{}]}"#.to_owned(),
        r#"{"records":[null,null]}"#.to_owned(),
        r#"{"records":[{"crmRecordId":null},{"crmRecordId":null}]}"#.to_owned(),
        r#"{"records":[{"crmRecordId":1},{"crmRecordId":2}]}"#.to_owned(),
        r#"{"records":[{"crmRecordId":"1"},{"crmRecordId":2}]}"#.to_owned(),
        r#"{"records":[{"crmRecordId":"1"},{"crmRecordId":"2"},{}]}"#.to_owned(),
        r#"{"records":[["1"],["2"]]}"#.to_owned(),
        r#"{"records":{"1":{},"2":{}}}"#.to_owned(),
        named(&[]),
        named(&["1"]),
        named(&["1", "1"]),
        named(&["1", "2", "2"]),
        named(&["1", "2", "3"]),
        named(&["1", "02"]),
        named(&["1", "2 "]),
    ] {
        let stub = Stub::always(json(200, &body));
        let error = add(&stub.client(), &["1", "2"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{body}");
        assert!(error.is_outcome_unknown(), "{body}");
        assert_eq!(stub.seen().len(), 1, "{body}");
    }
    let stub = Stub::always(json(200, &named(&["2", "1"])));
    assert_eq!(add(&stub.client(), &["1", "2"]).unwrap(), 2);
}

#[test]
fn an_answer_that_names_other_records_says_which_were_sent_and_which_were_named() {
    let sent: Vec<_> = (0..100).map(|n| format!("CRM-{n}")).collect();
    let sent: Vec<_> = sent.iter().map(String::as_str).collect();
    let body = serde_json::json!({
        "records": sent.iter().enumerate().map(|(n, id)| {
            let other = "X".repeat(5000);
            serde_json::json!({ "crmRecordId": if n == 70 { other.as_str() } else { id } })
        }).collect::<Vec<_>>()
    });
    let stub = Stub::always(json(200, &body.to_string()));
    let error = add(&stub.client(), &sent).unwrap_err();
    let message = error.message();
    assert!(message.contains("sent were 100 (\"CRM-70\", "), "{message}");
    assert!(
        message.contains("100 records and names 100 (\"XXX"),
        "{message}"
    );
    assert!(message.len() < 400, "{message}");

    let stub = Stub::always(json(200, r#"{"records":[{},{}]}"#));
    let error = add(&stub.client(), &["CRM-1", "CRM-2"]).unwrap_err();
    let message = error.message();
    assert!(message.contains("2 records and names none"), "{message}");
}

#[test]
fn what_an_error_keeps_of_a_long_answer_is_bounded() {
    const LIMIT: usize = 64 * 1024;
    // Two bytes a character, so that the limit in bytes is another one than in characters.
    let text = format!("x{}", "ü".repeat(4_000_000));
    let stub = Stub::always(answer(401, "", &text));
    let error = stub.client().pause(&campaign()).unwrap_err();
    let body = error.http().unwrap().body.clone().unwrap();
    assert_eq!(body.len(), LIMIT - 1);
    assert!(text.starts_with(&body));

    let entry =
        serde_json::json!({ "field": "f".repeat(500), "code": "c", "message": "m".repeat(500) });
    let problem = serde_json::json!({
        "title": "Unauthorized", "status": 401, "detail": "no", "instance": "/x", "time": "2026-04-22T10:00:00Z",
        "errors": vec![entry; 5000], "more": text,
    });
    let stub = Stub::always(json(401, &problem.to_string()));
    let error = stub.client().pause(&campaign()).unwrap_err();
    let problem = error.http().unwrap().problem.as_ref().unwrap();
    assert_eq!(problem.title.as_deref(), Some("Unauthorized"));
    assert_eq!(problem.detail.as_deref(), Some("no"));
    assert_eq!(problem.status, Some(401));
    assert_eq!(problem.instance.as_deref(), Some("/x"));
    assert!(problem.time.is_some());
    assert!(!problem.raw.contains_key("more"));
    assert!(serde_json::to_string(problem).unwrap().len() < LIMIT);
    assert!(!problem.errors.is_empty() && problem.errors.len() <= 100);
    assert!(error.field_errors()[0].message.chars().count() <= 201);
    assert!(
        error.to_json().len() < 4 * LIMIT,
        "{}",
        error.to_json().len()
    );
}

#[test]
fn words_too_long_to_be_kept_whole_are_no_problem() {
    // Cut, they could end in the middle of an id.
    let detail = format!(
        "{} record for Id: CRM-12345",
        "already contains ".repeat(10_000)
    );
    let body = serde_json::json!({ "title": "Conflict", "detail": detail }).to_string();
    let stub = Stub::always(json(409, &body));
    let error = add(&stub.client(), &["CRM-1"]).unwrap_err();
    assert!(error.http().unwrap().problem.is_none());
}

#[test]
fn clones_of_an_error_share_what_the_server_sent() {
    let stub = Stub::always(answer(401, "", &"x".repeat(60_000)));
    let error = stub.client().pause(&campaign()).unwrap_err();
    let clones = vec![error.clone(); 20_000];
    let address =
        |error: &campaigns8x8::Error| error.http().unwrap().body.as_ref().unwrap().as_ptr();
    assert!(clones.iter().all(|clone| address(clone) == address(&error)));
    assert_eq!(size_of::<campaigns8x8::Error>(), size_of::<usize>());
}
