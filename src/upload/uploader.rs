//! The caller's side of an upload: takes records, makes batches, reports progress, and ends with the report. Everything
//! here happens on the caller's thread.

use std::collections::HashMap;
use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::candidate::{self, Candidate, Wrong};
use super::earlier::{self, Earlier};
use super::inquiry::{Batch, Item};
use super::ledger::{Known, Ledger, Row, Subject, wrong_file};
use super::options::UploadOptions;
use super::run::Run;
use super::source::{Entry, Source, drafts_from_json};
use super::twins::{Ids, Kinship, folded};
use super::worker;
use crate::api::Api;
use crate::cancel::Cancel;
use crate::identifier::CampaignId;
use crate::model::NewRecord;
use crate::outcome::{
    DryRun, Error, ErrorKind, Outcome, Progress, RecordOutcome, Result, UploadReport,
};
use crate::text::quoted;
use crate::transport::{Patience, block_signals, interrupted};
use crate::validate::RecordDraft;

/// At most ten progress reports a second.
const BETWEEN_REPORTS: Duration = Duration::from_millis(100);
/// Records left for the end of the upload; with more, their end comes before.
const MOST_LEFTOVER: usize = 20_000;
/// How often the caller's thread looks around while it waits.
const SLICE: Duration = Duration::from_millis(50);

type OnProgress<'p> = Box<dyn FnMut(&Progress) -> ControlFlow<()> + Send + 'p>;

/// An upload under way, to push records into.
///
/// Made by [`Client::uploader`](crate::Client::uploader). [`push`](Self::push) blocks while as many batches wait as may be under way;
/// [`finish`](Self::finish) sends what is left, waits, and answers the [`UploadReport`]. Dropped without that, it gives up:
/// requests under way are dropped, and their outcome is nobody's knowledge (but the ledger's).
///
/// ```no_run
/// # use campaigns8x8::{Client, ClientConfig, NewRecord, UploadOptions};
/// # let client = Client::new(ClientConfig::new())?;
/// # let campaign = "123e4567-e89b-12d3-a456-426614174000".parse()?;
/// let mut uploader = client.uploader(&campaign, &UploadOptions::default())?;
/// for n in 0..250 {
///     uploader.push(NewRecord::new(&format!("CRM-{n}"))?)?;
/// }
/// let report = uploader.finish()?;
/// assert!(report.complete);
/// # Ok::<(), campaigns8x8::Error>(())
/// ```
pub struct Uploader<'p> {
    run: Arc<Run>,
    process: u32,
    threads: Vec<JoinHandle<()>>,
    progress: Option<OnProgress<'p>>,
    reported: Option<Instant>,
    looked: Option<Instant>,
    cancel: Option<Cancel>,
    started: Instant,
    deadline: Option<Instant>,
    total: Option<u64>,
    /// Whether there are no records beyond those that were pushed.
    exhausted: bool,
    next_index: u64,
    batch: Vec<Item>,
    /// Where the ids of the batch stand in the input.
    ids: HashMap<String, u64>,
    /// All ids, with the promise of a sole writer: a repeated one would be taken for an echo.
    seen: Ids,
    earlier: Option<Earlier>,
    /// How long the input was, as the ledger knows it.
    earlier_total: Option<u64>,
    batches: u64,
}

impl std::fmt::Debug for Uploader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uploader")
            .field("campaign", &self.run.campaign)
            .field("pushed", &self.next_index)
            .finish_non_exhaustive()
    }
}

impl<'p> Uploader<'p> {
    pub(crate) fn new(client: &Api, campaign: CampaignId, options: &UploadOptions) -> Result<Self> {
        options.check()?;
        let ledger = match &options.ledger {
            Some(path) if !options.dry_run => {
                let subject = Subject {
                    campaign,
                    tenant: client.tenant(),
                    ranks: options.ranks,
                };
                Some(Ledger::open(path, &subject)?)
            }
            _ => None,
        };
        let extent = ledger.as_ref().map_or(Ok(0), Ledger::extent)?;
        let earlier_total = ledger.as_ref().map_or(Ok(None), Ledger::total)?;
        let run = Run::new(client.clone(), campaign, options.clone(), ledger);
        let started = Instant::now();
        let mut uploader = Self {
            run: Arc::new(run),
            process: std::process::id(),
            threads: Vec::new(),
            progress: None,
            reported: None,
            looked: None,
            cancel: client.cancel_token().cloned(),
            started,
            deadline: options.deadline.map(|within| started + within),
            total: None,
            exhausted: false,
            next_index: 0,
            batch: Vec::new(),
            ids: HashMap::new(),
            seen: Ids::default(),
            earlier: (extent > 0).then(|| Earlier::new(extent)),
            earlier_total,
            batches: 0,
        };
        if !options.dry_run {
            for nth in 0..options.concurrency {
                uploader.start_worker(nth)?;
            }
        }
        Ok(uploader)
    }

    fn start_worker(&mut self, nth: usize) -> Result<()> {
        let run = Arc::clone(&self.run);
        let thread = thread::Builder::new()
            .name(format!("campaigns8x8-{nth}"))
            .spawn(move || {
                block_signals();
                worker::work(&run);
            })
            .map_err(|error| {
                let message = format!("a worker thread cannot be started: {error}");
                Error::new(ErrorKind::Internal, message)
            })?;
        self.threads.push(thread);
        Ok(())
    }

    /// Has `progress` called from now on: inside [`push`](Self::push) and [`finish`](Self::finish), on their thread, at most
    /// ten times a second and once at the end. `Break` cancels the upload.
    pub fn on_progress(&mut self, progress: impl FnMut(&Progress) -> ControlFlow<()> + Send + 'p) {
        self.progress = Some(Box::new(progress));
    }

    /// Takes a record. One that breaks a rule is no error here: it is `rejected` in the report.
    ///
    /// # Errors
    /// What stopped the upload. [`finish`](Self::finish) answers the same with the report, which counts what was taken.
    pub fn push(&mut self, record: NewRecord) -> Result<()> {
        self.take(Entry::Record(record))
    }

    /// Takes a record as somebody wrote it.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_draft(&mut self, draft: RecordDraft) -> Result<()> {
        self.take(Entry::Draft(draft))
    }

    /// Takes the records of `{"records":[…]}`, any number; answers how many.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] on malformed JSON or an unknown field: none was taken then. Else as
    /// [`push`](Self::push), after some may have been taken; the report counts them.
    pub fn push_json(&mut self, json: &str) -> Result<usize> {
        let drafts = drafts_from_json(json)?;
        let count = drafts.len();
        for draft in drafts {
            self.push_draft(draft)?;
        }
        Ok(count)
    }

    /// Sends what is left, waits until every record has its outcome, and answers what became of each.
    ///
    /// # Errors
    /// What stopped the upload, with [`Error::report`].
    pub fn finish(mut self) -> Result<UploadReport> {
        self.check_process()?;
        // Whoever was told that the upload stopped may have kept records back.
        self.exhausted = self.run.stopped().is_none();
        self.end()
    }

    /// Reads the source to its end, and finishes.
    pub(crate) fn run(mut self, source: Source<'_>) -> Result<UploadReport> {
        self.total = source.total;
        let (halt, cancel, deadline) = (self.run.halt.clone(), self.cancel.clone(), self.deadline);
        let entries = source.open(Arc::new(move || {
            halt.is_triggered()
                || cancel.as_ref().is_some_and(Cancel::poll)
                || deadline.is_some_and(|at| at <= Instant::now())
        }));
        let entries = match entries {
            Ok(entries) => entries,
            Err(why) => {
                self.look_around();
                self.run.stop(why);
                return self.end();
            }
        };
        for entry in entries {
            if let Err(why) = entry.and_then(|entry| self.push_entry(entry)) {
                // A source that gave up because the upload ends says less than what ended it.
                self.look_around();
                self.run.stop(why);
                return self.end();
            }
        }
        self.exhausted = true;
        self.end()
    }

    /// Whoever is told that a record was not taken is told by the report, too: the upload stops.
    fn take(&mut self, entry: Entry) -> Result<()> {
        self.check_process()?;
        self.push_entry(entry)
            .inspect_err(|why| self.run.stop(why.clone()))
    }

    fn check_process(&self) -> Result<()> {
        match self.process == std::process::id() {
            true => Ok(()),
            false => Err(Error::invalid_argument(
                "this uploader was made before a fork, and its threads are in the parent process",
            )
            .with_hint("make an uploader in the process that uploads")),
        }
    }

    fn push_entry(&mut self, entry: Entry) -> Result<()> {
        self.attend()?;
        let index = self.next_index;
        let mut candidate = candidate::check(entry, index, self.run.options.ranks);
        let known = self.known(index)?;
        self.compare(index, &candidate, known.as_ref())?;
        self.next_index += 1;
        if let Ok(record) = &candidate
            && self.run.options.sole_writer
        {
            let id = record.crm_record_id.as_str();
            match self.seen.insert(id) {
                Kinship::New => {}
                Kinship::Twin => drop(self.run.state().twins.insert(folded(id))),
                Kinship::Repeated => {
                    let message = format!("{} is in the input already", quoted(id));
                    candidate = Err(Wrong::of(record, "crmRecordId", "Duplicate", message));
                }
            }
        }
        let settled = known
            .as_ref()
            .filter(|known| earlier::is_settled(&candidate, known))
            .map(|known| earlier::outcome_of(index, known));
        match (settled, candidate, &mut self.earlier) {
            (Some(outcome), ..) => self.run.state().tally.add(outcome),
            (None, Err(wrong), _) => self.reject(index, wrong)?,
            (None, Ok(record), Some(earlier)) => {
                earlier.keep(Item::new(index, record), known.as_ref());
            }
            (None, Ok(record), None) => self.add(Item::new(index, record))?,
        }
        if self
            .earlier
            .as_ref()
            .is_some_and(|earlier| earlier.extent == self.next_index)
        {
            self.leave_earlier_behind()?;
        }
        Ok(())
    }

    /// The input must be the one that the ledger was begun with.
    fn compare(&self, index: u64, candidate: &Candidate, known: Option<&Known>) -> Result<()> {
        if self.earlier_total.is_some_and(|total| total <= index) {
            return Err(self.other_input(&format!(
                "the input that it was begun with ended after {index} records, this one goes on"
            )));
        }
        match known.and_then(|known| earlier::difference(index, candidate, known)) {
            Some(what) => Err(self.other_input(&what)),
            None => Ok(()),
        }
    }

    fn other_input(&self, what: &str) -> Error {
        let path = self.run.options.ledger.clone().unwrap_or_default();
        wrong_file(&path, what)
    }

    fn known(&self, index: u64) -> Result<Option<Known>> {
        match (&self.earlier, &self.run.ledger) {
            (Some(earlier), Some(ledger)) if index < earlier.extent => ledger.known(index),
            _ => Ok(None),
        }
    }

    /// All that the ledger knows was compared with the input: what is open of it may be sent now.
    fn leave_earlier_behind(&mut self) -> Result<()> {
        let Some(earlier) = self.earlier.take() else {
            return Ok(());
        };
        let (lost, refused, unsent) = earlier.into_open();
        self.run.leave_for_the_end(refused);
        let mut result = Ok(());
        for batch in lost {
            match result {
                Ok(()) => result = self.enqueue(batch),
                Err(_) => self.run.give_up(batch),
            }
        }
        for item in unsent {
            match result {
                Ok(()) => result = self.add(item),
                Err(_) => self.batch.push(item),
            }
        }
        result
    }

    fn reject(&self, index: u64, wrong: Wrong) -> Result<()> {
        let outcome = RecordOutcome {
            field_errors: wrong.faults,
            ..RecordOutcome::new(index, wrong.id, Outcome::Rejected)
        };
        let row = Row::rejected(&outcome, wrong.text);
        self.run.state().tally.add(outcome);
        match &self.run.ledger {
            Some(ledger) => ledger.note_rejected(row),
            None => Ok(()),
        }
    }

    /// Puts a record into the batch, and the batch on its way when it is full.
    fn add(&mut self, item: Item) -> Result<()> {
        let id = item.record.crm_record_id.as_str();
        if let Some(first) = self.ids.get(id) {
            let message = format!(
                "{} is in the same batch already, as record {first} of the input",
                quoted(id)
            );
            let wrong = Wrong::of(&item.record, "crmRecordId", "Duplicate", message);
            return self.reject(item.index, wrong);
        }
        self.ids.insert(id.to_owned(), item.index);
        self.batch.push(item);
        if self.batch.len() < self.run.options.batch_size {
            return Ok(());
        }
        self.send_batch()
    }

    fn send_batch(&mut self) -> Result<()> {
        self.ids.clear();
        let items = mem::take(&mut self.batch);
        if items.is_empty() {
            return Ok(());
        }
        self.enqueue(Batch::new(items))
    }

    /// Hands a batch to the workers; waits while they have enough. A batch that is not taken stays with its records, which
    /// are reported as not sent.
    fn enqueue(&mut self, batch: Batch) -> Result<()> {
        self.batches += 1;
        if self.run.options.dry_run {
            let mut state = self.run.state();
            for _ in &batch.items {
                state.tally.counts.count(Outcome::NotSent);
            }
            return Ok(());
        }
        self.hand_over(batch)?;
        if self.run.leftover_records() > MOST_LEFTOVER {
            self.ask_again()?;
        }
        Ok(())
    }

    fn hand_over(&mut self, mut batch: Batch) -> Result<()> {
        loop {
            match self.run.offer(batch) {
                Ok(()) => return Ok(()),
                Err(back) => batch = back,
            }
            if let Err(why) = self.attend() {
                self.run.give_up(batch);
                return Err(why);
            }
            self.run.wait(SLICE);
        }
    }

    /// Has the workers ask once more for what was left. Whether there was something.
    fn ask_again(&mut self) -> Result<bool> {
        let mut result = Ok(false);
        for batch in self.run.take_leftover() {
            match result {
                Ok(_) => result = self.hand_over(batch).map(|()| true),
                Err(_) => self.run.give_up(batch),
            }
        }
        result
    }

    /// Looks around every now and then: is there something to report, or a reason to stop?
    fn attend(&mut self) -> Result<()> {
        if self.looked.is_none_or(|at| at.elapsed() >= SLICE) {
            self.looked = Some(Instant::now());
            self.look_around();
        }
        if self.run.halt.is_triggered() {
            return self.run.stopped().map_or(Ok(()), Err);
        }
        Ok(())
    }

    fn look_around(&mut self) {
        if self
            .reported
            .is_none_or(|at| at.elapsed() >= BETWEEN_REPORTS)
        {
            self.report_progress();
        }
        if let Err(why) = Patience::new(self.cancel.as_ref()).check() {
            self.run.stop(interrupted(why));
        }
        if self.deadline.is_some_and(|at| at <= Instant::now()) {
            let within = self.run.options.deadline.unwrap_or_default().as_millis();
            self.run.stop(Error::new(
                ErrorKind::Deadline,
                format!("the upload was not done within its deadline of {within} ms"),
            ));
        }
    }

    fn report_progress(&mut self) {
        self.reported = Some(Instant::now());
        let now = self.progress_now();
        if let Some(progress) = &mut self.progress
            && progress(&now).is_break()
        {
            let message = "cancelled by the progress callback";
            self.run.stop(Error::new(ErrorKind::Cancelled, message));
        }
    }

    fn progress_now(&self) -> Progress {
        let state = self.run.state();
        let counts = state.tally.counts;
        let done = counts.settled();
        let elapsed = self.started.elapsed().as_secs_f64();
        let rate = if elapsed > 0.0 {
            done as f64 / elapsed
        } else {
            0.0
        };
        let total = match self.total {
            Some(total) => Some(total.max(self.next_index)),
            None => self.exhausted.then_some(self.next_index),
        };
        let eta = total.filter(|_| rate > 0.0).and_then(|total| {
            let seconds = total.saturating_sub(done) as f64 / rate;
            Duration::try_from_secs_f64(seconds).ok()
        });
        Progress {
            total,
            done,
            added: counts.added,
            already_present: counts.already_present,
            rejected: counts.rejected,
            requests: state.tally.requests,
            retries: state.tally.retries,
            records_per_second: rate,
            eta,
        }
    }

    /// Waits for the workers, and says what became of everything.
    fn end(mut self) -> Result<UploadReport> {
        if let Err(why) = self.send_what_is_left() {
            self.run.stop(why);
        }
        self.run.state().exhausted = true;
        loop {
            while !self.run.is_idle() {
                // Its error stops the upload; the answers under way are awaited all the same.
                let _ = self.attend();
                self.run.wait(SLICE);
            }
            if self.run.stopped().is_some() || !self.ask_again().unwrap_or_default() {
                break;
            }
        }
        self.run.close();
        self.join();
        self.run.stop_if_gave_up();
        self.state_the_unsent();
        if let Some(ledger) = &self.run.ledger {
            let all_read = self.exhausted && self.run.stopped().is_none();
            let written = ledger.flush().and_then(|()| match all_read {
                true => ledger.set_total(self.next_index),
                false => Ok(()),
            });
            if let Err(why) = written {
                self.run.stop(why);
            }
        }
        self.report_progress();
        let report = self.report();
        match self.run.stopped() {
            // It came too late to stop anything.
            Some(why) if report.complete && is_the_callers_wish(&why) => Ok(report),
            Some(why) => Err(conclude(why, report)),
            None => Ok(report),
        }
    }

    fn send_what_is_left(&mut self) -> Result<()> {
        if let Some(why) = self.run.stopped() {
            return Err(why);
        }
        if let (Some(earlier), true) = (&self.earlier, self.exhausted) {
            let what = format!(
                "the input that it was begun with has at least {} records, this one ends after {}",
                earlier.extent, self.next_index
            );
            return Err(self.other_input(&what));
        }
        self.send_batch()
    }

    /// The upload stopped: states what no worker has begun with.
    fn state_the_unsent(&mut self) {
        for batch in self.run.take_waiting() {
            self.run.give_up(batch);
        }
        for batch in self.run.take_leftover() {
            self.run.give_up(batch);
        }
        let items = mem::take(&mut self.batch);
        self.run.give_up(Batch::new(items));
        let Some(earlier) = self.earlier.take() else {
            return;
        };
        let extent = earlier.extent;
        let (lost, refused, unsent) = earlier.into_open();
        for batch in lost.chain([refused, Batch::new(unsent)]) {
            self.run.give_up(batch);
        }
        if let Err(why) = self.state_the_unread(extent) {
            self.run.stop(why);
        }
    }

    /// What the ledger knows counts, although this run did not read so far.
    fn state_the_unread(&mut self, extent: u64) -> Result<()> {
        let Some(ledger) = &self.run.ledger else {
            return Ok(());
        };
        let mut next = self.next_index;
        ledger.known_from(next, |index, known| {
            let mut state = self.run.state();
            for index in next..index {
                let unsent = RecordOutcome::new(index, None, Outcome::NotSent);
                state.tally.add(unsent);
            }
            state.tally.add(earlier::outcome_of(index, &known));
            next = index + 1;
        })?;
        self.next_index = extent.max(next);
        Ok(())
    }

    fn report(&self) -> UploadReport {
        let mut state = self.run.state();
        let tally = mem::take(&mut state.tally);
        drop(state);
        let mut records = tally.listed;
        records.sort_by_key(|record| record.index);
        let mut counts = tally.counts;
        let read = self.next_index;
        counts.total = match self.total {
            Some(total) if !self.exhausted => total.max(read),
            _ => read,
        };
        counts.not_sent += counts.total - read;
        let all_read = self.exhausted || self.total == Some(read);
        let not_sent_from = (!all_read).then_some(read);
        let dry_run = self.run.options.dry_run.then(|| DryRun {
            batches: self.batches,
            estimated: self.run.client.rate_limit().map(|limit| {
                let free = u64::from(limit.burst.unwrap_or(1));
                let waited = self.batches.saturating_sub(free) as f64;
                Duration::from_secs_f64(waited * 60.0 / limit.requests_per_minute)
            }),
        });
        UploadReport {
            campaign_id: self.run.campaign.to_string(),
            complete: counts.not_sent == 0 && counts.unknown == 0 && not_sent_from.is_none(),
            counts,
            records,
            not_sent_from,
            requests: tally.requests,
            retries: tally.retries,
            elapsed: self.started.elapsed(),
            dry_run,
        }
    }

    fn join(&mut self) {
        for thread in self.threads.drain(..) {
            // A panic of a worker is caught there.
            let _ = thread.join();
        }
    }
}

impl Drop for Uploader<'_> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // A forked child has inherited the value, not the threads.
            mem::forget(mem::take(&mut self.threads));
            mem::forget(Arc::clone(&self.run));
            return;
        }
        if !self.threads.is_empty() {
            self.run.abandon.trigger();
            let message = "the uploader was dropped";
            self.run.stop(Error::new(ErrorKind::Cancelled, message));
            self.join();
        }
    }
}

fn is_the_callers_wish(why: &Error) -> bool {
    matches!(why.kind(), ErrorKind::Cancelled | ErrorKind::Deadline)
}

/// The error of an upload that stopped: what stopped it, and what became of the records.
fn conclude(why: Error, report: UploadReport) -> Error {
    let attempts = u32::try_from(report.requests).unwrap_or(u32::MAX);
    let unknown = report.counts.unknown > 0;
    let retryable = why.is_retryable();
    let why = match is_the_callers_wish(&why) {
        true => why.with_hint(
            "the report says what became of each record; upload again what is notSent or unknown: an id is never added twice",
        ),
        false => why,
    };
    why.with_attempts(attempts)
        .with_outcome_unknown(unknown)
        .with_retryable(retryable)
        .with_report(report)
}
