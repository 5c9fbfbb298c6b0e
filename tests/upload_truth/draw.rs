//! How cases are drawn, in three kinds of world.

use proptest::prelude::*;
use proptest::sample::select;

use super::case::{Break, Case, Ids, Kind};
use super::world::{Bad, Carried, Duplicate, Errors, Fate, Late, Setup, Which, Words, Wrong};

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        30 => Just(Kind::Good),
        1 => Just(Kind::BlankId),
        1 => Just(Kind::WrongPriority),
        1 => (1_usize..40).prop_map(Kind::Repeated),
        1 => Just(Kind::Present),
        1 => (0_usize..40).prop_map(Kind::PutMeanwhile),
        1 => Just(Kind::Refused),
    ]
}

fn carried() -> impl Strategy<Value = Carried> {
    select(vec![Carried::Out, Carried::Not])
}

fn words() -> impl Strategy<Value = Words> {
    select(Words::ALL.to_vec())
}

/// Trouble that ends with the request, or whose outcome is unknown, and that a patient client outlives.
fn loss() -> impl Strategy<Value = Fate> {
    let late = prop_oneof![
        (0_u64..8).prop_map(Late::Requests),
        (0_u64..15).prop_map(Late::Millis)
    ];
    let unanswered = prop_oneof![2 => Just(None), 1 => select(vec![408, 502, 504]).prop_map(Some)];
    prop_oneof![
        10 => Just(Fate::Normal),
        2 => Just(Fate::Lost),
        2 => Just(Fate::AnswerLost),
        3 => (late, unanswered).prop_map(|(late, status)| Fate::Late(late, status)),
        3 => (0_usize..20_000).prop_map(Fate::Cut),
        2 => (select(vec![408, 499, 500, 502, 503, 504]), carried())
            .prop_map(|(status, carried)| Fate::Status(status, carried)),
        1 => Just(Fate::TooMany),
        1 => (select(Wrong::ALL.to_vec()), carried()).prop_map(|(wrong, out)| Fate::Wrong(wrong, out)),
        1 => (1_u64..4).prop_map(Fate::Delay),
    ]
}

fn state() -> impl Strategy<Value = Fate> {
    (words(), 20_u64..60).prop_map(|(words, millis)| Fate::State(words, millis))
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        40 => loss(),
        8 => words().prop_map(Fate::Refused),
        1 => state(),
        1 => select(vec![301, 307, 308]).prop_map(|status| Fate::Elsewhere(status, Carried::Not)),
        1 => (select(vec![302, 303]), carried()).prop_map(|(status, out)| Fate::Elsewhere(status, out)),
        1 => select(vec![401, 403, 404, 413]).prop_map(|status| Fate::Status(status, Carried::Not)),
    ]
}

/// "Concurrent update, try again" for three requests in ten.
fn contention() -> impl Strategy<Value = Vec<Fate>> {
    let one = prop_oneof![
        7 => Just(Fate::Normal),
        3 => Just(Fate::Refused(Words::Concurrent)),
    ];
    prop::collection::vec(one, 30..80)
}

fn schedule() -> impl Strategy<Value = (Vec<Fate>, bool)> {
    let some = |fate: BoxedStrategy<Fate>, most| prop::collection::vec(fate, 0..most);
    prop_oneof![
        1 => Just((Vec::new(), false)),
        6 => some(fate().boxed(), 25).prop_map(|fates| (fates, false)),
        3 => some(loss().boxed(), 25).prop_map(|fates| (fates, false)),
        2 => some(words().prop_map(Fate::Refused).boxed(), 40).prop_map(|fates| (fates, false)),
        2 => contention().prop_map(|fates| (fates, false)),
        1 => prop::collection::vec(fate(), 1..12).prop_map(|fates| (fates, true)),
    ]
}

/// Trouble that has an end; refusals that say nothing are few.
fn mild_schedule() -> impl Strategy<Value = (Vec<Fate>, bool)> {
    let refusing = prop_oneof![words().prop_map(Fate::Refused), state()];
    let few = prop::collection::vec((refusing, 0_usize..25), 0..=2);
    (prop::collection::vec(loss(), 0..25), few).prop_map(|(mut fates, few)| {
        for (fate, at) in few {
            fates.insert(at.min(fates.len()), fate);
        }
        (fates, false)
    })
}

fn setup(lively: bool) -> impl Strategy<Value = (Setup, bool)> {
    use Duplicate as D;
    let (duplicates, bads, errors) = if lively {
        (
            vec![D::Vendor, D::Vendor, D::VendorIn400, D::VendorListsAll],
            vec![Bad::Errors],
            vec![Errors::From0],
        )
    } else {
        (
            vec![
                D::Vendor,
                D::Vendor,
                D::VendorIn400,
                D::VendorListsAll,
                D::Custom,
                D::Unnamed,
                D::NamedInUnknownWords,
                D::FieldError,
            ],
            vec![Bad::Errors, Bad::Errors, Bad::Unnamed, Bad::Named],
            Errors::ALL.to_vec(),
        )
    };
    let schedule = if lively {
        mild_schedule().boxed()
    } else {
        schedule().boxed()
    };
    (
        select(duplicates),
        select(vec![Which::First, Which::Last, Which::Random]),
        select(errors),
        select(bads),
        prop::bool::weighted(0.3),
        any::<bool>(),
        schedule,
        any::<u64>(),
        any::<bool>(),
    )
        .prop_map(
            move |(duplicate, which, errors, bad, fold, stored, schedule, seed, told)| {
                let setup = Setup {
                    duplicate,
                    which,
                    errors,
                    bad,
                    fold,
                    named_as_stored: fold && stored && !lively,
                    schedule: schedule.0,
                    forever: schedule.1,
                    framing: None,
                    seed,
                };
                (setup, told)
            },
        )
}

fn breaks() -> impl Strategy<Value = Break> {
    let place = || 0_usize..120;
    prop_oneof![
        8 => Just(Break::Nothing),
        1 => Just(Break::CancelAtOnce),
        3 => place().prop_map(Break::Cancel),
        3 => place().prop_map(Break::Drop),
        4 => place().prop_map(Break::Kill),
        2 => (0_u64..15).prop_map(Break::Deadline),
        2 => place().prop_map(Break::Complete),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum World {
    Hostile,
    Lively,
    OverALedger,
}

fn case(world: World) -> impl Strategy<Value = Case> {
    let lively = world == World::Lively;
    let shape = (
        prop::collection::vec(kind(), 0..130),
        prop_oneof![
            2 => Just(Ids::Distinctive),
            1 => Just(Ids::ShortNumbers),
            1 => Just(Ids::Words),
            1 => Just(Ids::Prefixes),
            1 => Just(Ids::Punctuated),
            1 => Just(Ids::Folding),
        ],
        1_usize..=8,
        prop_oneof![1 => Just(1_usize), 3 => 2_usize..30, 1 => Just(100_usize)],
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.3),
    );
    let runs = match world {
        World::Lively => Just(vec![Break::Nothing]).boxed(),
        World::Hostile => breaks().prop_map(|broken| vec![broken]).boxed(),
        World::OverALedger => prop::collection::vec(breaks(), 1..3)
            .prop_map(|mut runs| {
                runs.push(Break::Nothing);
                runs
            })
            .boxed(),
    };
    (shape, setup(lively), runs, 2_u32..7, any::<bool>()).prop_map(
        move |(shape, (setup, told), runs, attempts, ledger)| {
            let (input, ids, concurrency, batch_size, sole_writer, ranks) = shape;
            // The promise of a sole writer is the caller's to keep.
            let others = input
                .iter()
                .any(|kind| matches!(kind, Kind::Present | Kind::PutMeanwhile(_)));
            Case {
                sole_writer: sole_writer && !others,
                input,
                ids,
                setup,
                told,
                concurrency,
                batch_size,
                // In a lively world patience outlasts the trouble.
                attempts: if lively { 100 } else { attempts },
                runs,
                ledger: ledger || world == World::OverALedger,
                ranks,
                lively,
            }
        },
    )
}

/// Anything at all.
pub fn hostile() -> impl Strategy<Value = Case> {
    case(World::Hostile)
}

/// Trouble that has an end, and known words.
pub fn lively() -> impl Strategy<Value = Case> {
    case(World::Lively)
}

/// Several runs, broken in any way; the last is not.
pub fn over_a_ledger() -> impl Strategy<Value = Case> {
    case(World::OverALedger)
}
