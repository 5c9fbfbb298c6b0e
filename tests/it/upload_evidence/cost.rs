//! When a record is `refused`, and what the evidence may cost.

use super::*;

#[test]
fn a_record_that_is_refused_alone_twice_while_others_are_accepted_is_refused() {
    for bad in [Bad::Unnamed, Bad::Named] {
        for batch_size in [1, 7, 100] {
            let world = World::new(Setup {
                bad,
                ..Setup::default()
            });
            world.refuse("CRM-3");
            let result = upload(&world, records(20), &impatient(batch_size));
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
        let (result, took) = timed(|| upload(&world, records(count), &impatient(10)));
        let counts = report(&result).counts;
        assert_eq!(
            (counts.not_sent, counts.refused),
            (count as u64, 0),
            "{}",
            told(&result)
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
        let result = upload(&world, records(40), &impatient(10));
        let report = report(&result);
        assert_true(&world, &records(40), report);
        assert_eq!(report.counts.unknown, 10, "{}", told(&result));
        assert_eq!(report.counts.added, 30);
    }
}

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
            counts.added,
            count as u64,
            "{what}, in batches of {batch_size}: {}",
            told(&result)
        );
        assert!(result.is_ok(), "{what}: {}", told(&result));
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
    let (result, took) = timed(|| {
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

#[test]
fn one_record_in_a_hundred_costs_few_requests_whatever_the_words() {
    use Duplicate as D;
    // About 14 to find it by halves, and a few to ask it alone.
    const MOST: u64 = 20;
    for (duplicate, wanted, most) in [
        (D::Vendor, Outcome::AlreadyPresent, 1),
        (D::VendorIn400, Outcome::AlreadyPresent, 1),
        (D::VendorListsAll, Outcome::AlreadyPresent, MOST),
        (D::FieldError, Outcome::Rejected, 2),
        (D::Custom, Outcome::Refused, MOST),
        (D::Unnamed, Outcome::Refused, MOST),
        (D::NamedInUnknownWords, Outcome::Refused, MOST),
    ] {
        for place in [100, 137, 199] {
            let world = World::new(Setup {
                duplicate,
                ..Setup::default()
            });
            world.put(&format!("CRM-{place}"));
            let result = upload(&world, records(300), &impatient(100));
            let report = report(&result);
            assert_eq!(report.counts.added, 299, "{duplicate:?}: {}", told(&result));
            assert_eq!(outcome(report, place), wanted, "{duplicate:?}");
            let more = report.requests - 3;
            println!("{duplicate:?}, record {place}: {more} more requests");
            assert!(more <= most, "{duplicate:?}, record {place}: {more}");
        }
    }
}

#[test]
fn many_records_that_the_server_refuses_without_a_reason_are_all_found() {
    for (batch, bad) in [(100, 10), (100, 3), (100, 50), (7, 3), (1, 10)] {
        let world = World::new(Setup {
            bad: Bad::Unnamed,
            ..Setup::default()
        });
        for n in (0..1000).step_by(bad) {
            world.refuse(&format!("CRM-{n}"));
        }
        let result = upload(&world, records(1000), &impatient(batch));
        let report = report(&result);
        println!(
            "batch {batch}, one in {bad}: {} requests, {:?}",
            report.requests, report.counts
        );
        let counts = report.counts;
        let (bad, told) = (1000_u64.div_ceil(bad as u64), told(&result));
        assert_eq!(counts.added, 1000 - bad, "{told}");
        // The very last ones may have no accepted request after their first refusal.
        assert!(counts.refused + 3 >= bad, "{told}");
        assert_eq!(counts.not_sent, bad - counts.refused, "{told}");
    }
}
