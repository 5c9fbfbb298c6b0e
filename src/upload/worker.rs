//! A worker: takes one batch after the other and sends requests until each of its records has an outcome. A batch that
//! cannot get on before another request is accepted is put aside for the next one.

use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use super::inquiry::{Inquiry, Item, Refused, Settled};
use super::ledger::Row;
use super::refusal::About;
use super::report::{Outcome, RecordOutcome};
use super::run::{Batch, Run};
use crate::error::{Error, ErrorKind, Result};
use crate::log::LogLevel;
use crate::transport::{Patience, backoff_after};

/// Refusals without a name that a batch is asked again after at once; then with a growing pause.
const AT_ONCE: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// As often a batch is asked about at least before the campaign's state is taken for the reason: enough to get from a
/// hundred records to each single one.
const ASKED_AT_LEAST: u32 = 16;

/// Records that one worker has put aside at most, in full batches: then it waits.
const PUT_ASIDE: usize = 4;

/// The life of a worker thread.
pub(super) fn work(run: &Run) {
    let mut efforts: Vec<Effort<'_>> = Vec::new();
    loop {
        // A fault of this library must not lose the records of a batch.
        let result = panic::catch_unwind(AssertUnwindSafe(|| advance(run, &mut efforts)))
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "an upload worker panicked")));
        match result {
            Ok(true) => continue,
            Ok(false) => {}
            Err(why) => run.stop(why),
        }
        for mut effort in efforts.drain(..) {
            effort.leave();
            run.done();
        }
        return;
    }
}

/// Sends one request, or takes a batch. Whether there may be more to do.
fn advance<'a>(run: &'a Run, efforts: &mut Vec<Effort<'a>>) -> Result<bool> {
    if run.stopped().is_some() {
        return Ok(false);
    }
    for effort in efforts.iter_mut() {
        effort.learn()?;
    }
    let before = efforts.len();
    efforts.retain(|effort| !effort.inquiry.is_done());
    for _ in efforts.len()..before {
        run.done();
    }
    if let Some(effort) = efforts.iter_mut().rfind(|effort| !effort.is_stuck()) {
        return effort.send_next().map(|()| true);
    }
    // Another batch may bring the witness that the others need, so it is given a moment to come.
    let limit = (!efforts.is_empty()).then_some(FIRST_PAUSE);
    let open: usize = efforts
        .iter()
        .map(|effort| effort.inquiry.open().count())
        .sum();
    if open <= PUT_ASIDE * run.options.batch_size
        && let Some(batch) = run.take(limit)
    {
        efforts.push(Effort::new(run, batch));
        return Ok(true);
    }
    let Some(effort) = efforts.first_mut() else {
        return Ok(false);
    };
    effort.send_next()?;
    // The others have their turn.
    efforts.rotate_left(1);
    Ok(true)
}

/// The work on one batch.
struct Effort<'a> {
    run: &'a Run,
    inquiry: Inquiry,
    /// Lost answers without another answer in between.
    lost_in_a_row: u32,
    /// Refusals that explained nothing, with no request accepted since.
    fruitless: u32,
    last_error: Option<Error>,
}

impl<'a> Effort<'a> {
    fn new(run: &'a Run, batch: Batch) -> Self {
        Self {
            run,
            inquiry: Inquiry::new(batch.items, batch.lost, run.options.sole_writer),
            lost_in_a_row: 0,
            fruitless: 0,
            last_error: None,
        }
    }

    fn learn(&mut self) -> Result<()> {
        let state = self.run.state();
        self.inquiry.learn(&state.witnesses);
        if state.stuck_since.is_none() {
            self.fruitless = 0;
        }
        drop(state);
        self.settle(&[])
    }

    /// Whether another request of this batch would tell nothing new, as far as can be seen.
    fn is_stuck(&self) -> bool {
        self.inquiry.needs_witness()
            || (self.fruitless > AT_ONCE && !self.inquiry.asks_first_word())
    }

    /// Sends the next request, after a pause if the last ones told nothing.
    fn send_next(&mut self) -> Result<()> {
        if self.is_stuck() {
            self.pause()?;
        }
        if self.run.stopped().is_some() {
            return Ok(());
        }
        let places = self.inquiry.next();
        if places.is_empty() {
            return Ok(());
        }
        self.send(places)
    }

    fn send(&mut self, places: Vec<usize>) -> Result<()> {
        if let Some(ledger) = &self.run.ledger {
            ledger.sending(self.items(&places))?;
        }
        let witness_before = self.run.state().witnesses.latest_sent();
        let sent = Instant::now();
        let result = self.run.client.send_records(
            &self.run.campaign,
            &self.inquiry.records(&places),
            &Patience::new(Some(&self.run.halt)),
            &Patience::new(Some(&self.run.abandon)),
        );
        let received = Instant::now();
        let attempts = match &result {
            Ok(attempts) => *attempts,
            Err(error) => error.attempts(),
        };
        let mut state = self.run.state();
        state.tally.requests += u64::from(attempts);
        state.tally.retries += u64::from(attempts.saturating_sub(1));
        let error = match result {
            Ok(_) => {
                state.witnesses.note(sent, received);
                state.stuck_since = None;
                drop(state);
                self.lost_in_a_row = 0;
                self.fruitless = 0;
                self.inquiry.accepted(&places);
                self.run.notify();
                return self.settle(&[]);
            }
            Err(error) => error,
        };
        self.last_error = Some(error.clone());
        if error.is_outcome_unknown() {
            state.tally.retries += 1;
            drop(state);
            self.inquiry.lost(places);
            return self.lost(error);
        }
        let about = state.wordings.about(&error, &self.inquiry.records(&places));
        if matches!(about, About::Everything | About::NoRefusal) {
            drop(state);
            self.settle(&places)?;
            return Err(error);
        }
        self.lost_in_a_row = 0;
        let refused = Refused {
            about,
            error,
            witness_before,
            received,
        };
        if self.inquiry.refused(places.clone(), refused) {
            self.fruitless = 0;
            state.stuck_since = None;
        } else {
            self.fruitless += 1;
            state.stuck_since.get_or_insert(received);
        }
        drop(state);
        self.settle(&places)
    }

    /// An answer was lost: wait, or give up.
    fn lost(&mut self, error: Error) -> Result<()> {
        self.lost_in_a_row += 1;
        let policy = self.run.client.retry_policy();
        let http = error.http();
        let elsewhere = http.is_some_and(|http| (300..400).contains(&http.status));
        let asked = http.and_then(|http| http.retry_after);
        if self.lost_in_a_row >= policy.max_attempts
            || elsewhere
            || error.kind() == ErrorKind::Cancelled
            || asked.is_some_and(|wait| wait > policy.max_retry_after)
        {
            return Err(error);
        }
        let wait = asked.unwrap_or_else(|| backoff_after(self.lost_in_a_row, policy));
        // Interrupted means that the upload stops, which is seen next.
        let _ = Patience::new(Some(&self.run.halt)).sleep(wait);
        Ok(())
    }

    /// Everything is refused, and no request was accepted since: wait for one, a little longer each time.
    fn pause(&mut self) -> Result<()> {
        let (stuck_since, witness) = {
            let state = self.run.state();
            (state.stuck_since, state.witnesses.latest_sent())
        };
        let Some(stuck_since) = stuck_since else {
            return Ok(());
        };
        let limit = self.run.options.wait_for_campaign;
        let left = limit.saturating_sub(stuck_since.elapsed());
        if left.is_zero() && self.fruitless >= ASKED_AT_LEAST {
            return Err(self.refused_until_the_end());
        }
        if self.fruitless <= AT_ONCE {
            return Ok(());
        }
        if self.fruitless == AT_ONCE + 1 {
            self.run.client.log(LogLevel::Info, || {
                format!(
                    "upload to {}: records are refused, perhaps because of the campaign's state; waiting up to {} ms",
                    self.run.campaign,
                    limit.as_millis()
                )
            });
        }
        let doubled = 2_u32.saturating_pow(self.fruitless - AT_ONCE - 1);
        let pause = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
        self.run.wait_for_witness(witness, pause.min(left));
        Ok(())
    }

    fn refused_until_the_end(&self) -> Error {
        let waited = self.run.options.wait_for_campaign.as_millis();
        let error = match &self.last_error {
            Some(error) => error.clone(),
            None => Error::new(ErrorKind::Conflict, "records are refused"),
        };
        error
            .with_note(&format!("so it was for {waited} ms"))
            .with_hint(
                "look in the console: the campaign is in a state that takes no records (BUILDING, STARTING, COMPLETE, \
                 DELETED), or these ids are on it already; then upload again, and raise waitForCampaignMs if it only takes \
                 longer",
            )
    }

    /// Hands over what was settled: to the report, then to the ledger, in one transaction with those of the records
    /// `refused` that are open: a kill in between must find neither half.
    fn settle(&mut self, refused: &[usize]) -> Result<()> {
        let mut rows = Vec::new();
        let mut outcomes = Vec::new();
        for Settled {
            place,
            outcome,
            field_errors,
            error,
        } in self.inquiry.take_settled()
        {
            let Some(item) = self.inquiry.item(place) else {
                continue;
            };
            let record = RecordOutcome {
                field_errors,
                error,
                ..RecordOutcome::new(item, outcome)
            };
            if self.run.ledger.is_some() {
                rows.push(Row::of(item, outcome.as_str()).with_detail(&record));
            }
            outcomes.push(record);
        }
        if !outcomes.is_empty() {
            let mut state = self.run.state();
            state.stuck_since = None;
            for outcome in outcomes {
                state.tally.add(outcome);
            }
            drop(state);
            self.run.notify();
        }
        let Some(ledger) = &self.run.ledger else {
            return Ok(());
        };
        let open = refused
            .iter()
            .filter(|place| self.inquiry.is_open(**place) && !self.inquiry.is_tainted(**place));
        rows.extend(
            open.filter_map(|place| self.inquiry.item(*place))
                .map(|item| Row::of(item, Outcome::NotSent.as_str())),
        );
        ledger.write(rows)
    }

    fn items(&self, places: &[usize]) -> Vec<&Item> {
        places
            .iter()
            .filter_map(|place| self.inquiry.item(*place))
            .collect()
    }

    /// The upload stops, or all is done: states what is left.
    fn leave(&mut self) {
        if let Err(why) = self.settle(&[]) {
            self.run.stop(why);
        }
        let mut rows = Vec::new();
        let mut outcomes = Vec::new();
        for (place, tainted) in self.inquiry.open() {
            let Some(item) = self.inquiry.item(place) else {
                continue;
            };
            let outcome = if tainted {
                Outcome::Unknown
            } else {
                Outcome::NotSent
            };
            let record = RecordOutcome {
                error: self.last_error.clone(),
                ..RecordOutcome::new(item, outcome)
            };
            if self.run.ledger.is_some() {
                rows.push(Row::of(item, outcome.as_str()).with_detail(&record));
            }
            outcomes.push(record);
        }
        if outcomes.is_empty() {
            return;
        }
        let mut state = self.run.state();
        for outcome in outcomes {
            state.tally.add(outcome);
        }
        drop(state);
        if let Some(ledger) = &self.run.ledger {
            // The upload stops anyway, and a row that still says "sending" is treated as unknown.
            let _ = ledger.write(rows);
        }
    }
}
