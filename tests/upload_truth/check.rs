//! What is demanded of the reports, once the world has come to rest.

use std::collections::HashMap;
use std::time::Duration;

use campaigns8x8::{Error, Outcome, UploadReport};
use proptest::prelude::*;

use super::case::{Break, Case};
use super::world::{By, Errors, Put, World};

/// A run that came to an end.
pub struct Ended {
    pub run: usize,
    pub result: Result<UploadReport, Error>,
    /// The records that were pushed, if they were.
    pub pushed: Option<usize>,
    /// The number of the latest [`Put`] by then.
    pub latest: u64,
    /// The requests that the server saw in this run.
    pub requests: u64,
    pub took: Duration,
}

impl Ended {
    fn report(&self) -> Result<&UploadReport, TestCaseError> {
        match &self.result {
            Ok(report) => Ok(report),
            Err(error) => error
                .report()
                .ok_or_else(|| TestCaseError::fail(format!("no report: {error:?}"))),
        }
    }
}

pub fn all(case: &Case, world: &World, runs: &[Ended]) -> Result<(), TestCaseError> {
    let puts = world.puts();
    for ended in runs {
        let outcomes = accounts(case, ended)?;
        truth(case, world, &puts, ended, &outcomes)?;
        let last = ended.run + 1 == case.runs.len() && case.runs.len() > 1;
        if case.lively || (last && case.words_are_known()) {
            liveness(case, world, ended, &outcomes)?;
        }
        prop_assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
    }
    Ok(())
}

/// The report agrees with itself, and with what the server saw of the upload.
fn accounts(case: &Case, ended: &Ended) -> Result<Vec<Outcome>, TestCaseError> {
    let report = ended.report()?;
    let counts = report.counts;
    let total = counts.total as usize;
    match ended.pushed {
        Some(pushed) => prop_assert!(
            (pushed..=case.input.len()).contains(&total),
            "{pushed} pushed, {total} counted"
        ),
        None => prop_assert_eq!(total, case.input.len()),
    }
    let reached = report.not_sent_from.map_or(total, |from| from as usize);
    prop_assert!(reached <= total, "{reached} of {total}");
    let mut outcomes = vec![Outcome::Added; reached];
    outcomes.resize(total, Outcome::NotSent);
    let mut last = None;
    for record in &report.records {
        prop_assert!(last < Some(record.index), "in order, and each once");
        last = Some(record.index);
        prop_assert_ne!(record.outcome, Outcome::Added);
        let place = record.index as usize;
        prop_assert!(place < total);
        match &record.crm_record_id {
            Some(id) => prop_assert_eq!(id, &case.id(place)),
            // Never sent by an earlier run, and not read by one that was stopped.
            None => prop_assert!(ended.run > 0 && record.outcome == Outcome::NotSent),
        }
        // What the server said of it is handed on.
        prop_assert!(record.outcome != Outcome::Refused || record.error.is_some());
        outcomes[place] = record.outcome;
    }
    let stated = |outcome| outcomes.iter().filter(|o| **o == outcome).count() as u64;
    prop_assert_eq!(counts.added, stated(Outcome::Added));
    prop_assert_eq!(counts.already_present, stated(Outcome::AlreadyPresent));
    prop_assert_eq!(counts.rejected, stated(Outcome::Rejected));
    prop_assert_eq!(counts.refused, stated(Outcome::Refused));
    prop_assert_eq!(counts.not_sent, stated(Outcome::NotSent));
    prop_assert_eq!(counts.unknown, stated(Outcome::Unknown));
    let open = counts.not_sent + counts.unknown > 0 || report.not_sent_from.is_some();
    prop_assert_eq!(report.complete, !open);
    prop_assert!(report.retries < report.requests.max(1));
    match case.runs[ended.run] {
        // A request that is given up may not have arrived.
        Break::Deadline(_) | Break::Cancel(_) | Break::CancelAtOnce => {
            prop_assert!(ended.requests <= report.requests);
        }
        _ => prop_assert_eq!(ended.requests, report.requests, "requests"),
    }
    Ok(outcomes)
}

/// Each outcome is what it says.
fn truth(
    case: &Case,
    world: &World,
    puts: &HashMap<String, Put>,
    ended: &Ended,
    outcomes: &[Outcome],
) -> Result<(), TestCaseError> {
    let by_us = |put: &Put| matches!(put.by, By::Upload { run, .. } if run <= ended.run);
    let mut added = HashMap::new();
    for (place, outcome) in outcomes.iter().enumerate() {
        let id = case.id(place);
        let put = puts.get(&world.key(&id));
        let so_far = put.filter(|put| put.number <= ended.latest);
        match outcome {
            Outcome::Added => {
                prop_assert!(so_far.is_some_and(by_us), "{id:?} is called added: {put:?}");
                let again = added.insert(world.key(&id), place);
                prop_assert!(again.is_none(), "{id:?} was added twice");
            }
            Outcome::AlreadyPresent => {
                prop_assert!(
                    so_far.is_some(),
                    "{id:?} at {place} is called present: {put:?}"
                );
            }
            _ => {}
        }
    }
    // What this upload put there, early or late, is called neither rejected nor refused nor not sent.
    for put in puts.values().filter(|put| by_us(put)) {
        let By::Upload {
            rank: Some(rank), ..
        } = put.by
        else {
            return Err(TestCaseError::fail(format!("{put:?} is not ours to know")));
        };
        let place = case.place_of(rank);
        prop_assert!(place < case.input.len(), "{put:?} is not of the input");
        prop_assert_eq!(&case.id(place), &put.id);
        if let Some(outcome) = outcomes.get(place) {
            let holds = matches!(
                outcome,
                Outcome::Added | Outcome::AlreadyPresent | Outcome::Unknown
            );
            prop_assert!(
                holds,
                "{} at {place} is there by this upload, and called {}",
                put.id,
                outcome.as_str()
            );
        }
    }
    Ok(())
}

/// Everything good is on the campaign, and the upload says so.
fn liveness(
    case: &Case,
    world: &World,
    ended: &Ended,
    outcomes: &[Outcome],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(outcomes.len(), case.input.len());
    // A server that counts in another way may be believed after the first time.
    let counts_oddly = !matches!(case.setup.errors, Errors::From0 | Errors::None);
    let mut open = Vec::new();
    for (place, outcome) in outcomes.iter().enumerate() {
        let there = matches!(outcome, Outcome::Added | Outcome::AlreadyPresent);
        if case.is_good(place) {
            let excused = (*outcome == Outcome::Refused && case.vague_refusals() > 2)
                || (*outcome == Outcome::Rejected && counts_oddly);
            let id = case.id(place);
            prop_assert!(there || excused, "{id:?} at {place} is {outcome:?}");
            prop_assert!(excused || world.has(&id), "{id:?} is not there");
        } else if matches!(outcome, Outcome::NotSent | Outcome::Unknown) {
            open.push(place);
        }
    }
    // What the server refuses, and was in a request that got lost, nobody can know of; and what it refuses in words that
    // say nothing is not told from a state where nothing else is accepted.
    for place in &open {
        let may = case.is_refused(*place);
        prop_assert!(may, "{place} is {:?}", outcomes[*place]);
    }
    if let (Err(error), true) = (&ended.result, open.is_empty()) {
        return Err(TestCaseError::fail(format!("{error:?}")));
    }
    Ok(())
}
