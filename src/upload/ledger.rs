//! The ledger: an SQLite file that says of every record what is known of it, written before and after each request, so that
//! an upload that was killed can be run again and sends only what is not certain yet.
//!
//! ```sql
//! CREATE TABLE upload (      -- one row
//!   campaign_id TEXT, tenant TEXT,
//!   ranks       TEXT,        -- "server", or the first rank
//!   total       INTEGER,     -- records in the input; NULL until its end was seen
//!   begun_at    TEXT         -- RFC 3339, UTC, like every time here
//! );
//! CREATE TABLE records (     -- one row for each record that was sent or rejected
//!   row_index     INTEGER PRIMARY KEY,  -- its place in the input, from 0
//!   crm_record_id TEXT,
//!   record        TEXT,      -- what the input says, as JSON
//!   outcome       TEXT,      -- sending, unknown, notSent, added, alreadyPresent, rejected or refused
//!   request       INTEGER,   -- the latest request it was in; records with the same number went together
//!   changed_at    TEXT,
//!   detail        TEXT       -- {"fieldErrors":[…],"error":{…}} where there is more to say
//! );
//! ```
//!
//! What happened to CRM-123, and when?
//! `SELECT outcome, changed_at, detail FROM records WHERE crm_record_id = 'CRM-123'`. Reading is possible while an upload
//! runs. `sending` after an upload has ended means that it was killed: the next one with the same ledger finds out.
//!
//! Each change is on the disk (write-ahead log, synchronous FULL) before the upload goes on. Only its owner may read it, and
//! a second uploader is kept out: see [`super::ledger_file`].

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::candidate::as_written;
use super::inquiry::Item;
use super::ledger_file::{LedgerFile, storage};
use super::options::Ranks;
use crate::identifier::CampaignId;
use crate::outcome::{Error, Outcome, RecordOutcome, Result};

/// What the file is, for `PRAGMA application_id`: "c8x8" in ASCII.
const APPLICATION: i32 = 0x6338_7838;
/// The version of its tables, for `PRAGMA user_version`.
const VERSION: i32 = 1;
/// Rejected records that wait for the next write of others; a run of them longer than this is written by itself.
const REJECTED_AT_ONCE: usize = 1000;

#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    book: Mutex<Book>,
    /// Dropped after the connection above.
    _file: LedgerFile,
}

#[derive(Debug)]
struct Book {
    connection: Connection,
    next_request: i64,
    /// Rows from the input that need no haste: without them the same would be found out again.
    rejected: Vec<Row>,
}

/// One row to write.
#[derive(Debug)]
pub(super) struct Row {
    index: u64,
    crm_record_id: Option<String>,
    record: String,
    outcome: &'static str,
    detail: Option<String>,
}

/// What the ledger says of a record.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) crm_record_id: Option<String>,
    pub(super) record: String,
    outcome: String,
    pub(super) request: Option<i64>,
    pub(super) detail: Option<String>,
}

impl Known {
    const COLUMNS: &'static str = "crm_record_id, record, outcome, request, detail";

    fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            crm_record_id: row.get(0)?,
            record: row.get(1)?,
            outcome: row.get(2)?,
            request: row.get(3)?,
            detail: row.get(4)?,
        })
    }

    /// What it says that became of the record: one that was being sent is unknown.
    pub(super) fn outcome(&self) -> Outcome {
        let is_named = |outcome: &Outcome| outcome.as_str() == self.outcome;
        Outcome::ALL
            .into_iter()
            .find(is_named)
            .unwrap_or(Outcome::Unknown)
    }
}

/// What an upload is about; a ledger belongs to one.
pub(super) struct Subject<'a> {
    pub(super) campaign: CampaignId,
    pub(super) tenant: &'a str,
    pub(super) ranks: Ranks,
}

impl Row {
    pub(super) fn of(item: &Item, outcome: &'static str) -> Self {
        Self {
            index: item.index,
            crm_record_id: Some(item.record.crm_record_id.to_string()),
            record: as_written(&item.record),
            outcome,
            detail: None,
        }
    }

    /// A record that is wrong by itself; `record` is what the input says.
    pub(super) fn rejected(outcome: &RecordOutcome, record: String) -> Self {
        Self {
            index: outcome.index,
            crm_record_id: outcome.crm_record_id.clone(),
            record,
            outcome: outcome.outcome.as_str(),
            detail: None,
        }
        .with_detail(outcome)
    }

    pub(super) fn with_detail(mut self, outcome: &RecordOutcome) -> Self {
        if !outcome.field_errors.is_empty() || outcome.error.is_some() {
            let detail = serde_json::json!({
                "fieldErrors": outcome.field_errors,
                "error": outcome.error,
            });
            self.detail = Some(detail.to_string());
        }
        self
    }
}

impl Ledger {
    /// Opens the ledger, or begins it. The disk has been written to when this returns.
    pub(super) fn open(path: &Path, subject: &Subject<'_>) -> Result<Self> {
        let file = LedgerFile::open(path)?;
        let book = Book::open(file.path(), subject).map_err(|error| storage(path, error))??;
        Ok(Self {
            path: path.to_owned(),
            book: Mutex::new(book),
            _file: file,
        })
    }

    /// Up to which place in the input it knows records; from there on all are new.
    pub(super) fn extent(&self) -> Result<u64> {
        let sql = "SELECT coalesce(max(row_index) + 1, 0) FROM records";
        self.with(|book| book.connection.query_row(sql, [], |row| row.get(0)))
    }

    /// How many records the input had, once its end was seen.
    pub(super) fn total(&self) -> Result<Option<u64>> {
        let sql = "SELECT total FROM upload";
        self.with(|book| book.connection.query_row(sql, [], |row| row.get(0)))
    }

    pub(super) fn set_total(&self, total: u64) -> Result<()> {
        self.with(|book| {
            book.connection
                .execute("UPDATE upload SET total = ?1", [total])
                .map(drop)
        })
    }

    pub(super) fn known(&self, index: u64) -> Result<Option<Known>> {
        let columns = Known::COLUMNS;
        let sql = format!("SELECT {columns} FROM records WHERE row_index = ?1");
        self.with(|book| {
            let mut statement = book.connection.prepare_cached(&sql)?;
            statement.query_row([index], Known::of).optional()
        })
    }

    /// Has `take` called with all that it knows from this place on, in order.
    pub(super) fn known_from(&self, index: u64, mut take: impl FnMut(u64, Known)) -> Result<()> {
        let columns = Known::COLUMNS;
        let sql = format!(
            "SELECT {columns}, row_index FROM records WHERE row_index >= ?1 ORDER BY row_index"
        );
        self.with(|book| {
            let mut statement = book.connection.prepare(&sql)?;
            let mut rows = statement.query([index])?;
            while let Some(row) = rows.next()? {
                take(row.get(5)?, Known::of(row)?);
            }
            Ok(())
        })
    }

    /// These go in one request now.
    pub(super) fn sending(&self, items: Vec<&Item>) -> Result<()> {
        self.with(|book| {
            let request = book.next_request;
            book.next_request += 1;
            let rows = items.into_iter().map(|item| Row::of(item, "sending"));
            book.write(rows.collect(), Some(request))
        })
    }

    pub(super) fn write(&self, rows: Vec<Row>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.with(|book| book.write(rows, None))
    }

    /// A record that is wrong by itself. Written with the next rows.
    pub(super) fn note_rejected(&self, row: Row) -> Result<()> {
        self.with(|book| {
            book.rejected.push(row);
            if book.rejected.len() < REJECTED_AT_ONCE {
                return Ok(());
            }
            book.write(Vec::new(), None)
        })
    }

    /// Writes what waits.
    pub(super) fn flush(&self) -> Result<()> {
        self.with(|book| book.write(Vec::new(), None))
    }

    fn with<T>(&self, f: impl FnOnce(&mut Book) -> rusqlite::Result<T>) -> Result<T> {
        f(&mut self.book()).map_err(|error| storage(&self.path, error))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // A panic in the middle of a write rolls the transaction back.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn open(path: &Path, subject: &Subject<'_>) -> rusqlite::Result<Result<Self>> {
        let mut connection = Connection::open(path)?;
        let application: i32 =
            connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
        if tables > 0 && application != APPLICATION {
            return Ok(Err(wrong_file(path, "it is the file of another program")));
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let transaction = connection.transaction()?;
        if tables == 0 {
            begin(&transaction, subject)?;
        } else if let Err(error) = compare(&transaction, path, subject)? {
            return Ok(Err(error));
        }
        // Written to in any case: a disk that takes nothing is found out before anything is sent.
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute("UPDATE upload SET begun_at = begun_at", [])?;
        transaction.commit()?;
        let next_request = connection.query_row(
            "SELECT coalesce(max(request), 0) + 1 FROM records",
            [],
            |row| row.get(0),
        )?;
        Ok(Ok(Self {
            connection,
            next_request,
            rejected: Vec::new(),
        }))
    }

    /// One transaction; `request` is the number of the request they go in now.
    fn write(&mut self, rows: Vec<Row>, request: Option<i64>) -> rusqlite::Result<()> {
        if rows.is_empty() && self.rejected.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now().to_string();
        let transaction = self.connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO records (row_index, crm_record_id, record, outcome, request, changed_at, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (row_index) DO UPDATE SET
                   outcome = excluded.outcome, request = coalesce(excluded.request, request),
                   changed_at = excluded.changed_at, detail = excluded.detail",
            )?;
            for row in self.rejected.iter().chain(&rows) {
                statement.execute(params![
                    row.index,
                    row.crm_record_id,
                    row.record,
                    row.outcome,
                    request,
                    now,
                    row.detail
                ])?;
            }
        }
        transaction.commit()?;
        self.rejected.clear();
        Ok(())
    }
}

fn begin(connection: &Connection, subject: &Subject<'_>) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.execute_batch(
        "CREATE TABLE upload (
           campaign_id TEXT NOT NULL, tenant TEXT NOT NULL, ranks TEXT NOT NULL, total INTEGER, begun_at TEXT NOT NULL);
         CREATE TABLE records (
           row_index INTEGER PRIMARY KEY, crm_record_id TEXT, record TEXT NOT NULL, outcome TEXT NOT NULL,
           request INTEGER, changed_at TEXT NOT NULL, detail TEXT);",
    )?;
    connection.execute(
        "INSERT INTO upload (campaign_id, tenant, ranks, begun_at) VALUES (?1, ?2, ?3, ?4)",
        params![
            subject.campaign.to_string(),
            subject.tenant,
            ranks(subject.ranks),
            Timestamp::now().to_string()
        ],
    )?;
    Ok(())
}

/// Whether the ledger was begun for the same upload.
fn compare(
    connection: &Connection,
    path: &Path,
    subject: &Subject<'_>,
) -> rusqlite::Result<Result<()>> {
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        let what = format!("it has version {version}, this library writes version {VERSION}");
        return Ok(Err(wrong_file(path, &what)));
    }
    let begun: [String; 3] =
        connection.query_row("SELECT campaign_id, tenant, ranks FROM upload", [], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?])
        })?;
    let asked = [
        subject.campaign.to_string(),
        subject.tenant.to_owned(),
        ranks(subject.ranks),
    ];
    let names = ["campaign", "tenant", "ranks"];
    for ((name, begun), asked) in names.iter().zip(begun).zip(asked) {
        if begun != asked {
            let what = format!("it was begun with {name} {begun}, and this upload has {asked}");
            return Ok(Err(wrong_file(path, &what)));
        }
    }
    Ok(Ok(()))
}

fn ranks(ranks: Ranks) -> String {
    match ranks {
        Ranks::Server => "server".to_owned(),
        Ranks::StartAt(start) => start.to_string(),
    }
}

pub(super) fn wrong_file(path: &Path, what: &str) -> Error {
    Error::invalid_argument(format!("ledger {path:?}: {what}")).with_hint(
        "nothing was sent; use the input and the settings that this ledger was begun with, or another ledger file",
    )
}
