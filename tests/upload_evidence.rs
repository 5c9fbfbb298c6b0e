//! An upload says only what the server said. One named test for each way in which it once said more (issue 11), and for what
//! the evidence may cost. The generated worlds are in `upload_truth.rs`; the server of both is [`world`].

mod support;
mod world;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use campaigns8x8::{
    Cancel, Client, Error, ErrorKind, LogLevel, NewRecord, Outcome, Progress, Ranks, Source,
    UploadOptions, UploadReport,
};
use support::{Scratch, Stub, json, records};
use world::{
    Bad, CUSTOM, Carried, Duplicate, Errors, Fate, Framing, Setup, Words, World, Wrong, new_client,
};

/// A server of the vendor's words, to which this happens.
fn world(schedule: Vec<Fate>) -> World {
    World::new(Setup {
        schedule,
        ..Setup::default()
    })
}

fn one_at_a_time() -> UploadOptions {
    UploadOptions {
        concurrency: 1,
        wait_for_campaign: Duration::from_millis(300),
        ..UploadOptions::default()
    }
}

fn batches_of(batch_size: usize) -> UploadOptions {
    UploadOptions {
        batch_size,
        ..one_at_a_time()
    }
}

fn go_on(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn upload_with(
    client: &Client,
    world: &World,
    input: Vec<NewRecord>,
    options: &UploadOptions,
) -> Result<UploadReport, Error> {
    client.upload_records(&world.campaign(), Source::from(input), options, go_on)
}

fn upload(
    world: &World,
    input: Vec<NewRecord>,
    options: &UploadOptions,
) -> Result<UploadReport, Error> {
    upload_with(&world::client(0, 5), world, input, options)
}

/// The report, however the upload ended.
fn report(result: &Result<UploadReport, Error>) -> &UploadReport {
    match result {
        Ok(report) => report,
        Err(error) => error.report().expect("an error with a report"),
    }
}

fn outcome(report: &UploadReport, index: u64) -> Outcome {
    if report.not_sent_from.is_some_and(|from| from <= index) {
        return Outcome::NotSent;
    }
    let listed = report.records.iter().find(|record| record.index == index);
    listed.map_or(Outcome::Added, |record| record.outcome)
}

fn named(ids: &[&str]) -> Vec<NewRecord> {
    ids.iter().map(|id| NewRecord::new(id).unwrap()).collect()
}

/// Ids "0" and on: each is a number that a text may hold.
fn numbers(count: usize) -> Vec<NewRecord> {
    (0..count)
        .map(|n| NewRecord::new(&n.to_string()).unwrap())
        .collect()
}

/// Nobody is called added, and nobody present, who is not on the campaign; nobody else, who is.
fn assert_true(world: &World, input: &[NewRecord], report: &UploadReport) {
    world.come_to_rest();
    for (index, record) in input.iter().enumerate() {
        let id = record.crm_record_id().as_str();
        let outcome = outcome(report, index as u64);
        match outcome {
            Outcome::Added | Outcome::AlreadyPresent => {
                assert!(world.has(id), "{id} is called {outcome:?}")
            }
            Outcome::Unknown => {}
            _ => assert!(!world.has(id), "{id} is called {outcome:?}"),
        }
    }
}

#[track_caller]
fn assert_all_added(world: &World, count: usize, result: &Result<UploadReport, Error>) {
    let counts = report(result).counts;
    assert_eq!(counts.added, count as u64, "{result:?}");
    assert_eq!(world.puts().len(), count);
    assert!(result.is_ok(), "{result:?}");
}

// ---- 2: answers that break off

#[test]
fn a_refusal_cut_at_any_byte_names_nobody() {
    let input = || named(&["CRM-1", "CRM-12345"]);
    for framing in Framing::ALL {
        for at in 0..400 {
            let world = World::new(Setup {
                schedule: vec![Fate::Cut(at)],
                framing: Some(framing),
                ..Setup::default()
            });
            world.put("CRM-12345");
            let result = upload(&world, input(), &one_at_a_time());
            let report = report(&result);
            let outcomes = [outcome(report, 0), outcome(report, 1)];
            let wanted = [Outcome::Added, Outcome::AlreadyPresent];
            assert_eq!(outcomes, wanted, "{framing:?} cut at {at}: {result:?}");
            assert!(world.has("CRM-1"));
        }
    }
}

#[test]
fn an_acceptance_cut_at_any_byte_adds_nobody() {
    for framing in Framing::ALL {
        for at in 0..250 {
            let world = World::new(Setup {
                schedule: vec![Fate::Cut(at)],
                framing: Some(framing),
                ..Setup::default()
            });
            let result = upload(&world, records(2), &one_at_a_time());
            let counts = report(&result).counts;
            assert_eq!(
                counts.already_present, 2,
                "{framing:?} cut at {at}: {result:?}"
            );
        }
    }
}

// ---- 3: refusals in other words

/// While the words last, and once they have passed, nobody is called present, and nobody rejected.
fn mean_nothing(words: Words) {
    for batch_size in [1, 10, 100] {
        for input in [numbers(40), records(40)] {
            let options = batches_of(batch_size);
            let passing = world(vec![Fate::Refused(words); 5]);
            let result = upload(&passing, input.clone(), &options);
            assert_all_added(&passing, 40, &result);

            let lasting = world(vec![]);
            lasting.set_state(Some(words));
            let result = upload(&lasting, input.clone(), &options);
            let counts = report(&result).counts;
            assert_eq!(counts.not_sent, 40, "{words:?}: {counts:?}");
            let error = result.unwrap_err();
            let kind = error.kind();
            assert!(
                matches!(kind, ErrorKind::Conflict | ErrorKind::BadRequest),
                "{error:?}"
            );

            // Again and again, and others accepted in between: repetition is no proof.
            let mut every_other = Vec::new();
            for _ in 0..60 {
                every_other.extend([Fate::Normal, Fate::Refused(words)]);
            }
            let now_and_then = world(every_other);
            let result = upload(&now_and_then, input.clone(), &options);
            let counts = report(&result).counts;
            assert_eq!(
                (counts.already_present, counts.rejected),
                (0, 0),
                "{words:?}"
            );
            assert_true(&now_and_then, &input, report(&result));
        }
    }
}

macro_rules! wordings_that_mean_nothing {
    ($($name:ident: $words:ident,)*) => {
        $(#[test]
        fn $name() {
            mean_nothing(Words::$words);
        })*
    };
}

wordings_that_mean_nothing! {
    a_state_names_nobody: State,
    a_countdown_names_nobody: Countdown,
    a_percentage_names_nobody: Percent,
    a_clock_time_names_nobody: Clock,
    a_reference_number_names_nobody: Reference,
    a_400_without_errors_names_nobody: Malformed,
    an_error_number_names_nobody: Error409,
    a_concurrent_update_names_nobody: Concurrent,
    a_list_of_all_ids_names_nobody: AllIds,
    optimistic_locking_names_nobody: Locking,
    an_html_page_that_echoes_the_request_names_nobody: EchoHtml,
    an_echo_of_the_request_names_nobody: EchoJson,
    a_problem_that_echoes_the_request_names_nobody: EchoProblem,
    an_html_page_names_nobody: Html,
    an_empty_refusal_names_nobody: Empty,
    errors_about_the_state_name_nobody: StateErrors,
}

#[test]
fn known_words_with_a_list_of_all_ids_name_nobody_until_one_is_asked_alone() {
    let world = World::new(Setup {
        duplicate: Duplicate::VendorListsAll,
        ..Setup::default()
    });
    world.put("CRM-7");
    let input = records(20);
    let result = upload(&world, input.clone(), &one_at_a_time());
    assert_true(&world, &input, report(&result));
    let counts = result.unwrap().counts;
    assert_eq!((counts.added, counts.already_present), (19, 1));
}

#[test]
fn an_id_that_begins_another_is_not_named_with_it() {
    for id in [
        "CRM-12", "CRM-1 2", "CRM-1-2", "CRM-1.", "CRM-1\"", "CRM-1ß", "CRM-1 ",
    ] {
        let world = world(vec![]);
        world.put(id);
        let input = named(&["CRM-1", id, "CRM-3"]);
        let result = upload(&world, input.clone(), &one_at_a_time());
        assert_true(&world, &input, report(&result));
        let report = report(&result);
        assert_eq!(outcome(report, 0), Outcome::Added, "{id:?}: {result:?}");
        assert_eq!(
            outcome(report, 1),
            Outcome::AlreadyPresent,
            "{id:?}: {result:?}"
        );
    }
}

#[test]
fn words_that_the_caller_knows_are_believed_and_others_not() {
    for told in [true, false] {
        let world = World::new(Setup {
            duplicate: Duplicate::Custom,
            ..Setup::default()
        });
        world.put("CRM-7");
        let options = UploadOptions {
            present_wording: match told {
                true => vec![CUSTOM.to_owned()],
                false => vec![],
            },
            ..batches_of(10)
        };
        let result = upload(&world, records(40), &options);
        let report = report(&result);
        assert_eq!(report.counts.added, 39, "{result:?}");
        let wanted = match told {
            true => Outcome::AlreadyPresent,
            false => Outcome::Refused,
        };
        assert_eq!(outcome(report, 7), wanted);
    }
}

#[test]
fn a_wording_without_the_place_of_the_id_is_refused() {
    for wording in ["Record exists", "", "{id}"] {
        let options = UploadOptions {
            present_wording: vec![wording.to_owned()],
            ..UploadOptions::default()
        };
        let world = world(vec![]);
        let error = upload(&world, records(1), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wording:?}");
        assert_eq!(world.requests(0), 0);
    }
}

// ---- 4: the promise of a sole writer

fn sole_writer(batch_size: usize) -> UploadOptions {
    UploadOptions {
        sole_writer: true,
        ..batches_of(batch_size)
    }
}

#[test]
fn with_a_sole_writer_a_refusal_that_names_nobody_adds_nobody() {
    for words in Words::ALL {
        let world = world(vec![Fate::Normal, Fate::Lost, Fate::Refused(words)]);
        let result = upload(&world, records(300), &sole_writer(100));
        assert_true(&world, &records(300), report(&result));
        assert_all_added(&world, 300, &result);
    }
}

#[test]
fn with_a_sole_writer_ids_that_the_server_takes_for_one_add_nobody() {
    for (one, other) in [
        ("crm-7", "CRM-7"),
        ("CRM-7", "\u{ff23}\u{ff32}\u{ff2d}-7"),
        ("CRM-7", "CRM-7 "),
    ] {
        let world = World::new(Setup {
            fold: true,
            schedule: vec![Fate::Normal, Fate::Lost],
            ..Setup::default()
        });
        let input = named(&[one, "A", other, "B"]);
        let result = upload(&world, input.clone(), &sole_writer(2));
        let report = report(&result);
        let b_is_there = world.has("B");
        assert!(outcome(report, 3) != Outcome::Added || b_is_there);
        assert!(outcome(report, 2) != Outcome::Added, "{other:?}");
        assert!(b_is_there, "{result:?}");
    }
}

// ---- 5: lost, then rejected

#[test]
fn what_was_stored_before_its_answer_was_lost_is_not_rejected_by_a_later_refusal() {
    let world = Arc::new(world(vec![Fate::AnswerLost]));
    let client = new_client(0, 5);
    let campaign = Arc::clone(&world);
    // The scheduleAt passes between the first request and the second.
    client.set_log(LogLevel::Debug, move |_, _| campaign.refuse("CRM-0"));
    let result = upload_with(&client, &world, records(1), &one_at_a_time());
    let report = report(&result);
    assert!(world.has("CRM-0"));
    assert_eq!(outcome(report, 0), Outcome::Unknown, "{result:?}");
    assert!(!report.complete);
    let error = report.records[0].error.as_ref().unwrap();
    assert!(
        error.to_json().contains("lies in the past"),
        "the latest words: {error:?}"
    );
}

#[test]
fn what_was_stored_before_its_answer_was_lost_is_not_rejected_as_a_duplicate() {
    for errors in Errors::ALL {
        for count in [1, 20] {
            let world = World::new(Setup {
                duplicate: Duplicate::FieldError,
                errors,
                schedule: vec![Fate::AnswerLost],
                ..Setup::default()
            });
            let result = upload(&world, records(count), &one_at_a_time());
            let report = report(&result);
            assert_eq!(world.puts().len(), count);
            assert_eq!(report.counts.unknown, count as u64, "{errors:?} {result:?}");
        }
    }
}

#[test]
fn errors_that_name_no_record_reject_nobody() {
    let world = world(vec![]);
    world.set_state(Some(Words::StateErrors));
    let result = upload(&world, records(200), &batches_of(100));
    let counts = report(&result).counts;
    assert_eq!((counts.rejected, counts.not_sent), (0, 200));
    assert!(result.is_err());
}

// ---- errors by index

fn with_bad(errors: Errors, bad: &[&str]) -> World {
    let world = World::new(Setup {
        errors,
        ..Setup::default()
    });
    for id in bad {
        world.refuse(id);
    }
    world
}

#[test]
fn the_first_record_that_errors_name_is_asked_alone_and_then_rejected() {
    let world = with_bad(Errors::From0, &["CRM-3", "CRM-13", "CRM-14"]);
    let report = upload(&world, records(20), &batches_of(10)).unwrap();
    assert_eq!((report.counts.added, report.counts.rejected), (17, 3));
    let seen = world.seen();
    assert_eq!(seen[1].ids, ["CRM-3"], "{seen:?}");
    assert_eq!(report.requests, 5, "three for the first batch, then two");
    let error = &report.records[0].field_errors[0];
    assert_eq!(error.message, "lies in the past");
}

#[test]
fn errors_that_count_in_another_way_reject_nobody_who_is_good() {
    for errors in [
        Errors::From1,
        Errors::OverTheWrong,
        Errors::Sorted,
        Errors::None,
        Errors::OutOfRange,
    ] {
        // Sorted, CRM-10 comes before CRM-3.
        let world = with_bad(errors, &["CRM-3"]);
        let result = upload(&world, records(20), &batches_of(20));
        let report = report(&result);
        assert_eq!(report.counts.added, 19, "{errors:?}: {result:?}");
        let outcome = outcome(report, 3);
        assert!(
            matches!(outcome, Outcome::Rejected | Outcome::Refused),
            "{errors:?}: {outcome:?}"
        );
    }
}

// ---- 6: a second run that ends early

#[test]
fn a_second_run_that_is_cancelled_at_once_knows_what_the_ledger_knows() {
    let scratch = Scratch::new("evidence-resume");
    let options = UploadOptions {
        ledger: Some(scratch.0.join("upload.db")),
        ..batches_of(100)
    };
    let world = world(vec![Fate::Normal, Fate::Normal, Fate::AnswerLost]);
    let first = upload_with(&world::client(0, 1), &world, records(400), &options);
    let counts = report(&first).counts;
    assert_eq!(
        (counts.added, counts.unknown, counts.not_sent),
        (200, 100, 100)
    );
    for read in [0, 50, 250, 350] {
        let cancel = Cancel::new();
        let client = world::client(1, 5).with_cancel(&cancel);
        let input = records(400).into_iter().enumerate().map(|(n, record)| {
            if n == read {
                cancel.trigger();
                // Looked at every 50 ms.
                std::thread::sleep(Duration::from_millis(60));
            }
            record
        });
        let second =
            client.upload_records(&world.campaign(), Source::records(input), &options, go_on);
        let report = report(&second);
        let counts = report.counts;
        assert_eq!(
            second.as_ref().map_err(Error::kind).err(),
            Some(ErrorKind::Cancelled)
        );
        assert_eq!(
            (counts.added, counts.unknown, counts.not_sent),
            (200, 100, 100),
            "cancelled at {read}"
        );
        assert_eq!(counts.total, 400);
        assert_eq!(outcome(report, 150), Outcome::Added);
        assert_eq!(outcome(report, 250), Outcome::Unknown);
        assert_eq!(outcome(report, 399), Outcome::NotSent);
    }
    let last = upload_with(&world::client(2, 5), &world, records(400), &options).unwrap();
    assert_eq!((last.counts.added, last.counts.already_present), (300, 100));
}

// ---- 7: which statuses say that nothing was done

/// What a server, or a gateway before it, may say after the request was carried out.
const SAYS_NOTHING: [u16; 13] = [
    302, 303, 408, 444, 460, 499, 500, 501, 502, 503, 504, 520, 599,
];

#[test]
fn a_408_and_its_like_leave_the_outcome_unknown() {
    for status in SAYS_NOTHING {
        let world = world(vec![Fate::Status(status, Carried::Out)]);
        let result = upload_with(&world::client(0, 1), &world, records(3), &one_at_a_time());
        let report = report(&result);
        assert_eq!(report.counts.unknown, 3, "{status}: {result:?}");
        assert!(
            result.unwrap_err().is_outcome_unknown(),
            "{status} of an upload"
        );
    }
}

#[test]
fn a_408_and_its_like_are_asked_about_again() {
    for status in SAYS_NOTHING.into_iter().filter(|status| *status >= 400) {
        let world = world(vec![Fate::Status(status, Carried::Out)]);
        let result = upload(&world, records(3), &one_at_a_time());
        assert_eq!(
            report(&result).counts.already_present,
            3,
            "{status}: {result:?}"
        );
    }
}

#[test]
fn a_408_leaves_the_outcome_of_every_call_unknown() {
    for status in SAYS_NOTHING {
        let stub = Stub::always(json(status, "{}"));
        let client = Client::new(stub.config().retry(campaigns8x8::Retry {
            max_attempts: 1,
            ..Default::default()
        }))
        .unwrap();
        let campaign = support::campaign();
        let errors = [
            client.add_records(&campaign, &records(1)).unwrap_err(),
            client.pause(&campaign).unwrap_err(),
            client.resume(&campaign).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_outcome_unknown(), "{status}: {error:?}");
        }
    }
}

#[test]
fn a_refusal_by_the_server_is_known_not_to_be_applied() {
    for status in [401, 403, 404, 405, 413, 415, 429] {
        let world = world(vec![Fate::Status(status, Carried::Not); 5]);
        let result = upload(&world, records(3), &one_at_a_time());
        let counts = report(&result).counts;
        assert_eq!(counts.not_sent, 3, "{status}: {result:?}");
        assert!(!result.unwrap_err().is_outcome_unknown());
    }
}

// ---- 8: a 200 that does not say what was stored

#[test]
fn a_200_that_does_not_name_what_was_sent_adds_nobody() {
    for wrong in Wrong::ALL {
        for (ids, carried) in [
            (records(1), Carried::Not),
            (records(3), Carried::Not),
            (numbers(3), Carried::Not),
            (records(3), Carried::Out),
        ] {
            let world = world(vec![Fate::Wrong(wrong, carried)]);
            let client = world::client(0, 1);
            let result = upload_with(&client, &world, ids.clone(), &one_at_a_time());
            let report = report(&result);
            assert_eq!(report.counts.added, 0, "{wrong:?}");
            assert_eq!(report.counts.unknown, ids.len() as u64, "{wrong:?}");
        }
    }
}

#[test]
fn one_call_is_not_taken_in_by_such_a_200_either() {
    for wrong in Wrong::ALL {
        for count in [1, 3] {
            let world = world(vec![Fate::Wrong(wrong, Carried::Not)]);
            let error = world::client(0, 1)
                .add_records(&world.campaign(), &records(count))
                .unwrap_err();
            assert!(error.is_outcome_unknown(), "{wrong:?}");
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{wrong:?}");
        }
    }
}

#[test]
fn an_answer_about_other_records_says_which_were_sent_and_which_were_named() {
    let world = world(vec![Fate::Wrong(Wrong::Others, Carried::Not)]);
    let result = upload_with(&world::client(0, 1), &world, records(2), &one_at_a_time());
    let message = result.unwrap_err().message().to_owned();
    assert!(
        message.contains("CRM-1") && message.contains("CRM-1x"),
        "{message}"
    );
}

// ---- 9: what goes wrong on this side

#[test]
fn an_upload_that_push_reported_as_stopped_is_not_complete() {
    let scratch = Scratch::new("evidence-push");
    let options = UploadOptions {
        ledger: Some(scratch.0.join("upload.db")),
        ..batches_of(10)
    };
    let world = world(vec![]);
    upload(&world, records(10), &options).unwrap();
    let mut uploader = world::client(1, 5)
        .uploader(&world.campaign(), &options)
        .unwrap();
    uploader.push(NewRecord::new("CRM-0").unwrap()).unwrap();
    let other = NewRecord::new("another").unwrap();
    let error = uploader.push(other).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let again = uploader.push(NewRecord::new("CRM-1").unwrap()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::InvalidArgument, "it has stopped");
    let finished = uploader.finish().unwrap_err();
    assert_eq!(finished.kind(), ErrorKind::InvalidArgument);
    assert!(!finished.report().unwrap().complete);
}

#[test]
fn a_ledger_that_cannot_be_written_any_more_ends_the_upload_and_nothing_is_lost() {
    let scratch = Scratch::new("evidence-ledger-gone");
    let path = scratch.0.join("upload.db");
    let options = UploadOptions {
        ledger: Some(path.clone()),
        ..batches_of(10)
    };
    let world = world(vec![]);
    let mut uploader = world::client(0, 5)
        .uploader(&world.campaign(), &options)
        .unwrap();
    let mut pushed = 0;
    let mut stopped = None;
    for record in records(10_000) {
        if pushed == 55 {
            let other = rusqlite::Connection::open(&path).unwrap();
            other
                .busy_timeout(Duration::from_secs(5))
                .and_then(|()| other.execute_batch("ALTER TABLE records RENAME TO gone"))
                .unwrap();
        }
        match uploader.push(record) {
            Ok(()) => pushed += 1,
            Err(error) => {
                stopped = Some(error.kind());
                break;
            }
        }
    }
    assert_eq!(stopped, Some(ErrorKind::Storage));
    let result = uploader.finish();
    assert_true(&world, &records(pushed), report(&result));
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(!error.report().unwrap().complete);
}

#[test]
fn a_log_that_panics_makes_nothing_untrue() {
    for fate in [
        Fate::Normal,
        Fate::AnswerLost,
        Fate::Lost,
        Fate::Refused(Words::State),
    ] {
        for level in [LogLevel::Debug, LogLevel::Error] {
            let world = world(vec![Fate::Normal, fate.clone()]);
            let client = new_client(0, 2);
            let lines = std::sync::atomic::AtomicU32::new(0);
            client.set_log(level, move |_, _| {
                if lines.fetch_add(1, Ordering::AcqRel) == 1 {
                    panic!("a log that panics");
                }
            });
            let result = upload_with(&client, &world, records(60), &batches_of(10));
            let report = report(&result);
            assert_true(&world, &records(60), report);
            let open = report.counts.not_sent + report.counts.unknown > 0;
            assert_eq!(report.complete, !open);
            assert!(result.is_err() || !open, "{result:?}");
        }
    }
}

// ---- 16: the ledger

fn with_ledger(path: impl AsRef<Path>) -> UploadOptions {
    UploadOptions {
        ledger: Some(path.as_ref().to_owned()),
        ..batches_of(10)
    }
}

#[test]
fn a_ledger_that_would_keep_nothing_is_refused() {
    let scratch = Scratch::new("evidence-nothing");
    let file = format!("file:{}", scratch.0.join("upload.db").display());
    for path in [
        "",
        ":memory:",
        "file::memory:",
        "file:upload.db",
        file.as_str(),
    ] {
        let world = world(vec![]);
        let error = upload(&world, records(1), &with_ledger(path)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{path:?}");
        assert_eq!(world.requests(0), 0, "{path:?}");
        let json = serde_json::json!({ "ledger": path }).to_string();
        let error = UploadOptions::from_json(&json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{path:?}");
    }
}

#[cfg(unix)]
mod files {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_files_of_a_ledger_are_their_owners_alone() {
        let scratch = Scratch::new("evidence-modes");
        let world = world(vec![]);
        let options = with_ledger(scratch.0.join("upload.db"));
        let mut uploader = world::client(0, 5)
            .uploader(&world.campaign(), &options)
            .unwrap();
        for record in records(30) {
            uploader.push(record).unwrap();
        }
        let modes = || {
            let mut modes = Vec::new();
            for file in std::fs::read_dir(&scratch.0).unwrap().flatten() {
                let mode = file.metadata().unwrap().permissions().mode() & 0o777;
                modes.push((file.file_name(), format!("{mode:o}")));
            }
            modes
        };
        let during = modes();
        uploader.finish().unwrap();
        for (file, mode) in during.into_iter().chain(modes()) {
            assert_eq!(mode, "600", "{file:?}");
        }
    }

    #[test]
    fn the_lock_follows_no_link() {
        let scratch = Scratch::new("evidence-lock");
        for target in ["precious", "absent"] {
            let target = scratch.0.join(target);
            let lock = scratch.0.join("upload.db.lock");
            let _ = std::fs::remove_file(&lock);
            symlink(&target, &lock).unwrap();
            if target.ends_with("precious") {
                std::fs::write(&target, "data").unwrap();
            }
            let before = std::fs::metadata(&target).ok().map(|m| (m.mode(), m.len()));
            let world = world(vec![]);
            let options = with_ledger(scratch.0.join("upload.db"));
            if let Err(error) = upload(&world, records(1), &options) {
                assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                assert_eq!(world.requests(0), 0);
            } else {
                let kind = std::fs::symlink_metadata(&lock).unwrap().file_type();
                assert!(!kind.is_symlink(), "it was used as the lock");
            }
            let after = std::fs::metadata(&target).ok().map(|m| (m.mode(), m.len()));
            assert_eq!(before, after, "{target:?}");
        }
    }

    #[test]
    fn a_ledger_in_use_is_refused_under_every_name() {
        let scratch = Scratch::new("evidence-names");
        let path = scratch.0.join("upload.db");
        let world = world(vec![]);
        upload(&world, records(1), &with_ledger(&path)).unwrap();
        let by_symlink = scratch.0.join("symlink.db");
        symlink(&path, &by_symlink).unwrap();
        let by_hard_link = scratch.0.join("hard.db");
        std::fs::hard_link(&path, &by_hard_link).unwrap();
        let folder = scratch.0.join("folder");
        symlink(&scratch.0, &folder).unwrap();
        let by_folder = folder.join("upload.db");
        let all = [&path, &by_symlink, &by_hard_link, &by_folder];
        for first in all {
            // Some names may not be taken at all.
            let client = world::client(0, 5);
            let Ok(uploader) = client.uploader(&world.campaign(), &with_ledger(first)) else {
                assert_ne!(first, &path);
                continue;
            };
            for second in all {
                let error = upload(&world, records(1), &with_ledger(second)).unwrap_err();
                assert_eq!(
                    error.kind(),
                    ErrorKind::Storage,
                    "{first:?}, then {second:?}"
                );
            }
            drop(uploader);
        }
        upload(&world, records(1), &with_ledger(&path)).unwrap();
    }
}

// ---- 17: numbers that run out

#[test]
fn ranks_where_the_doubles_run_out_are_refused() {
    const LAST: f64 = 9_007_199_254_740_992.0; // 2^53
    for start in [LAST, -LAST, LAST * 2.0, 1e308, -1e308, 1.77e18] {
        let options = UploadOptions {
            ranks: Ranks::StartAt(start),
            ..one_at_a_time()
        };
        let world = world(vec![]);
        let error = upload(&world, records(2), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{start}");
        assert_eq!(world.requests(0), 0);
        let json = format!(r#"{{"ranks":{{"startAt":{start:e}}}}}"#);
        let error = UploadOptions::from_json(&json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{json}");
    }
}

#[test]
fn ranks_never_repeat_however_late_they_start() {
    // The last records would get the same rank, or none may be sent at all.
    for start in [9_007_199_254_740_990.0, 4_503_599_627_370_495.75] {
        let options = UploadOptions {
            ranks: Ranks::StartAt(start),
            ..one_at_a_time()
        };
        let world = world(vec![]);
        let _ = upload(&world, records(8), &options);
        let ranks: Vec<f64> = world
            .puts()
            .values()
            .filter_map(|put| match put.by {
                world::By::Upload { rank, .. } => rank,
                world::By::Other => None,
            })
            .collect();
        let distinct: HashSet<u64> = ranks.iter().map(|rank| rank.to_bits()).collect();
        assert_eq!(distinct.len(), ranks.len(), "{ranks:?}");
    }
}

#[test]
fn retries_are_requests_that_were_sent_again() {
    for (attempts, schedule) in [
        (1, vec![Fate::Lost]),
        (2, vec![Fate::Lost; 9]),
        (1, vec![Fate::Status(503, Carried::Not)]),
        (3, vec![Fate::TooMany; 9]),
        (5, vec![Fate::AnswerLost]),
    ] {
        let world = world(schedule);
        let result = upload_with(
            &world::client(0, attempts),
            &world,
            records(3),
            &one_at_a_time(),
        );
        let report = report(&result);
        assert_eq!(report.requests, world.requests(0));
        assert!(report.retries < report.requests, "{result:?}");
    }
}

#[test]
fn an_estimate_of_more_than_all_time_is_no_panic() {
    // One record a second or less, of as many as can be counted.
    let world = world(vec![Fate::Delay(1300), Fate::Delay(1300)]);
    let input = (0..usize::MAX).map(|n| NewRecord::new(&format!("CRM-{n}")).unwrap());
    let mut done = 0;
    let result = world::client(0, 5).upload_records(
        &world.campaign(),
        Source::records(input),
        &batches_of(1),
        |progress| {
            done = progress.done;
            match progress.done {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        },
    );
    assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::Cancelled);
    let counts = report(&result).counts;
    assert!(done >= 1);
    assert_eq!(counts.added + counts.not_sent, counts.total);
}

// ---- refused

#[test]
fn a_record_that_is_refused_alone_twice_while_others_are_accepted_is_refused() {
    for bad in [Bad::Unnamed, Bad::Named] {
        for batch_size in [1, 7, 100] {
            let world = World::new(Setup {
                bad,
                ..Setup::default()
            });
            world.refuse("CRM-3");
            let result = upload(&world, records(20), &batches_of(batch_size));
            let report = result.unwrap();
            assert!(report.complete);
            assert_eq!(
                (report.counts.added, report.counts.refused),
                (19, 1),
                "{bad:?}, {batch_size}"
            );
            let record = &report.records[0];
            let (index, outcome) = (record.index, record.outcome);
            assert_eq!((index, outcome), (3, Outcome::Refused));
            let error = record.error.as_ref().unwrap();
            assert!(error.message().contains("lies in the past"), "{error}");
            let seen = world.seen();
            let alone: Vec<usize> = (0..seen.len())
                .filter(|nth| seen[*nth].ids == ["CRM-3"])
                .collect();
            assert!(
                alone
                    .windows(2)
                    .any(|pair| seen[pair[0]..pair[1]].iter().any(|s| s.stored)),
                "no request was accepted between two refusals: {seen:?}"
            );
        }
    }
}

#[test]
fn what_is_refused_while_nothing_is_accepted_is_waited_for_and_then_not_sent() {
    for (bad, count) in [(Bad::Unnamed, 1), (Bad::Named, 1), (Bad::Unnamed, 30)] {
        let world = World::new(Setup {
            bad,
            ..Setup::default()
        });
        for record in records(count) {
            world.refuse(record.crm_record_id().as_str());
        }
        let (result, took) =
            support::timed(|| upload(&world, records(count), &batches_of(10)));
        let counts = report(&result).counts;
        assert_eq!(
            (counts.not_sent, counts.refused),
            (count as u64, 0),
            "{result:?}"
        );
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadRequest);
        assert!(error.message().contains("lies in the past"), "{error}");
        assert!(took >= Duration::from_millis(300), "{took:?}");
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

#[test]
fn refused_is_never_said_of_a_record_that_a_lost_request_may_have_stored() {
    for duplicate in [Duplicate::Unnamed, Duplicate::NamedInUnknownWords] {
        let world = World::new(Setup {
            duplicate,
            schedule: vec![Fate::Normal, Fate::AnswerLost],
            ..Setup::default()
        });
        let result = upload(&world, records(40), &batches_of(10));
        let report = report(&result);
        assert_true(&world, &records(40), report);
        assert_eq!(report.counts.unknown, 10, "{result:?}");
        assert_eq!(report.counts.added, 30);
    }
}

// ---- what it costs

#[test]
fn a_named_duplicate_costs_one_more_request() {
    for present in [&[100][..], &[137], &[199], &[100, 199], &[110, 120, 130]] {
        let world = world(vec![]);
        for place in present {
            world.put(&format!("CRM-{place}"));
        }
        let input = records(300);
        let report = upload(&world, input, &batches_of(100)).unwrap();
        assert_eq!(report.counts.already_present, present.len() as u64);
        assert_eq!(report.requests, 3 + present.len() as u64, "{present:?}");
    }
}

#[test]
fn a_lost_answer_costs_at_most_one_request_a_record() {
    let lost = [
        (Fate::AnswerLost, 100),
        (Fate::Cut(150), 100),
        (Fate::Status(408, Carried::Out), 100),
        (Fate::Status(503, Carried::Out), 100),
        (Fate::Wrong(Wrong::NoIds, Carried::Out), 100),
        (Fate::Lost, 2),
        (Fate::Status(500, Carried::Not), 2),
    ];
    for (fate, more) in lost {
        let world = world(vec![Fate::Normal, fate.clone()]);
        let result = upload(&world, records(300), &batches_of(100));
        let report = result.unwrap();
        assert!(report.complete);
        assert_eq!(world.puts().len(), 300);
        assert!(report.requests <= 3 + more, "{fate:?}: {}", report.requests);
    }
}

#[test]
fn with_a_sole_writer_a_lost_answer_costs_one_request() {
    let world = world(vec![Fate::Normal, Fate::AnswerLost]);
    let report = upload(&world, records(300), &sole_writer(100)).unwrap();
    assert_eq!(report.counts.added, 300);
    assert_eq!(report.requests, 4);
}

/// 300 records by four workers, or 60 one by one: all are added.
fn costs_no_record(schedule: &[Fate], wait: Duration, what: &str) {
    for (batch_size, count) in [(100, 300), (1, 60)] {
        let world = world(schedule.to_vec());
        let options = UploadOptions {
            concurrency: 4,
            batch_size,
            wait_for_campaign: wait,
            ..UploadOptions::default()
        };
        let result = upload(&world, records(count), &options);
        let counts = report(&result).counts;
        assert_eq!(
            counts.added, count as u64,
            "{what}, in batches of {batch_size}: {result:?}"
        );
        assert!(result.is_ok(), "{what}: {result:?}");
    }
}

#[test]
fn a_state_of_20_to_800_ms_costs_no_record() {
    for words in [
        Words::State,
        Words::Countdown,
        Words::StateErrors,
        Words::Html,
    ] {
        for millis in [20, 60, 800] {
            let schedule = [Fate::Normal, Fate::Normal, Fate::State(words, millis)];
            let what = format!("{words:?} for {millis} ms");
            costs_no_record(&schedule, Duration::from_secs(10), &what);
        }
    }
}

#[test]
fn a_build_and_a_start_one_after_the_other_cost_no_record() {
    let schedule = [
        Fate::Normal,
        Fate::State(Words::State, 100),
        Fate::Normal,
        Fate::Normal,
        Fate::State(Words::State, 60),
    ];
    costs_no_record(&schedule, Duration::from_secs(10), "build and start");
}

#[test]
fn concurrent_updates_that_refuse_three_requests_in_ten_cost_no_record() {
    for seed in 0..8 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let schedule: Vec<Fate> = (0..3000)
            .map(|_| match rng.u8(0..10) {
                0..3 => Fate::Refused(Words::Concurrent),
                _ => Fate::Normal,
            })
            .collect();
        costs_no_record(
            &schedule,
            Duration::from_secs(30),
            &format!("contention, seed {seed}"),
        );
    }
}

#[test]
fn a_cancel_while_all_is_refused_does_not_wait_for_the_campaign() {
    let world = world(vec![]);
    world.set_state(Some(Words::State));
    let cancelled = AtomicBool::new(false);
    let options = UploadOptions {
        wait_for_campaign: Duration::from_secs(60),
        ..batches_of(10)
    };
    let (result, took) = support::timed(|| {
        world::client(0, 5).upload_records(
            &world.campaign(),
            Source::from(records(100)),
            &options,
            |_| match world.requests(0) {
                0..3 => ControlFlow::Continue(()),
                _ => {
                    cancelled.store(true, Ordering::Release);
                    ControlFlow::Break(())
                }
            },
        )
    });
    assert!(cancelled.load(Ordering::Acquire));
    assert_eq!(report(&result).counts.not_sent, 100);
    assert!(took < Duration::from_secs(10), "{took:?}");
}
