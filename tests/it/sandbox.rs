//! The sandbox by itself, spoken to in raw HTTP: it refuses what the API refuses, keeps what it is given, and fails on purpose.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use campaigns8x8::CampaignState;
use campaigns8x8::sandbox::{
    CAMPAIGN_ID, Dialect, Fault, Faults, RateLimitStyle, Sandbox, SandboxOptions, SandboxRateLimit,
};
use serde_json::{Value, json};

use crate::support::{await_state, first, sandbox_with};

const HEADERS: &str = "X-API-Key: eght_sandbox\r\nX-8x8-Tenant: sandbox\r\nContent-Type: application/vnd.campaigns.v1+json\r\n";

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Sends one request; `None` if the connection was closed without a byte.
fn send(sandbox: &Sandbox, method: &str, path: &str, headers: &str, body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).unwrap();
    write!(
        stream,
        "{method} /cc/US1/campaigns/v1{path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head.split(' ').nth(1)?.parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

fn patch(sandbox: &Sandbox, body: &str) -> Answer {
    send(sandbox, "PATCH", &format!("/{CAMPAIGN_ID}"), HEADERS, body).unwrap()
}

fn add(sandbox: &Sandbox, records: Value) -> Answer {
    let body = json!({ "records": records }).to_string();
    send(
        sandbox,
        "POST",
        &format!("/{CAMPAIGN_ID}/records"),
        HEADERS,
        &body,
    )
    .unwrap()
}

#[test]
fn who_asks_for_what_is_checked_first() {
    let sandbox = Sandbox::start().unwrap();
    let campaign = format!("/{CAMPAIGN_ID}");
    let build = r#"{"action":"BUILD"}"#;
    let wrong_headers = [
        ("X-API-Key: eght_sandbox\r\n", "", 401),
        ("eght_sandbox", "secret", 401),
        ("eght_sandbox", "eght_other", 401),
        ("X-8x8-Tenant: sandbox\r\n", "", 404),
        (": sandbox", ": other", 404),
        ("vnd.campaigns.v1+", "", 415),
    ]
    .map(|(from, to, status)| {
        (
            "PATCH",
            campaign.as_str(),
            HEADERS.replace(from, to),
            status,
        )
    });
    let places = [
        ("PATCH", "/00000000-0000-4000-8000-000000000000", 404),
        (
            "PATCH",
            "/campaigns/123e4567-e89b-12d3-a456-426614174000",
            404,
        ),
        ("GET", &campaign, 405),
        ("POST", &campaign, 405),
        ("PATCH", &campaign, 200),
    ]
    .map(|(method, path, status)| (method, path, HEADERS.to_owned(), status));
    for (method, path, headers, status) in wrong_headers.into_iter().chain(places) {
        let answer = send(&sandbox, method, path, &headers, build).unwrap();
        assert_eq!(answer.status, status, "{method} {path} {headers}");
        let media_type = "application/vnd.campaigns.v1+json";
        assert_eq!(answer.header("content-type"), Some(media_type));
        if status >= 400 {
            let problem = answer.json();
            assert_eq!(problem["status"], status);
            assert!(problem["instance"].as_str().unwrap().ends_with(path));
            assert!(problem["time"].as_str().unwrap().ends_with('Z'));
        }
    }
    let unattached = sandbox_with(SandboxOptions {
        product_attached: false,
        ..SandboxOptions::default()
    });
    assert_eq!(patch(&unattached, build).status, 403);
}

#[test]
fn bodies_are_checked_as_the_vendor_does() {
    let sandbox = Sandbox::start().unwrap();
    for body in ["", "{", "[]", "7"] {
        assert_eq!(patch(&sandbox, body).status, 400, "{body}");
    }
    for (body, field) in [
        (r#"{}"#, "action"),
        (r#"{"action":"STAT"}"#, "action"),
        (r#"{"action":"BUILD","enabled":"yes"}"#, "enabled"),
        (r#"{"action":"START","buildOnStart":1}"#, "buildOnStart"),
    ] {
        assert_eq!(patch(&sandbox, body).json()["errors"][0]["field"], field);
    }
    let many: Vec<_> = (0..101)
        .map(|n| json!({ "crmRecordId": n.to_string() }))
        .collect();
    for (records, field, code) in [
        (json!([]), "records", "Size"),
        (json!(many), "records", "Size"),
        (json!(null), "records", "NotNull"),
        (json!([{}]), "records[0].crmRecordId", "NotBlank"),
        (
            json!([{"crmRecordId": " "}]),
            "records[0].crmRecordId",
            "NotBlank",
        ),
        (
            json!([{"crmRecordId": "x".repeat(33)}]),
            "records[0].crmRecordId",
            "Size",
        ),
        (
            json!([{"crmRecordId": "a"}, {"crmRecordId": "a"}]),
            "records[1].crmRecordId",
            "Duplicate",
        ),
        (
            json!([{"crmRecordId": "a", "scheduleAt": "x"}]),
            "records[0].scheduleAt",
            "Format",
        ),
        (
            json!([{"crmRecordId": "a", "priority": "x"}]),
            "records[0].priority",
            "Enum",
        ),
    ] {
        let answer = add(&sandbox, records);
        assert_eq!(answer.status, 400);
        let error = &answer.json()["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code))
        );
    }
    assert!(sandbox.stored().is_empty(), "all or nothing");
    let lenient = json!([{"crmRecordId": "a", "fieldOfTomorrow": 1}]);
    assert_eq!(add(&sandbox, lenient).status, 200);
}

#[test]
fn the_two_dialects_differ_where_the_vendor_does() {
    for (dialect, added, conflict) in [(Dialect::Guide, 200, 409), (Dialect::OpenApi, 201, 400)] {
        let sandbox = sandbox_with(SandboxOptions {
            dialect,
            ..SandboxOptions::default()
        });
        assert_eq!(
            add(&sandbox, json!([{"crmRecordId": "CRM-1"}])).status,
            added
        );
        let duplicate = add(
            &sandbox,
            json!([{"crmRecordId": "CRM-0"}, {"crmRecordId": "CRM-1"}]),
        );
        assert_eq!(duplicate.status, conflict);
        assert_eq!(
            duplicate.json()["detail"],
            "Campaign already contains record for Id: CRM-1"
        );
        assert_eq!(patch(&sandbox, r#"{"action":"PAUSE"}"#).status, conflict);
    }
}

#[test]
fn ranks_count_inside_their_priority_group() {
    let sandbox = Sandbox::start().unwrap();
    let records = json!([
        {"crmRecordId": "h1"}, {"crmRecordId": "m1", "priority": "MEDIUM"}, {"crmRecordId": "h2", "priority": "HIGH"},
        {"crmRecordId": "h0", "rank": 0.5}, {"crmRecordId": "h4"}
    ]);
    let answer = add(&sandbox, records).json();
    let ranks: Vec<_> = answer["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["rank"].as_f64().unwrap())
        .collect();
    assert_eq!(ranks, [1.0, 1.0, 2.0, 0.5, 4.0]);
    assert_eq!(sandbox.dial_order(), ["h0", "h1", "h2", "h4", "m1"]);
    assert_eq!(sandbox.stored(), ["h1", "m1", "h2", "h0", "h4"]);
}

#[test]
fn what_is_due_earliest_is_dialed_first_and_rank_orders_what_has_no_time() {
    let sandbox = Sandbox::start().unwrap();
    let record = |id: &str, rank: f64| json!({"crmRecordId": id, "rank": rank});
    let scheduled = |id: &str, at: &str| json!({"crmRecordId": id, "scheduleAt": at, "rank": 0.0});
    add(
        &sandbox,
        json!([
            record("second", 2.0),
            scheduled("tomorrow", "2999-01-01T00:00:00Z"),
            scheduled("passed", "2020-01-01T00:00:00Z"),
            scheduled("passed before", "2019-01-01T00:00:00Z"),
            {"crmRecordId": "low", "priority": "LOW", "scheduleAt": "2018-01-01T00:00:00Z"},
            record("third", 3.0),
        ]),
    );
    let between = jiff::Timestamp::now().to_string();
    std::thread::sleep(Duration::from_millis(2));
    // Created later, and still by rank among those that have no time of their own.
    add(
        &sandbox,
        json!([
            record("fourth", 4.0),
            record("first", 1.0),
            scheduled("between", &between)
        ]),
    );
    assert_eq!(
        sandbox.dial_order(),
        [
            "passed before",
            "passed",
            "first",
            "second",
            "third",
            "between",
            "fourth",
            "tomorrow",
            "low"
        ]
    );
}

#[test]
fn a_schedule_opens_and_ends_by_itself() {
    let sandbox = sandbox_with(SandboxOptions {
        state: CampaignState::Ready,
        opens_after: Some(Duration::from_millis(700)),
        ends_after: Some(Duration::from_millis(1400)),
        start_time: Duration::ZERO,
        ..SandboxOptions::default()
    });
    assert_eq!(
        patch(&sandbox, r#"{"action":"START"}"#).json()["state"],
        "PENDING"
    );
    await_state(&sandbox, "RUNNING");
    await_state(&sandbox, "COMPLETE");
    let shown: Value = serde_json::from_str(&sandbox.campaign_json()).unwrap();
    assert_eq!(shown["displayStatus"], "COMPLETED");
    assert!(shown["startedTime"].as_str() < shown["completedTime"].as_str());
}

#[test]
fn builds_and_starts_fail_when_told_to() {
    let sandbox = sandbox_with(SandboxOptions {
        build_time: Duration::ZERO,
        start_time: Duration::ZERO,
        start_fails: true,
        ..SandboxOptions::default()
    });
    patch(&sandbox, r#"{"action":"START","buildOnStart":true}"#);
    await_state(&sandbox, "BUILD_ERROR");
}

#[test]
fn each_fault_does_what_it_says() {
    let record = |id: &str| json!([{"crmRecordId": id}]).to_string();
    let cases = [
        (Fault::LostRequest, None, false),
        (Fault::LostAnswer, None, true),
        (Fault::ErrorBefore(503), Some(503), false),
        (Fault::ErrorAfter(500), Some(500), true),
        (Fault::GatewayHtml(502), Some(502), false),
        (
            Fault::RateLimited {
                retry_after_secs: 7,
            },
            Some(429),
            false,
        ),
        (Fault::Delay(Duration::from_millis(20)), Some(200), true),
        (Fault::TruncatedAnswer, Some(200), true),
    ];
    for (fault, status, stored) in cases {
        let sandbox = sandbox_with(SandboxOptions {
            faults: first(fault.clone()),
            ..SandboxOptions::default()
        });
        let body = format!(r#"{{"records":{}}}"#, record("CRM-1"));
        let path = format!("/{CAMPAIGN_ID}/records");
        let started = Instant::now();
        let answer = send(&sandbox, "POST", &path, HEADERS, &body);
        assert_eq!(answer.as_ref().map(|a| a.status), status, "{fault:?}");
        assert_eq!(sandbox.stored().len(), usize::from(stored), "{fault:?}");
        match &fault {
            Fault::GatewayHtml(_) => assert!(answer.unwrap().body.starts_with("<html>")),
            Fault::RateLimited { .. } => {
                assert_eq!(answer.unwrap().header("retry-after"), Some("7"));
            }
            Fault::TruncatedAnswer => {
                let answer = answer.unwrap();
                let promised: usize = answer.header("content-length").unwrap().parse().unwrap();
                assert!(!answer.body.is_empty() && answer.body.len() < promised);
            }
            Fault::Delay(delay) => assert!(started.elapsed() >= *delay),
            _ => {}
        }
        assert_eq!(sandbox.request_log()[0].fault, Some(fault));
        let again = send(&sandbox, "POST", &path, HEADERS, &body).unwrap();
        assert_eq!(again.status, if stored { 409 } else { 200 });
    }
}

#[test]
fn random_faults_repeat_with_their_seed() {
    let run = |seed| {
        let sandbox = sandbox_with(SandboxOptions {
            seed,
            faults: Faults::Random {
                probability: 0.5,
                kinds: vec![Fault::ErrorBefore(500), Fault::LostRequest],
            },
            ..SandboxOptions::default()
        });
        for _ in 0..40 {
            send(&sandbox, "PATCH", &format!("/{CAMPAIGN_ID}"), HEADERS, "{}");
        }
        let log = sandbox.request_log();
        log.into_iter().map(|seen| seen.status).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_rate_limit_is_told_in_either_style() {
    // A window of a day: no test runs into its end, save one that runs at midnight.
    let limit = |style| {
        sandbox_with(SandboxOptions {
            rate_limit: Some(SandboxRateLimit {
                requests: 2,
                per: Duration::from_secs(86_400),
                style,
            }),
            ..SandboxOptions::default()
        })
    };
    let sandbox = limit(RateLimitStyle::XRateLimit);
    for (remaining, status) in [("1", 400), ("0", 400), ("0", 429)] {
        let answer = patch(&sandbox, "{}");
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("2"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(remaining));
        let reset: u64 = answer.header("x-ratelimit-reset").unwrap().parse().unwrap();
        assert_eq!(reset % 86_400, 0);
    }
    let sandbox = limit(RateLimitStyle::RetryAfter);
    assert_eq!(patch(&sandbox, "{}").header("retry-after"), None);
    patch(&sandbox, "{}");
    let refused = patch(&sandbox, "{}");
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait));
}
