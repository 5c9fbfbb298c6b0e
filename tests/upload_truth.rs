//! The promise of an upload, under generated inputs, servers, wordings and troubles: each record has exactly one outcome, and
//! it is true; nothing is on the campaign twice; what can get there gets there; the counts add up.
//!
//! The server is [`world`], what is generated [`case`] and [`draw`], what is demanded [`check`]. 1,000 cases; `make truth` runs 100,000
//! (`PROPTEST_CASES`): half of them in any world, a quarter each in lively worlds and over a ledger.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds what it does not expect fails by panicking"
)]

#[path = "upload_truth/case.rs"]
pub mod case;
#[path = "upload_truth/check.rs"]
pub mod check;
#[path = "upload_truth/draw.rs"]
pub mod draw;
pub mod world;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use campaigns8x8::{Cancel, Error, Source, UploadReport};
use proptest::prelude::*;

use case::{Break, Case, Kind};
use check::Ended;
use world::{Words, World};

/// What is done when the record at a place is read.
fn on_read(case: &Case, run: usize, place: usize, world: &World, cancel: &Cancel) {
    if run == 0 {
        for (later, kind) in case.input.iter().enumerate() {
            if matches!(kind, Kind::PutMeanwhile(before) if later.saturating_sub(*before) == place)
            {
                world.put(&case.id(later));
            }
        }
    }
    match case.runs[run] {
        Break::Cancel(at) if at == place => cancel.trigger(),
        Break::Complete(at) if at == place => world.set_state(Some(Words::State)),
        _ => {}
    }
}

/// One run; `None` if it was broken off without a report.
fn upload(case: &Case, world: &World, run: usize, ledger: Option<&Ledger>) -> Option<Ended> {
    let started = Instant::now();
    let cancel = Cancel::new();
    let client = world::client(run, case.attempts).with_cancel(&cancel);
    let options = case.options(run, ledger.map(|ledger| ledger.0.as_path()));
    if case.runs[run] == Break::CancelAtOnce {
        cancel.trigger();
    }
    let ended = |result: Result<UploadReport, Error>, pushed| {
        let (latest, requests) = (world.latest(), world.requests(run));
        Some(Ended {
            run,
            result,
            pushed,
            latest,
            requests,
            took: started.elapsed(),
        })
    };
    let (Break::Drop(at) | Break::Kill(at)) = case.runs[run] else {
        let source = Source::drafts((0..case.input.len()).map(|place| {
            on_read(case, run, place, world, &cancel);
            Ok(case.draft(place))
        }));
        let result = client.upload_records(&world.campaign(), source, &options, |_| {
            ControlFlow::Continue(())
        });
        return ended(result, None);
    };
    let mut uploader = client.uploader(&world.campaign(), &options).unwrap();
    let mut pushed = 0;
    for place in 0..case.input.len() {
        if place == at {
            if matches!(case.runs[run], Break::Kill(_)) {
                world.cut_off(run);
                let as_it_was = ledger.map(Ledger::copy);
                drop(uploader);
                if let (Some(ledger), Some(copy)) = (ledger, as_it_was) {
                    ledger.put_back(&copy);
                }
            }
            return None;
        }
        on_read(case, run, place, world, &cancel);
        if uploader.push_draft(case.draft(place)).is_err() {
            break;
        }
        pushed += 1;
    }
    ended(uploader.finish(), Some(pushed))
}

/// The file of a ledger, gone when it is dropped; in memory where that can be had.
struct Ledger(PathBuf);

impl Ledger {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => memory.to_owned(),
            false => std::env::temp_dir(),
        };
        Self(folder.join(format!("upload-truth-{}-{number}.db", std::process::id())))
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let path = self.0.clone().into_os_string();
        ["", "-wal", "-shm", ".lock"].into_iter().map(move |end| {
            let mut path = path.clone();
            path.push(end);
            path.into()
        })
    }

    /// What a process that is killed now leaves behind.
    fn copy(&self) -> PathBuf {
        let copy = self.0.with_extension("copy");
        let _ = std::fs::remove_file(&copy);
        let connection = rusqlite::Connection::open(&self.0).unwrap();
        let name = copy.to_str().unwrap();
        connection.execute("VACUUM INTO ?1", [name]).unwrap();
        copy
    }

    fn put_back(&self, copy: &Path) {
        for file in self.files() {
            let _ = std::fs::remove_file(file);
        }
        std::fs::rename(copy, &self.0).unwrap();
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        for file in self.files() {
            let _ = std::fs::remove_file(file);
        }
    }
}

pub fn ran(case: &Case) -> Result<(), TestCaseError> {
    let world = World::new(case.setup.clone());
    for (place, kind) in case.input.iter().enumerate() {
        match kind {
            Kind::Present => drop(world.put(&case.id(place))),
            Kind::Refused => world.refuse(&case.id(place)),
            _ => {}
        }
    }
    let ledger = case.ledger.then(Ledger::new);
    let mut runs = Vec::new();
    for run in 0..case.runs.len() {
        world.set_state(None);
        if run > 0 && run + 1 == case.runs.len() {
            world.befriend();
        }
        runs.extend(upload(case, &world, run, ledger.as_ref()));
    }
    world.come_to_rest();
    check::all(case, &world, &runs)
}

fn cases(part: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let all = asked.map_or(1000, |cases| cases.parse().unwrap());
    ProptestConfig {
        cases: (all / part).max(1),
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(2))]

    #[test]
    fn each_record_has_one_true_outcome(case in draw::hostile()) {
        ran(&case)?;
    }
}

proptest! {
    #![proptest_config(cases(4))]

    #[test]
    fn what_can_get_there_gets_there(case in draw::lively()) {
        ran(&case)?;
    }

    #[test]
    fn several_runs_over_a_ledger_are_one_true_upload(case in draw::over_a_ledger()) {
        ran(&case)?;
    }
}
