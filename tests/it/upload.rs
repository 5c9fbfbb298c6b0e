//! Uploads as a caller sees them: sources, conflicts, lost answers and what they cost, ranks, ledger, cancel, progress.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use campaigns8x8::sandbox::{Dialect, Fault, Faults, SandboxOptions};
use campaigns8x8::{
    CampaignState, Cancel, Client, Counts, ErrorKind, Outcome, Progress, Ranks, RateLimit, Source,
    UploadOptions,
};

use crate::support::{
    Scratch, always, first, one_at_a_time, record, records, running, start, until, upload,
};

const NO_COLUMNS: [(&str, &str); 0] = [];

#[test]
fn all_are_added_in_as_few_requests_as_can_be() {
    let (sandbox, client) = start(running());
    let report = upload(&client, records(1500), &UploadOptions::default()).unwrap();
    assert!(report.complete);
    assert_eq!(report.counts.added, 1500);
    assert_eq!((report.requests, report.retries), (15, 0));
    assert!(report.records.is_empty());
    assert_eq!(sandbox.stored().len(), 1500);
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["counts"]["total"], 1500);
    assert_eq!(json["notSentFrom"], serde_json::Value::Null);
}

#[test]
fn nothing_to_upload_is_complete() {
    let (_sandbox, client) = start(running());
    let report = upload(&client, vec![], &one_at_a_time()).unwrap();
    assert!(report.complete);
    assert_eq!((report.counts.total, report.requests), (0, 0));
}

#[test]
fn a_csv_is_read_with_its_own_column_names_and_all_it_may_contain() {
    let scratch = Scratch::new();
    let path = scratch.file(
        "contacts.csv",
        "\u{feff}Account ID,Name,priority,When,rank\r\n\
         CRM-1,\"Mu\u{308}ller, \"\"Jo\"\"\nBerlin\",LOW,2026-04-22T10:00:00+02:00,2.5\r\n\
         CRM-2,Smith,,,\r\n\
         CRM-3,Smith,URGENT,tomorrow,first\r\n\
         ,Smith,,,\r\n\
         CRM-5,Smith, Jo,,,\r\n",
    );
    let (sandbox, client) = start(running());
    let columns = [("crmRecordId", "Account ID"), ("scheduleAt", "When")];
    let source = Source::csv(&path, columns).unwrap();
    let report = upload(&client, source, &one_at_a_time()).unwrap();
    assert_eq!(sandbox.stored(), ["CRM-1", "CRM-2"]);
    let faults: Vec<(u64, &str, &str)> = report
        .records
        .iter()
        .flat_map(|record| record.field_errors.iter().map(|f| (record.index, f)))
        .map(|(index, fault)| (index, fault.field.as_str(), fault.message.as_str()))
        .collect();
    assert_eq!(
        faults[0],
        (
            2,
            "scheduleAt",
            "row 4: must be ISO 8601 with an offset, e.g. 2026-04-22T10:00:00Z, is \"tomorrow\""
        )
    );
    assert_eq!(faults[1].1, "priority");
    assert_eq!(
        faults[2],
        (2, "rank", "row 4: must be a finite number, is \"first\"")
    );
    assert_eq!(faults[3], (3, "crmRecordId", "row 5: must not be blank"));
    assert_eq!(
        faults[4],
        (
            4,
            "row",
            "row 6: has 6 cells where the columns are 5; is a comma not quoted?"
        )
    );
    assert_eq!(report.counts.rejected, 3);
}

#[test]
fn a_csv_that_may_be_misread_is_refused_before_anything_is_sent() {
    let scratch = Scratch::new();
    let refusal = |header: &str, columns: &[(&str, &str)]| {
        let path = scratch.file("contacts.csv", format!("{header}\nx,y\n"));
        let error = Source::csv(path, columns.iter().copied()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        error.message().to_owned()
    };
    assert!(
        refusal("id,Priority", &[("crmRecordId", "id")])
            .contains("\"Priority\" looks like priority")
    );
    assert!(refusal("id,name", &[]).contains("there are \"id\", \"name\""));
    assert!(refusal("id,name", &[("crmRecordId", "ID")]).contains("no column \"ID\""));
    assert!(refusal("id,name", &[("phone", "name")]).contains("accepted are crmRecordId"));
    assert!(refusal("crmRecordId,crmRecordId", &[]).contains("two columns"));
    let error = Source::csv(scratch.0.join("absent.csv"), NO_COLUMNS).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
}

#[test]
fn ndjson_lines_that_are_wrong_are_rejected_by_their_number() {
    let scratch = Scratch::new();
    let path = scratch.file(
        "contacts.ndjson",
        "{\"crmRecordId\":\"CRM-1\",\"priority\":\"LOW\"}\r\n\n{\"crmRecordId\":\"CRM-2\",\"prio\":1}\n{oops\n[\"CRM-3\"]\n{\"crmRecordId\":\"CRM-4\"}",
    );
    let (sandbox, client) = start(running());
    let source = Source::ndjson(path).unwrap();
    let report = upload(&client, source, &one_at_a_time()).unwrap();
    assert_eq!(sandbox.stored(), ["CRM-1", "CRM-4"]);
    let messages: Vec<&str> = report
        .records
        .iter()
        .map(|r| r.field_errors[0].message.as_str())
        .collect();
    assert!(
        messages[0].starts_with("line 3: record: prio: unknown field"),
        "{messages:?}"
    );
    assert!(messages[1].starts_with("line 4: "), "{messages:?}");
    assert!(messages[2].starts_with("line 5: "), "{messages:?}");
}

#[test]
fn a_source_is_read_no_further_than_requests_are_under_way() {
    let (_sandbox, client) = start(SandboxOptions {
        faults: first(Fault::Delay(Duration::from_millis(300))),
        ..running()
    });
    let options = UploadOptions {
        concurrency: 1,
        batch_size: 10,
        ..UploadOptions::default()
    };
    let mut read_at_first = 0;
    let started = Instant::now();
    let source = Source::records(records(1000).into_iter().inspect(|_| {
        if started.elapsed() < Duration::from_millis(200) {
            read_at_first += 1;
        }
    }));
    upload(&client, source, &options).unwrap();
    assert!((10..=30).contains(&read_at_first), "{read_at_first}");
}

/// Requests beyond the fewest, for one batch of a hundred, and what became of the records.
fn cost(
    named: bool,
    sole_writer: bool,
    present: Option<usize>,
    faults: Vec<Option<Fault>>,
) -> (u64, Counts) {
    let (sandbox, client) = start(SandboxOptions {
        name_duplicates: named,
        ..running()
    });
    if let Some(place) = present {
        sandbox.put_record(&format!("CRM-{place}"));
    }
    // Other records of the same upload, before and after: the server is seen to take records.
    let source = Source::records(records(300).into_iter());
    let mut schedule = vec![None];
    schedule.extend(faults);
    sandbox.set_faults(Faults::Scheduled(schedule));
    let options = UploadOptions {
        sole_writer,
        wait_for_campaign: Duration::from_millis(50),
        ..one_at_a_time()
    };
    let report = upload(&client, source, &options).unwrap();
    assert_eq!(report.counts.total, 300);
    assert_eq!(sandbox.stored().len(), 300);
    (sandbox.requests() as u64 - 3, report.counts)
}

#[test]
fn a_duplicate_costs_one_request_named_and_twenty_in_unknown_words() {
    for place in [101, 102, 137, 149, 150, 163, 198, 199] {
        let (named, counts) = cost(true, false, Some(place), vec![]);
        assert_eq!(named, 1, "{place}");
        assert_eq!((counts.added, counts.already_present), (299, 1));
        let (unnamed, counts) = cost(false, false, Some(place), vec![]);
        assert!(unnamed <= 20, "{unnamed} more requests, not named, {place}");
        assert_eq!((counts.added, counts.refused), (299, 1), "{place}");
    }
}

#[test]
fn a_lost_answer_that_was_stored_costs_one_request_a_record_or_with_a_sole_writer_one() {
    for lost in [
        Fault::LostAnswer,
        Fault::TruncatedAnswer,
        Fault::ErrorAfter(503),
    ] {
        let faults = || vec![Some(lost.clone())];
        let (named, counts) = cost(true, false, None, faults());
        assert_eq!((named, counts.already_present), (100, 100));
        let (named, counts) = cost(true, true, None, faults());
        assert_eq!((named, counts.added), (1, 300));
        for sole_writer in [false, true] {
            let (unnamed, counts) = cost(false, sole_writer, None, faults());
            assert!(unnamed <= 13, "{unnamed}");
            assert_eq!((counts.added, counts.unknown), (200, 100));
        }
    }
    for lost in [Fault::LostRequest, Fault::ErrorBefore(500)] {
        let (cost, counts) = cost(true, false, None, vec![Some(lost)]);
        assert_eq!((cost, counts.added), (2, 300));
    }
}

#[test]
fn whose_record_it_is_stays_open_after_a_lost_answer_unless_there_is_a_sole_writer() {
    for (sole_writer, outcome) in [(false, Outcome::AlreadyPresent), (true, Outcome::Added)] {
        let (_sandbox, client) = start(SandboxOptions {
            faults: first(Fault::LostAnswer),
            ..running()
        });
        let options = UploadOptions {
            sole_writer,
            ..one_at_a_time()
        };
        let report = upload(&client, records(10), &options).unwrap();
        let count = match outcome {
            Outcome::Added => report.counts.added,
            _ => report.counts.already_present,
        };
        assert_eq!(count, 10, "{report:?}");
        assert!(report.complete);
    }
}

#[test]
fn a_build_and_a_start_are_waited_out_in_both_dialects() {
    for dialect in [Dialect::Guide, Dialect::OpenApi] {
        for state in [CampaignState::Building, CampaignState::Starting] {
            let (sandbox, client) = start(SandboxOptions {
                dialect,
                build_time: Duration::from_millis(400),
                start_time: Duration::from_millis(400),
                ..running()
            });
            sandbox.set_state(state);
            let report = upload(&client, records(350), &UploadOptions::default()).unwrap();
            assert_eq!(report.counts.added, 350);
        }
    }
}

#[test]
fn a_campaign_that_is_over_stops_the_upload_and_nothing_is_called_present() {
    for (named, dialect) in [(true, Dialect::Guide), (false, Dialect::OpenApi)] {
        let (sandbox, client) = start(SandboxOptions {
            dialect,
            name_duplicates: named,
            ..running()
        });
        let options = UploadOptions {
            wait_for_campaign: Duration::from_millis(300),
            ..UploadOptions::default()
        };
        let source = Source::records(records(1000).into_iter().enumerate().map(|(n, record)| {
            if n == 500 {
                sandbox.set_state(CampaignState::Complete);
            }
            record
        }));
        let error = upload(&client, source, &options).unwrap_err();
        let kind = match dialect {
            Dialect::Guide => ErrorKind::Conflict,
            Dialect::OpenApi => ErrorKind::BadRequest,
        };
        assert_eq!(error.kind(), kind);
        assert!(
            error
                .message()
                .contains("nothing else was accepted for 300 ms"),
            "{error}"
        );
        let report = error.report().unwrap();
        assert_eq!(report.counts.added, sandbox.stored().len() as u64);
        assert_eq!(report.counts.already_present, 0);
        assert_eq!(report.counts.added + report.counts.not_sent, 1000);
        assert!(!report.complete);
    }
}

#[test]
fn what_concerns_every_record_stops_at_once() {
    let cases = [
        (
            SandboxOptions {
                product_attached: false,
                ..running()
            },
            ErrorKind::Forbidden,
        ),
        (
            SandboxOptions {
                dynamic: false,
                ..running()
            },
            ErrorKind::BadRequest,
        ),
    ];
    for (options, kind) in cases {
        let (sandbox, client) = start(options);
        let error = upload(&client, records(1000), &one_at_a_time()).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(sandbox.requests(), 1);
        let report = error.report().unwrap();
        assert_eq!(report.counts.not_sent, 1000);
        assert_eq!(report.counts.total, 1000);
        assert!(
            report.not_sent_from.is_some_and(|from| from <= 300),
            "{report:?}"
        );
        let json: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
        assert_eq!(json["report"]["counts"]["notSent"], 1000);
    }
}

#[test]
fn a_server_that_is_gone_leaves_what_it_was_asked_unknown() {
    let (sandbox, client) = start(running());
    sandbox.set_faults(always(Fault::LostRequest));
    let error = upload(&client, records(250), &one_at_a_time()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.is_outcome_unknown());
    let report = error.report().unwrap();
    assert_eq!(report.counts.unknown, 100);
    assert_eq!(report.counts.not_sent, 150);
    assert_eq!(sandbox.requests(), 5, "as many as maxAttempts");
}

#[test]
fn repeated_and_invalid_records_cost_their_neighbours_nothing() {
    let (_sandbox, client) = start(running());
    let mut input = records(50);
    input.insert(10, record("CRM-3"));
    input.insert(20, record("CRM-x").rank(f64::NAN));
    let report = upload(&client, input, &one_at_a_time()).unwrap();
    assert_eq!(
        (report.requests, report.counts.added, report.counts.rejected),
        (1, 50, 2)
    );
    assert_eq!(report.records[0].index, 10);
    assert_eq!(report.records[0].field_errors[0].code, "Duplicate");
    assert_eq!(report.records[1].field_errors[0].field, "rank");
}

#[test]
fn ranks_keep_the_dial_order_of_the_input() {
    let (sandbox, client) = start(SandboxOptions {
        faults: Faults::Random {
            probability: 0.5,
            kinds: vec![Fault::Delay(Duration::from_millis(5))],
        },
        ..running()
    });
    let options = UploadOptions {
        concurrency: 8,
        batch_size: 10,
        ranks: Ranks::StartAt(1.0),
        ..UploadOptions::default()
    };
    let mut input = records(400);
    input[7] = input[7].clone().rank(3.0);
    let report = upload(&client, input, &options).unwrap();
    assert_eq!(report.records[0].field_errors[0].field, "rank");
    let expected: Vec<String> = (0..400)
        .filter(|n| *n != 7)
        .map(|n| format!("CRM-{n}"))
        .collect();
    assert_eq!(sandbox.dial_order(), expected);
    assert_ne!(sandbox.stored(), expected, "they arrived in another order");
}

#[test]
fn a_dry_run_sends_nothing_and_says_what_would_be() {
    let (sandbox, _) = start(running());
    let limit = RateLimit {
        requests_per_minute: 60.0,
        burst: Some(2),
    };
    let client = Client::new(sandbox.config().rate_limit(limit)).unwrap();
    let options = UploadOptions {
        dry_run: true,
        ..UploadOptions::default()
    };
    let mut input = records(950);
    input[3] = input[3].clone().rank(f64::INFINITY);
    let report = upload(&client, input, &options).unwrap();
    assert_eq!(sandbox.requests(), 0);
    let dry = report.dry_run.unwrap();
    assert_eq!(
        (dry.batches, dry.estimated),
        (10, Some(Duration::from_secs(8)))
    );
    assert_eq!((report.counts.rejected, report.counts.not_sent), (1, 949));
    assert_eq!(report.records.len(), 1);
}

#[test]
fn cancelling_awaits_what_is_under_way_and_reports_it() {
    let (sandbox, client) = start(SandboxOptions {
        faults: always(Fault::Delay(Duration::from_millis(300))),
        ..running()
    });
    let cancel = Cancel::new();
    let client = client.with_cancel(&cancel);
    let started = Instant::now();
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            until("four requests", || sandbox.requests() >= 4);
            cancel.trigger();
        });
        upload(&client, records(5000), &UploadOptions::default()).unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(started.elapsed() < Duration::from_millis(900));
    let report = error.report().unwrap();
    assert_eq!(report.counts.added, 400, "four were under way");
    assert_eq!(sandbox.stored().len(), 400);
    assert_eq!(report.counts.not_sent, 4600);
    assert_eq!(report.counts.unknown, 0);
}

#[test]
fn the_deadline_ends_an_upload_and_progress_may_cancel_it() {
    let slow = || {
        start(SandboxOptions {
            faults: always(Fault::Delay(Duration::from_millis(50))),
            ..running()
        })
    };
    let (sandbox, client) = slow();
    let options = UploadOptions {
        deadline: Some(Duration::from_millis(250)),
        ..one_at_a_time()
    };
    let error = upload(&client, records(5000), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(
        error.report().unwrap().counts.added,
        sandbox.stored().len() as u64
    );

    let (sandbox, client) = slow();
    let error = client
        .upload_records(
            &sandbox.campaign_id(),
            Source::from(records(5000)),
            &one_at_a_time(),
            |progress| match progress.done > 0 {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            },
        )
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(
        error.report().unwrap().counts.added,
        sandbox.stored().len() as u64
    );
}

#[test]
fn progress_comes_at_most_ten_times_a_second_and_at_the_end() {
    let (sandbox, client) = start(SandboxOptions {
        faults: always(Fault::Delay(Duration::from_millis(20))),
        ..running()
    });
    let mut seen: Vec<(Instant, Progress)> = Vec::new();
    let caller = std::thread::current().id();
    let options = one_at_a_time();
    let report = client
        .upload_records(
            &sandbox.campaign_id(),
            Source::from(records(3000)),
            &options,
            |progress| {
                assert_eq!(std::thread::current().id(), caller);
                seen.push((Instant::now(), *progress));
                ControlFlow::Continue(())
            },
        )
        .unwrap();
    let last = seen.last().unwrap().1;
    assert_eq!(
        (last.done, last.added, last.total),
        (3000, 3000, Some(3000))
    );
    assert_eq!(last.requests, report.requests);
    assert_eq!(last.eta, Some(Duration::ZERO));
    assert!(seen.len() >= 4, "{}", seen.len());
    // The last one comes when it is over, however short the time since the one before.
    for pair in seen[..seen.len() - 1].windows(2) {
        assert!(pair[1].0 - pair[0].0 >= Duration::from_millis(100));
        assert!(pair[1].1.done >= pair[0].1.done);
    }
}

#[test]
fn records_can_be_pushed_one_by_one() {
    let (sandbox, client) = start(running());
    let mut uploader = client
        .uploader(&sandbox.campaign_id(), &UploadOptions::default())
        .unwrap();
    for record in records(150) {
        uploader.push(record).unwrap();
    }
    assert_eq!(
        uploader
            .push_json(r#"{"records":[{"crmRecordId":"CRM-a"},{"crmRecordId":" "}]}"#)
            .unwrap(),
        2
    );
    let error = uploader
        .push_json(r#"{"records":[{"crmRecordId":"CRM-b"},{"id":"CRM-c"}]}"#)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let report = uploader.finish().unwrap();
    assert_eq!(
        (
            report.counts.added,
            report.counts.rejected,
            report.counts.total
        ),
        (151, 1, 152)
    );
    assert_eq!(sandbox.stored().len(), 151);
}

#[test]
fn a_dropped_uploader_gives_up_at_once() {
    let (sandbox, client) = start(SandboxOptions {
        faults: always(Fault::Delay(Duration::from_secs(10))),
        ..running()
    });
    let mut uploader = client
        .uploader(&sandbox.campaign_id(), &UploadOptions::default())
        .unwrap();
    for record in records(100) {
        uploader.push(record).unwrap();
    }
    let started = Instant::now();
    drop(uploader);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn options_that_are_wrong_are_refused() {
    for (json, part) in [
        (r#"{"concurrency":0}"#, "accepted are 1 to 64"),
        (r#"{"batchSize":101}"#, "accepted are 1 to 100"),
        (r#"{"ranks":"mine"}"#, "startAt"),
        (r#"{"ranks":{"startAt":"1"}}"#, "startAt"),
        (r#"{"batch":1}"#, "batchSize"),
        (r#"{"deadlineMs":99999999999}"#, "30 days"),
    ] {
        let error = UploadOptions::from_json(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains(part), "{error}");
    }
    let options =
        UploadOptions::from_json(r#"{"ranks":{"startAt":5},"ledger":"x.db","deadlineMs":1000}"#)
            .unwrap();
    assert_eq!(options.ranks, Ranks::StartAt(5.0));
    for json in [
        r#"{}"#,
        r#"{"records":[],"csv":"x"}"#,
        r#"{"columns":{}}"#,
        r#"{"records":[],"columns":{}}"#,
    ] {
        let error = Source::from_json(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{json}");
    }
}
