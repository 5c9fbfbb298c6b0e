//! The promise of an upload, under generated inputs and schedules of faults: each record has exactly one outcome, and it
//! is true; nothing is on the campaign twice, nothing is missing; the counts add up.
//!
//! 1,000 cases; `make truth` runs 100,000.

#![cfg(feature = "sandbox")]

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use campaigns8x8::sandbox::{Dialect, Fault, Faults, Sandbox, SandboxOptions};
use campaigns8x8::validate::RecordDraft;
use campaigns8x8::{
    CampaignState, Cancel, Client, Error, ErrorKind, Outcome, Ranks, Retry, Source, UploadOptions,
    UploadReport,
};
use proptest::prelude::*;
use serde_json::json;

/// What stands in the input at one place.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Good,
    BlankId,
    WrongPriority,
    /// The same id as the record so many places before.
    Repeated(usize),
    /// On the campaign before the upload begins.
    Present,
    /// Put there by another writer when the record so many places before is read.
    PutMeanwhile(usize),
}

/// How ids look: some may stand in an error text by chance.
#[derive(Debug, Clone, Copy)]
enum Ids {
    Distinctive,
    LongNumbers,
    ShortNumbers,
    Words,
}

/// What breaks into the first run, when the record at that place is read.
#[derive(Debug, Clone, Copy)]
enum Break {
    Nothing,
    Cancel(usize),
    /// As if the process ended: no report, no answers awaited.
    Drop(usize),
    Complete(usize),
    Building(usize),
    Starting(usize),
}

#[derive(Debug, Clone)]
struct Case {
    input: Vec<Kind>,
    ids: Ids,
    dialect: Dialect,
    named: bool,
    concurrency: usize,
    batch_size: usize,
    attempts: u32,
    faults: Vec<Option<Fault>>,
    breaks: Break,
    ledger: bool,
    sole_writer: bool,
    ranks: bool,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        30 => Just(Kind::Good),
        1 => Just(Kind::BlankId),
        1 => Just(Kind::WrongPriority),
        1 => (1_usize..40).prop_map(Kind::Repeated),
        1 => Just(Kind::Present),
        1 => (0_usize..40).prop_map(Kind::PutMeanwhile),
    ]
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        8 => Just(None),
        2 => Just(Some(Fault::LostRequest)),
        2 => Just(Some(Fault::LostAnswer)),
        1 => Just(Some(Fault::TruncatedAnswer)),
        1 => prop::sample::select(vec![500, 502, 503]).prop_map(|s| Some(Fault::ErrorBefore(s))),
        1 => prop::sample::select(vec![500, 502, 503]).prop_map(|s| Some(Fault::ErrorAfter(s))),
        1 => prop::sample::select(vec![502, 403, 200]).prop_map(|s| Some(Fault::GatewayHtml(s))),
        1 => Just(Some(Fault::Delay(Duration::from_millis(2)))),
        1 => Just(Some(Fault::RateLimited { retry_after_secs: 0 })),
    ]
}

fn breaks() -> impl Strategy<Value = Break> {
    prop_oneof![
        12 => Just(Break::Nothing),
        4 => (0_usize..120).prop_map(Break::Cancel),
        4 => (0_usize..120).prop_map(Break::Drop),
        2 => (0_usize..120).prop_map(Break::Complete),
        1 => (0_usize..120).prop_map(Break::Building),
        1 => (0_usize..120).prop_map(Break::Starting),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let shape = (
        prop::collection::vec(kind(), 0..130),
        prop::sample::select(vec![
            Ids::Distinctive,
            Ids::Distinctive,
            Ids::LongNumbers,
            Ids::ShortNumbers,
            Ids::Words,
        ]),
        prop_oneof![Just(Dialect::Guide), Just(Dialect::OpenApi)],
        prop::bool::weighted(0.6),
        1_usize..=8,
        prop_oneof![1 => Just(1_usize), 3 => 2_usize..30, 1 => Just(100_usize)],
    );
    let trouble = (
        2_u32..7,
        prop::collection::vec(fault(), 0..25),
        breaks(),
        any::<bool>(),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
    );
    (shape, trouble).prop_map(|(shape, trouble)| {
        let (input, ids, dialect, named, concurrency, batch_size) = shape;
        let (attempts, faults, breaks, ledger, sole_writer, ranks) = trouble;
        // The promise of a sole writer is the caller's to keep.
        let others = input
            .iter()
            .any(|kind| matches!(kind, Kind::Present | Kind::PutMeanwhile(_)));
        Case {
            sole_writer: sole_writer && !others,
            input,
            ids,
            dialect,
            named,
            concurrency,
            batch_size,
            attempts,
            faults,
            breaks,
            ledger,
            ranks,
        }
    })
}

impl Case {
    fn id(&self, place: usize) -> String {
        match self.input[place] {
            Kind::BlankId => " ".to_owned(),
            Kind::Repeated(before) if before <= place => self.id(place - before),
            _ => match self.ids {
                Ids::Distinctive => format!("CRM-{place}"),
                Ids::LongNumbers => (100_000 + place).to_string(),
                Ids::ShortNumbers => place.to_string(),
                Ids::Words => {
                    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
                    ["Campaign", "record", "the", "request"]
                        .get(place)
                        .map_or_else(
                            || format!("w{}{}", letter(place / 26), letter(place)),
                            |word| (*word).to_owned(),
                        )
                }
            },
        }
    }

    fn is_good(&self, place: usize) -> bool {
        !self.id(place).trim().is_empty() && !matches!(self.input[place], Kind::WrongPriority)
    }

    fn draft(&self, place: usize) -> RecordDraft {
        let priority = match self.input[place] {
            Kind::WrongPriority => "URGENT",
            _ => "LOW",
        };
        RecordDraft {
            crm_record_id: Some(json!(self.id(place))),
            priority: Some(json!(priority)),
            ..RecordDraft::default()
        }
    }

    fn options(&self, ledger: Option<&std::path::Path>) -> UploadOptions {
        UploadOptions {
            concurrency: self.concurrency,
            batch_size: self.batch_size,
            ledger: ledger.map(Into::into),
            sole_writer: self.sole_writer,
            ranks: if self.ranks {
                Ranks::StartAt(1.0)
            } else {
                Ranks::Server
            },
            // Long enough for a BUILDING and a STARTING, where one comes.
            wait_for_campaign: match self.breaks {
                Break::Building(_) | Break::Starting(_) => Duration::from_secs(1),
                _ => Duration::from_millis(20),
            },
            ..UploadOptions::default()
        }
    }
}

/// Ids that another writer put on the campaign.
type Others = Mutex<HashSet<String>>;

/// What is done when the record at a place is read.
fn on_read(case: &Case, place: usize, sandbox: &Sandbox, others: &Others, cancel: &Cancel) {
    for (later, kind) in case.input.iter().enumerate() {
        if matches!(kind, Kind::PutMeanwhile(before) if later.saturating_sub(*before) == place)
            && sandbox.put_record(&case.id(later))
        {
            others.lock().unwrap().insert(case.id(later));
        }
    }
    match case.breaks {
        Break::Cancel(at) if at == place => cancel.trigger(),
        Break::Complete(at) if at == place => sandbox.set_state(CampaignState::Complete),
        Break::Building(at) if at == place => sandbox.set_state(CampaignState::Building),
        Break::Starting(at) if at == place => sandbox.set_state(CampaignState::Starting),
        _ => {}
    }
}

fn upload(
    case: &Case,
    client: &Client,
    sandbox: &Sandbox,
    others: &Others,
    ledger: Option<&std::path::Path>,
    first: bool,
) -> Option<Result<UploadReport, Error>> {
    let cancel = Cancel::new();
    let client = client.with_cancel(&cancel);
    let options = case.options(ledger);
    let read = |place: usize| {
        if first {
            on_read(case, place, sandbox, others, &cancel);
        }
        case.draft(place)
    };
    if let (Break::Drop(at), true) = (case.breaks, first) {
        let mut uploader = client.uploader(&sandbox.campaign_id(), &options).unwrap();
        for place in 0..case.input.len() {
            if place == at {
                return None;
            }
            if uploader.push_draft(read(place)).is_err() {
                break;
            }
        }
        return Some(uploader.finish());
    }
    let source = Source::drafts((0..case.input.len()).map(|place| Ok(read(place))));
    let result = client.upload_records(&sandbox.campaign_id(), source, &options, |_| {
        ControlFlow::Continue(())
    });
    Some(result)
}

/// Checks a report against what the sandbox has; `before` are the ids that were there before the upload.
fn check(
    case: &Case,
    report: &UploadReport,
    sandbox: &Sandbox,
    others: &HashSet<String>,
    first: bool,
) -> Result<(), TestCaseError> {
    let stored = sandbox.stored();
    let on_campaign: HashSet<&String> = stored.iter().collect();
    prop_assert_eq!(on_campaign.len(), stored.len(), "an id is there twice");

    let read = report.not_sent_from.unwrap_or(case.input.len() as u64) as usize;
    let mut outcomes = vec![Outcome::Added; read];
    let mut last = None;
    for record in &report.records {
        prop_assert!(last < Some(record.index), "in order, and each once");
        last = Some(record.index);
        prop_assert_ne!(record.outcome, Outcome::Added);
        outcomes[record.index as usize] = record.outcome;
    }
    let mut added: HashMap<String, usize> = HashMap::new();
    for (place, outcome) in outcomes.iter().enumerate() {
        if *outcome == Outcome::Added {
            let again = added.insert(case.id(place), place);
            prop_assert!(again.is_none(), "{} was added twice", case.id(place));
        }
    }
    for (place, outcome) in outcomes.iter().enumerate() {
        let id = case.id(place);
        let there = on_campaign.contains(&id);
        let by_us = there && !others.contains(&id);
        let by_another_copy = (0..case.input.len()).any(|p| p != place && case.id(p) == id);
        match outcome {
            Outcome::Added => prop_assert!(by_us, "{id} is called added"),
            Outcome::AlreadyPresent => prop_assert!(there, "{id} is called present"),
            Outcome::Rejected => {
                prop_assert!(
                    !case.is_good(place) || by_another_copy,
                    "{id} is called rejected"
                );
            }
            Outcome::NotSent => {
                prop_assert!(!by_us || by_another_copy, "{id} is called not sent");
            }
            _ => {}
        }
        prop_assert!(case.is_good(place) || *outcome != Outcome::Added);
    }
    let count = |wanted| {
        outcomes
            .iter()
            .filter(|outcome| **outcome == wanted)
            .count() as u64
    };
    let counts = report.counts;
    // Whoever pushes and is told that the upload has stopped pushes no more; nobody knows of the rest.
    let pushed = first && matches!(case.breaks, Break::Drop(_)) && report.not_sent_from.is_some();
    let total = if pushed { read } else { case.input.len() };
    prop_assert_eq!(counts.total, total as u64);
    prop_assert_eq!(counts.added, count(Outcome::Added));
    prop_assert_eq!(counts.already_present, count(Outcome::AlreadyPresent));
    prop_assert_eq!(counts.rejected, count(Outcome::Rejected));
    prop_assert_eq!(counts.unknown, count(Outcome::Unknown));
    let unread = (total - read) as u64;
    prop_assert_eq!(counts.not_sent, count(Outcome::NotSent) + unread);
    prop_assert_eq!(report.complete, counts.not_sent == 0 && counts.unknown == 0);
    // What is on the campaign and not by others is accounted for.
    for id in &stored {
        if others.contains(id) || read < case.input.len() {
            continue;
        }
        let by = (0..read).find(|place| {
            case.id(*place) == *id
                && !matches!(outcomes[*place], Outcome::NotSent | Outcome::Rejected)
        });
        prop_assert!(by.is_some(), "{id} is there, and no outcome says so");
    }
    Ok(())
}

fn ran(case: &Case) -> Result<(), TestCaseError> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let sandbox = Sandbox::start_with(SandboxOptions {
        dialect: case.dialect,
        name_duplicates: case.named,
        state: CampaignState::Running,
        build_time: Duration::from_millis(160),
        start_time: Duration::from_millis(160),
        faults: Faults::Scheduled(case.faults.clone()),
        ..SandboxOptions::default()
    })
    .unwrap();
    let others = Others::default();
    for (place, kind) in case.input.iter().enumerate() {
        if matches!(kind, Kind::Present) && sandbox.put_record(&case.id(place)) {
            others.lock().unwrap().insert(case.id(place));
        }
    }
    let client = Client::new(sandbox.config().retry(Retry {
        max_attempts: case.attempts,
        initial_backoff: Duration::ZERO,
        ..Retry::default()
    }))
    .unwrap();
    let name = format!(
        "upload-{}-{}.db",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    );
    let ledger = std::env::temp_dir().join(name);
    let ledger_option = case.ledger.then_some(ledger.as_path());

    let first = upload(case, &client, &sandbox, &others, ledger_option, true);
    let settled = others.lock().unwrap().clone();
    let complete = match &first {
        Some(Ok(report)) => {
            check(case, report, &sandbox, &settled, true)?;
            prop_assert!(report.complete);
            true
        }
        Some(Err(error)) => {
            let report = error.report();
            prop_assert!(report.is_some(), "{error:?}");
            check(case, report.unwrap(), &sandbox, &settled, true)?;
            false
        }
        None => false,
    };
    if case.ledger {
        // Again with the same ledger, the trouble over: as if nothing had been.
        sandbox.set_faults(Faults::None);
        sandbox.set_state(CampaignState::Running);
        let before = sandbox.requests();
        let second = upload(case, &client, &sandbox, &others, ledger_option, false).unwrap();
        match &second {
            Ok(report) => {
                check(case, report, &sandbox, &settled, false)?;
                prop_assert!(report.complete);
                for place in (0..case.input.len()).filter(|place| case.is_good(*place)) {
                    prop_assert!(sandbox.stored().contains(&case.id(place)));
                }
            }
            Err(error) => {
                // Without names the last ones left may not be told from a state that takes nothing.
                let may = !case.named || matches!(case.ids, Ids::ShortNumbers | Ids::Words);
                prop_assert!(may, "{error:?}");
                let conflict = matches!(error.kind(), ErrorKind::Conflict | ErrorKind::BadRequest);
                prop_assert!(conflict, "{error:?}");
                check(case, error.report().unwrap(), &sandbox, &settled, false)?;
            }
        }
        if complete {
            prop_assert_eq!(
                sandbox.requests(),
                before,
                "all was certain, nothing is sent"
            );
        }
    }
    for suffix in ["", ".lock", "-wal", "-shm"] {
        let mut path = ledger.clone().into_os_string();
        path.push(suffix);
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.map_or(1000, |cases| cases.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn each_record_has_one_true_outcome(case in case()) {
        ran(&case)?;
    }
}
