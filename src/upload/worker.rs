//! A worker: takes one batch after the other and sends requests until each of its records has an outcome, or is left for the
//! end of the upload. A batch that cannot get on before another request is accepted is set aside for the next one.

use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use super::inquiry::{Batch, Inquiry, Item, Lesson, Refused, Settled, Tick};
use super::ledger::Row;
use super::refusal::{About, Indexes};
use super::run::Run;
use super::twins;
use crate::log::LogLevel;
use crate::outcome::{Error, ErrorKind, Outcome, RecordOutcome, Result};
use crate::transport::{Patience, backoff_after};

/// Refusals in unknown words that are followed up at once; then with a growing pause.
const AT_ONCE: u32 = 10;
/// The first pause and the longest, as parts of `waitForCampaign`: 50 ms and 1 s by default.
const FIRST_PAUSE: u32 = 1200;
const LONGEST_PAUSE: u32 = 60;
/// At least so many times a batch is asked for before the upload gives up: enough to get from a hundred records to each
/// single one.
const ASKED_AT_LEAST: u32 = 16;
/// The pause before the first round of last questions is this part of `waitForCampaign`, and it doubles with each: ten rounds
/// take a sixth of it.
const FIRST_ROUND: u32 = 6000;
const LONGEST_ROUND: u32 = 12;
/// At most so many records, in full batches, are set aside by one worker: then it waits.
const SET_ASIDE: usize = 4;

/// The life of a worker thread.
pub(super) fn work(run: &Run) {
    let mut efforts: Vec<Effort<'_>> = Vec::new();
    loop {
        // A fault of this library, or of a log sink, must not lose the records of a batch.
        let result = panic::catch_unwind(AssertUnwindSafe(|| advance(run, &mut efforts)))
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "an upload worker panicked")));
        match result {
            Ok(true) => continue,
            Ok(false) => {}
            Err(why) => run.stop(why),
        }
        for effort in efforts.drain(..) {
            effort.leave();
            run.done(Batch::default());
        }
        return;
    }
}

/// Sends one request, or takes a batch. Whether there may be more to do.
fn advance<'a>(run: &'a Run, efforts: &mut Vec<Effort<'a>>) -> Result<bool> {
    if run.stopped().is_some() {
        return Ok(false);
    }
    let witness = run.state().witness;
    for effort in efforts.iter_mut() {
        effort.learn(witness)?;
    }
    for done in efforts.extract_if(.., |effort| effort.is_done()) {
        run.done(done.inquiry.into_leftover());
    }
    if let Some(effort) = efforts.iter_mut().rfind(|effort| effort.is_ready()) {
        return effort.send_next().map(|()| true);
    }
    // Another batch may bring what the others wait for.
    let pause = match efforts.first_mut() {
        Some(effort) => Some((effort.pause()?, witness)),
        None => None,
    };
    let open: usize = efforts.iter().map(|effort| effort.inquiry.open()).sum();
    if open <= SET_ASIDE * run.options.batch_size {
        if let Some(batch) = run.take(pause) {
            efforts.push(Effort::new(run, batch));
            return Ok(true);
        }
    } else if let Some((pause, witness)) = pause {
        run.wait_for_witness(witness, pause);
    }
    if run.state().witness > witness {
        return Ok(true);
    }
    let Some(effort) = efforts.first_mut() else {
        return Ok(false);
    };
    effort.ask_again()?;
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
    /// Refusals in unknown words, with no request accepted since.
    fruitless: u32,
    last_error: Option<Error>,
}

impl<'a> Effort<'a> {
    fn new(run: &'a Run, batch: Batch) -> Self {
        Self {
            run,
            inquiry: Inquiry::new(batch, run.options.batch_size, run.options.sole_writer),
            lost_in_a_row: 0,
            fruitless: 0,
            last_error: None,
        }
    }

    /// Takes up what other requests have shown.
    fn learn(&mut self, witness: Tick) -> Result<()> {
        self.inquiry.recall(witness);
        if self.run.state().stuck_since.is_none() {
            if self.fruitless > AT_ONCE {
                self.inquiry.gather();
            }
            self.fruitless = 0;
        }
        self.settle(&[])
    }

    fn is_done(&self) -> bool {
        !self.inquiry.is_waiting() && self.inquiry.next_round().is_none()
    }

    /// Whether the next request may tell something new, as far as can be seen.
    fn is_ready(&self) -> bool {
        self.inquiry.is_ready() && (self.fruitless <= AT_ONCE || self.inquiry.is_last())
    }

    /// How long to wait before the next request, if nothing is accepted meanwhile.
    fn pause(&mut self) -> Result<Duration> {
        match self.inquiry.next_round() {
            Some(round) => {
                let limit = self.run.options.wait_for_campaign;
                let pause = (limit / FIRST_ROUND).saturating_mul(2_u32.saturating_pow(round));
                Ok(pause.min(limit / LONGEST_ROUND))
            }
            None => self.pause_while_refused(),
        }
    }

    fn ask_again(&mut self) -> Result<()> {
        if self.inquiry.next_round().is_some() {
            let stuck_since = self.run.state().stuck_since;
            let limit = self.run.options.wait_for_campaign;
            self.inquiry
                .begin_round(stuck_since.is_none_or(|since| since.elapsed() >= limit));
            self.settle(&[])?;
        }
        self.send_next()
    }

    fn send_next(&mut self) -> Result<()> {
        if self.run.stopped().is_some() {
            return Ok(());
        }
        match self.inquiry.ask() {
            places if places.is_empty() => Ok(()),
            places => self.send(&places),
        }
    }

    fn send(&mut self, places: &[usize]) -> Result<()> {
        if let Some(ledger) = &self.run.ledger {
            let written = ledger.sending(self.items(places));
            if written.is_err() {
                self.inquiry.withdraw();
            }
            written?;
        }
        let (sent, witness) = {
            let mut state = self.run.state();
            (state.tick(), state.witness)
        };
        let result = self.run.client.send_records(
            &self.run.campaign,
            &self.inquiry.records(places),
            &Patience::new(Some(&self.run.halt)),
            &Patience::new(Some(&self.run.abandon)),
        );
        let attempts = match &result {
            Ok(attempts) => *attempts,
            Err(error) => error.attempts(),
        };
        let mut state = self.run.state();
        let received = state.tick();
        state.tally.requests += u64::from(attempts);
        let again = u32::from(self.lost_in_a_row > 0 && attempts > 0);
        state.tally.retries += u64::from((attempts + again).saturating_sub(1));
        let error = match result {
            Ok(_) => {
                state.witness = state.witness.max(sent);
                state.stuck_since = None;
                if self.inquiry.accepted(places) {
                    state.indexes = Indexes::Useless;
                }
                drop(state);
                self.lost_in_a_row = 0;
                self.run.notify();
                return self.settle(&[]);
            }
            Err(error) => error,
        };
        self.last_error = Some(error.clone());
        if error.is_outcome_unknown() {
            drop(state);
            self.inquiry.lost(places, &error.brief());
            return self.lost(error);
        }
        let records = self.inquiry.records(places);
        let about = self.run.wordings.about(&error, &records, state.indexes);
        self.lost_in_a_row = 0;
        let stops = matches!(about, About::Everything | About::NoRefusal);
        let ours = match &about {
            About::Present(nth) => records.get(*nth).is_some_and(|record| {
                let id = twins::folded(record.crm_record_id.as_str());
                self.run.options.sole_writer && !state.twins.contains(&id)
            }),
            _ => false,
        };
        let refused = Refused {
            about,
            error: error.brief(),
            witness,
            received,
            ours,
            trusted: state.indexes == Indexes::FromZero,
        };
        match self.inquiry.refused(places, refused) {
            _ if stops => {}
            Lesson::NotUnderstood => {
                self.fruitless += 1;
                state.stuck_since.get_or_insert_with(Instant::now);
            }
            lesson => {
                if lesson == Lesson::CountsFromZero && state.indexes == Indexes::Untested {
                    state.indexes = Indexes::FromZero;
                }
                self.fruitless = 0;
                state.stuck_since = None;
            }
        }
        drop(state);
        self.settle(places)?;
        if stops { Err(error) } else { Ok(()) }
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

    /// Everything is refused in unknown words, and nothing was accepted since: wait for that, a little longer each time.
    fn pause_while_refused(&mut self) -> Result<Duration> {
        let Some(stuck_since) = self.run.state().stuck_since else {
            return Ok(Duration::ZERO);
        };
        let limit = self.run.options.wait_for_campaign;
        let left = limit.saturating_sub(stuck_since.elapsed());
        if left.is_zero() && self.fruitless >= ASKED_AT_LEAST {
            let why = self.refused_until_the_end();
            if !self.run.give_up_waiting(&why) {
                return Err(why);
            }
            self.inquiry.give_up_waiting();
            self.settle(&[])?;
            return Ok(Duration::ZERO);
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
        let doubled = 2_u32.saturating_pow(self.fruitless.saturating_sub(AT_ONCE));
        let pause = (limit / FIRST_PAUSE).saturating_mul(doubled);
        let pause = pause.min(limit / LONGEST_PAUSE);
        Ok(pause.min(left))
    }

    fn refused_until_the_end(&self) -> Error {
        let waited = self.run.options.wait_for_campaign.as_millis();
        let error = match &self.last_error {
            Some(error) => error.clone(),
            None => Error::new(ErrorKind::Conflict, "records are refused"),
        };
        error
            .with_note(&format!("nothing else was accepted for {waited} ms"))
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
        } in self.inquiry.take_settled()
        {
            let Some(item) = self.inquiry.item(place) else {
                continue;
            };
            let record = RecordOutcome {
                field_errors,
                ..RecordOutcome::of(item, outcome)
            };
            if self.run.ledger.is_some() {
                rows.push(Row::of(item, outcome.as_str()).with_detail(&record));
            }
            outcomes.push(record);
        }
        if !outcomes.is_empty() {
            let mut state = self.run.state();
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

    /// The upload stops: states what is left.
    fn leave(mut self) {
        if let Err(why) = self.settle(&[]) {
            self.run.stop(why);
        }
        self.run.give_up(self.inquiry.into_leftover());
    }
}
