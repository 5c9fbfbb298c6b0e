//! Settings: every wrong one is refused before anything is sent, with an error that names it and the way out.

use campaigns8x8::{CampaignAction, CampaignId, Client, ClientConfig, ErrorKind, ModifyCampaign};

use crate::support::{KEY, Stub, campaign, itself, json, record, records};

const GOOD: &str = r#""apiKey":"eght_k","tenant":"acme01","customerSite":"US1""#;

fn refused(json: &str) -> campaigns8x8::Error {
    let error = ClientConfig::from_json(json)
        .and_then(Client::new)
        .expect_err(json);
    assert_eq!(error.kind(), ErrorKind::Config, "{json}");
    error
}

#[test]
fn a_wrong_or_unknown_setting_is_named_with_what_is_accepted() {
    let table = [
        (r#"{"#, "config"),
        (r#"[]"#, "config"),
        (
            r#"{"apiKey":"eght_k","tenant":"t","customerSite":"US9"}"#,
            "US1, US2, UK3",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t","customerSite":"us1"}"#,
            "US1, US2, UK3",
        ),
        (
            r#"{"apiKey":"abc","tenant":"t","customerSite":"US1"}"#,
            "eght_",
        ),
        (
            r#"{"apiKey":"eght_","tenant":"t","customerSite":"US1"}"#,
            "eght_",
        ),
        (
            r#"{"apiKey":"eght_a\nb","tenant":"t","customerSite":"US1"}"#,
            "line break",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"a\r\nb","customerSite":"US1"}"#,
            "tenant",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"","customerSite":"US1"}"#,
            "tenant",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t","customerSite":"US1","baseUrl":"https://x/v1"}"#,
            "both",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t","baseUrl":"http://10.0.0.1/v1"}"#,
            "allowInsecureHttp",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t","baseUrl":"http://localhost.example/v1"}"#,
            "allowInsecureHttp",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t","baseUrl":"ftp://host/v1"}"#,
            "ftp",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t","baseUrl":"https://u:p@host/v1"}"#,
            "password",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t","baseUrl":"https://host/v1?x=1"}"#,
            "query",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t","baseUrl":"nonsense"}"#,
            "baseUrl",
        ),
    ];
    for (json, named) in table {
        let error = refused(json);
        assert!(error.to_string().contains(named), "{json}: {error}");
    }
    let beside_good = [
        (r#""timeoutMS":5"#, "timeoutMs"),
        (r#""timeoutMs":"5""#, "timeoutMs"),
        (r#""timeoutMs":0"#, "timeoutMs"),
        (r#""timeoutMs":99999999999"#, "timeoutMs"),
        (r#""connectTimeoutMs":-1"#, "connectTimeoutMs"),
        (r#""retry":{"maxAttempts":0}"#, "retry.maxAttempts"),
        (r#""retry":{"attempts":3}"#, "maxAttempts"),
        (
            r#""rateLimit":{"requestsPerMinute":0}"#,
            "rateLimit.requestsPerMinute",
        ),
        (
            r#""rateLimit":{"requestsPerMinute":60,"burst":0}"#,
            "rateLimit.burst",
        ),
        (r#""rateLimit":{}"#, "requestsPerMinute"),
        (r#""maxResponseBytes":0"#, "maxResponseBytes"),
        (r#""userAgent":"a\nb""#, "userAgent"),
        (r#""proxy":"socks5://p""#, "proxy"),
        (r#""caBundle":"/no/such/file.pem""#, "/no/such/file.pem"),
        (r#""caBundle":"/dev/null""#, "no certificate"),
    ];
    for (setting, named) in beside_good {
        let error = refused(&format!("{{{GOOD},{setting}}}"));
        assert!(error.to_string().contains(named), "{setting}: {error}");
    }
}

#[test]
fn a_missing_setting_names_the_variable_that_would_supply_it() {
    // In a process of its own, without the variables that this one may have.
    for (given, variable) in [
        (r#"{}"#, "CAMPAIGNS8X8_API_KEY"),
        (r#"{"apiKey":"eght_k"}"#, "CAMPAIGNS8X8_TENANT"),
        (
            r#"{"apiKey":"eght_k","tenant":"t"}"#,
            "CAMPAIGNS8X8_CUSTOMER_SITE",
        ),
        (
            r#"{"apiKey":"eght_k","tenant":"t"}"#,
            "CAMPAIGNS8X8_BASE_URL",
        ),
    ] {
        let outcome = in_child(given, &[]);
        assert!(outcome.starts_with("config "), "{outcome}");
        assert!(outcome.contains(variable), "{given}: {outcome}");
    }
}

#[test]
fn what_is_left_out_comes_from_the_environment_and_what_is_given_beats_it() {
    let environment = [
        ("CAMPAIGNS8X8_API_KEY", "eght_env"),
        ("CAMPAIGNS8X8_TENANT", "from-env"),
        ("CAMPAIGNS8X8_CUSTOMER_SITE", "UK3"),
    ];
    let uk3 = "https://api.8x8.com/cc/UK3/campaigns/v1";
    assert_eq!(in_child("{}", &environment), format!("ok from-env {uk3}"));
    assert_eq!(
        in_child(r#"{"tenant":"given"}"#, &environment),
        format!("ok given {uk3}")
    );
    assert_eq!(
        in_child(r#"{"baseUrl":"https://localhost/v1"}"#, &environment),
        "ok from-env https://localhost/v1"
    );
    let both = [
        environment[0],
        environment[1],
        environment[2],
        ("CAMPAIGNS8X8_BASE_URL", "https://localhost/v1"),
    ];
    assert!(in_child("{}", &both).contains("both given"));
    let empty = [
        environment[0],
        environment[1],
        ("CAMPAIGNS8X8_CUSTOMER_SITE", ""),
    ];
    assert!(in_child("{}", &empty).contains("customerSite is missing"));
    let bad_key = [
        ("CAMPAIGNS8X8_API_KEY", "secret"),
        environment[1],
        environment[2],
    ];
    assert!(in_child("{}", &bad_key).contains("apiKey"));
}

const CHILD: &str = "CAMPAIGNS8X8_TEST_CONFIG";

/// Makes a client from `json` in a process with these variables only, and says what came of it.
fn in_child(json: &str, environment: &[(&str, &str)]) -> String {
    let output = itself("settings::the_child_makes_a_client")
        .env_clear()
        .env(CHILD, json)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.split_once("OUTCOME: "));
    line.unwrap_or_else(|| panic!("no outcome in {text}"))
        .1
        .to_owned()
}

/// The other half of [`in_child`]; makes sure of nothing by itself.
#[test]
fn the_child_makes_a_client() {
    let Ok(json) = std::env::var(CHILD) else {
        return;
    };
    let outcome = match ClientConfig::from_json(&json).and_then(Client::new) {
        Ok(client) => format!("ok {} {}", client.tenant(), client.base_url()),
        Err(error) => format!("{} {error}", error.kind()),
    };
    println!("\nOUTCOME: {outcome}");
}

#[test]
fn http_is_accepted_for_this_machine_and_where_it_is_allowed() {
    let config = ClientConfig::new().api_key(KEY).tenant("t");
    for url in [
        "http://127.0.0.1:1/v1",
        "http://127.9.9.9/v1",
        "http://[::1]:1/v1",
        "http://localhost:1/v1/",
        "http://sandbox.localhost/v1",
    ] {
        assert!(Client::new(config.clone().base_url(url)).is_ok(), "{url}");
    }
    let elsewhere = config.base_url("http://10.0.0.1/v1");
    assert!(Client::new(elsewhere.clone()).is_err());
    assert!(Client::new(elsewhere.allow_insecure_http(true)).is_ok());
}

#[test]
fn a_campaign_id_is_a_dashed_uuid() {
    assert!(
        "123e4567-e89b-12d3-a456-426614174000"
            .parse::<CampaignId>()
            .is_ok()
    );
    assert!(
        "123E4567-E89B-12D3-A456-426614174000"
            .parse::<CampaignId>()
            .is_ok()
    );
    for wrong in [
        "",
        "123e4567",
        "123e4567e89b12d3a456426614174000",
        "{123e4567-e89b-12d3-a456-426614174000}",
        "urn:uuid:123e4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-42661417400g",
        "../../../etc/passwd",
        "123e4567-e89b-12d3-a456-426614174000/records",
    ] {
        let error = wrong.parse::<CampaignId>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wrong}");
        assert!(error.to_string().contains("UUID"), "{error}");
    }
}

#[test]
fn build_on_start_goes_with_start_only() {
    let stub = Stub::always(json(200, r#"{"state":"READY"}"#));
    let request = ModifyCampaign::new(CampaignAction::Pause).build_on_start(true);
    let error = stub
        .client()
        .modify_campaign(&campaign(), &request)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.message().contains("buildOnStart"));
    assert!(stub.seen().is_empty());
    for (json, named) in [
        (r#"{"action":"STAT"}"#, "action"),
        (r#"{"action":"START","bildOnStart":true}"#, "bildOnStart"),
        (r#"{"enabled":true}"#, "action"),
        (r#"{"action":"PAUSE","buildOnStart":false}"#, "buildOnStart"),
        (r#"{"action":"PAUSE","action":"START"}"#, "duplicate"),
    ] {
        let error = ModifyCampaign::from_json(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{json}");
        assert!(error.message().contains(named), "{json}: {error}");
    }
}

#[test]
fn what_is_wrong_is_refused_before_anything_is_sent() {
    let stub = Stub::always(json(200, r#"{"records":[]}"#));
    let client = stub.client();
    let one = || record("CRM-1");
    for (records, code) in [
        (vec![], "Size"),
        (records(101), "Size"),
        (vec![one(), one()], "Duplicate"),
        (vec![one().rank(f64::NAN)], "Format"),
        (vec![one().priority("URGENT".into())], "Enum"),
    ] {
        let error = client.add_records(&campaign(), &records).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert_eq!(error.field_errors()[0].code, code);
    }
    assert!(stub.seen().is_empty());
}
