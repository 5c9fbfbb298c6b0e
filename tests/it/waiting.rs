//! Nothing hangs: a silent server, an endless answer, a caller that gives up.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use campaigns8x8::{Cancel, Client, ErrorKind, LaunchOptions, LaunchStrategy};

use crate::support::{Reply, Stub, answer, campaign, json, once, timed, until};

#[test]
fn a_server_that_never_answers_costs_the_timeout_and_no_more() {
    let stub = Stub::always(Reply::Silence);
    let timeout = Duration::from_millis(300);
    let client = Client::new(stub.config().timeout(timeout).retry(once())).unwrap();
    let (result, took) = timed(|| client.pause(&campaign()));
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.is_outcome_unknown());
    assert!(error.message().contains("timeoutMs"), "{error}");
    assert!(
        took >= timeout && took < timeout + Duration::from_millis(500),
        "{took:?}"
    );
}

#[test]
fn an_answer_without_end_is_cut_off_at_the_limit() {
    let stub = Stub::always(Reply::Endless);
    let client = Client::new(stub.config().max_response_bytes(100_000)).unwrap();
    let error = client.pause(&campaign()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert!(
        error.message().contains("100000 bytes of maxResponseBytes"),
        "{error}"
    );
    assert!(error.is_outcome_unknown());
    assert_eq!(stub.seen().len(), 1);
}

#[test]
fn an_answer_of_exactly_the_limit_is_read() {
    let body = r#"{"state":"PAUSED"}"#;
    let stub = Stub::always(json(200, body));
    let limit = u64::try_from(body.len()).unwrap();
    let accepts = Client::new(stub.config().max_response_bytes(limit)).unwrap();
    assert!(accepts.pause(&campaign()).is_ok());
    let refuses = Client::new(stub.config().max_response_bytes(limit - 1)).unwrap();
    assert!(refuses.pause(&campaign()).is_err());
}

#[test]
fn a_cancelled_call_returns_at_once_wherever_it_waits() {
    let silent = Stub::always(Reply::Silence);
    let busy = Stub::always(answer(429, "Retry-After: 60\r\n", ""));
    for (stub, unknown) in [(&silent, true), (&busy, false)] {
        let cancel = Cancel::new();
        let client = stub.client().with_cancel(&cancel);
        let call = thread::spawn(move || timed(|| client.pause(&campaign())));
        until("a request", || !stub.seen().is_empty());
        let (result, took) = timed(|| {
            cancel.trigger();
            call.join().unwrap().0
        });
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(error.is_outcome_unknown(), unknown);
        assert!(took < Duration::from_millis(200), "{took:?}");
    }
}

#[test]
fn a_token_triggered_before_the_call_sends_nothing() {
    let stub = Stub::always(json(200, r#"{"state":"PAUSED"}"#));
    let cancel = Cancel::new();
    cancel.trigger();
    let error = stub
        .client()
        .with_cancel(&cancel)
        .pause(&campaign())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(error.attempts(), 0);
    assert!(!error.is_outcome_unknown());
    assert!(stub.seen().is_empty());
}

#[test]
fn a_check_is_asked_on_the_waiting_thread() {
    let stub = Stub::always(Reply::Silence);
    let caller = thread::current().id();
    let cancel = Cancel::with_check(move || {
        assert_eq!(thread::current().id(), caller);
        true
    });
    let error = stub
        .client()
        .with_cancel(&cancel)
        .pause(&campaign())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn the_deadline_of_a_launch_ends_a_request_under_way() {
    let stub = Stub::always(Reply::Silence);
    let options = LaunchOptions {
        strategy: LaunchStrategy::Start,
        deadline: Duration::from_millis(200),
        ..LaunchOptions::default()
    };
    let client = stub.client();
    let (result, took) = timed(|| client.launch_campaign(&campaign(), &options));
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(error.is_outcome_unknown());
    assert!(took < Duration::from_millis(700), "{took:?}");
}

fn build_then_start() -> LaunchOptions {
    LaunchOptions {
        strategy: LaunchStrategy::BuildThenStart,
        ..LaunchOptions::default()
    }
}

#[test]
fn a_start_caught_by_the_deadline_may_have_been_applied_and_nothing_is_said_of_a_build() {
    let stub = Stub::start(|n| match n {
        0 => json(200, r#"{"state":"BUILDING"}"#),
        1 => json(409, r#"{"title":"Conflict","detail":"not valid now"}"#),
        _ => Reply::Silence,
    });
    let options = LaunchOptions {
        deadline: Duration::from_millis(300),
        poll_interval: Duration::from_millis(10),
        ..build_then_start()
    };
    let error = stub
        .client()
        .launch_campaign(&campaign(), &options)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(error.is_outcome_unknown());
    let hint = error.hint().unwrap();
    assert!(hint.contains("START may have been applied"), "{hint}");
    assert!(!hint.contains("build"), "{hint}");
}

#[test]
fn a_400_that_did_not_come_whole_is_not_waited_out_as_a_state() {
    let cut = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{\"title\":\"Bad";
    let stub = Stub::start(|n| match n {
        0 => json(200, r#"{"state":"BUILDING"}"#),
        _ => Reply::Bytes(cut.to_vec()),
    });
    let error = stub
        .client()
        .launch_campaign(&campaign(), &build_then_start())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert_eq!(stub.seen().len(), 2);
}

#[test]
fn a_port_that_nobody_listens_on_is_a_connection_error_and_nothing_was_applied() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let stub = Stub::always(Reply::Close);
    let client = Client::new(
        stub.config()
            .base_url(format!("http://{address}/v1"))
            .retry(once()),
    )
    .unwrap();
    let error = client.resume(&campaign()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(!error.is_outcome_unknown());
    assert!(error.is_retryable());
    assert!(error.message().contains(&address.to_string()), "{error}");
}

/// Serves one connection with whatever `talk` writes, until the client is gone.
fn server(
    talk: impl Fn(&mut std::net::TcpStream) -> std::io::Result<()> + Send + 'static,
) -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        while talk(&mut stream).is_ok() {}
    });
    address
}

#[test]
fn interim_answers_and_trickling_headers_do_not_stretch_the_timeout() {
    let interim = format!("HTTP/1.1 103 Early\r\nX: {}\r\n\r\n", "x".repeat(300)).repeat(100);
    let flood = server(move |stream| stream.write_all(interim.as_bytes()));
    let slow_flood = server(|stream| {
        thread::sleep(Duration::from_millis(20));
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
    });
    let started = AtomicBool::new(false);
    let trickle = server(move |stream| {
        if !started.swap(true, Ordering::AcqRel) {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        }
        thread::sleep(Duration::from_millis(20));
        stream.write_all(b"X-More: 1\r\n")
    });
    let timeout = Duration::from_millis(300);
    for (name, address) in [("flood", flood), ("slow", slow_flood), ("trickle", trickle)] {
        let config = Stub::always(Reply::Close).config();
        let config = config
            .base_url(format!("http://{address}/v1"))
            .timeout(timeout)
            .retry(once());
        let client = Client::new(config).unwrap();
        let (result, took) = timed(|| client.pause(&campaign()));
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{name}: {error}");
        assert!(error.is_outcome_unknown(), "{name}");
        assert!(
            took < timeout + Duration::from_millis(500),
            "{name}: {took:?}"
        );
    }
}
