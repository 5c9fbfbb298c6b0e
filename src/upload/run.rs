//! One upload under way: what its workers and the caller's thread share. One lock, never held while a request is sent, a
//! file written or a callback called.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::inquiry::Item;
use super::ledger::Ledger;
use super::options::UploadOptions;
use super::refusal::Wordings;
use super::report::{Counts, Outcome, RecordOutcome};
use super::witness::Witnesses;
use crate::cancel::Cancel;
use crate::client::Client;
use crate::error::Error;
use crate::identifier::CampaignId;
use crate::model::FieldError;

pub(super) struct Run {
    pub(super) client: Client,
    pub(super) campaign: CampaignId,
    pub(super) options: UploadOptions,
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
    busy: usize,
    stop: Option<Error>,
    pub(super) witnesses: Witnesses,
    pub(super) wordings: Wordings,
    /// Since when everything was refused without a name.
    pub(super) stuck_since: Option<Instant>,
    pub(super) tally: Tally,
}

/// Records that go together.
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    /// They were in one request whose answer is not known.
    pub(super) lost: bool,
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
    pub(super) fn add(&mut self, record: RecordOutcome) {
        self.counts.count(record.outcome);
        if record.outcome != Outcome::Added {
            self.listed.push(record);
        }
    }
}

impl RecordOutcome {
    pub(super) fn new(item: &Item, outcome: Outcome) -> Self {
        Self {
            index: item.index,
            crm_record_id: Some(item.record.crm_record_id.to_string()),
            outcome,
            field_errors: Vec::new(),
            error: None,
        }
    }

    pub(super) fn rejected(index: u64, id: Option<String>, faults: Vec<FieldError>) -> Self {
        Self {
            index,
            crm_record_id: id,
            outcome: Outcome::Rejected,
            field_errors: faults,
            error: None,
        }
    }
}

impl Run {
    pub(super) fn new(
        client: Client,
        campaign: CampaignId,
        options: UploadOptions,
        ledger: Option<Ledger>,
    ) -> Self {
        Self {
            client,
            campaign,
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

    pub(super) fn stopped(&self) -> Option<Error> {
        self.state().stop.clone()
    }

    /// Tells whoever waits that something happened.
    pub(super) fn notify(&self) {
        self.changed.notify_all();
    }

    /// The next batch, waited for as long as `limit` says. `None` once that is over, once there will be no more, or once
    /// nothing more may be sent.
    pub(super) fn take(&self, limit: Option<Duration>) -> Option<Batch> {
        let until = limit.map(|limit| Instant::now() + limit);
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
            // Even a wait without a limit wants a time; it is looked at again afterwards.
            let left = until.map_or(Duration::from_secs(60), |until| {
                until.saturating_duration_since(Instant::now())
            });
            if state.closed || left.is_zero() {
                return None;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// The batch that was taken is done with.
    pub(super) fn done(&self) {
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

    /// Waits until something happens, no longer than `limit`.
    pub(super) fn wait(&self, limit: Duration) {
        drop(
            self.changed
                .wait_timeout(self.state(), limit)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Waits `limit`, or less: until a request is accepted that was sent after `since`, or the upload stops.
    pub(super) fn wait_for_witness(&self, since: Option<Instant>, limit: Duration) {
        let until = Instant::now() + limit;
        let mut state = self.state();
        while state.stop.is_none() && state.witnesses.latest_sent() <= since {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}
