//! A hostile server that really keeps a campaign: what is on it, who put it there, and what was said about it, true or
//! beside the point. What happens to each request is a [`Fate`]; what is true in the end is [`World::puts`].
//!
//! The [`campaign`] itself is honest: a request is stored whole or not at all, an id is there once, and no answer names exactly
//! the records sent unless they were stored. Everything between it and the client is not. The socket is in [`wire`], the texts
//! are in [`words`]. Independent of `campaigns8x8::sandbox`, whose author is the client's.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part"
)]

mod campaign;
mod wire;
mod words;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use campaigns8x8::{CampaignId, Client, ClientConfig, Retry};

pub use campaign::{By, Put, fold};
use campaign::{Campaign, Request};
use wire::Reply;
pub use wire::{Framing, base_url};
use words::Message;
pub use words::{Bad, CUSTOM, Duplicate, Errors, Which, Words, Wrong};

/// What happens to one request.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    Normal,
    /// The connection is closed, the request never read to its end.
    Lost,
    /// Carried out, and the connection is closed.
    AnswerLost,
    /// No answer, or this status; carried out later.
    Late(Late, Option<u16>),
    /// Carried out; the answer breaks off before this byte (counted round and round).
    Cut(usize),
    /// Answered with this status, and carried out or not.
    Status(u16, Carried),
    /// 429 with `Retry-After: 0`.
    TooMany,
    /// A 200 that does not name exactly the records sent.
    Wrong(Wrong, Carried),
    /// A redirect.
    Elsewhere(u16, Carried),
    Delay(u64),
    /// Refused in these words.
    Refused(Words),
    /// Refused in these words, and so is every other for so many milliseconds.
    State(Words, u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    Out,
    Not,
}

/// When a request that came late is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// After so many further requests.
    Requests(u64),
    Millis(u64),
}

/// What kind of server it is.
#[derive(Debug, Clone)]
pub struct Setup {
    pub duplicate: Duplicate,
    pub which: Which,
    pub errors: Errors,
    pub bad: Bad,
    /// Ids that differ only in case, width and blanks at the end are the same.
    pub fold: bool,
    /// A duplicate is called as it was stored, not as it was sent.
    pub named_as_stored: bool,
    /// What happens to the requests, one by one; then nothing more, or all of it again.
    pub schedule: Vec<Fate>,
    pub forever: bool,
    /// `None`: every now and then another.
    pub framing: Option<Framing>,
    pub seed: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            duplicate: Duplicate::Vendor,
            which: Which::First,
            errors: Errors::From0,
            bad: Bad::Errors,
            fold: false,
            named_as_stored: false,
            schedule: Vec::new(),
            forever: false,
            framing: Some(Framing::Length),
            seed: 0,
        }
    }
}

/// A request as the world saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub run: usize,
    pub ids: Vec<String>,
    /// Whether it was carried out when it came.
    pub stored: bool,
    /// What it was answered, as far as it was.
    pub status: Option<u16>,
}

pub struct World {
    id: CampaignId,
    shared: Arc<Shared>,
}

pub struct Shared {
    setup: Arc<Setup>,
    book: Mutex<Book>,
    at_rest: Condvar,
}

struct Book {
    campaign: Campaign,
    friendly: bool,
    drawn: usize,
    requests: u64,
    requests_of: HashMap<usize, u64>,
    seen: Vec<Seen>,
    cut_off: HashSet<usize>,
    under_way: usize,
}

impl World {
    pub fn new(setup: Setup) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        let setup = Arc::new(setup);
        let shared = Arc::new(Shared {
            book: Mutex::new(Book {
                campaign: Campaign::new(Arc::clone(&setup)),
                friendly: false,
                drawn: 0,
                requests: 0,
                requests_of: HashMap::new(),
                seen: Vec::new(),
                cut_off: HashSet::new(),
                under_way: 0,
            }),
            setup,
            at_rest: Condvar::new(),
        });
        wire::enter(&id, &shared);
        Self {
            id: id.parse().unwrap(),
            shared,
        }
    }

    pub fn campaign(&self) -> CampaignId {
        self.id
    }

    /// Another writer puts a record there. False if it is there already.
    pub fn put(&self, id: &str) -> bool {
        self.shared.book().campaign.put(id, By::Other)
    }

    /// The server has a reason of its own to refuse this id, always.
    pub fn refuse(&self, id: &str) {
        self.shared.book().campaign.bad.insert(id.to_owned());
    }

    /// From now on everything is refused in these words; `None`: no more.
    pub fn set_state(&self, words: Option<Words>) {
        self.shared.book().campaign.state = words.map(|words| (words, None));
    }

    /// No more trouble, but for late requests and the records themselves.
    pub fn befriend(&self) {
        let mut book = self.shared.book();
        book.friendly = true;
        book.campaign.state = None;
    }

    /// The process of this run is gone: no request of it arrives any more, but for the late ones.
    pub fn cut_off(&self, run: usize) {
        self.shared.book().cut_off.insert(run);
    }

    /// Waits until no request is under way, and carries out all that are late.
    pub fn come_to_rest(&self) {
        let mut book = self.shared.book();
        while book.under_way > 0 {
            book = self
                .shared
                .at_rest
                .wait(book)
                .unwrap_or_else(PoisonError::into_inner);
        }
        book.campaign.catch_up_with_all();
    }

    /// What is on the campaign, by [`key`](Self::key).
    pub fn puts(&self) -> HashMap<String, Put> {
        self.shared.book().campaign.stored.clone()
    }

    /// What the server takes for the same id.
    pub fn key(&self, id: &str) -> String {
        self.shared.book().campaign.key(id)
    }

    pub fn has(&self, id: &str) -> bool {
        let book = self.shared.book();
        book.campaign.stored.contains_key(&book.campaign.key(id))
    }

    /// The number of the latest [`Put`].
    pub fn latest(&self) -> u64 {
        self.shared.book().campaign.numbers
    }

    /// The requests of a run.
    pub fn requests(&self, run: usize) -> u64 {
        let book = self.shared.book();
        book.requests_of.get(&run).copied().unwrap_or(0)
    }

    /// Every request that was read to its end, in the order in which they were looked at.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.book().seen.clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        wire::leave(&self.id.to_string());
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, book: &mut Book) -> Fate {
        let schedule = &self.setup.schedule;
        if book.friendly || schedule.is_empty() {
            return Fate::Normal;
        }
        let nth = match self.setup.forever {
            true => book.drawn % schedule.len(),
            false => book.drawn,
        };
        book.drawn += 1;
        schedule.get(nth).cloned().unwrap_or(Fate::Normal)
    }

    /// One request, from the socket to the socket.
    fn serve(&self, run: usize, read: impl FnOnce() -> Option<String>) -> Reply {
        let fate = {
            let mut book = self.book();
            if book.cut_off.contains(&run) {
                return Reply::hang_up();
            }
            book.under_way += 1;
            book.requests += 1;
            *book.requests_of.entry(run).or_default() += 1;
            self.draw(&mut book)
        };
        let request = match fate {
            Fate::Lost => None,
            _ => read().and_then(|body| Request::read(run, body)),
        };
        if let Fate::Delay(millis) = fate {
            std::thread::sleep(Duration::from_millis(millis));
        }
        let mut book = self.book();
        let reply = match request {
            Some(request) if !book.cut_off.contains(&run) => self.meet(&mut book, fate, &request),
            _ => Reply::hang_up(),
        };
        book.under_way -= 1;
        drop(book);
        self.at_rest.notify_all();
        reply
    }

    fn meet(&self, book: &mut Book, fate: Fate, request: &Request) -> Reply {
        let Book {
            campaign,
            requests,
            seen,
            ..
        } = book;
        campaign.catch_up(*requests);
        let framing = self
            .setup
            .framing
            .unwrap_or_else(|| Framing::ALL[campaign.rng.usize(..Framing::ALL.len())]);
        let mut carry = |carried| carried == Carried::Out && campaign.carry_out(request).is_ok();
        let (stored, said) = match fate {
            Fate::Lost => (false, None),
            Fate::AnswerLost => (carry(Carried::Out), None),
            Fate::Late(late, status) => {
                campaign.postpone(request, late, *requests);
                (false, status.map(failed))
            }
            Fate::Status(status, out) => (carry(out), Some(failed(status))),
            Fate::TooMany => (false, Some(failed(429).header("Retry-After: 0"))),
            Fate::Wrong(wrong, out) => (carry(out), Some(wrong.message(&request.ids))),
            Fate::Elsewhere(status, out) => {
                let message = failed(status).header("Location: /elsewhere");
                (carry(out), Some(message))
            }
            Fate::Refused(words) => (false, Some(campaign.refusal(words, request))),
            Fate::Normal | Fate::Delay(_) | Fate::Cut(_) | Fate::State(..) => {
                if let Fate::State(words, millis) = fate {
                    let until = Instant::now() + Duration::from_millis(millis);
                    campaign.state = Some((words, Some(until)));
                }
                match campaign.carry_out(request) {
                    Ok(message) => (true, Some(message)),
                    Err(message) => (false, Some(message)),
                }
            }
        };
        seen.push(Seen {
            run: request.run,
            ids: request.ids.clone(),
            stored,
            status: said.as_ref().map(|message| message.status),
        });
        match (said, fate) {
            (None, _) => Reply::hang_up(),
            (Some(message), Fate::Cut(at)) => Reply::cut(&message, framing, at),
            (Some(message), _) => Reply::whole(&message, framing),
        }
    }
}

fn failed(status: u16) -> Message {
    match status % 2 {
        0 => Message::html(status, "The gateway waited in vain."),
        _ => Message::problem(status, "The request could not be answered"),
    }
}

/// A client of a run, shared by all worlds, for it is dear to make.
pub fn client(run: usize, attempts: u32) -> Client {
    static CLIENTS: Mutex<Option<HashMap<(usize, u32), Client>>> = Mutex::new(None);
    CLIENTS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_default()
        .entry((run, attempts))
        .or_insert_with(|| new_client(run, attempts))
        .clone()
}

/// A client that nobody else has.
pub fn new_client(run: usize, attempts: u32) -> Client {
    let config = ClientConfig::new()
        .api_key("eght_world")
        .tenant("acme01")
        .base_url(base_url(run))
        .retry(Retry {
            max_attempts: attempts,
            initial_backoff: Duration::ZERO,
            ..Retry::default()
        });
    Client::new(config).unwrap()
}
