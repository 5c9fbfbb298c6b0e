//! What the client makes of every kind of answer: each row of the contract's error table, bodies that nobody can decode,
//! values and fields of later versions, and every 2xx.

use campaigns8x8::{CampaignAction, CampaignState, ErrorKind, ModifyCampaign, RecordState};
use std::time::Duration;

use crate::support::{CAMPAIGN, Reply, Stub, answer, campaign, json, record, timed};

const CAMPAIGN_JSON: &str = r#"{"id":"123e4567-e89b-12d3-a456-426614174000","state":"RUNNING"}"#;

fn problem(status: u16, title: &str, detail: &str) -> String {
    format!(
        r#"{{"title":"{title}","status":{status},"detail":"{detail}","instance":"/cc/US1/campaigns/v1/{CAMPAIGN}","time":"2026-04-22T10:00:00Z"}}"#
    )
}

#[test]
fn every_status_of_the_error_table_has_its_kind() {
    let table = [
        (400, ErrorKind::BadRequest, false),
        (401, ErrorKind::Unauthorized, false),
        (403, ErrorKind::Forbidden, false),
        (404, ErrorKind::NotFound, false),
        (405, ErrorKind::BadRequest, false),
        (406, ErrorKind::UnexpectedResponse, true),
        (408, ErrorKind::Timeout, true),
        (409, ErrorKind::Conflict, false),
        (415, ErrorKind::BadRequest, false),
        (422, ErrorKind::BadRequest, false),
        (429, ErrorKind::RateLimited, false),
        (499, ErrorKind::UnexpectedResponse, true),
        (500, ErrorKind::Server, true),
        (502, ErrorKind::Server, true),
        (503, ErrorKind::Server, true),
        (504, ErrorKind::Server, true),
        (600, ErrorKind::UnexpectedResponse, true),
    ];
    for (status, kind, unknown) in table {
        let stub = Stub::always(json(status, &problem(status, "Title", "Detail of it")));
        let client = stub.client_once();
        let patch = client.build(&campaign()).unwrap_err();
        let post = client
            .add_records(&campaign(), &[record("CRM-1")])
            .unwrap_err();
        for error in [patch, post] {
            assert_eq!(error.kind(), kind, "{status}");
            assert_eq!(error.is_outcome_unknown(), unknown, "{status}");
            assert_eq!(error.attempts(), 1);
            assert!(error.message().contains("Detail of it"), "{error}");
            assert!(error.hint().is_some_and(|hint| !hint.is_empty()));
            let http = error.http().unwrap();
            assert_eq!(http.status, status);
            let problem = http.problem.as_ref().unwrap();
            assert_eq!(problem.title.as_deref(), Some("Title"));
            assert_eq!(problem.time, Some("2026-04-22T10:00:00Z".parse().unwrap()));
            assert!(problem.instance.as_ref().unwrap().ends_with(CAMPAIGN));
        }
    }
}

#[test]
fn only_a_status_that_says_so_means_that_nothing_was_applied() {
    let refusals = [
        307, 308, 400, 401, 402, 403, 404, 405, 407, 409, 410, 411, 412, 413, 414, 415, 417, 421,
        422, 423, 424, 425, 426, 428, 429, 431, 451,
    ];
    let stub = Stub::start(|n| answer(300 + u16::try_from(n).unwrap(), "", ""));
    let client = stub.client_once();
    for status in 300..1000 {
        let error = client.pause(&campaign()).unwrap_err();
        assert_eq!(error.http().unwrap().status, status);
        let applied = error.is_outcome_unknown();
        assert_eq!(applied, !refusals.contains(&status), "{status}");
        if applied {
            assert_ne!(
                error.kind(),
                ErrorKind::BadRequest,
                "{status} says nothing of it"
            );
            assert!(!error.message().contains("earlier attempt"), "{error}");
        }
    }
}

#[test]
fn a_408_is_sent_again_where_that_is_harmless_and_never_for_resume_and_retry() {
    let busy = || {
        Stub::start(|n| {
            if n == 0 {
                answer(408, "", "")
            } else {
                json(200, CAMPAIGN_JSON)
            }
        })
    };
    let stub = busy();
    stub.client().pause(&campaign()).unwrap();
    assert_eq!(stub.seen().len(), 2);
    for action in [CampaignAction::Resume, CampaignAction::Retry] {
        let stub = busy();
        let request = ModifyCampaign::new(action);
        let error = stub
            .client()
            .modify_campaign(&campaign(), &request)
            .unwrap_err();
        assert_eq!(stub.seen().len(), 1, "{action}");
        assert!(error.is_outcome_unknown() && !error.is_retryable());
        assert!(error.hint().unwrap().contains("dial again"), "{error}");
    }
    // Stored, the answer late for the gateway; the second one is refused because of the first.
    let refusal =
        r#"{"title":"Conflict","detail":"Campaign already contains record for Id: CRM-1"}"#;
    let stub = Stub::start(|n| {
        if n == 0 {
            answer(408, "", "")
        } else {
            json(409, refusal)
        }
    });
    let error = stub
        .client()
        .add_records(&campaign(), &[record("CRM-1")])
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Conflict, 2));
    assert!(error.is_outcome_unknown());
    assert!(error.message().contains("earlier attempt"), "{error}");
}

#[test]
fn a_403_names_the_api_product() {
    let stub = Stub::always(json(403, "{}"));
    let error = stub.client().build(&campaign()).unwrap_err();
    assert!(
        error
            .hint()
            .unwrap()
            .contains("API Product \"Contact Center Campaigns\"")
    );
}

#[test]
fn field_errors_of_the_server_reach_the_caller() {
    let body = r#"{"title":"Validation failed","status":400,"errors":[{"field":"records[0].crmRecordId","code":"NotBlank","message":"must not be blank"}]}"#;
    let stub = Stub::always(json(400, body));
    let error = stub
        .client()
        .add_records(&campaign(), &[record("CRM-1")])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    let fields: Vec<_> = error
        .field_errors()
        .iter()
        .map(|e| (e.field.as_str(), e.code.as_str(), e.message.as_str()))
        .collect();
    assert_eq!(
        fields,
        [("records[0].crmRecordId", "NotBlank", "must not be blank")]
    );
}

#[test]
fn an_error_body_that_is_not_a_problem_is_still_a_typed_error_with_its_status() {
    let bodies = [
        "<html><body><h1>403 Forbidden</h1></body></html>",
        "",
        r#"{"requestId":"abc","responseId":"def"}"#,
        r#"{"status":"error","code":17,"message":"no"}"#,
        "[1,2,3]",
        "\"text\"",
        "{\"title\":",
    ];
    for body in bodies {
        let stub = Stub::always(answer(403, "Content-Type: text/html\r\n", body));
        let error = stub.client().pause(&campaign()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{body}");
        let http = error.http().unwrap();
        assert_eq!(http.status, 403);
        assert!(http.problem.is_none());
        assert_eq!(http.body.as_deref().unwrap_or(""), body);
    }
}

#[test]
fn a_200_that_the_api_did_not_write_is_no_success() {
    for body in ["<html>Sign in</html>", "", "{}", "[]", r#"{"state":7}"#] {
        let stub = Stub::always(answer(200, "", body));
        let error = stub.client().build(&campaign()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{body}");
        assert!(error.is_outcome_unknown());
        assert_eq!(stub.seen().len(), 1, "not repeated");
    }
}

#[test]
fn an_answer_about_other_records_is_no_success() {
    let records = [record("CRM-1"), record("CRM-2")];
    for body in [
        r#"{"records":[]}"#,
        r#"{"records":[{"crmRecordId":"CRM-1"}]}"#,
        r#"{"records":[{"crmRecordId":"CRM-1"},{"crmRecordId":"CRM-3"}]}"#,
        r#"{"records":[{"crmRecordId":"CRM-1"},{"crmRecordId":"CRM-1"}]}"#,
        r#"{"records":[{"crmRecordId":"CRM-1"},7]}"#,
    ] {
        let stub = Stub::always(json(200, body));
        let error = stub
            .client()
            .add_records(&campaign(), &records)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{body}");
        assert!(error.is_outcome_unknown(), "{body}");
    }
}

#[test]
fn every_2xx_is_success() {
    for status in [200, 201, 202, 299] {
        let stub = Stub::always(json(status, CAMPAIGN_JSON));
        let answered = stub.client().build(&campaign()).unwrap();
        assert_eq!(answered.state, CampaignState::Running);
        let stub = Stub::always(json(status, r#"{"records":[{"crmRecordId":"CRM-1"}]}"#));
        let added = stub
            .client()
            .add_records(&campaign(), &[record("CRM-1")])
            .unwrap();
        assert_eq!(added.len(), 1);
    }
}

#[test]
fn unknown_values_and_fields_are_carried_through() {
    let body = r#"{"state":"HIBERNATING","displayStatus":"ACTIVE","startTime":"soon","recordCount":"many","recordCounts":[{"state":"READY","result":"COMPLETED","count":3}],"novelty":{"a":[1]}}"#;
    let stub = Stub::always(json(200, body));
    let answered = stub.client().build(&campaign()).unwrap();
    assert_eq!(answered.state, "HIBERNATING");
    assert_eq!(
        answered.state,
        CampaignState::Unknown("HIBERNATING".to_owned())
    );
    assert_eq!(answered.display_status.as_ref().unwrap(), &"ACTIVE");
    assert_eq!(answered.start_time, None);
    assert_eq!(answered.record_count, None);
    assert_eq!(answered.record_counts[0].state.as_ref().unwrap(), &"READY");
    assert_eq!(answered.record_counts[0].count, Some(3));
    assert_eq!(answered.raw["startTime"], "soon");
    assert_eq!(serde_json::to_string(&answered).unwrap(), body);

    let body = r#"{"records":[{"crmRecordId":"CRM-1","state":"DREAMING","rank":1.5,"shade":"blue"}],"page":1}"#;
    let stub = Stub::always(json(201, body));
    let record = stub
        .client()
        .add_records(&campaign(), &[record("CRM-1")])
        .unwrap()
        .remove(0);
    assert_eq!(
        record.state,
        Some(RecordState::Unknown("DREAMING".to_owned()))
    );
    assert_eq!(record.rank, Some(1.5));
    assert_eq!(record.raw["shade"], "blue");
}

#[test]
fn redirects_are_errors_and_nobody_else_hears_of_the_request() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Stub::always(json(200, CAMPAIGN_JSON));
        let location = format!("Location: {}/{CAMPAIGN}\r\n", elsewhere.url());
        let stub = Stub::always(answer(status, &location, ""));
        let client = stub.client();
        let patch = client.pause(&campaign()).unwrap_err();
        let post = client
            .add_records(&campaign(), &[record("CRM-1")])
            .unwrap_err();
        for error in [patch, post] {
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{status}");
            assert_eq!(error.http().unwrap().status, status);
            assert_eq!(error.attempts(), 1);
        }
        assert_eq!(stub.seen().len(), 2, "{status}");
        assert_eq!(elsewhere.seen().len(), 0, "{status}");
    }
}

#[test]
fn every_request_has_the_headers_of_the_contract() {
    let stub = Stub::always(json(200, CAMPAIGN_JSON));
    let client = campaigns8x8::Client::new(stub.config().user_agent("nightly-load/2.1")).unwrap();
    client.pause(&campaign()).unwrap();
    let seen = stub.seen().remove(0);
    assert!(seen.starts_with(&format!(
        "PATCH /cc/US1/campaigns/v1/{CAMPAIGN} HTTP/1.1\r\n"
    )));
    assert!(seen.ends_with(r#"{"action":"PAUSE"}"#));
    let head = seen.to_ascii_lowercase();
    for header in [
        "x-api-key: eght_sentinel0123456789\r\n",
        "x-8x8-tenant: acme01\r\n",
        "content-type: application/vnd.campaigns.v1+json\r\n",
        "accept: application/vnd.campaigns.v1+json\r\n",
        "nightly-load/2.1\r\n",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
}

#[test]
fn the_wait_that_the_server_asks_for_is_kept_or_told() {
    let stub = Stub::start(|n| match n {
        0 => answer(429, "Retry-After: 1\r\n", ""),
        _ => json(200, CAMPAIGN_JSON),
    });
    let (answered, took) = timed(|| stub.client().pause(&campaign()));
    assert!(answered.is_ok());
    assert!(took >= Duration::from_secs(1), "{took:?}");

    let stub = Stub::start(|n| match n {
        0 => answer(503, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", ""),
        _ => json(200, CAMPAIGN_JSON),
    });
    let (answered, took) = timed(|| stub.client().pause(&campaign()));
    assert!(answered.is_ok());
    assert!(
        took < Duration::from_secs(1),
        "a date that has passed: {took:?}"
    );

    let stub = Stub::always(answer(503, "Retry-After: 121\r\n", ""));
    let error = stub.client().pause(&campaign()).unwrap_err();
    assert_eq!(error.attempts(), 1);
    assert_eq!(
        error.http().unwrap().retry_after,
        Some(Duration::from_secs(121))
    );
    assert!(error.to_json().contains("\"retryAfterMs\":121000"));
}

#[test]
fn a_server_that_speaks_no_http_is_an_error() {
    let stub = Stub::always(Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()));
    let error = stub.client_once().pause(&campaign()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.is_outcome_unknown());
}
