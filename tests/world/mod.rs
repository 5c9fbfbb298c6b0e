//! A hostile server that really keeps a campaign: what is on it, who put it there, and what was said about it, true or
//! beside the point. What happens to each request is a [`Fate`]; what is true in the end is [`World::puts`].
//!
//! The campaign itself is honest: a request is stored whole or not at all, an id is there once, and no answer names exactly
//! the records sent unless they were stored. Everything between it and the client is not. The socket is in [`wire`], the texts
//! are in [`words`]. Independent of `campaigns8x8::sandbox`, whose author is the client's.
#![allow(dead_code, reason = "each test binary uses its own part")]

mod wire;
mod words;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use campaigns8x8::{CampaignId, Client, ClientConfig, Retry};
use fastrand::Rng;
use serde_json::{Value, json};

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

/// Who put a record on the campaign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum By {
    Other,
    /// A request of the upload, in this run of it; records are told apart by their rank.
    Upload {
        run: usize,
        rank: Option<f64>,
    },
}

/// A record on the campaign.
#[derive(Debug, Clone)]
pub struct Put {
    pub id: String,
    pub by: By,
    /// Counts up with everything that is put there.
    pub number: u64,
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
    campaign: CampaignId,
    shared: Arc<Shared>,
}

pub struct Shared {
    setup: Setup,
    book: Mutex<Book>,
    at_rest: Condvar,
}

struct Book {
    rng: Rng,
    stored: HashMap<String, Put>,
    numbers: u64,
    /// Ids that are always refused.
    bad: HashSet<String>,
    friendly: bool,
    drawn: usize,
    state: Option<(Words, Option<Instant>)>,
    late: Vec<LateRequest>,
    requests: u64,
    requests_of: HashMap<usize, u64>,
    seen: Vec<Seen>,
    cut_off: HashSet<usize>,
    under_way: usize,
}

struct LateRequest {
    request: Request,
    due_after: u64,
    due_at: Instant,
}

#[derive(Debug, Clone)]
struct Request {
    run: usize,
    body: String,
    ids: Vec<String>,
    ranks: Vec<Option<f64>>,
}

impl Request {
    fn read(run: usize, body: String) -> Option<Self> {
        let json: Value = serde_json::from_str(&body).ok()?;
        let records = json.get("records")?.as_array()?;
        let id = |record: &Value| record.get("crmRecordId")?.as_str().map(str::to_owned);
        Some(Self {
            run,
            ids: records.iter().map(id).collect::<Option<_>>()?,
            ranks: records.iter().map(|r| r.get("rank")?.as_f64()).collect(),
            body,
        })
    }
}

impl World {
    pub fn new(setup: Setup) -> Self {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let campaign = format!("00000000-0000-4000-8000-{number:012x}");
        let shared = Arc::new(Shared {
            book: Mutex::new(Book {
                rng: Rng::with_seed(setup.seed),
                stored: HashMap::new(),
                numbers: 0,
                bad: HashSet::new(),
                friendly: false,
                drawn: 0,
                state: None,
                late: Vec::new(),
                requests: 0,
                requests_of: HashMap::new(),
                seen: Vec::new(),
                cut_off: HashSet::new(),
                under_way: 0,
            }),
            setup,
            at_rest: Condvar::new(),
        });
        wire::enter(&campaign, &shared);
        Self {
            campaign: campaign.parse().unwrap(),
            shared,
        }
    }

    pub fn campaign(&self) -> CampaignId {
        self.campaign
    }

    /// Another writer puts a record there. False if it is there already.
    pub fn put(&self, id: &str) -> bool {
        let key = self.shared.key(id);
        self.shared.book().put(key, id, By::Other)
    }

    /// The server has a reason of its own to refuse this id, always.
    pub fn refuse(&self, id: &str) {
        self.shared.book().bad.insert(id.to_owned());
    }

    /// From now on everything is refused in these words; `None`: no more.
    pub fn set_state(&self, words: Option<Words>) {
        self.shared.book().state = words.map(|words| (words, None));
    }

    /// No more trouble, but for late requests and the records themselves.
    pub fn befriend(&self) {
        let mut book = self.shared.book();
        book.friendly = true;
        book.state = None;
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
        while !book.late.is_empty() {
            let count = book.late.len();
            let nth = book.rng.usize(..count);
            let late = book.late.swap_remove(nth);
            let _ = self.shared.carry_out(&mut book, &late.request);
        }
    }

    /// What is on the campaign, by [`key`](Self::key).
    pub fn puts(&self) -> HashMap<String, Put> {
        self.shared.book().stored.clone()
    }

    /// What the server takes for the same id.
    pub fn key(&self, id: &str) -> String {
        self.shared.key(id)
    }

    pub fn has(&self, id: &str) -> bool {
        self.puts().contains_key(&self.key(id))
    }

    /// The number of the latest [`Put`].
    pub fn latest(&self) -> u64 {
        self.shared.book().numbers
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
        wire::leave(&self.campaign.to_string());
    }
}

/// Ids that differ only in case, in width (full-width forms of ASCII), or in blanks at the end.
pub fn fold(id: &str) -> String {
    let narrow = |c: char| match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        0x3000 => ' ',
        _ => c,
    };
    id.chars()
        .map(narrow)
        .collect::<String>()
        .to_lowercase()
        .trim_end()
        .to_owned()
}

impl Book {
    fn put(&mut self, key: String, id: &str, by: By) -> bool {
        if self.stored.contains_key(&key) {
            return false;
        }
        self.numbers += 1;
        let id = id.to_owned();
        let number = self.numbers;
        self.stored.insert(key, Put { id, by, number });
        true
    }

    fn state(&mut self) -> Option<Words> {
        let (words, until) = self.state?;
        if until.is_some_and(|until| until <= Instant::now()) {
            self.state = None;
            return None;
        }
        Some(words)
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, id: &str) -> String {
        if self.setup.fold {
            fold(id)
        } else {
            id.to_owned()
        }
    }

    fn draw(&self, book: &mut Book) -> Fate {
        let schedule = &self.setup.schedule;
        if book.friendly || schedule.is_empty() {
            return Fate::Normal;
        }
        let nth = book.drawn;
        book.drawn += 1;
        let nth = if self.setup.forever {
            nth % schedule.len()
        } else {
            nth
        };
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
            Some(request) if !book.cut_off.contains(&run) => {
                self.meet(&mut book, fate, &request, Instant::now())
            }
            _ => Reply::hang_up(),
        };
        book.under_way -= 1;
        drop(book);
        self.at_rest.notify_all();
        reply
    }

    fn meet(&self, book: &mut Book, fate: Fate, request: &Request, now: Instant) -> Reply {
        self.carry_out_the_late(book, now);
        if let Fate::State(words, millis) = fate {
            book.state = Some((words, Some(now + Duration::from_millis(millis))));
        }
        let framing = self
            .setup
            .framing
            .unwrap_or_else(|| Framing::ALL[book.rng.usize(..Framing::ALL.len())]);
        let carried = |book: &mut Book, carried| {
            carried == Carried::Out && self.carry_out(book, request).is_ok()
        };
        let (stored, said) = match fate {
            Fate::Lost => (false, None),
            Fate::AnswerLost => (carried(book, Carried::Out), None),
            Fate::Late(late, status) => {
                let (requests, millis) = match late {
                    Late::Requests(requests) => (requests, u64::from(u32::MAX)),
                    Late::Millis(millis) => (u64::from(u32::MAX), millis),
                };
                book.late.push(LateRequest {
                    request: request.clone(),
                    due_after: book.requests + requests,
                    due_at: now + Duration::from_millis(millis),
                });
                (false, status.map(failed))
            }
            Fate::Status(status, out) => (carried(book, out), Some(failed(status))),
            Fate::TooMany => (false, Some(failed(429).header("Retry-After: 0"))),
            Fate::Wrong(wrong, out) => (carried(book, out), Some(wrong.message(&request.ids))),
            Fate::Elsewhere(status, out) => {
                let message = failed(status).header("Location: /elsewhere");
                (carried(book, out), Some(message))
            }
            Fate::Refused(words) => (false, Some(self.refusal(book, words, request))),
            Fate::Normal | Fate::Delay(_) | Fate::Cut(_) | Fate::State(..) => {
                match self.carry_out(book, request) {
                    Ok(message) => (true, Some(message)),
                    Err(message) => (false, Some(message)),
                }
            }
        };
        book.seen.push(Seen {
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

    fn carry_out_the_late(&self, book: &mut Book, now: Instant) {
        while let Some(nth) = book
            .late
            .iter()
            .position(|late| late.due_after <= book.requests || late.due_at <= now)
        {
            let late = book.late.remove(nth);
            let _ = self.carry_out(book, &late.request);
        }
    }

    fn refusal(&self, book: &mut Book, words: Words, request: &Request) -> Message {
        let absent: Vec<String> = request
            .ids
            .iter()
            .filter(|id| !book.stored.contains_key(&self.key(id)))
            .cloned()
            .collect();
        words.message(&request.ids, &absent, &request.body, &mut book.rng)
    }

    /// The campaign itself: all of the request is stored, or nothing.
    fn carry_out(&self, book: &mut Book, request: &Request) -> Result<Message, Message> {
        let ids = &request.ids;
        if let Some(words) = book.state() {
            return Err(self.refusal(book, words, request));
        }
        let bad: Vec<usize> = (0..ids.len())
            .filter(|place| book.bad.contains(&ids[*place]))
            .collect();
        if !bad.is_empty() {
            return Err(self.setup.bad.message(ids, &bad, self.setup.errors));
        }
        let keys: Vec<String> = ids.iter().map(|id| self.key(id)).collect();
        if keys.iter().collect::<HashSet<_>>().len() < keys.len() {
            return Err(Message::problem(400, "The request holds a record twice"));
        }
        let present: Vec<usize> = (0..ids.len())
            .filter(|place| book.stored.contains_key(&keys[*place]))
            .collect();
        if !present.is_empty() {
            let Book { stored, rng, .. } = book;
            let name = |place: usize| match stored.get(&keys[place]) {
                Some(put) if self.setup.named_as_stored => put.id.clone(),
                _ => ids[place].clone(),
            };
            let Setup {
                duplicate,
                which,
                errors,
                ..
            } = self.setup;
            return Err(duplicate.message(ids, &present, which, errors, name, rng));
        }
        for ((key, id), rank) in keys.into_iter().zip(ids).zip(&request.ranks) {
            let by = By::Upload {
                run: request.run,
                rank: *rank,
            };
            book.put(key, id, by);
        }
        let records: Vec<Value> = ids
            .iter()
            .map(|id| json!({"crmRecordId": id, "state": "PENDING"}))
            .collect();
        Ok(Message::json(200, &json!({ "records": records })))
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
