//! What goes wrong on this side, and numbers that run out (issue 11: 9, 17).

use super::*;

#[test]
fn an_upload_that_push_reported_as_stopped_is_not_complete() {
    let scratch = Scratch::new();
    let options = scratch.with_ledger(batches_of(10));
    let world = world(vec![]);
    upload(&world, records(10), &options).unwrap();
    let mut uploader = world::client(1, 5)
        .uploader(&world.campaign(), &options)
        .unwrap();
    uploader.push(record("CRM-0")).unwrap();
    let other = record("another");
    let error = uploader.push(other).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let again = uploader.push(record("CRM-1")).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::InvalidArgument, "it has stopped");
    let finished = uploader.finish().unwrap_err();
    assert_eq!(finished.kind(), ErrorKind::InvalidArgument);
    assert!(!finished.report().unwrap().complete);
}

#[test]
fn a_ledger_that_cannot_be_written_any_more_ends_the_upload_and_nothing_is_lost() {
    let scratch = Scratch::new();
    let options = scratch.with_ledger(batches_of(10));
    let world = world(vec![]);
    let mut uploader = world::client(0, 5)
        .uploader(&world.campaign(), &options)
        .unwrap();
    let mut pushed = 0;
    let mut stopped = None;
    for record in records(10_000) {
        if pushed == 55 {
            let other = rusqlite::Connection::open(scratch.ledger()).unwrap();
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
            assert!(result.is_err() || !open, "{}", told(&result));
        }
    }
}

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
        assert!(report.retries < report.requests, "{}", told(&result));
    }
}

#[test]
fn an_estimate_of_more_than_all_time_is_no_panic() {
    // One record a second or less, of as many as can be counted.
    let world = world(vec![Fate::Delay(1300), Fate::Delay(1300)]);
    let input = (0..usize::MAX).map(|n| record(&format!("CRM-{n}")));
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
