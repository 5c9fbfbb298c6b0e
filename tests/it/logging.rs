//! One line an attempt, at the level that says how it went, on the calling thread, with no lock held.

use std::sync::{Arc, Mutex};
use std::thread;

use campaigns8x8::{Client, LogLevel};

use crate::support::{CAMPAIGN, Reply, Stub, answer, campaign, json};

type Lines = Arc<Mutex<Vec<(LogLevel, String)>>>;

fn collect(client: &Client, max_level: LogLevel) -> Lines {
    let lines = Lines::default();
    let sink = Arc::clone(&lines);
    client.set_log(max_level, move |level, line| {
        sink.lock().unwrap().push((level, line.to_owned()));
    });
    lines
}

fn flaky() -> Stub {
    Stub::start(|n| match n % 3 {
        0 => answer(503, "", ""),
        1 => Reply::Close,
        _ => json(200, r#"{"state":"PAUSED"}"#),
    })
}

#[test]
fn each_attempt_is_one_line_with_method_path_result_time_and_number() {
    let stub = flaky();
    let client = stub.client();
    let lines = collect(&client, LogLevel::Debug);
    client.pause(&campaign()).unwrap();
    let lines = lines.lock().unwrap();
    let levels: Vec<_> = lines.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [LogLevel::Warn, LogLevel::Warn, LogLevel::Debug]);
    for (number, (_, line)) in lines.iter().enumerate() {
        let start = format!("PATCH /cc/US1/campaigns/v1/{CAMPAIGN} ");
        assert!(line.starts_with(&start), "{line}");
        assert!(
            line.ends_with(&format!(" ms attempt {}", number + 1)),
            "{line}"
        );
    }
    assert!(lines[0].1.contains(" 503 "), "{}", lines[0].1);
    assert!(lines[1].1.contains("no answer from"), "{}", lines[1].1);
    assert!(lines[2].1.contains(" 200 "), "{}", lines[2].1);
}

#[test]
fn lines_above_the_level_are_left_out_and_a_cleared_log_is_silent() {
    let stub = flaky();
    let client = stub.client();
    let lines = collect(&client, LogLevel::Warn);
    client.pause(&campaign()).unwrap();
    assert_eq!(lines.lock().unwrap().len(), 2);
    client.clear_log();
    client.pause(&campaign()).unwrap();
    assert_eq!(lines.lock().unwrap().len(), 2);
}

#[test]
fn the_callback_runs_on_the_calling_thread_and_may_use_the_client() {
    let stub = flaky();
    let client = stub.client();
    let caller = thread::current().id();
    let inner = client.clone();
    let nested = Arc::new(Mutex::new(None));
    let result = Arc::clone(&nested);
    client.set_log(LogLevel::Debug, move |_, _| {
        assert_eq!(thread::current().id(), caller);
        inner.clear_log();
        *result.lock().unwrap() = Some(inner.pause(&campaign()));
    });
    assert!(client.pause(&campaign()).is_ok());
    assert!(nested.lock().unwrap().take().is_some_and(|r| r.is_ok()));
}
