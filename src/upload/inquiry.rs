//! One batch, from its first request until each of its records has an outcome or can only wait for the end of the upload.
//! Pure: it says which records to ask for next and is told what the server said.
//!
//! The rules by which an outcome is stated, and why they are true, are in the documentation of [`super`].

use super::refusal::About;
use crate::model::NewRecord;
use crate::outcome::{Cause, FieldError, Outcome};

/// A number that grows with each request sent and each answer received: what came before what.
pub(super) type Tick = u64;

/// So many refusals of a record alone, each with an accepted request between it and the one before, make it `refused`.
const APART: u8 = 2;
/// So many refusals in all, alone or with others, a record gets before it is `refused`: a server that refuses three requests
/// in ten for a passing reason does so twelve times in a row once in two million.
const ENOUGH: u32 = 12;
/// So many refusals at the end of the upload, of one of its records each time, a lost request gets before it is given up.
const ROUNDS: u32 = 10;

/// A record, its place in the input, and what was learned of it so far.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) index: u64,
    pub(super) record: NewRecord,
    /// Refusals in unknown words, of requests with this record.
    refusals: u32,
    /// Those of them that were for this record alone, with an accepted request in between.
    apart: u8,
    /// When the latest of the latter came.
    refused_at: Tick,
    /// What the server, or the connection, said last.
    pub(super) error: Option<Cause>,
}

impl Item {
    pub(super) fn new(index: u64, record: NewRecord) -> Self {
        Self {
            index,
            record,
            refusals: 0,
            apart: 0,
            refused_at: 0,
            error: None,
        }
    }

    /// A record that an earlier run of this upload found to be refused: it is asked for once more, at the end.
    pub(super) fn refused_before(index: u64, record: NewRecord) -> Self {
        Self {
            refusals: ENOUGH - 1,
            apart: APART,
            ..Self::new(index, record)
        }
    }
}

/// A request of unknown outcome, by the places of its records in the batch: it may be on the campaign, or come to be.
#[derive(Debug)]
pub(super) struct Lost {
    places: Vec<usize>,
    /// When a record of it was refused in unknown words, and whether that happened with an accepted request in between: then
    /// it was not because of a passing state.
    refused_at: Tick,
    apart: bool,
    /// How often that happened at the end of the upload.
    refusals: u32,
}

impl Lost {
    fn new(places: Vec<usize>) -> Self {
        Self {
            places,
            refused_at: Tick::MAX,
            apart: false,
            refusals: 0,
        }
    }

    fn has(&self, place: usize) -> bool {
        self.places.contains(&place)
    }
}

/// Records that go together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    pub(super) lost: Vec<Lost>,
    /// Whether everything else of the upload is done: what is refused now stays refused.
    pub(super) last: bool,
}

impl Batch {
    pub(super) fn new(items: Vec<Item>) -> Self {
        Self {
            items,
            ..Self::default()
        }
    }

    /// Records that went in one request, whose outcome is unknown.
    pub(super) fn lost(items: Vec<Item>) -> Self {
        let lost = vec![Lost::new((0..items.len()).collect())];
        Self {
            items,
            lost,
            last: false,
        }
    }

    /// Adds the records of another batch.
    pub(super) fn append(&mut self, other: Batch) {
        let shift = self.items.len();
        self.lost.extend(other.lost.into_iter().map(|mut lost| {
            lost.places.iter_mut().for_each(|place| *place += shift);
            lost
        }));
        self.items.extend(other.items);
    }

    /// The records, each with the outcome that is true if no more is learned.
    pub(super) fn into_left(self) -> impl Iterator<Item = (Item, Outcome)> {
        let lost = self.lost;
        let items = self.items.into_iter().enumerate();
        items.map(
            move |(place, item)| match lost.iter().any(|lost| lost.has(place)) {
                true => (item, Outcome::Unknown),
                false => (item, Outcome::NotSent),
            },
        )
    }
}

/// A record whose outcome is stated.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) place: usize,
    pub(super) outcome: Outcome,
    pub(super) field_errors: Vec<FieldError>,
}

/// What the server said of a request that it refused.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) about: About,
    pub(super) error: Cause,
    /// When the latest request went that was known to be accepted before this one was sent.
    pub(super) witness: Tick,
    pub(super) received: Tick,
    /// Whether the record that the refusal names as present was put there by this upload, if by anything that was lost.
    pub(super) ours: bool,
    /// Whether the server is known to count records from 0 in its `errors`.
    pub(super) trusted: bool,
}

/// What a refusal taught beyond the outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lesson {
    /// The reason is known: the next request is another one.
    Explained,
    /// The same, and a record that `errors` named was refused by `errors` alone, too: they count from 0.
    CountsFromZero,
    /// It said nothing that can be understood.
    NotUnderstood,
}

#[derive(Debug)]
pub(super) struct Inquiry {
    items: Vec<Item>,
    outcomes: Vec<Option<Outcome>>,
    /// Sets of records to be asked for, the next one last. No record is in two.
    sets: Vec<Set>,
    /// Sets that were refused in unknown words and wait for a sign that the campaign takes records.
    waiting: Vec<Set>,
    /// Records kept back, to be asked for when nothing else is left: accepted, each shows that the campaign takes records,
    /// which the refusals of others need.
    kept: Option<Vec<usize>>,
    /// Records that are asked for no more in this round.
    resting: Vec<usize>,
    lost: Vec<Lost>,
    /// A record that `errors` named among others and that is now asked for alone.
    tested: Option<usize>,
    settled: Vec<Settled>,
    sole_writer: bool,
    last: bool,
    rounds: u32,
    batch_size: usize,
}

#[derive(Debug)]
struct Set {
    places: Vec<usize>,
    refused: Then,
    refused_at: Tick,
}

/// What follows when a set is refused in unknown words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It is asked for once more: the reason may pass.
    Again,
    Halve,
    OneByOne,
}

impl Inquiry {
    pub(super) fn new(batch: Batch, batch_size: usize, sole_writer: bool) -> Self {
        let Batch { items, lost, last } = batch;
        let mut inquiry = Self {
            outcomes: vec![None; items.len()],
            sets: Vec::new(),
            waiting: Vec::new(),
            kept: None,
            resting: Vec::new(),
            lost,
            tested: None,
            settled: Vec::new(),
            sole_writer,
            last,
            rounds: 0,
            batch_size,
            items,
        };
        let all: Vec<usize> = (0..inquiry.items.len()).collect();
        if !last {
            inquiry.push(all, Then::Again);
            return inquiry;
        }
        let (tainted, free): (Vec<usize>, Vec<usize>) = all
            .into_iter()
            .partition(|place| inquiry.is_tainted(*place));
        inquiry.resting = tainted;
        inquiry.push(free, Then::OneByOne);
        inquiry
    }

    /// Takes note that a request was accepted that was sent at `witness`: what was refused before is worth asking again.
    pub(super) fn recall(&mut self, witness: Tick) {
        let (due, waiting): (Vec<Set>, Vec<Set>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|set| set.refused_at < witness);
        self.waiting = waiting;
        let mut singles = Vec::new();
        for set in due {
            match set.places.as_slice() {
                [place] => singles.push(*place),
                _ => self.sets.push(Set {
                    refused: Then::Halve,
                    ..set
                }),
            }
        }
        // All together first: a passing state may have been all that was wrong.
        self.push(singles, Then::OneByOne);
    }

    /// Puts together again what was divided while nothing at all was accepted.
    pub(super) fn gather(&mut self) {
        let (parts, others): (Vec<Set>, Vec<Set>) = std::mem::take(&mut self.sets)
            .into_iter()
            .partition(|set| !set.places.iter().any(|place| self.is_tainted(*place)));
        self.sets = others;
        let mut all: Vec<usize> = parts.into_iter().flat_map(|set| set.places).collect();
        all.sort_unstable();
        self.push(all, Then::Halve);
    }

    /// Whether there is something to ask that may tell something new.
    pub(super) fn is_ready(&self) -> bool {
        !self.sets.is_empty() || self.kept.as_ref().is_some_and(|kept| !kept.is_empty())
    }

    /// Whether this is the end of the upload, when no accepted request is waited for.
    pub(super) fn is_last(&self) -> bool {
        self.last
    }

    /// Whether records wait for a sign that the campaign takes records.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || self.is_ready()
    }

    /// Whether another round of last questions is to come, and the number of those that were.
    pub(super) fn next_round(&self) -> Option<u32> {
        (self.last && !self.resting.is_empty()).then_some(self.rounds)
    }

    /// Begins another round of last questions; `waited` says that a passing state was waited for long enough.
    pub(super) fn begin_round(&mut self, waited: bool) {
        self.rounds += 1;
        let resting = std::mem::take(&mut self.resting);
        let (tainted, free): (Vec<usize>, Vec<usize>) = resting
            .into_iter()
            .partition(|place| self.is_tainted(*place));
        for place in free {
            self.push(vec![place], Then::OneByOne);
        }
        let is_given_up = |place: &usize| {
            let mut holders = self.lost.iter().filter(|lost| lost.has(*place));
            holders.any(|lost| lost.refusals >= ROUNDS && (waited || lost.apart))
        };
        let (given_up, tainted) = tainted.into_iter().partition::<Vec<_>, _>(is_given_up);
        self.resting = tainted;
        for place in given_up {
            self.settle(place, Outcome::Unknown, Vec::new());
        }
        // One of each lost request is enough: if it is accepted, the others are free.
        let together = |one: usize, other: usize| {
            let mut lost = self.lost.iter();
            lost.any(|lost| lost.has(one) && lost.has(other))
        };
        let mut asked: Vec<usize> = Vec::new();
        for place in &self.resting {
            if !asked.iter().any(|other| together(*place, *other)) {
                asked.push(*place);
            }
        }
        for place in asked {
            self.resting.retain(|other| *other != place);
            self.push(vec![place], Then::OneByOne);
        }
    }

    /// The records to ask for next; empty if there are none. They count as lost until the server has spoken.
    pub(super) fn ask(&mut self) -> Vec<usize> {
        if self.sets.is_empty() {
            let kept = self.kept.get_or_insert_default();
            match (kept.pop(), self.waiting.is_empty()) {
                (Some(place), false) => self.push(vec![place], Then::OneByOne),
                (Some(place), true) => {
                    let mut places = std::mem::take(kept);
                    places.push(place);
                    self.push(places, Then::OneByOne);
                }
                // Nothing new to ask: again after the set that was asked for longest ago.
                (None, false) => {
                    let set = self.waiting.remove(0);
                    self.sets.push(set);
                }
                (None, true) => {}
            }
        }
        let Some(mut set) = self.sets.pop() else {
            return Vec::new();
        };
        // A record that may be on the campaign already goes alone: it would have the others refused.
        if let Some(at) = set.places.iter().position(|place| self.is_tainted(*place))
            && set.places.len() > 1
        {
            let place = set.places.remove(at);
            self.sets.push(set);
            set = Set {
                places: vec![place],
                refused: Then::OneByOne,
                refused_at: 0,
            };
        }
        let places = set.places.clone();
        self.lost.push(Lost::new(places.clone()));
        // Where it was, so that its answer finds out what is to follow.
        self.sets.push(set);
        places
    }

    /// What is left to find out about records that are not settled: for the end of the upload.
    pub(super) fn into_leftover(self) -> Batch {
        let mut moved = vec![None; self.items.len()];
        let mut items = Vec::new();
        for (place, item) in self.items.into_iter().enumerate() {
            if let (Some(None), Some(to)) = (self.outcomes.get(place), moved.get_mut(place)) {
                *to = Some(items.len());
                items.push(item);
            }
        }
        let mut lost = self.lost;
        for lost in &mut lost {
            let places = std::mem::take(&mut lost.places).into_iter();
            lost.places = places
                .filter_map(|place| moved.get(place).copied().flatten())
                .collect();
        }
        lost.retain(|lost| !lost.places.is_empty());
        Batch {
            items,
            lost,
            last: true,
        }
    }

    /// The server said that it stored exactly these. Whether `errors` had named one of them before, wrongly.
    pub(super) fn accepted(&mut self, places: &[usize]) -> bool {
        let wrongly_named = self.tested.take_if(|place| places.contains(place));
        for place in places {
            self.settle(*place, Outcome::Added, Vec::new());
        }
        self.disprove(places);
        wrongly_named.is_some()
    }

    /// A lost request with a record that was accepted is not on the campaign and never will be (unique, atomic): its other
    /// records are free.
    fn disprove(&mut self, accepted: &[usize]) {
        let (gone, lost): (Vec<Lost>, _) = std::mem::take(&mut self.lost)
            .into_iter()
            .partition(|lost| accepted.iter().any(|place| lost.has(*place)));
        self.lost = lost;
        let (free, resting) = std::mem::take(&mut self.resting)
            .into_iter()
            .partition(|place| {
                gone.iter().any(|lost| lost.has(*place)) && !self.is_tainted(*place)
            });
        self.resting = resting;
        self.push(free, Then::OneByOne);
    }

    /// The request with these was not sent after all.
    pub(super) fn withdraw(&mut self) {
        self.lost.pop();
    }

    /// Nobody knows what became of the request with these.
    pub(super) fn lost(&mut self, places: &[usize], error: &Cause) {
        self.take_set(places);
        self.note(places, error);
        self.push(places.to_vec(), Then::Again);
    }

    /// The server did not store these.
    pub(super) fn refused(&mut self, places: &[usize], refused: Refused) -> Lesson {
        let then = self.take_set(places);
        // Not lost after all; the entry of this request is the latest.
        self.lost.pop();
        self.note(places, &refused.error);
        let mut others = places.to_vec();
        let tested = self.tested.take_if(|place| places == [*place]);
        match &refused.about {
            About::Present(nth) if *nth < others.len() => {
                let place = others.remove(*nth);
                self.push(others, then);
                self.settle_present(place, refused.ours);
                return Lesson::Explained;
            }
            About::Faults(faults) if refused.trusted || places.len() == 1 => {
                let mut found = false;
                for (nth, faults) in faults {
                    if let Some(place) = places.get(*nth).copied()
                        && !self.is_tainted(place)
                    {
                        self.settle(place, Outcome::Rejected, faults.clone());
                        found = true;
                    }
                }
                if found {
                    others.retain(|place| self.is_open(*place));
                    self.push(others, then);
                    return match tested {
                        Some(_) => Lesson::CountsFromZero,
                        None => Lesson::Explained,
                    };
                }
            }
            About::Faults(faults) if self.tested.is_none() => {
                let named = faults.iter().find_map(|(nth, _)| places.get(*nth).copied());
                if let Some(place) = named.filter(|place| !self.is_tainted(*place)) {
                    others.retain(|other| *other != place);
                    self.push(others, then);
                    self.push(vec![place], Then::OneByOne);
                    self.tested = Some(place);
                    return Lesson::Explained;
                }
            }
            _ => {}
        }
        self.not_understood(others, then, &refused);
        Lesson::NotUnderstood
    }

    /// A refusal in unknown words: of a record among these, or of the campaign's state.
    fn not_understood(&mut self, mut places: Vec<usize>, then: Then, refused: &Refused) {
        for place in &places {
            if let Some(item) = self.items.get_mut(*place) {
                item.refusals += 1;
            }
        }
        if let [place] = places.as_slice() {
            return self.alone(*place, refused);
        }
        match then {
            Then::Again => self.waiting.push(Set {
                places,
                refused: Then::Halve,
                refused_at: refused.received,
            }),
            Then::Halve => {
                self.keep_some(&mut places);
                let (first, second) = places.split_at(places.len().div_ceil(2));
                self.push(second.to_vec(), Then::Halve);
                self.push(first.to_vec(), Then::Halve);
            }
            Then::OneByOne => {
                for place in places.into_iter().rev() {
                    self.push(vec![place], Then::OneByOne);
                }
            }
        }
    }

    /// Not the first or the last of a file, which are wrong more often.
    fn keep_some(&mut self, places: &mut Vec<usize>) {
        if self.kept.is_none() && places.len() > 2 {
            let middle = places.len() / 2;
            let most = places.len().div_ceil(8).min(3);
            self.kept = Some(places.drain(middle..middle + most).collect());
        }
    }

    /// The wait is over: what lacks an accepted request after its refusal is told from a state that takes no records by
    /// nothing.
    pub(super) fn give_up_waiting(&mut self) {
        let sets = [&mut self.sets, &mut self.waiting].map(std::mem::take);
        let kept = self.kept.take().unwrap_or_default();
        let places = sets.into_iter().flatten().flat_map(|set| set.places);
        for place in places.chain(kept).collect::<Vec<_>>() {
            match self.is_tainted(place) {
                true => self.resting.push(place),
                false => self.settle(place, Outcome::NotSent, Vec::new()),
            }
        }
    }

    fn alone(&mut self, place: usize, refused: &Refused) {
        if self.is_tainted(place) {
            return self.perhaps_stored(place, refused);
        }
        let Some(item) = self.items.get_mut(place) else {
            return;
        };
        if item.apart == 0 || refused.witness > item.refused_at {
            item.apart = item.apart.saturating_add(1);
            item.refused_at = refused.received;
        }
        let (apart, enough) = (item.apart >= APART, item.refusals >= ENOUGH);
        if self.last && apart && enough {
            self.settle(place, Outcome::Refused, Vec::new());
        } else if apart {
            self.resting.push(place);
        } else {
            self.waiting.push(Set {
                places: vec![place],
                refused: Then::OneByOne,
                refused_at: refused.received,
            });
        }
    }

    /// A record of a lost request was refused in unknown words: perhaps because it is there, and then so are the others of
    /// that request. They are left for the end, when one of them tells for all.
    fn perhaps_stored(&mut self, place: usize, refused: &Refused) {
        let holders = self.lost.iter_mut().filter(|lost| lost.has(place));
        let mut same = Vec::new();
        for lost in holders {
            lost.apart |= refused.witness > lost.refused_at;
            lost.refused_at = lost.refused_at.min(refused.received);
            lost.refusals += u32::from(self.last);
            same.extend(lost.places.iter().copied().filter(|other| *other != place));
        }
        for sets in [&mut self.sets, &mut self.waiting] {
            for set in &mut *sets {
                let (resting, left) = set.places.iter().partition(|place| same.contains(place));
                self.resting.extend::<Vec<usize>>(resting);
                set.places = left;
            }
            sets.retain(|set| !set.places.is_empty());
        }
        self.resting.push(place);
    }

    /// The record is on the campaign.
    fn settle_present(&mut self, place: usize, ours: bool) {
        let (holders, others): (Vec<Lost>, _) = std::mem::take(&mut self.lost)
            .into_iter()
            .partition(|lost| lost.has(place));
        self.lost = others;
        let by_us = self.sole_writer && ours && !holders.is_empty();
        if let ([lost], true) = (holders.as_slice(), by_us) {
            // Nobody else puts these ids there, so a lost request of ours did; this one alone can have, and so it was stored
            // whole.
            for place in lost.places.clone() {
                if self.is_open(place) {
                    self.settle(place, Outcome::Added, Vec::new());
                }
            }
            return;
        }
        let outcome = if by_us {
            Outcome::Added
        } else {
            Outcome::AlreadyPresent
        };
        self.settle(place, outcome, Vec::new());
        // The server's words are understood: worth asking for the others.
        let (asked, resting) = std::mem::take(&mut self.resting)
            .into_iter()
            .partition(|place| holders.iter().any(|lost| lost.has(*place)));
        self.resting = resting;
        self.lost.extend(holders);
        self.push(asked, Then::OneByOne);
    }

    fn settle(&mut self, place: usize, outcome: Outcome, field_errors: Vec<FieldError>) {
        if let Some(known) = self.outcomes.get_mut(place) {
            *known = Some(outcome);
        }
        self.resting.retain(|other| *other != place);
        for sets in [&mut self.sets, &mut self.waiting] {
            for set in &mut *sets {
                set.places.retain(|other| *other != place);
            }
            sets.retain(|set| !set.places.is_empty());
        }
        if let Some(kept) = &mut self.kept {
            kept.retain(|other| *other != place);
        }
        self.settled.push(Settled {
            place,
            outcome,
            field_errors,
        });
    }

    /// Takes out the set that was asked for; what is to follow if it is refused.
    fn take_set(&mut self, places: &[usize]) -> Then {
        match self.sets.iter().rposition(|set| set.places == places) {
            Some(nth) => self.sets.remove(nth).refused,
            None => Then::Halve,
        }
    }

    fn note(&mut self, places: &[usize], error: &Cause) {
        for place in places {
            if let Some(item) = self.items.get_mut(*place) {
                item.error = Some(error.clone());
            }
        }
    }

    /// What was settled since this was last asked.
    pub(super) fn take_settled(&mut self) -> Vec<Settled> {
        std::mem::take(&mut self.settled)
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

    /// Whether a request of unknown outcome has this record.
    pub(super) fn is_tainted(&self, place: usize) -> bool {
        self.lost.iter().any(|lost| lost.has(place))
    }

    pub(super) fn is_open(&self, place: usize) -> bool {
        self.outcomes.get(place).is_some_and(Option::is_none)
    }

    /// How many records have no outcome.
    pub(super) fn open(&self) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.is_none())
            .count()
    }

    fn push(&mut self, places: Vec<usize>, refused: Then) {
        let sets = places.chunks(self.batch_size).map(|part| Set {
            places: part.to_vec(),
            refused,
            refused_at: 0,
        });
        self.sets.extend(sets);
    }
}
