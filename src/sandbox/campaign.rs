//! One campaign: its state, which changes as time passes, and its records.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::account::{CAMPAIGN_ID, TENANT};
use super::options::SandboxOptions;
use crate::model::{CampaignAction, CampaignState, NewRecord, Priority};
use crate::state_machine::{self, Marks};

use CampaignState as S;

#[derive(Debug)]
pub(super) struct Campaign {
    id: String,
    state: CampaignState,
    /// When it came to that state; later moves count from here.
    since: Instant,
    marks: Marks,
    starts_after_build: bool,
    opens: Option<Instant>,
    ends: Option<Instant>,
    build_time: Duration,
    start_time: Duration,
    build_fails: bool,
    start_fails: bool,
    pub(super) dynamic: bool,
    seed: u64,
    last_build: Option<Timestamp>,
    last_purged: Option<Timestamp>,
    started: Option<Timestamp>,
    completed: Option<Timestamp>,
    records: Vec<Stored>,
    ids: HashSet<Arc<str>>,
    in_group: [u64; 3],
}

#[derive(Debug)]
struct Stored {
    id: Arc<str>,
    group: usize,
    rank: f64,
    schedule_at: Option<Timestamp>,
    created: Timestamp,
}

/// Why the campaign does not do what was asked.
#[derive(Debug)]
pub(super) enum Refusal {
    Disabled,
    WrongState,
    /// This id is on the campaign already.
    Duplicate(String),
}

const GROUPS: [Priority; 3] = [Priority::High, Priority::Medium, Priority::Low];

impl Campaign {
    pub(super) fn new(id: &str, options: &SandboxOptions) -> Self {
        let now = Instant::now();
        Self {
            id: id.to_owned(),
            state: options.state.clone(),
            since: now,
            marks: Marks {
                disabled: !options.enabled,
                ..Marks::default()
            },
            starts_after_build: false,
            opens: options.opens_after.map(|wait| now + wait),
            ends: options.ends_after.map(|wait| now + wait),
            build_time: options.build_time,
            start_time: options.start_time,
            build_fails: options.build_fails,
            start_fails: options.start_fails,
            dynamic: options.dynamic,
            seed: options.seed,
            last_build: None,
            last_purged: None,
            started: None,
            completed: None,
            records: Vec::new(),
            ids: HashSet::new(),
            in_group: [0; 3],
        }
    }

    pub(super) fn state(&mut self) -> CampaignState {
        self.advance(Instant::now());
        self.state.clone()
    }

    pub(super) fn set_state(&mut self, state: CampaignState) {
        self.enter(state, Instant::now());
        self.starts_after_build = false;
    }

    /// Makes the moves that are due.
    fn advance(&mut self, now: Instant) {
        loop {
            let ended = self.ends.filter(|ends| *ends <= now);
            let due = match self.state {
                S::Building => (self.since + self.build_time, self.built()),
                S::Starting if self.start_fails => (self.since + self.start_time, S::BuildError),
                S::Starting => (self.since + self.start_time, S::Running),
                S::Pending | S::Running if ended.is_some() => (ended.unwrap_or(now), S::Complete),
                S::Pending => (self.opens.unwrap_or(now), S::Starting),
                _ => return,
            };
            if due.0 > now {
                return;
            }
            let starts = self.starts_after_build && due.1 == S::Ready;
            self.enter(due.1, due.0);
            if starts {
                self.starts_after_build = false;
                self.start(due.0);
            }
        }
    }

    fn built(&self) -> CampaignState {
        if self.build_fails {
            S::BuildError
        } else {
            S::Ready
        }
    }

    fn enter(&mut self, state: CampaignState, at: Instant) {
        let ago = SignedDuration::try_from(at.elapsed()).unwrap_or_default();
        let time = Timestamp::now().checked_sub(ago).ok();
        match state {
            S::Ready => self.last_build = time,
            S::Running if self.started.is_none() => self.started = time,
            S::Complete => self.completed = time,
            _ => {}
        }
        self.state = state;
        self.since = at;
    }

    fn start(&mut self, at: Instant) {
        let waits = self.opens.is_some_and(|opens| opens > at);
        self.enter(if waits { S::Pending } else { S::Starting }, at);
    }

    pub(super) fn act(
        &mut self,
        action: CampaignAction,
        enabled: Option<bool>,
        build_on_start: bool,
    ) -> Result<Value, Refusal> {
        use CampaignAction as A;
        let now = Instant::now();
        self.advance(now);
        if self.marks.disabled && !state_machine::is_valid_when_disabled(action) {
            return Err(Refusal::Disabled);
        }
        if !state_machine::is_valid(action, &self.state, build_on_start) {
            return Err(Refusal::WrongState);
        }
        if let Some(enabled) = enabled {
            self.marks.disabled = !enabled;
        }
        match action {
            A::Build => self.enter(S::Building, now),
            A::Start if build_on_start => {
                self.starts_after_build = true;
                self.enter(S::Building, now);
            }
            A::Start => self.start(now),
            A::Reset => self.enter(S::Created, now),
            A::Pause => self.enter(S::Paused, now),
            A::Resume | A::Retry => {
                self.marks.purged = false;
                self.enter(S::Running, now);
            }
            A::Cancel => {
                self.marks.cancelled = true;
                self.enter(S::Complete, now);
            }
            A::Purge => {
                self.marks.purged = true;
                self.last_purged = Some(Timestamp::now());
            }
        }
        Ok(self.to_json())
    }

    /// Adds all records or none.
    pub(super) fn add(&mut self, records: Vec<NewRecord>) -> Result<Value, Refusal> {
        self.advance(Instant::now());
        if !state_machine::accepts_records(&self.state) {
            return Err(Refusal::WrongState);
        }
        let present = |record: &&NewRecord| self.ids.contains(record.crm_record_id.as_str());
        if let Some(record) = records.iter().find(present) {
            return Err(Refusal::Duplicate(record.crm_record_id.to_string()));
        }
        let now = Timestamp::now();
        let answered: Vec<_> = records
            .into_iter()
            .map(|record| self.store(&record, now))
            .collect();
        Ok(json!({ "records": answered }))
    }

    fn store(&mut self, record: &NewRecord, now: Timestamp) -> Value {
        let priority = record.priority.clone().unwrap_or(Priority::High);
        let group = GROUPS
            .iter()
            .position(|other| *other == priority)
            .unwrap_or_default();
        let in_group = self.in_group.get_mut(group);
        let size = in_group.map_or(0, |size| {
            *size += 1;
            *size
        });
        let rank = record.rank.unwrap_or(size as f64);
        let id: Arc<str> = Arc::from(record.crm_record_id.as_str());
        self.ids.insert(Arc::clone(&id));
        self.records.push(Stored {
            id,
            group,
            rank,
            schedule_at: record.schedule_at,
            created: now,
        });
        json!({
            "id": self.record_uuid(self.records.len()),
            "type": "DYNAMIC",
            "crmRecordId": record.crm_record_id,
            "priority": priority,
            "rank": rank,
            "nextAttemptAfter": record.schedule_at.unwrap_or(now).to_string(),
            "retryCount": 0,
            "state": "PENDING",
        })
    }

    /// The same for the same seed and place, so that a run can be repeated.
    fn record_uuid(&self, place: usize) -> String {
        let bits = (u128::from(self.seed) << 64) | place as u128;
        uuid::Builder::from_random_bytes(bits.to_be_bytes())
            .into_uuid()
            .to_string()
    }

    /// Another writer, whose requests are not seen here. Whether the id was put there, because it was new.
    pub(super) fn put(&mut self, id: &str) -> bool {
        match NewRecord::new(id) {
            Ok(record) if !self.ids.contains(id) => {
                self.store(&record, Timestamp::now());
                true
            }
            _ => false,
        }
    }

    pub(super) fn stored(&self) -> Vec<String> {
        self.records.iter().map(|r| r.id.to_string()).collect()
    }

    /// Priority group, then the time it is due, then rank, then arrival.
    ///
    /// A record is due at its `scheduleAt`, without one from its creation (contract: `nextAttemptAfter`). Records without a
    /// `scheduleAt` keep the order of their ranks among each other, whenever they came: so one of them is due as early as the
    /// earliest that it goes before by rank.
    pub(super) fn dial_order(&self) -> Vec<String> {
        let by_rank = |a: &&Stored, b: &&Stored| {
            let rank = a.rank.partial_cmp(&b.rank).unwrap_or(Ordering::Equal);
            a.group.cmp(&b.group).then(rank)
        };
        let mut order: Vec<_> = self.records.iter().collect();
        order.sort_by(by_rank);
        // From the last rank to the first, so that what a record goes before has been seen.
        let mut earliest = [Timestamp::MAX; GROUPS.len()];
        let mut due: Vec<_> = order
            .into_iter()
            .rev()
            .map(
                |record| match (record.schedule_at, earliest.get_mut(record.group)) {
                    (Some(at), _) => (at, record),
                    (None, Some(earliest)) => {
                        *earliest = record.created.min(*earliest);
                        (*earliest, record)
                    }
                    (None, None) => (record.created, record),
                },
            )
            .collect();
        // A stable sort: where group and time are equal, the order by rank and arrival stays.
        due.reverse();
        due.sort_by_key(|(at, record)| (record.group, *at));
        due.into_iter().map(|(_, r)| r.id.to_string()).collect()
    }

    /// The campaign as a PATCH answers it: what does not apply is left out.
    pub(super) fn to_json(&self) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("id", json!(self.id));
        put("tenantId", json!(TENANT));
        put("integrationType", json!("contactual"));
        put("state", json!(self.state));
        let shown = state_machine::display_status(&self.state, self.marks);
        put("displayStatus", json!(shown));
        put("recordCount", json!(self.records.len()));
        if !self.records.is_empty() {
            let count =
                json!({ "type": "DYNAMIC", "state": "PENDING", "count": self.records.len() });
            put("recordCounts", json!([count]));
        }
        let scheduled = |at: Option<Instant>| {
            let at = at?;
            let ahead = at.saturating_duration_since(Instant::now());
            let ago = Instant::now().saturating_duration_since(at);
            let ahead = SignedDuration::try_from(ahead).ok()?;
            let ago = SignedDuration::try_from(ago).ok()?;
            Timestamp::now()
                .checked_add(ahead)
                .ok()?
                .checked_sub(ago)
                .ok()
        };
        for (name, time) in [
            ("startTime", scheduled(self.opens)),
            ("endTime", scheduled(self.ends)),
            ("lastBuildTime", self.last_build),
            ("lastPurgedTime", self.last_purged),
            ("startedTime", self.started),
            ("completedTime", self.completed),
        ] {
            if let Some(time) = time {
                put(name, json!(time.to_string()));
            }
        }
        Value::Object(body)
    }
}

/// Whether `id` is the campaign that every sandbox comes with.
pub(super) fn is_the_one(id: &str) -> bool {
    id.parse::<Uuid>().ok() == CAMPAIGN_ID.parse().ok()
}
