//! Where the records of an upload come from: an iterator, a CSV file or an NDJSON file. Read one by one, never held.
//!
//! A source gives each record as an [`entry`]; the upload checks it there. Files are opened and read as [`input`] says: a
//! regular one is checked and counted when the source is made, one that may block is opened when the upload reads it. A
//! [`csv`] file is read as strict [`rows`], the fields are found by its [`columns`], and rows that stray quotes have
//! swallowed are found by [`misread`]. An [`ndjson`] file has a record a line. [`json`] is how C callers write a source.

mod columns;
mod csv;
mod entry;
mod input;
mod json;
mod misread;
mod ndjson;
mod rows;

use std::fmt;
use std::path::Path;

pub(super) use self::entry::{Entries, Entry, Stop};
pub(super) use self::json::drafts_from_json;
use crate::model::NewRecord;
use crate::outcome::Result;
use crate::validate::RecordDraft;

/// The records of an upload, read as they are needed.
///
/// A file that may block, as a pipe, a FIFO or `/dev/stdin`, is read on Unix so that cancelling the upload and its deadline
/// end the waiting too, within about 50 ms. On Windows, and in an iterator, they are noticed after the read.
///
/// ```
/// use campaigns8x8::{NewRecord, Source};
///
/// let few = Source::from(vec![NewRecord::new("CRM-1")?, NewRecord::new("CRM-2")?]);
/// let many = Source::records((0..5_000_000).filter_map(|n| NewRecord::new(&format!("CRM-{n}")).ok()));
/// # Ok::<(), campaigns8x8::Error>(())
/// ```
pub struct Source<'a> {
    open: Box<dyn FnOnce(Stop) -> Result<Entries<'a>> + Send + 'a>,
    /// How many there are, if that is known.
    pub(super) total: Option<u64>,
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl From<Vec<NewRecord>> for Source<'_> {
    fn from(records: Vec<NewRecord>) -> Self {
        Self::records(records.into_iter())
    }
}

impl<'a> Source<'a> {
    /// Records from an iterator.
    pub fn records(records: impl Iterator<Item = NewRecord> + Send + 'a) -> Self {
        let entries = records.map(|record| Ok(Entry::Record(record)));
        Self::new(exact(&entries), |_| Ok(Box::new(entries)))
    }

    /// Records as somebody wrote them, from an iterator; each is checked when it is read, and what breaks a rule is
    /// rejected. An error ends the upload.
    pub fn drafts(drafts: impl Iterator<Item = Result<RecordDraft>> + Send + 'a) -> Self {
        let entries = drafts.map(|draft| draft.map(Entry::Draft));
        Self::new(exact(&entries), |_| Ok(Box::new(entries)))
    }

    /// A CSV file in UTF-8 whose first row names the columns: quoting as in RFC 4180; LF, CRLF or CR; a byte order mark or
    /// none.
    ///
    /// `columns` says in which column a field stands, as (field, column name); a field whose column has the field's own
    /// name needs no mention. Other columns are passed over. An empty cell is a field left out. Faults name the row as a
    /// spreadsheet numbers it: the names of the columns are row 1, blank rows count.
    ///
    /// Quotes are read strictly, because a stray one would swallow rows. A cell that contains a quote, a comma or a line
    /// break must be quoted, each quote in it doubled, and a row has 1 MiB at most. Two stray quotes can look like one
    /// quoted cell with line breaks: where such a cell looks like rows, or is the value of a field, the file is refused.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`](crate::ErrorKind::Storage) if the file cannot be read;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if a column is missing, one is named almost like a
    /// field, or a row breaks a rule of the format. For a file that is not regular, as a pipe, these end the upload.
    pub fn csv<F: AsRef<str>, C: AsRef<str>>(
        path: impl AsRef<Path>,
        columns: impl IntoIterator<Item = (F, C)>,
    ) -> Result<Self> {
        let path = path.as_ref();
        csv::source(path, columns::Named::new(path, columns)?)
    }

    /// A file with one JSON object a line, `{"crmRecordId":"CRM-1","priority":"LOW"}`. Blank lines are passed over. Faults
    /// name the line. A line has 1 MiB at most.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`](crate::ErrorKind::Storage) if the file cannot be read;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if a line is too long. For a file that is not
    /// regular, as a pipe, these end the upload.
    pub fn ndjson(path: impl AsRef<Path>) -> Result<Self> {
        ndjson::source(path.as_ref())
    }

    /// Reads the JSON form: `{"records":[{"crmRecordId":"CRM-1"},…]}`,
    /// `{"csv":"contacts.csv","columns":{"crmRecordId":"Account ID"}}` or `{"ndjson":"contacts.ndjson"}`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) on malformed JSON or an unknown field; else as
    /// [`csv`](Self::csv) and [`ndjson`](Self::ndjson).
    pub fn from_json(json: &str) -> Result<Self> {
        json::source(json)
    }

    /// Begins to read. A file that blocks fails once `stop` says so.
    pub(super) fn open(self, stop: Stop) -> Result<Entries<'a>> {
        (self.open)(stop)
    }

    fn new(total: Option<u64>, open: impl FnOnce(Stop) -> Result<Entries<'a>> + Send + 'a) -> Self {
        let open = Box::new(open);
        Self { open, total }
    }
}

/// How many an iterator gives, if it knows.
fn exact<T>(iterator: &impl Iterator<Item = T>) -> Option<u64> {
    match iterator.size_hint() {
        (least, Some(most)) if least == most => u64::try_from(most).ok(),
        _ => None,
    }
}
