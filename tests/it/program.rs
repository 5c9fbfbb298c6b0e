//! The program as its user runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_campaigns8x8"))
}

/// Killed if the test fails before it is stopped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn demo_shows_the_four_steps_and_ends_well() {
    let output = program().arg("demo").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for part in [
        "1. Build the campaign",
        r#"-> PATCH {"action":"BUILD"}"#,
        "<- BUILDING",
        "2. Start it",
        "<- STARTING",
        "3. Add records",
        "<- CRM-1001",
        "4. Pause it",
        "<- PAUSED",
        "CRM-1004, then CRM-1001, then CRM-1003, then CRM-1002",
        "1500 records: 1498 added, 1 already present, 1 rejected, 0 not sent, 0 unknown",
        "1503 records, each once; 1498 of them new",
        "Every step did what it should.",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(!text.contains('\x1b'), "no emphasis in a log");
    assert!(output.stderr.is_empty());
}

#[test]
fn sandbox_prints_what_a_client_needs_and_stops_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let child = program()
            .args(["sandbox", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut running = Running(child);
        let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .find_map(|line| {
                line.unwrap()
                    .strip_prefix("  export CAMPAIGNS8X8_BASE_URL=http://")
                    .map(str::to_owned)
            })
            .unwrap();
        let address = url.split('/').next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");

        let pid = running.0.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(running.0.wait().unwrap().success(), "{signal}");
        let last = lines.map_while(Result::ok).last().unwrap();
        assert!(last.starts_with("Stopped after 1 requests"), "{last}");
    }
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = program()
        .args(["sandbox", "--port", &port])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&port) && text.contains("--port"), "{text}");
}

#[test]
fn nobody_listening_is_no_error() {
    let child = program()
        .arg("demo")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    drop(running.0.stdout.take());
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn a_command_runs_against_a_sandbox_of_its_own_and_its_status_is_handed_on() {
    let output = program()
        .args(["sandbox", "--", "sh", "-c"])
        .arg("echo $CAMPAIGNS8X8_BASE_URL $CAMPAIGNS8X8_API_KEY $CAMPAIGNS8X8_TENANT; exit 7")
        .env("CAMPAIGNS8X8_CUSTOMER_SITE", "US1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(7));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("http://127.0.0.1:"), "{text}");
    assert!(text.ends_with(" eght_sandbox sandbox\n"), "{text}");
    let output = program()
        .args(["sandbox", "--", "no-such-program"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("no-such-program cannot be run"), "{text}");
}
