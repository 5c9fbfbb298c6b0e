//! What is read out of answers: those that break off, statuses that say nothing, and a 200 that does not name what was sent
//! (issue 11: 2, 7, 8).

use super::*;

/// The pauses are parts of the wait; a thousand uploads would spend most of their time in them.
fn quick_to_ask() -> UploadOptions {
    UploadOptions {
        wait_for_campaign: Duration::from_secs(2),
        ..one_at_a_time()
    }
}

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
            let result = upload(&world, input(), &quick_to_ask());
            let report = report(&result);
            let outcomes = [outcome(report, 0), outcome(report, 1)];
            let wanted = [Outcome::Added, Outcome::AlreadyPresent];
            assert_eq!(
                outcomes,
                wanted,
                "{framing:?} cut at {at}: {}",
                told(&result)
            );
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
                counts.already_present,
                2,
                "{framing:?} cut at {at}: {}",
                told(&result)
            );
        }
    }
}

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
        assert_eq!(report.counts.unknown, 3, "{status}: {}", told(&result));
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
            "{status}: {}",
            told(&result)
        );
    }
}

#[test]
fn a_408_leaves_the_outcome_of_every_call_unknown() {
    for status in SAYS_NOTHING {
        let stub = Stub::always(json(status, "{}"));
        let client = stub.client_once();
        let campaign = campaign();
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
        assert_eq!(counts.not_sent, 3, "{status}: {}", told(&result));
        assert!(!result.unwrap_err().is_outcome_unknown());
    }
}

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
