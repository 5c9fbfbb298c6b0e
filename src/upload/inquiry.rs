//! One batch, from its first request to an outcome for each of its records. Pure: it says which records to send next and
//! is told what came of it; time comes in as a value.
//!
//! The rules by which an outcome is stated, and why they are true, stand in the documentation of [`super`].

use std::time::Instant;

use super::refusal::About;
use super::report::Outcome;
use super::witness::{SHORTEST_TRANSITION, Witnesses};
use crate::error::Error;
use crate::model::{FieldError, NewRecord};

/// A record and its place in the input.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) index: u64,
    pub(super) record: NewRecord,
}

/// A record whose outcome is stated.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) place: usize,
    pub(super) outcome: Outcome,
    pub(super) field_errors: Vec<FieldError>,
    pub(super) error: Option<Error>,
}

/// How many refusals without a name, each in a time of its own, prove that a record is present: one more than there are
/// states that refuse records and pass by themselves, BUILDING and STARTING.
const REFUSALS: usize = 3;
/// The same for a record that the refusals name, although the name may be there by chance.
const WEAKLY_NAMED_REFUSALS: usize = 2;

#[derive(Debug)]
pub(super) struct Inquiry {
    items: Vec<Item>,
    facts: Vec<Facts>,
    /// Sets of records still to be sent, the next one last. No record stands in two.
    sets: Vec<Set>,
    /// Records that were refused alone and without a name.
    suspects: Vec<usize>,
    /// Requests whose answer was lost and that may still be, or come to be, on the campaign.
    lost: Vec<Vec<usize>>,
    refusals: Vec<Refusal>,
    settled: Vec<Settled>,
    sole_writer: bool,
}

/// What is known of one record.
#[derive(Debug, Clone, Default)]
struct Facts {
    outcome: Option<Outcome>,
    /// Refusals name it, perhaps by chance.
    weakly_named: bool,
    refused_at: Option<Instant>,
}

#[derive(Debug)]
struct Set {
    places: Vec<usize>,
    /// Nothing is said against it: it may be divided to get accepted requests as witnesses.
    spare: bool,
}

/// A refusal that named no record.
#[derive(Debug)]
struct Refusal {
    places: Vec<usize>,
    /// When the latest request went that was known to be accepted before this one was sent.
    witness_before: Option<Instant>,
    received: Instant,
}

/// What a request came to, as far as it is a refusal.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) about: About,
    pub(super) error: Error,
    pub(super) witness_before: Option<Instant>,
    pub(super) received: Instant,
}

impl Inquiry {
    /// `lost` says that these records were in a request whose answer is not known.
    pub(super) fn new(items: Vec<Item>, lost: bool, sole_writer: bool) -> Self {
        let all: Vec<usize> = (0..items.len()).collect();
        Self {
            facts: vec![Facts::default(); items.len()],
            sets: vec![Set {
                places: all.clone(),
                spare: false,
            }],
            suspects: Vec::new(),
            lost: if lost { vec![all] } else { Vec::new() },
            refusals: Vec::new(),
            settled: Vec::new(),
            items,
            sole_writer,
        }
    }

    /// Draws the conclusions from the requests that were accepted meanwhile, by whichever worker.
    pub(super) fn learn(&mut self, witnesses: &Witnesses) {
        let alone = self
            .sets
            .iter()
            .filter_map(|set| match set.places.as_slice() {
                [place] => Some(*place),
                _ => None,
            });
        for place in alone
            .chain(self.suspects.iter().copied())
            .collect::<Vec<_>>()
        {
            if self.is_proven(place, witnesses) {
                self.settle_present(place);
            }
        }
        self.recall_suspects(witnesses);
    }

    /// Whether all records have an outcome.
    pub(super) fn is_done(&self) -> bool {
        self.sets.is_empty() && self.suspects.is_empty()
    }

    /// Whether nothing new can be found out before another request is accepted.
    pub(super) fn needs_witness(&self) -> bool {
        self.next_set().is_none() && !self.suspects.is_empty()
    }

    /// Whether the next request asks for a record of a lost one by itself, for the first time.
    pub(super) fn asks_first_word(&self) -> bool {
        let first = self
            .next_set()
            .and_then(|nth| self.sets.get(nth)?.places.first());
        first.is_some_and(|place| self.is_tainted(*place) && self.times_refused(*place) == 0)
    }

    /// The records to send next.
    pub(super) fn next(&mut self) -> Vec<usize> {
        if let Some(nth) = self.next_set() {
            return self.part_of_set(nth);
        }
        // Nothing but suspects, and no new witness: ask again after the one asked longest ago.
        match self.suspects.is_empty() {
            true => Vec::new(),
            false => vec![self.suspects.remove(0)],
        }
    }

    /// The campaign has taken records since these suspects were refused: they are due. All together at first, because the
    /// state may have been all that was wrong.
    fn recall_suspects(&mut self, witnesses: &Witnesses) {
        let (due, waiting): (Vec<usize>, Vec<usize>) = self.suspects.iter().partition(|place| {
            self.fact(**place)
                .is_some_and(|fact| fact.refused_at < witnesses.latest_sent())
        });
        self.suspects = waiting;
        let (first, again): (Vec<usize>, Vec<usize>) = due
            .into_iter()
            .partition(|place| self.times_refused(*place) == 1 && !self.is_tainted(*place));
        self.push(first, false);
        for place in again {
            self.push(vec![place], false);
        }
    }

    fn next_set(&self) -> Option<usize> {
        // With the promise of a sole writer one word settles all of a lost request: no use in asking for the rest of it.
        let waits = |set: &Set| {
            self.sole_writer
                && set.places.iter().all(|place| {
                    self.lost.iter().any(|lost| {
                        lost.contains(place) && self.suspects.iter().any(|s| lost.contains(s))
                    })
                })
        };
        self.sets.iter().rposition(|set| !waits(set))
    }

    fn part_of_set(&mut self, nth: usize) -> Vec<usize> {
        let Set { mut places, spare } = self.sets.remove(nth);
        let mut part = places.len();
        if places.iter().any(|place| self.is_tainted(*place)) {
            part = 1;
        } else if spare && !self.suspects.is_empty() {
            part = places.len().div_ceil(2);
        }
        let others = places.split_off(part.min(places.len()));
        self.push(others, false);
        places
    }

    /// The server said that it stored exactly these.
    pub(super) fn accepted(&mut self, places: &[usize]) {
        for place in places {
            self.settle(*place, Outcome::Added, Vec::new(), None);
        }
        // Unique and atomic: a lost request with one of them was not stored before, and cannot be any more.
        self.lost
            .retain(|lost| !lost.iter().any(|place| places.contains(place)));
    }

    /// Nobody knows what became of a request with these.
    pub(super) fn lost(&mut self, places: Vec<usize>) {
        self.lost.push(places.clone());
        self.push(places, false);
    }

    /// The server did not store these. Whether the reason was found, so that the next request is another one.
    pub(super) fn refused(&mut self, mut places: Vec<usize>, refused: Refused) -> bool {
        let Refused { about, error, .. } = refused;
        for place in &places {
            if let Some(fact) = self.facts.get_mut(*place) {
                fact.refused_at = Some(refused.received);
            }
        }
        let explained = !matches!(about, About::PerhapsPresent(_) | About::Unclear);
        if !explained {
            self.refusals.push(Refusal {
                places: places.clone(),
                witness_before: refused.witness_before,
                received: refused.received,
            });
        }
        match about {
            About::Rules(rules) => {
                for (nth, faults) in rules {
                    if let Some(place) = places.get(nth) {
                        self.settle(*place, Outcome::Rejected, faults, Some(error.clone()));
                    }
                }
                places.retain(|place| self.is_open(*place));
                self.push(places, false);
            }
            About::Present(nth) => {
                if let Some(place) = places.get(nth).copied() {
                    places.remove(nth);
                    self.push(places, false);
                    self.settle_present(place);
                }
            }
            About::PerhapsPresent(nth) if places.len() > 1 => {
                let named = places.remove(nth);
                self.name_weakly(named);
                self.push(vec![named], false);
                self.push(places, false);
            }
            About::SomeRule | About::Unclear if places.len() > 1 => {
                let second = places.split_off(places.len().div_ceil(2));
                self.push(second, false);
                self.push(places, false);
            }
            About::SomeRule => {
                for place in places {
                    self.settle(place, Outcome::Rejected, Vec::new(), Some(error.clone()));
                }
            }
            _ => {
                for place in places {
                    if matches!(about, About::PerhapsPresent(_)) {
                        self.name_weakly(place);
                    }
                    self.suspect(place);
                }
            }
        }
        explained
    }

    /// A record refused alone explains why the sets with it were refused: nothing is said against the others any more.
    fn suspect(&mut self, place: usize) {
        if self.times_refused(place) == 1 {
            let mut spare = Vec::new();
            for set in std::mem::take(&mut self.sets) {
                let spared = |place: &usize| {
                    !self.is_tainted(*place)
                        && self.times_refused(*place) == 0
                        && !self.fact(*place).is_some_and(|fact| fact.weakly_named)
                };
                if !set.places.iter().all(spared) {
                    self.sets.push(set);
                } else {
                    spare.extend(set.places);
                }
            }
            self.push(spare, true);
        }
        self.suspects.push(place);
    }

    /// Whether the refusals of a suspect cannot have been about the campaign's state.
    fn is_proven(&self, place: usize, witnesses: &Witnesses) -> bool {
        let needed = match self.fact(place) {
            Some(fact) if fact.weakly_named => WEAKLY_NAMED_REFUSALS,
            _ => REFUSALS,
        };
        let mut count = 0;
        let mut counted_until = None;
        for refusal in self.refusals_of(place) {
            if let (Some(before), Some(after)) = (
                refusal.witness_before,
                witnesses.first_after(refusal.received),
            ) && after.saturating_duration_since(before) < SHORTEST_TRANSITION
            {
                return true;
            }
            if counted_until.is_none() || refusal.witness_before > counted_until {
                count += 1;
                counted_until = Some(refusal.received);
            }
        }
        count >= needed
    }

    /// Refusals that can be about no other record: it was alone, or the others have been accepted since, so that they were
    /// not on the campaign then.
    fn refusals_of(&self, place: usize) -> impl Iterator<Item = &Refusal> {
        let other_is_harmless = move |other: &usize| {
            *other == place
                || self
                    .fact(*other)
                    .is_some_and(|fact| fact.outcome == Some(Outcome::Added))
        };
        self.refusals.iter().filter(move |refusal| {
            refusal.places.contains(&place) && refusal.places.iter().all(other_is_harmless)
        })
    }

    /// In how many requests it was refused alone.
    fn times_refused(&self, place: usize) -> usize {
        self.refusals
            .iter()
            .filter(|refusal| refusal.places == [place])
            .count()
    }

    /// The record is on the campaign.
    fn settle_present(&mut self, place: usize) {
        let holders: Vec<usize> = (0..self.lost.len())
            .filter(|nth| {
                self.lost
                    .get(*nth)
                    .is_some_and(|lost| lost.contains(&place))
            })
            .collect();
        if !self.sole_writer || holders.is_empty() {
            return self.settle(place, Outcome::AlreadyPresent, Vec::new(), None);
        }
        // Nobody else puts these ids there, so a lost request of ours did. If only one comes into question, it was stored
        // whole.
        self.settle(place, Outcome::Added, Vec::new(), None);
        if let [nth] = holders.as_slice() {
            for place in self.lost.remove(*nth) {
                if self.is_open(place) {
                    self.settle(place, Outcome::Added, Vec::new(), None);
                }
            }
        }
    }

    fn settle(
        &mut self,
        place: usize,
        outcome: Outcome,
        field_errors: Vec<FieldError>,
        error: Option<Error>,
    ) {
        if let Some(fact) = self.facts.get_mut(place) {
            fact.outcome = Some(outcome);
        }
        self.suspects.retain(|other| *other != place);
        for set in &mut self.sets {
            set.places.retain(|other| *other != place);
        }
        self.sets.retain(|set| !set.places.is_empty());
        self.settled.push(Settled {
            place,
            outcome,
            field_errors,
            error,
        });
    }

    /// What was settled since this was last asked.
    pub(super) fn take_settled(&mut self) -> Vec<Settled> {
        std::mem::take(&mut self.settled)
    }

    /// The records without an outcome, and whether a lost request may have put them on the campaign.
    pub(super) fn open(&self) -> impl Iterator<Item = (usize, bool)> {
        (0..self.items.len())
            .filter(|place| self.is_open(*place))
            .map(|place| (place, self.is_tainted(place)))
    }

    pub(super) fn item(&self, place: usize) -> Option<&Item> {
        self.items.get(place)
    }

    /// The records at these places, as one request carries them.
    pub(super) fn records(&self, places: &[usize]) -> Vec<&NewRecord> {
        places
            .iter()
            .filter_map(|place| self.items.get(*place))
            .map(|item| &item.record)
            .collect()
    }

    pub(super) fn is_tainted(&self, place: usize) -> bool {
        self.lost.iter().any(|lost| lost.contains(&place))
    }

    pub(super) fn is_open(&self, place: usize) -> bool {
        self.fact(place).is_some_and(|fact| fact.outcome.is_none())
    }

    fn fact(&self, place: usize) -> Option<&Facts> {
        self.facts.get(place)
    }

    fn name_weakly(&mut self, place: usize) {
        if let Some(fact) = self.facts.get_mut(place) {
            fact.weakly_named = true;
        }
    }

    fn push(&mut self, places: Vec<usize>, spare: bool) {
        if !places.is_empty() {
            self.sets.push(Set { places, spare });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::ErrorKind;

    /// A campaign's answers, a second apart, so that only their order can prove anything.
    struct Talk {
        inquiry: Inquiry,
        witnesses: Witnesses,
        now: Instant,
    }

    impl Talk {
        fn new(count: usize) -> Self {
            let item = |n: usize| Item {
                index: n as u64,
                record: NewRecord::new(&format!("CRM-{n}")).unwrap(),
            };
            let items = (0..count).map(item).collect();
            Self {
                inquiry: Inquiry::new(items, false, false),
                witnesses: Witnesses::default(),
                now: Instant::now(),
            }
        }

        fn ask(&mut self) -> Vec<usize> {
            self.inquiry.learn(&self.witnesses);
            self.now += Duration::from_secs(1);
            self.inquiry.next()
        }

        fn refuse(&mut self, places: Vec<usize>) {
            let witness_before = self.witnesses.latest_sent();
            let refused = Refused {
                about: About::Unclear,
                error: Error::new(ErrorKind::Conflict, "refused"),
                witness_before,
                received: self.now + Duration::from_millis(500),
            };
            self.inquiry.refused(places, refused);
        }

        /// Another request of the upload is accepted.
        fn accept_another(&mut self) {
            self.now += Duration::from_secs(1);
            let sent = self.now;
            self.witnesses.note(sent, sent + Duration::from_millis(500));
        }

        fn accept(&mut self, places: &[usize]) {
            self.inquiry.accepted(places);
            let sent = self.now;
            self.witnesses.note(sent, sent + Duration::from_millis(500));
        }

        fn outcomes(&mut self) -> Vec<(usize, Outcome)> {
            self.inquiry.learn(&self.witnesses);
            let mut outcomes: Vec<_> = self
                .inquiry
                .take_settled()
                .into_iter()
                .map(|settled| (settled.place, settled.outcome))
                .collect();
            outcomes.sort_by_key(|(place, _)| *place);
            outcomes
        }
    }

    #[test]
    fn a_build_and_then_a_start_do_not_make_a_record_present() {
        let mut talk = Talk::new(1);
        for _ in 0..2 {
            let asked = talk.ask();
            talk.refuse(asked);
            talk.accept_another();
        }
        assert_eq!(talk.outcomes(), []);
        let asked = talk.ask();
        talk.accept(&asked);
        assert_eq!(talk.outcomes(), [(0, Outcome::Added)]);
    }

    #[test]
    fn a_third_refusal_in_a_time_of_its_own_does() {
        let mut talk = Talk::new(1);
        talk.accept_another();
        for _ in 0..3 {
            assert_eq!(talk.outcomes(), []);
            let asked = talk.ask();
            talk.refuse(asked);
            if talk.inquiry.refusals.len() < 3 {
                talk.accept_another();
            }
        }
        assert_eq!(talk.outcomes(), [(0, Outcome::AlreadyPresent)]);
    }

    #[test]
    fn refusals_without_an_accepted_request_between_them_prove_nothing() {
        let mut talk = Talk::new(1);
        talk.accept_another();
        for _ in 0..100 {
            let asked = talk.ask();
            talk.refuse(asked);
        }
        assert_eq!(talk.outcomes(), []);
        assert!(talk.inquiry.needs_witness());
    }

    #[test]
    fn refusals_shared_with_a_present_record_are_not_held_against_a_good_one() {
        // 0 is good and 1 is present; they are refused together three times, each in a time of its own.
        let mut talk = Talk::new(2);
        for _ in 0..3 {
            let received = talk.now;
            talk.inquiry.refusals.push(Refusal {
                places: vec![0, 1],
                witness_before: talk.witnesses.latest_sent(),
                received,
            });
            talk.accept_another();
        }
        talk.inquiry.sets.clear();
        talk.inquiry.suspects = vec![0, 1];
        assert_eq!(talk.outcomes(), [], "neither is told from the other");
        talk.now += Duration::from_secs(1);
        talk.accept(&[0]);
        assert_eq!(
            talk.outcomes(),
            [(0, Outcome::Added), (1, Outcome::AlreadyPresent)],
            "now they can have been about one only"
        );
    }

    #[test]
    fn a_short_time_between_two_accepted_requests_is_proof_enough() {
        let mut talk = Talk::new(1);
        let start = talk.now;
        let at = |millis| start + Duration::from_millis(millis);
        talk.witnesses.note(at(0), at(10));
        let asked = talk.inquiry.next();
        let refused = Refused {
            about: About::Unclear,
            error: Error::new(ErrorKind::Conflict, "refused"),
            witness_before: talk.witnesses.latest_sent(),
            received: at(30),
        };
        talk.inquiry.refused(asked, refused);
        // Sent before the refusal was answered: it may have been stored before it.
        talk.witnesses.note(at(25), at(40));
        assert_eq!(talk.outcomes(), []);
        talk.witnesses.note(at(50), at(60));
        assert_eq!(talk.outcomes(), [(0, Outcome::AlreadyPresent)]);
    }
}
