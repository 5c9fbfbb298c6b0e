//! The ledger: an upload that was killed ends as if it had never been; what a person reads in it; what it refuses.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use campaigns8x8::sandbox::{Fault, Faults, Sandbox, SandboxOptions};
use campaigns8x8::{
    Cancel, Client, Error, ErrorKind, Outcome, Ranks, Source, UploadOptions, UploadReport,
};
use rusqlite::Connection;

use crate::support::{
    Scratch, always, client_of, example, first, go_on, record, records, running, sandbox_with,
    start, until, upload,
};

/// Small batches, with a ledger.
fn options(scratch: &Scratch) -> UploadOptions {
    scratch.with_ledger(UploadOptions {
        concurrency: 2,
        batch_size: 10,
        ..UploadOptions::default()
    })
}

/// Uploads half of the input, then is cancelled.
fn half(client: &Client, sandbox: &Sandbox, scratch: &Scratch) -> Error {
    let cancel = Cancel::new();
    let source = Source::records(records(200).into_iter().enumerate().map(|(n, record)| {
        if n == 100 {
            cancel.trigger();
            // Looked at every 50 ms.
            std::thread::sleep(Duration::from_millis(60));
        }
        record
    }));
    client
        .with_cancel(&cancel)
        .upload_records(&sandbox.campaign_id(), source, &options(scratch), go_on)
        .unwrap_err()
}

#[test]
fn a_second_run_sends_only_what_is_not_certain_and_reports_on_all() {
    let scratch = Scratch::new();
    let (sandbox, client) = start(running());
    let first = half(&client, &sandbox, &scratch);
    assert_eq!(first.kind(), ErrorKind::Cancelled);
    let added = first.report().unwrap().counts.added;
    let before = sandbox.requests() as u64;
    let second = upload(&client, records(200), &options(&scratch)).unwrap();
    assert_eq!(second.counts.added, 200);
    assert!(second.records.is_empty());
    assert_eq!(
        sandbox.requests() as u64 - before,
        (200 - added).div_ceil(10)
    );
    let third = upload(&client, records(200), &options(&scratch)).unwrap();
    assert_eq!((third.counts.added, third.requests), (200, 0));
}

#[test]
fn the_report_is_the_same_from_the_ledger() {
    let scratch = Scratch::new();
    let (sandbox, client) = start(running());
    sandbox.put_record("CRM-7");
    let mut input = records(30);
    input[3] = record("CRM-x").rank(f64::NAN);
    input[5] = record("CRM-4");
    let first = upload(&client, input.clone(), &options(&scratch)).unwrap();
    let again = upload(&client, input, &options(&scratch)).unwrap();
    assert_eq!(first.counts.already_present, 1);
    assert_eq!(first.counts.rejected, 2);
    assert_eq!(first.counts, again.counts);
    let json = |report: &UploadReport| serde_json::to_string(&report.records).unwrap();
    assert_eq!(json(&first), json(&again));
}

#[test]
fn a_person_can_ask_the_ledger_what_happened_to_a_record() {
    let scratch = Scratch::new();
    let (sandbox, client) = start(running());
    sandbox.put_record("CRM-7");
    let faults = vec![None, Some(Fault::LostAnswer)];
    sandbox.set_faults(Faults::Scheduled(faults));
    upload(&client, records(30), &options(&scratch)).unwrap();
    let ledger = Connection::open(scratch.ledger()).unwrap();
    let (outcome, changed_at, record): (String, String, String) = ledger
        .query_row(
            "SELECT outcome, changed_at, record FROM records WHERE crm_record_id = 'CRM-7'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(outcome, "alreadyPresent");
    assert!(changed_at.parse::<campaigns8x8::Timestamp>().is_ok());
    assert_eq!(record, r#"{"crmRecordId":"CRM-7"}"#);
    let open: i64 = ledger
        .query_row(
            "SELECT count(*) FROM records WHERE outcome NOT IN ('added', 'alreadyPresent')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(open, 0);
    let total: i64 = ledger
        .query_row("SELECT total FROM upload", [], |row| row.get(0))
        .unwrap();
    assert_eq!(total, 30);
}

#[test]
fn another_input_is_refused_before_anything_is_sent_and_the_difference_named() {
    let scratch = Scratch::new();
    let (sandbox, client) = start(running());
    half(&client, &sandbox, &scratch);
    let before = sandbox.requests();
    let refusal = |input, options: &UploadOptions| {
        let error = upload(&client, input, options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert_eq!(sandbox.requests(), before, "{error}");
        error.message().to_owned()
    };
    let mut input = records(200);
    input[42] = record("CRM-other");
    let message = refusal(input, &options(&scratch));
    assert!(
        message.contains("record 42")
            && message.contains("CRM-42")
            && message.contains("CRM-other"),
        "{message}"
    );
    let message = refusal(records(20), &options(&scratch));
    assert!(message.contains("this one ends after 20"), "{message}");
    let ranks = UploadOptions {
        ranks: Ranks::StartAt(1.0),
        ..options(&scratch)
    };
    let message = refusal(records(200), &ranks);
    assert!(message.contains("begun with ranks server"), "{message}");
    upload(&client, records(200), &options(&scratch)).unwrap();
    let error = upload(&client, records(201), &options(&scratch)).unwrap_err();
    assert!(
        error
            .message()
            .contains("ended after 200 records, this one goes on"),
        "{error}"
    );
}

#[test]
fn a_second_uploader_is_kept_out() {
    let scratch = Scratch::new();
    let (sandbox, client) = start(running());
    let uploader = client
        .uploader(&sandbox.campaign_id(), &options(&scratch))
        .unwrap();
    let error = upload(&client, records(1), &options(&scratch)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(
        error.message().contains("another upload uses it now"),
        "{error}"
    );
    drop(uploader);
    upload(&client, records(1), &options(&scratch)).unwrap();
}

#[test]
fn a_ledger_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let scratch = Scratch::new();
    let (sandbox, client) = start(running());
    let at = |path: &Path| UploadOptions {
        ledger: Some(path.to_owned()),
        ..UploadOptions::default()
    };
    let foreign = scratch.0.join("other.db");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE mine (x)")
        .unwrap();
    let text = scratch.0.join("notes.txt");
    std::fs::write(&text, "these are notes, and none too short to be taken for a header of a database file, by far longer than that").unwrap();
    for (path, kind) in [
        (
            scratch.0.join("no/such/folder/upload.db"),
            ErrorKind::Storage,
        ),
        (scratch.0.clone(), ErrorKind::Storage),
        (foreign, ErrorKind::InvalidArgument),
        (text.clone(), ErrorKind::Storage),
    ] {
        let error = upload(&client, records(1), &at(&path)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.hint().is_some());
    }
    assert!(
        std::fs::read_to_string(text)
            .unwrap()
            .starts_with("these are notes")
    );
    assert_eq!(sandbox.requests(), 0);
}

#[cfg(unix)]
#[test]
fn a_full_disk_stops_the_upload_and_nothing_is_lost() {
    let scratch = Scratch::new();
    let csv = contacts(&scratch, 5000);
    let ledger = scratch.ledger();
    let (sandbox, _) = start(running());
    let plain = program(&sandbox, &csv, &ledger, true);
    // A limit on the size of files stands for the disk's: SQLite cannot write on, as if it were full.
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -f 200; trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(plain.get_program())
        .args(plain.get_args())
        .envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = limited.output().unwrap();
    assert!(!output.status.success());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("Storage"), "{stderr}");
    let stored = sandbox.stored().len() as u64;
    assert!(stored > 0 && stored < 5000, "{stored}");
    assert_eq!(
        report["counts"]["added"], stored,
        "what the server said is true all the same"
    );
    assert_eq!(report["complete"], false);

    let output = program(&sandbox, &csv, &ledger, true).output().unwrap();
    assert!(output.status.success());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["counts"]["added"], 5000);
    assert_eq!(sandbox.stored().len(), 5000);
}

fn contacts(scratch: &Scratch, count: usize) -> PathBuf {
    let csv = scratch.0.join("contacts.csv");
    let mut text = "crmRecordId,priority\n".to_owned();
    for n in 0..count {
        writeln!(text, "CRM-{n},LOW").unwrap();
    }
    std::fs::write(&csv, text).unwrap();
    csv
}

/// A program that uploads a CSV file with a ledger: the example of the README.
fn program(sandbox: &Sandbox, csv: &Path, ledger: &Path, sole_writer: bool) -> Command {
    let mut command = example("upload_csv", sandbox);
    command
        .args([sandbox.campaign_id().to_string().as_str()])
        .args([csv, ledger])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if sole_writer {
        command.env("SOLE_WRITER", "1");
    }
    command
}

/// Kills the program a moment after so many records were stored, while it is sending.
fn kill_at(mut child: Child, sandbox: &Sandbox, stored: u64, later: Duration) {
    let before = sandbox.requests();
    let count = || {
        let campaign: serde_json::Value = serde_json::from_str(&sandbox.campaign_json()).unwrap();
        campaign["recordCount"].as_u64().unwrap()
    };
    until("so many records", || {
        count() >= stored && sandbox.requests() > before
    });
    std::thread::sleep(later);
    // SIGKILL: nothing of it runs any more.
    child.kill().unwrap();
    child.wait().unwrap();
}

fn killed_twenty_times(sole_writer: bool) {
    const RECORDS: usize = 10_000;
    const KILLS: u64 = 20;
    const WORKERS: u64 = 4;
    let scratch = Scratch::new();
    let csv = contacts(&scratch, RECORDS);
    let ledger = scratch.ledger();
    let (sandbox, _) = start(running());
    sandbox.set_faults(Faults::Random {
        probability: 0.7,
        kinds: vec![
            Fault::Delay(Duration::from_millis(10)),
            Fault::Delay(Duration::from_millis(40)),
        ],
    });
    let mut chance = fastrand::Rng::with_seed(8);
    for kill in 0..KILLS {
        let child = program(&sandbox, &csv, &ledger, sole_writer)
            .spawn()
            .unwrap();
        let later = Duration::from_micros(chance.u64(0..8000));
        kill_at(child, &sandbox, kill * 450 + chance.u64(1..350), later);
    }
    let stored_at_the_kills = sandbox.stored().len();
    assert!(
        stored_at_the_kills < RECORDS,
        "it was over before it was killed"
    );
    sandbox.set_faults(Faults::None);
    let output = program(&sandbox, &csv, &ledger, sole_writer)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["complete"], true);
    let stored = sandbox.stored();
    assert_eq!(stored.len(), RECORDS);
    assert_eq!(stored.iter().collect::<HashSet<_>>().len(), RECORDS);
    let count = |name: &str| report["counts"][name].as_u64().unwrap();
    assert_eq!(count("added") + count("alreadyPresent"), RECORDS as u64);
    // In vain is what was refused because it was there already: no more than the batches under way at a kill.
    let refused = sandbox
        .request_log()
        .iter()
        .filter(|seen| seen.status == Some(409))
        .count() as u64;
    if sole_writer {
        assert_eq!(count("added"), RECORDS as u64);
        assert!(refused <= KILLS * WORKERS, "{refused} requests in vain");
    } else {
        // One that was refused at a kill, and not written down as such, is refused again.
        assert!(count("alreadyPresent") <= refused);
        assert!(
            refused <= KILLS * WORKERS * 100,
            "{refused} records in vain"
        );
    }
    println!(
        "{stored_at_the_kills} records stored in {KILLS} killed runs, {refused} requests refused"
    );
}

#[test]
fn an_upload_killed_twenty_times_puts_every_record_there_once() {
    killed_twenty_times(false);
}

#[test]
fn with_a_sole_writer_a_kill_costs_a_request_a_worker() {
    killed_twenty_times(true);
}

#[test]
fn unknown_outcomes_are_found_out_by_the_next_run() {
    let scratch = Scratch::new();
    let (sandbox, client) = start(running());
    sandbox.set_faults(always(Fault::LostAnswer));
    let error = upload(&client, records(30), &options(&scratch)).unwrap_err();
    let report = error.report().unwrap();
    assert!(report.counts.unknown > 0);
    assert!(
        report
            .records
            .iter()
            .any(|record| record.outcome == Outcome::Unknown)
    );
    sandbox.set_faults(Faults::None);
    let report = upload(&client, records(30), &options(&scratch)).unwrap();
    assert!(report.complete);
    assert_eq!(sandbox.stored().len(), 30);
}

#[test]
fn what_an_earlier_upload_left_open_does_not_keep_new_records_waiting() {
    let scratch = Scratch::new();
    let sandbox = sandbox_with(SandboxOptions {
        name_duplicates: false,
        faults: first(Fault::LostAnswer),
        ..running()
    });
    let client = client_of(&sandbox);
    let options = UploadOptions {
        concurrency: 1,
        wait_for_campaign: Duration::from_millis(500),
        ..options(&scratch)
    };
    let campaign = sandbox.campaign_id();
    let mut uploader = client.uploader(&campaign, &options).unwrap();
    for record in records(10) {
        uploader.push(record).unwrap();
    }
    // The answer was lost, and one of its records was refused in unknown words.
    until("a second request", || sandbox.requests() >= 2);
    drop(uploader);
    let report = upload(&client, records(50), &options).unwrap();
    assert_eq!((report.counts.added, report.counts.unknown), (40, 10));
    let words = report.records[0].error.as_ref().unwrap().message();
    assert!(words.contains("already contains a record"), "{words}");
}
