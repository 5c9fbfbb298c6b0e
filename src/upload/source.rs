//! Where the records of an upload come from: an iterator, a CSV file or an NDJSON file. Read one by one, never held.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{FieldError, NewRecord};
use crate::request_json::{self, Object, quoted, redact_keys, shorten};
use crate::validate::RecordDraft;

/// The fields of a record, as the API names them.
const FIELDS: [&str; 4] = ["crmRecordId", "scheduleAt", "priority", "rank"];

/// The records of an upload, read as they are needed.
///
/// ```
/// use campaigns8x8::{NewRecord, Source};
///
/// let few = Source::from(vec![NewRecord::new("CRM-1")?, NewRecord::new("CRM-2")?]);
/// let many = Source::records((0..5_000_000).filter_map(|n| NewRecord::new(&format!("CRM-{n}")).ok()));
/// # Ok::<(), campaigns8x8::Error>(())
/// ```
pub struct Source<'a> {
    entries: Entries<'a>,
    /// How many there are, if that is known.
    pub(super) total: Option<u64>,
}

/// The records of a source, one by one; an error ends the upload.
pub(super) type Entries<'a> = Box<dyn Iterator<Item = Result<Entry>> + Send + 'a>;

/// Whether reading is to end although the source has not: asked while a source blocks, about every 50 ms, on the reading
/// thread.
pub(super) type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// One record as a source gives it.
#[derive(Debug)]
pub(super) enum Entry {
    /// Typed: its values may still be wrong, its form is not.
    Record(NewRecord),
    /// To be checked.
    Draft(RecordDraft),
    /// Wrong by itself, e.g. a line that is no JSON.
    Wrong {
        crm_record_id: Option<String>,
        /// What the input says.
        text: String,
        fault: FieldError,
    },
    /// As a draft, from a row of a file: faults name it.
    Row { row: u64, draft: RecordDraft },
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
        let total = exact(&records);
        let entries = records.map(|record| Ok(Entry::Record(record)));
        Self::new(entries, total)
    }

    /// Records as somebody wrote them, from an iterator; each is checked when it is read, and what breaks a rule is
    /// rejected. An error ends the upload.
    pub fn drafts(drafts: impl Iterator<Item = Result<RecordDraft>> + Send + 'a) -> Self {
        let total = exact(&drafts);
        let entries = drafts.map(|draft| draft.map(Entry::Draft));
        Self::new(entries, total)
    }

    /// Begins to read. A source that blocks gives up once `stop` says so.
    pub(super) fn open(self, _stop: Stop) -> Result<Entries<'a>> {
        Ok(self.entries)
    }

    fn new(entries: impl Iterator<Item = Result<Entry>> + Send + 'a, total: Option<u64>) -> Self {
        let entries = Box::new(entries);
        Self { entries, total }
    }

    /// A CSV file in UTF-8 whose first row names the columns: quoting as in RFC 4180, LF or CRLF, a byte order mark or none.
    ///
    /// `columns` says in which column a field stands, as (field, column name); a field whose column bears the field's own
    /// name needs no mention. Other columns are passed over. An empty cell is a field left out. Faults name the row as a
    /// spreadsheet numbers it: the names of the columns are row 1.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`] if the file cannot be read; [`ErrorKind::InvalidArgument`] if a column is missing, or one is
    /// named almost like a field.
    pub fn csv<F: AsRef<str>, C: AsRef<str>>(
        path: impl AsRef<Path>,
        columns: impl IntoIterator<Item = (F, C)>,
    ) -> Result<Self> {
        let path = path.as_ref();
        let mut reader = csv_reader(path)?;
        let headers = reader
            .headers()
            .map_err(|error| unreadable(path, &error))?
            .clone();
        let columns: Vec<(F, C)> = columns.into_iter().collect();
        let given: Vec<(&str, &str)> = columns
            .iter()
            .map(|(field, column)| (field.as_ref(), column.as_ref()))
            .collect();
        let places = columns_of_fields(path, &headers, &given)?;
        let total = if is_regular(path) {
            let mut count = 0_u64;
            let mut record = csv::ByteRecord::new();
            let mut counting = csv_reader(path)?;
            while counting
                .read_byte_record(&mut record)
                .map_err(|error| unreadable(path, &error))?
            {
                count += 1;
            }
            Some(count)
        } else {
            None
        };
        let owned = path.to_owned();
        let width = headers.len();
        let entries = reader
            .into_byte_records()
            .zip(2..)
            .map(move |(record, row)| match record {
                Ok(record) => Ok(csv_entry(&record, row, &places, width)),
                Err(error) => Err(unreadable(&owned, &error)),
            });
        Ok(Self::new(entries, total))
    }

    /// A file with one JSON object a line, `{"crmRecordId":"CRM-1","priority":"LOW"}`. Blank lines are passed over. Faults
    /// name the line.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`] if the file cannot be read.
    pub fn ndjson(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            File::open(path)
                .map(BufReader::new)
                .map_err(|error| unreadable(path, &error))
        };
        let total = if is_regular(path) {
            let mut count = 0;
            for line in Lines::new(open()?) {
                line.map_err(|error| unreadable(path, &error))?;
                count += 1;
            }
            Some(count)
        } else {
            None
        };
        let owned = path.to_owned();
        let entries = Lines::new(open()?).map(move |line| match line {
            Ok((number, line)) => Ok(ndjson_entry(number, &line)),
            Err(error) => Err(unreadable(&owned, &error)),
        });
        Ok(Self::new(entries, total))
    }

    /// Reads the JSON form: `{"records":[{"crmRecordId":"CRM-1"},…]}`,
    /// `{"csv":"contacts.csv","columns":{"crmRecordId":"Account ID"}}` or `{"ndjson":"contacts.ndjson"}`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] on malformed JSON or an unknown field; else as [`csv`](Self::csv) and
    /// [`ndjson`](Self::ndjson).
    pub fn from_json(json: &str) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            records: Option<Vec<Object<RecordDraft>>>,
            csv: Option<PathBuf>,
            columns: Option<Map<String, Value>>,
            ndjson: Option<PathBuf>,
        }
        let wire: Wire = request_json::parse(json, "source", ErrorKind::InvalidArgument)?;
        match wire {
            Wire {
                records: Some(records),
                csv: None,
                columns: None,
                ndjson: None,
            } => Ok(Self::drafts(records.into_iter().map(|draft| Ok(draft.0)))),
            Wire {
                records: None,
                csv: Some(path),
                columns,
                ndjson: None,
            } => {
                let mut pairs = Vec::new();
                for (field, column) in columns.unwrap_or_default() {
                    match column {
                        Value::String(column) => pairs.push((field, column)),
                        _ => {
                            return Err(Error::invalid_argument(format!(
                                "source: columns.{} must be the name of a column, a string",
                                shorten(&field)
                            )));
                        }
                    }
                }
                Self::csv(path, pairs)
            }
            Wire {
                records: None,
                csv: None,
                columns: None,
                ndjson: Some(path),
            } => Self::ndjson(path),
            _ => Err(Error::invalid_argument(
                "source: give one of {\"records\":[…]}, {\"csv\":\"path\",\"columns\":{…}} and {\"ndjson\":\"path\"}",
            )),
        }
    }
}

/// Reads the body of a push, `{"records":[…]}`, of any length.
pub(super) fn drafts_from_json(json: &str) -> Result<Vec<RecordDraft>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wire {
        records: Vec<Object<RecordDraft>>,
    }
    let wire: Wire = request_json::parse(json, "request", ErrorKind::InvalidArgument)?;
    Ok(wire.records.into_iter().map(|draft| draft.0).collect())
}

fn exact<T>(iterator: &impl Iterator<Item = T>) -> Option<u64> {
    match iterator.size_hint() {
        (least, Some(most)) if least == most => u64::try_from(most).ok(),
        _ => None,
    }
}

/// A pipe can be read only once, so it cannot be counted before.
fn is_regular(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

fn unreadable(path: &Path, error: &dyn fmt::Display) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!("{path:?} cannot be read: {error}"),
    )
    .with_hint("see that the file is there, that this program may read it, and that it is not being written to")
}

fn csv_reader(path: &Path) -> Result<csv::Reader<File>> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    // Rows of another length are reported as such, one by one.
    Ok(csv::ReaderBuilder::new().flexible(true).from_reader(file))
}

/// In which column each field stands.
fn columns_of_fields(
    path: &Path,
    headers: &csv::StringRecord,
    columns: &[(&str, &str)],
) -> Result<Vec<(&'static str, usize)>> {
    let wrong = |message: String| Error::invalid_argument(format!("{path:?}: {message}"));
    let present = || {
        let names: Vec<String> = headers.iter().map(quoted).collect();
        shorten(&names.join(", "))
    };
    let find = |name: &str| headers.iter().position(|header| header == name);
    let mut seen = HashSet::new();
    for header in headers {
        if !header.is_empty() && !seen.insert(header) && is_used(header, columns) {
            return Err(wrong(format!("two columns are named {}", quoted(header))));
        }
    }
    for (field, _) in columns {
        if !FIELDS.contains(field) {
            return Err(wrong(format!(
                "columns names the field {}; accepted are {}",
                quoted(field),
                FIELDS.join(", ")
            )));
        }
    }
    let mut places = Vec::new();
    for field in FIELDS {
        if let Some((_, column)) = columns.iter().find(|(mapped, _)| *mapped == field) {
            let place = find(column).ok_or_else(|| {
                wrong(format!(
                    "there is no column {} for {field}; there are {}",
                    quoted(column),
                    present()
                ))
            })?;
            places.push((field, place));
        } else if let Some(place) = find(field) {
            places.push((field, place));
        } else if let Some(almost) = headers.iter().find(|header| is_almost(header, field)) {
            return Err(wrong(format!(
                "the column {} looks like {field}; name it so, or say it with columns {{\"{field}\":{}}}",
                quoted(almost),
                quoted(almost)
            )));
        } else if field == "crmRecordId" {
            return Err(wrong(format!(
                "no column is named crmRecordId; say which one it is, e.g. columns {{\"crmRecordId\":\"Account ID\"}}; \
                 there are {}",
                present()
            )));
        }
    }
    Ok(places)
}

fn is_used(header: &str, columns: &[(&str, &str)]) -> bool {
    FIELDS.contains(&header) || columns.iter().any(|(_, column)| *column == header)
}

/// Whether somebody meant `field` and wrote it another way: a priority passed over would dial in the wrong order.
fn is_almost(header: &str, field: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    letters(header) == letters(field)
}

fn csv_entry(
    record: &csv::ByteRecord,
    row: u64,
    places: &[(&'static str, usize)],
    width: usize,
) -> Entry {
    let text = || {
        let cells: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
        json!(cells).to_string()
    };
    let wrong = |fault: FieldError| Entry::Wrong {
        crm_record_id: places
            .iter()
            .find(|(field, _)| *field == "crmRecordId")
            .and_then(|(_, place)| record.get(*place))
            .map(|id| shorten(&redact_keys(&String::from_utf8_lossy(id)))),
        text: text(),
        fault,
    };
    if record.len() != width {
        return wrong(FieldError::new(
            "row",
            "Size",
            format!(
                "row {row}: has {} cells where the columns are {width}; is a comma not quoted?",
                record.len()
            ),
        ));
    }
    let mut draft = RecordDraft::default();
    for (field, place) in places {
        let Ok(cell) = std::str::from_utf8(record.get(*place).unwrap_or_default()) else {
            return wrong(FieldError::new(
                *field,
                "Format",
                format!("row {row}: is not UTF-8; save the file as UTF-8"),
            ));
        };
        // The id is the caller's and goes as it is; the others are ours to read.
        match *field {
            "crmRecordId" => draft.crm_record_id = text_of(cell),
            "scheduleAt" => draft.schedule_at = text_of(cell.trim()),
            "priority" => draft.priority = text_of(cell.trim()),
            _ => {
                draft.rank = text_of(cell.trim()).map(|cell| match cell.as_str() {
                    Some(text) => match text.parse::<f64>() {
                        Ok(number) if number.is_finite() => json!(number),
                        _ => cell,
                    },
                    None => cell,
                });
            }
        }
    }
    Entry::Row { row, draft }
}

fn text_of(cell: &str) -> Option<Value> {
    (!cell.is_empty()).then(|| Value::String(cell.to_owned()))
}

fn ndjson_entry(number: u64, line: &[u8]) -> Entry {
    let parsed = std::str::from_utf8(line)
        .map_err(|_| "is not UTF-8".to_owned())
        .and_then(|line| {
            request_json::parse::<RecordDraft>(line, "record", ErrorKind::InvalidArgument)
                .map_err(|error| error.message().to_owned())
        });
    match parsed {
        Ok(draft) => Entry::Row { row: number, draft },
        Err(message) => Entry::Wrong {
            crm_record_id: None,
            text: String::from_utf8_lossy(line).into_owned(),
            fault: FieldError::new("line", "Format", format!("line {number}: {message}")),
        },
    }
}

/// The lines of a file that are not blank, with their numbers.
struct Lines<R> {
    reader: BufReader<R>,
    number: u64,
}

/// No record is longer; a line that is would be a file without line ends.
const LONGEST_LINE: u64 = 1024 * 1024;

impl<R: Read> Lines<R> {
    fn new(reader: BufReader<R>) -> Self {
        Self { reader, number: 0 }
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = std::io::Result<(u64, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.reader)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line);
            match read {
                Ok(0) => return None,
                Ok(n) if n as u64 == LONGEST_LINE && line.last() != Some(&b'\n') => {
                    return Some(Err(std::io::Error::other("a line is longer than 1 MiB")));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            self.number += 1;
            if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
            let blank = line.iter().all(u8::is_ascii_whitespace);
            if !blank {
                let end = line.trim_ascii_end().len();
                line.truncate(end);
                return Some(Ok((self.number, line)));
            }
        }
    }
}
