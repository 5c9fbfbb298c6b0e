//! The key is nowhere to be read: not in Debug, not in a log line, not in an error, whatever the server or the caller does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use campaigns8x8::{
    ApiKey, CampaignId, Client, ClientConfig, Error, ErrorKind, LogLevel, ModifyCampaign, Retry,
    validate,
};

use crate::support::{KEY, Reply, Stub, answer, campaign, json, once, record};

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
                .add_records(&campaign(), &[record("CRM-1")])
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

/// The key as other writers of JSON, URLs and HTML spell it.
fn spellings(key: &str) -> Vec<String> {
    let each = |write: fn(u8) -> String| key.bytes().map(write).collect::<String>();
    let some = |what: &str| {
        let write = |c: char| match c {
            '=' | '/' | '_' if what == "u" => format!("\\u{:04x}", u32::from(c)),
            '/' if what == "slash" => "\\/".to_owned(),
            '=' | '/' if what == "percent" => format!("%{:02X}", u32::from(c)),
            '=' if what == "html" => "&#x3D;".to_owned(),
            c => c.to_string(),
        };
        key.chars().map(write).collect::<String>()
    };
    vec![
        key.to_owned(),
        each(|byte| format!("\\u{byte:04x}")),
        each(|byte| format!("\\u{byte:04X}")),
        each(|byte| format!("%{byte:02x}")),
        some("u"),
        some("slash"),
        some("percent"),
        some("html"),
        some("u").replace('\\', "\\\\"),
    ]
}

#[test]
fn it_is_in_no_error_however_the_server_spells_it() {
    // With what JSON and URLs escape between the parts that are searched for.
    let key = "eght_/SENTINEL0123456789==/SENTINEL0123456789/==";
    let spelled = spellings(key);
    for (n, spelling) in spelled.iter().enumerate() {
        let bodies = [
            format!(
                r#"{{"title":"{spelling}","detail":"key {spelling}","{spelling}":["{spelling}"],"errors":[{{"field":"{spelling}","code":"c","message":"m"}}]}}"#
            ),
            format!(r#"{{"debug":{{"x-api-key":"{spelling}"}}}}"#),
            format!(r#""{spelling}""#),
            format!("<pre>{{\"x-api-key\":\"{spelling}\"}}</pre>"),
            format!("{{\"x-api-key\":\"{spelling}\""),
            format!(r#"{{"records":[{{"crmRecordId":"{spelling}"}}]}}"#),
        ];
        for body in bodies {
            for status in [200, 401, 409, 500] {
                let stub = Stub::always(json(status, &body));
                let client = Client::new(stub.config().api_key(key).retry(once())).unwrap();
                for error in [
                    client.pause(&campaign()).unwrap_err(),
                    client
                        .add_records(&campaign(), &[record("CRM-1")])
                        .unwrap_err(),
                ] {
                    let shown = format!("{error} {error:?} {}", error.to_json());
                    for secret in [SECRET, &spelled[1][100..], &spelled[3][60..]] {
                        assert!(!shown.contains(secret), "spelling {n} in {shown}");
                    }
                    let shown = shown.to_lowercase().replace("\\\\", "\\");
                    let unescaped = spelled[1][100..].to_lowercase();
                    assert!(!shown.contains(&unescaped), "spelling {n} in {shown}");
                }
            }
        }
    }
}

#[test]
fn a_body_cut_inside_the_key_shows_none_of_it() {
    for spelling in spellings(KEY) {
        let begun = format!("{{\"x-api-key\":\"{spelling}");
        // From two characters of the key after its prefix on; where it broke off, and where the error's limit cuts it.
        for end in begun.len() - spelling.len() / KEY.len() * (KEY.len() - 7)..=begun.len() {
            let body = &begun[..end];
            let broken = Reply::Bytes(
                format!(
                    "HTTP/1.1 401 U\r\nContent-Length: 9999\r\nConnection: close\r\n\r\n{body}"
                )
                .into_bytes(),
            );
            let long = format!("{}{begun}\"}}", " ".repeat(64 * 1024 - end));
            for reply in [broken, answer(401, "", &long)] {
                let stub = Stub::always(reply);
                let error = stub.client().pause(&campaign()).unwrap_err();
                let shown = error.http().unwrap().body.clone().unwrap();
                let shown = shown.trim_end_matches("\"}");
                assert!(
                    shown.ends_with("eght_[redacted]") || shown.ends_with("eght_[redac"),
                    "{end}: {}",
                    shown.trim()
                );
            }
        }
    }
}

#[test]
fn a_message_that_speaks_of_the_prefix_reads_well() {
    let config = r#"{"apiKey":"SENTINEL0123456789","tenant":"t","customerSite":"US1"}"#;
    let error = ClientConfig::from_json(config)
        .and_then(Client::new)
        .unwrap_err();
    clean(&error.to_string());
    assert!(
        error
            .message()
            .starts_with("apiKey does not begin with eght_; give the Key"),
        "{error}"
    );
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
