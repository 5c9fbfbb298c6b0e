//! The key is nowhere to be read: not in Debug, not in a log line, not in an error, whatever the server or the caller does.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use campaigns8x8::{
    ApiKey, CampaignId, Client, ClientConfig, Error, ErrorKind, LogLevel, ModifyCampaign,
    NewRecord, Retry, validate,
};
use support::{KEY, Reply, Stub, answer, campaign, json};

/// What is searched for: without the prefix, which messages may name.
const SECRET: &str = "SENTINEL0123456789";

#[track_caller]
fn clean(text: &str) {
    assert!(!text.contains(SECRET), "the key is in: {text}");
}

#[test]
fn it_is_in_no_debug_output() {
    let stub = Stub::always(Reply::Close);
    clean(&format!("{:?}", KEY.parse::<ApiKey>().unwrap()));
    clean(&format!("{:#?}", stub.config()));
    clean(&format!("{:#?}", stub.client()));
    let proxied = stub
        .config()
        .proxy("http://user:SENTINEL0123456789@127.0.0.1:1");
    clean(&format!("{proxied:#?}"));
    clean(&format!("{:#?}", Client::new(proxied).unwrap()));
}

#[test]
fn it_is_in_no_log_line_and_no_error_even_when_the_server_echoes_it() {
    let echoes: Vec<Reply> = vec![
        Reply::Close,
        json(
            401,
            &format!(
                r#"{{"title":"Unauthorized","detail":"key {KEY} is revoked","errors":[{{"field":"{KEY}","code":"x","message":"{KEY}"}}]}}"#
            ),
        ),
        answer(403, "", &format!("<html>x-api-key: {KEY}</html>")),
        answer(
            302,
            &format!("Location: http://127.0.0.1/?key={KEY}\r\n"),
            KEY,
        ),
        answer(200, "", &format!("you sent {KEY}")),
        answer(500, "", KEY),
        Reply::Silence,
    ];
    for reply in echoes {
        let stub = Stub::always(reply);
        let config = stub
            .config()
            .timeout(Duration::from_millis(100))
            .retry(Retry {
                max_attempts: 2,
                initial_backoff: Duration::from_millis(1),
                ..Retry::default()
            });
        let client = Client::new(config).unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        client.set_log(LogLevel::Debug, move |level, line| {
            sink.lock().unwrap().push(format!("{level} {line}"));
        });
        let errors = [
            client.pause(&campaign()).unwrap_err(),
            client
                .add_records(&campaign(), &[NewRecord::new("CRM-1").unwrap()])
                .unwrap_err(),
        ];
        for error in errors {
            clean(&format!("{error} {error:?} {error:#?}"));
            clean(&error.to_json());
        }
        let lines = lines.lock().unwrap();
        assert!(!lines.is_empty());
        clean(&lines.join("\n"));
        assert!(stub.seen()[0].contains(SECRET), "it was really sent");
    }
}

#[test]
fn it_is_in_no_error_when_it_is_given_in_the_wrong_place() {
    let config = |name: &str, value: String| {
        let json = serde_json::json!({ "apiKey": "eght_k", "tenant": "t", "baseUrl": "https://localhost/v1", name: value });
        ClientConfig::from_json(&json.to_string()).and_then(Client::new)
    };
    let mut errors = vec![
        KEY.parse::<CampaignId>().unwrap_err(),
        Error::new(ErrorKind::InvalidArgument, format!("a face says {KEY}")),
        ModifyCampaign::from_json(&format!(r#"{{"action":"{KEY}"}}"#)).unwrap_err(),
        ModifyCampaign::from_json(&format!(r#"{{"{KEY}":1}}"#)).unwrap_err(),
        validate::parse_records(&format!(
            r#"{{"records":[{{"crmRecordId":"a","priority":"{KEY}","scheduleAt":"{KEY}"}}]}}"#
        ))
        .unwrap_err(),
        ClientConfig::from_json(&format!(r#"{{"apiKey":["{KEY}"]}}"#)).unwrap_err(),
        ClientConfig::from_json(&format!(r#"{{"retry":"{KEY}"}}"#)).unwrap_err(),
        ClientConfig::from_json(&format!(r#"{{"{KEY}":1}}"#)).unwrap_err(),
        config("apiKey", format!("{KEY}\n")).unwrap_err(),
        config("apiKey", format!(" {KEY}")).unwrap_err(),
        config("tenant", KEY.to_owned()).unwrap_err(),
        config("baseUrl", KEY.to_owned()).unwrap_err(),
        config("baseUrl", format!("http://10.0.0.1/{KEY}")).unwrap_err(),
        config("proxy", KEY.to_owned()).unwrap_err(),
        config("userAgent", format!("{KEY}\n")).unwrap_err(),
    ];
    errors.push(
        ClientConfig::from_json(&format!(
            r#"{{"apiKey":"eght_k","tenant":"t","customerSite":"{KEY}"}}"#
        ))
        .and_then(Client::new)
        .unwrap_err(),
    );
    for error in errors {
        clean(&error.to_string());
        clean(&error.to_json());
    }
}
