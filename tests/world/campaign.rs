//! The campaign itself, which is honest: what is on it, who put it there, and what it refuses.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::{Value, json};

use super::words::{Message, Words};
use super::{Late, Setup};

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

/// A request to add records.
#[derive(Debug, Clone)]
pub struct Request {
    pub run: usize,
    pub body: String,
    pub ids: Vec<String>,
    ranks: Vec<Option<f64>>,
}

impl Request {
    pub fn read(run: usize, body: String) -> Option<Self> {
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

pub struct Campaign {
    setup: Arc<Setup>,
    pub rng: Rng,
    pub stored: HashMap<String, Put>,
    /// The number of the latest [`Put`].
    pub numbers: u64,
    /// Ids that are always refused.
    pub bad: HashSet<String>,
    /// All is refused in these words, until then or for ever.
    pub state: Option<(Words, Option<Instant>)>,
    late: Vec<LateRequest>,
}

struct LateRequest {
    request: Request,
    after: Option<u64>,
    at: Option<Instant>,
}

impl Campaign {
    pub fn new(setup: Arc<Setup>) -> Self {
        Self {
            rng: Rng::with_seed(setup.seed),
            setup,
            stored: HashMap::new(),
            numbers: 0,
            bad: HashSet::new(),
            state: None,
            late: Vec::new(),
        }
    }

    /// What it takes for the same id.
    pub fn key(&self, id: &str) -> String {
        match self.setup.fold {
            true => fold(id),
            false => id.to_owned(),
        }
    }

    /// False if it is there already.
    pub fn put(&mut self, id: &str, by: By) -> bool {
        let key = self.key(id);
        if self.stored.contains_key(&key) {
            return false;
        }
        self.numbers += 1;
        let id = id.to_owned();
        let number = self.numbers;
        self.stored.insert(key, Put { id, by, number });
        true
    }

    /// The request comes later: after so many others, `requests` having come so far, or after so long.
    pub fn postpone(&mut self, request: &Request, late: Late, requests: u64) {
        let (after, at) = match late {
            Late::Requests(more) => (Some(requests + more), None),
            Late::Millis(millis) => (None, Some(Instant::now() + Duration::from_millis(millis))),
        };
        let request = request.clone();
        self.late.push(LateRequest { request, after, at });
    }

    /// Carries out what is due by now.
    pub fn catch_up(&mut self, requests: u64) {
        let now = Instant::now();
        let due = |late: &LateRequest| {
            late.after.is_some_and(|after| after <= requests) || late.at.is_some_and(|at| at <= now)
        };
        while let Some(nth) = self.late.iter().position(due) {
            let late = self.late.remove(nth);
            let _ = self.carry_out(&late.request);
        }
    }

    /// Carries out all that is late, in any order.
    pub fn catch_up_with_all(&mut self) {
        while !self.late.is_empty() {
            let nth = self.rng.usize(..self.late.len());
            let late = self.late.swap_remove(nth);
            let _ = self.carry_out(&late.request);
        }
    }

    /// What is said in these words to this request.
    pub fn refusal(&mut self, words: Words, request: &Request) -> Message {
        let absent: Vec<String> = request
            .ids
            .iter()
            .filter(|id| !self.stored.contains_key(&self.key(id)))
            .cloned()
            .collect();
        words.message(&request.ids, &absent, &request.body, &mut self.rng)
    }

    /// All of the request is stored, or nothing.
    pub fn carry_out(&mut self, request: &Request) -> Result<Message, Message> {
        let ids = &request.ids;
        if let Some((words, until)) = self.state {
            if until.is_none_or(|until| until > Instant::now()) {
                return Err(self.refusal(words, request));
            }
            self.state = None;
        }
        let bad: Vec<usize> = (0..ids.len())
            .filter(|place| self.bad.contains(&ids[*place]))
            .collect();
        if !bad.is_empty() {
            return Err(self.setup.bad.message(ids, &bad, self.setup.errors));
        }
        let keys: Vec<String> = ids.iter().map(|id| self.key(id)).collect();
        if keys.iter().collect::<HashSet<_>>().len() < keys.len() {
            return Err(Message::problem(400, "The request holds a record twice"));
        }
        let present: Vec<usize> = (0..ids.len())
            .filter(|place| self.stored.contains_key(&keys[*place]))
            .collect();
        if !present.is_empty() {
            let Self {
                setup, stored, rng, ..
            } = self;
            let name = |place: usize| match stored.get(&keys[place]) {
                Some(put) if setup.named_as_stored => put.id.clone(),
                _ => ids[place].clone(),
            };
            let message =
                setup
                    .duplicate
                    .message(ids, &present, setup.which, setup.errors, name, rng);
            return Err(message);
        }
        for (id, rank) in ids.iter().zip(&request.ranks) {
            let by = By::Upload {
                run: request.run,
                rank: *rank,
            };
            self.put(id, by);
        }
        let records: Vec<Value> = ids
            .iter()
            .map(|id| json!({"crmRecordId": id, "state": "PENDING"}))
            .collect();
        Ok(Message::json(200, &json!({ "records": records })))
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
