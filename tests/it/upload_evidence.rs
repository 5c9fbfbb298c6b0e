//! An upload says only what the server said. One named test for each way in which it once said more (issue 11), and for what
//! the evidence may cost. The generated worlds are in `upload_truth.rs`; the server of both is [`world`].

mod answers;
mod cost;
mod ledger;
mod this_side;
mod words;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::world::{
    self, Bad, CUSTOM, Carried, Duplicate, Errors, Fate, Framing, Setup, Words, World, Wrong,
    new_client,
};
use campaigns8x8::{
    Cancel, Client, Error, ErrorKind, LogLevel, NewRecord, Outcome, Ranks, Source, UploadOptions,
    UploadReport,
};

use crate::support::{Scratch, Stub, campaign, go_on, json, named, record, records, timed};

/// A server of the vendor's words, to which this happens.
fn world(schedule: Vec<Fate>) -> World {
    World::new(Setup {
        schedule,
        ..Setup::default()
    })
}

/// In a world whose refusals pass: the wait is never used up.
fn one_at_a_time() -> UploadOptions {
    UploadOptions {
        wait_for_campaign: Duration::from_secs(10),
        ..crate::support::one_at_a_time()
    }
}

/// With the promise that nobody else writes.
fn sole_writer(batch_size: usize) -> UploadOptions {
    UploadOptions {
        sole_writer: true,
        ..batches_of(batch_size)
    }
}

/// In a world where something is refused for ever.
fn impatient(batch_size: usize) -> UploadOptions {
    UploadOptions {
        wait_for_campaign: Duration::from_millis(300),
        ..batches_of(batch_size)
    }
}

fn batches_of(batch_size: usize) -> UploadOptions {
    UploadOptions {
        batch_size,
        ..one_at_a_time()
    }
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

/// How an upload ended, short enough to be read in a failure.
fn told(result: &Result<UploadReport, Error>) -> String {
    let report = report(result);
    let records: Vec<_> = report
        .records
        .iter()
        .map(|record| (record.index, record.outcome, &record.error))
        .take(3)
        .collect();
    let error = result.as_ref().err().map(Error::message);
    let UploadReport {
        counts, requests, ..
    } = report;
    format!("{error:?}, {counts:?}, {requests} requests, at first {records:?}")
}

fn outcome(report: &UploadReport, index: u64) -> Outcome {
    if report.not_sent_from.is_some_and(|from| from <= index) {
        return Outcome::NotSent;
    }
    let listed = report.records.iter().find(|record| record.index == index);
    listed.map_or(Outcome::Added, |record| record.outcome)
}

/// Ids "0" and on: each is a number that a text may hold.
fn numbers(count: usize) -> Vec<NewRecord> {
    (0..count).map(|n| record(&n.to_string())).collect()
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
    assert_eq!(counts.added, count as u64, "{}", told(result));
    assert_eq!(world.puts().len(), count);
    assert!(result.is_ok(), "{}", told(result));
}
