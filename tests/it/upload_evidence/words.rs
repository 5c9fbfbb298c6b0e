//! What refusals mean: by their words, by `errors`, with the promise of a sole writer, and after a lost answer (issue 11: 3, 4, 5).

use super::*;

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
            let result = upload(&lasting, input.clone(), &impatient(batch_size));
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
            let result = upload(&now_and_then, input.clone(), &impatient(batch_size));
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
        assert_eq!(
            outcome(report, 0),
            Outcome::Added,
            "{id:?}: {}",
            told(&result)
        );
        assert_eq!(
            outcome(report, 1),
            Outcome::AlreadyPresent,
            "{id:?}: {}",
            told(&result)
        );
    }
}

#[test]
fn words_that_the_caller_knows_are_believed_and_others_not() {
    for known in [true, false] {
        let world = World::new(Setup {
            duplicate: Duplicate::Custom,
            ..Setup::default()
        });
        world.put("CRM-7");
        let options = UploadOptions {
            present_wording: match known {
                true => vec![CUSTOM.to_owned()],
                false => vec![],
            },
            ..impatient(10)
        };
        let result = upload(&world, records(40), &options);
        let report = report(&result);
        assert_eq!(report.counts.added, 39, "{}", told(&result));
        let wanted = match known {
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
        assert!(b_is_there, "{}", told(&result));
    }
}

#[test]
fn what_was_stored_before_its_answer_was_lost_is_not_rejected_by_a_later_refusal() {
    let world = Arc::new(world(vec![Fate::AnswerLost]));
    let client = new_client(0, 5);
    let campaign = Arc::clone(&world);
    // The scheduleAt passes between the first request and the second.
    client.set_log(LogLevel::Debug, move |_, _| campaign.refuse("CRM-0"));
    let result = upload_with(&client, &world, records(1), &impatient(1));
    let report = report(&result);
    assert!(world.has("CRM-0"));
    assert_eq!(outcome(report, 0), Outcome::Unknown, "{}", told(&result));
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
            let result = upload(&world, records(count), &impatient(100));
            let report = report(&result);
            assert_eq!(world.puts().len(), count);
            assert_eq!(
                report.counts.unknown,
                count as u64,
                "{errors:?} {}",
                told(&result)
            );
        }
    }
}

#[test]
fn errors_that_name_no_record_reject_nobody() {
    let world = world(vec![]);
    world.set_state(Some(Words::StateErrors));
    let result = upload(&world, records(200), &impatient(100));
    let counts = report(&result).counts;
    assert_eq!((counts.rejected, counts.not_sent), (0, 200));
    assert!(result.is_err());
}

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
    assert!(seen.iter().any(|seen| seen.ids == ["CRM-3"]), "{seen:?}");
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
        let result = upload(&world, records(20), &impatient(20));
        let report = report(&result);
        assert_eq!(report.counts.added, 19, "{errors:?}: {}", told(&result));
        let outcome = outcome(report, 3);
        assert!(
            matches!(outcome, Outcome::Rejected | Outcome::Refused),
            "{errors:?}: {outcome:?}"
        );
    }
}
