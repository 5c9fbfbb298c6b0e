//! One upload under way: what its workers and the caller's thread share. One lock, never held while a request is sent, a
//! file written or a callback called.

use std::collections::{HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::inquiry::{Batch, Item, Tick};
use super::ledger::{Ledger, Row};
use super::options::UploadOptions;
use super::refusal::{Indexes, Wordings};
use crate::api::Api;
use crate::cancel::Cancel;
use crate::identifier::CampaignId;
use crate::outcome::{Counts, Error, Outcome, RecordOutcome};

/// Records that are asked for together at the end of the upload.
const ASKED_TOGETHER: usize = 1000;

pub(super) struct Run {
    pub(super) client: Api,
    pub(super) campaign: CampaignId,
    pub(super) options: UploadOptions,
    pub(super) wordings: Wordings,
    pub(super) ledger: Option<Ledger>,
    /// Triggered when no new request may be sent.
    pub(super) halt: Cancel,
    /// Triggered when not even the answers to those under way are wanted.
    pub(super) abandon: Cancel,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    waiting: VecDeque<Batch>,
    closed: bool,
    /// Whether no records come any more but those that are waiting or under way.
    pub(super) exhausted: bool,
    busy: usize,
    stop: Option<Error>,
    /// What the last records were refused with, when nothing else was left that could have been accepted.
    gave_up: Option<Error>,
    clock: Tick,
    /// When the latest request went that is known to be accepted: the campaign took records at that time or after it.
    pub(super) witness: Tick,
    pub(super) indexes: Indexes,
    /// Since when everything was refused in unknown words.
    pub(super) stuck_since: Option<Instant>,
    /// What is asked for once more at the end of the upload.
    leftover: Vec<Batch>,
    leftover_records: usize,
    /// With `soleWriter`: ids that a server might take for another one of the input, as [`super::twins`] writes them.
    pub(super) twins: HashSet<u128>,
    pub(super) tally: Tally,
}

impl State {
    pub(super) fn tick(&mut self) -> Tick {
        self.clock += 1;
        self.clock
    }
}

/// What there is to report so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    pub(super) listed: Vec<RecordOutcome>,
    pub(super) requests: u64,
    pub(super) retries: u64,
}

impl Tally {
    pub(super) fn add(&mut self, mut record: RecordOutcome) {
        self.counts.count(record.outcome);
        if record.outcome != Outcome::Added {
            record.field_errors.shrink_to_fit();
            self.listed.push(record);
        }
    }
}

impl RecordOutcome {
    pub(super) fn new(index: u64, id: Option<String>, outcome: Outcome) -> Self {
        Self {
            index,
            crm_record_id: id,
            outcome,
            field_errors: Vec::new(),
            error: None,
        }
    }

    /// Of a record that was read, with what was said of it last.
    pub(super) fn of(item: &Item, outcome: Outcome) -> Self {
        let says_more = !matches!(outcome, Outcome::Added | Outcome::AlreadyPresent);
        Self {
            error: item.error.clone().filter(|_| says_more),
            ..Self::new(
                item.index,
                Some(item.record.crm_record_id.to_string()),
                outcome,
            )
        }
    }
}

impl Run {
    pub(super) fn new(
        client: Api,
        campaign: CampaignId,
        options: UploadOptions,
        ledger: Option<Ledger>,
    ) -> Self {
        Self {
            client,
            campaign,
            wordings: Wordings::new(&options.present_wording),
            options,
            ledger,
            halt: Cancel::new(),
            abandon: Cancel::new(),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Every statement leaves the state valid, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the upload for this reason, unless it ends for another one already.
    pub(super) fn stop(&self, why: Error) {
        self.state().stop.get_or_insert(why);
        self.halt.trigger();
        self.changed.notify_all();
    }

    /// Whether the wait for an accepted request may be given up for some records, while the upload goes on to its end. It may
    /// not before that: a campaign that takes nothing would be asked about each batch in turn.
    pub(super) fn give_up_waiting(&self, why: &Error) -> bool {
        let mut state = self.state();
        let is_end = state.exhausted && state.waiting.is_empty();
        if is_end {
            state.gave_up.get_or_insert_with(|| why.clone());
        }
        is_end
    }

    /// Ends the upload with what some of its records were refused with.
    pub(super) fn stop_if_gave_up(&self) {
        let gave_up = self.state().gave_up.take();
        if let Some(why) = gave_up {
            self.stop(why);
        }
    }

    pub(super) fn stopped(&self) -> Option<Error> {
        self.state().stop.clone()
    }

    /// Tells whoever waits that something happened.
    pub(super) fn notify(&self) {
        self.changed.notify_all();
    }

    /// The next batch. `None` once there will be no more or nothing more may be sent; with a limit also when that is over, or
    /// when a request was accepted that was sent after the tick beside it.
    pub(super) fn take(&self, limit: Option<(Duration, Tick)>) -> Option<Batch> {
        let until = limit.map(|(limit, _)| Instant::now() + limit);
        let mut state = self.state();
        loop {
            if state.stop.is_some() {
                return None;
            }
            if let Some(batch) = state.waiting.pop_front() {
                state.busy += 1;
                drop(state);
                self.changed.notify_all();
                return Some(batch);
            }
            // `wait_timeout` needs a bound even without a limit.
            let left = until.map_or(Duration::from_secs(60), |until| {
                until.saturating_duration_since(Instant::now())
            });
            let is_news = limit.is_some_and(|(_, witness)| state.witness > witness);
            if state.closed || left.is_zero() || is_news {
                return None;
            }
            state = self.wait_on(state, left);
        }
    }

    /// States what is true of records of which no more will be learned.
    pub(super) fn give_up(&self, batch: Batch) {
        let mut rows = Vec::new();
        let mut state = self.state();
        for (item, outcome) in batch.into_left() {
            let record = RecordOutcome::of(&item, outcome);
            // Otherwise what the ledger has is true still.
            if record.error.is_some() && self.ledger.is_some() {
                rows.push(Row::of(&item, outcome.as_str()).with_detail(&record));
            }
            state.tally.add(record);
        }
        drop(state);
        if let Some(ledger) = &self.ledger {
            // The upload stops anyway, and a row that still says "sending" counts as unknown.
            let _ = ledger.write(rows);
        }
    }

    /// The batch that was taken is done with, but for `leftover`.
    pub(super) fn done(&self, leftover: Batch) {
        if !leftover.items.is_empty() {
            self.leave_for_the_end(leftover);
        }
        self.state().busy -= 1;
        self.changed.notify_all();
    }

    /// Hands a batch to the workers, or back if as many wait as may be under way.
    pub(super) fn offer(&self, batch: Batch) -> Result<(), Batch> {
        let mut state = self.state();
        if state.waiting.len() >= self.options.concurrency {
            return Err(batch);
        }
        state.waiting.push_back(batch);
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// There will be no more batches.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_idle(&self) -> bool {
        let state = self.state();
        state.busy == 0 && (state.waiting.is_empty() || state.stop.is_some())
    }

    /// The batches that no worker has begun.
    pub(super) fn take_waiting(&self) -> VecDeque<Batch> {
        std::mem::take(&mut self.state().waiting)
    }

    /// Keeps records that are asked for once more at the end of the upload.
    pub(super) fn leave_for_the_end(&self, mut batch: Batch) {
        batch.last = true;
        let mut state = self.state();
        state.leftover_records += batch.items.len();
        state.leftover.push(batch);
    }

    pub(super) fn leftover_records(&self) -> usize {
        self.state().leftover_records
    }

    /// What was left over, in larger parts. No id is in a part twice, as none may be in a request.
    pub(super) fn take_leftover(&self) -> Vec<Batch> {
        let mut state = self.state();
        state.leftover_records = 0;
        let leftover = std::mem::take(&mut state.leftover);
        drop(state);
        let mut parts: Vec<(Batch, HashSet<String>)> = Vec::new();
        for batch in leftover {
            let ids = batch.items.iter().map(|item| &item.record.crm_record_id);
            let ids: HashSet<String> = ids.map(ToString::to_string).collect();
            match parts.last_mut() {
                Some((part, known))
                    if part.items.len() < ASKED_TOGETHER && known.is_disjoint(&ids) =>
                {
                    known.extend(ids);
                    part.append(batch);
                }
                _ => parts.push((batch, ids)),
            }
        }
        parts.into_iter().map(|(part, _)| part).collect()
    }

    /// Waits until something happens, no longer than `limit`.
    pub(super) fn wait(&self, limit: Duration) {
        drop(self.wait_on(self.state(), limit));
    }

    /// Waits `limit`, or less: until a request is accepted that was sent after `since`, or the upload stops.
    pub(super) fn wait_for_witness(&self, since: Tick, limit: Duration) {
        let until = Instant::now() + limit;
        let mut state = self.state();
        while state.stop.is_none() && state.witness <= since {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.wait_on(state, left);
        }
    }

    fn wait_on<'a>(&self, state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout(state, limit)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}
