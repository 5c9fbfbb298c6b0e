//! A CSV file as records: each row is a draft, or wrong in its form.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::columns::{Columns, Field, Named, wrong};
use super::entry::Entry;
use super::input::{Input, unreadable};
use super::misread;
use super::origin::Source;
use super::rows::{Fault, Row, Rows};
use crate::outcome::{Error, FieldError, Result};
use crate::text::{redact_keys, shorten};
use crate::validate::RecordDraft;

impl<'a> Source<'a> {
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
        source(path, Named::new(path, columns)?)
    }
}

/// The records of the file at `path`. A regular file is read to its end once before, so that nothing is sent of one with a
/// fault; of the others the faults are found when they are read.
fn source<'a>(path: &Path, named: Named) -> Result<Source<'a>> {
    let mut input = Input::find(path)?;
    let total = input.count(|path, file| Table::begin(path, file, &named)?.count_records())?;
    Ok(Source::new(total, move |stop| {
        let path = input.path().to_owned();
        Ok(Box::new(Table::begin(&path, input.open(stop)?, &named)?))
    }))
}

/// The rows below the names of the columns.
struct Table<R> {
    path: PathBuf,
    rows: Rows<R>,
    columns: Columns,
    row: Row,
    /// Whether no row was read yet.
    fresh: bool,
}

impl<R: Read> Table<R> {
    fn begin(path: &Path, input: R, named: &Named) -> Result<Self> {
        let mut rows = Rows::new(input).map_err(|error| unreadable(path, &error))?;
        let mut row = Row::default();
        if !rows.read(&mut row).map_err(|fault| broken(path, fault))? {
            let message = "the file is empty; its first row must name the columns";
            return Err(wrong(path, message));
        }
        if let Some(suspicion) = misread::in_header(&row) {
            return Err(stray_quote(path, &suspicion));
        }
        let columns = Columns::find(path, &row, named)?;
        Ok(Self {
            path: path.to_owned(),
            rows,
            columns,
            row,
            fresh: true,
        })
    }

    fn count_records(mut self) -> Result<u64> {
        let mut count = 0;
        while self.advance()? {
            count += 1;
        }
        Ok(count)
    }

    /// Reads the next row; false at the end of the file.
    fn advance(&mut self) -> Result<bool> {
        let more = self
            .rows
            .read(&mut self.row)
            .map_err(|fault| broken(&self.path, fault))?;
        let fresh = std::mem::replace(&mut self.fresh, false);
        let suspicion = match more {
            true => misread::in_record(&self.row, &self.columns),
            false if fresh => misread::in_no_record(&self.columns),
            false => None,
        };
        match suspicion {
            Some(suspicion) => Err(stray_quote(&self.path, &suspicion)),
            None => Ok(more),
        }
    }
}

impl<R: Read> Iterator for Table<R> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.advance() {
            Ok(true) => Some(Ok(entry(&self.row, &self.columns))),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

fn broken(path: &Path, fault: Fault) -> Error {
    match fault {
        Fault::Read(error) => unreadable(path, &error),
        Fault::Form(message) => wrong(path, &message).with_hint(
            "correct that row: a cell with a quote, a comma or a line break in it stands in quotes, without a blank \
             around them, and a quote inside it is written twice (\"\"); or save the file again from the spreadsheet",
        ),
    }
}

fn stray_quote(path: &Path, suspicion: &str) -> Error {
    wrong(path, &format!("{suspicion}; rows would be lost")).with_hint(
        "look for a quote that is missing or one too many at the first and the last of these lines; if the cell is meant \
         so, take the line breaks out of it, or leave its column out of the file",
    )
}

fn entry(row: &Row, columns: &Columns) -> Entry {
    let number = row.number;
    if row.len() != columns.width {
        let message = format!(
            "row {number}: has {} cells where the columns are {}; is a comma not quoted?",
            row.len(),
            columns.width
        );
        return wrong_entry(row, columns, FieldError::new("row", "Size", message));
    }
    let mut draft = RecordDraft::default();
    for (field, place) in &columns.places {
        let Ok(cell) = std::str::from_utf8(row.get(*place).unwrap_or_default()) else {
            let message = format!("row {number}: is not UTF-8; save the file as UTF-8");
            let fault = FieldError::new(field.as_str(), "Format", message);
            return wrong_entry(row, columns, fault);
        };
        // The id is the caller's and goes as it is; the others are ours to read.
        match field {
            Field::CrmRecordId => draft.crm_record_id = text_of(cell),
            Field::ScheduleAt => draft.schedule_at = text_of(cell.trim()),
            Field::Priority => draft.priority = text_of(cell.trim()),
            Field::Rank => draft.rank = rank_of(cell.trim()),
        }
    }
    Entry::Row { row: number, draft }
}

fn wrong_entry(row: &Row, columns: &Columns, fault: FieldError) -> Entry {
    let cells: Vec<_> = row.cells().map(String::from_utf8_lossy).collect();
    Entry::Wrong {
        crm_record_id: columns
            .place_of(Field::CrmRecordId)
            .and_then(|place| row.get(place))
            .map(|id| shorten(&redact_keys(&String::from_utf8_lossy(id)))),
        text: json!(cells).to_string(),
        fault,
    }
}

fn text_of(cell: &str) -> Option<Value> {
    (!cell.is_empty()).then(|| Value::String(cell.to_owned()))
}

/// A number, or the text that the check then refuses.
fn rank_of(cell: &str) -> Option<Value> {
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Some(json!(number)),
        _ => text_of(cell),
    }
}

#[cfg(test)]
mod tests {
    use ::csv::{QuoteStyle, WriterBuilder};
    use proptest::prelude::*;

    use super::*;

    type Cells = Vec<Vec<u8>>;

    fn read(text: &[u8]) -> Result<Vec<Cells>> {
        let path = Path::new("contacts.csv");
        let columns: [(&str, &str); 0] = [];
        let mut table = Table::begin(path, text, &Named::new(path, columns)?)?;
        let mut all = Vec::new();
        while table.advance()? {
            all.push(table.row.cells().map(<[u8]>::to_vec).collect());
        }
        Ok(all)
    }

    /// Tables of seven columns: a row in another cell shows itself by six commas.
    fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
        let row = prop::collection::vec("[ab]{0,2}", 6);
        prop::collection::vec(row, 1..6)
    }

    fn written(table: &[Vec<String>], style: QuoteStyle) -> Vec<u8> {
        let mut writer = WriterBuilder::new()
            .quote_style(style)
            .from_writer(Vec::new());
        writer
            .write_record(["n1", "n2", "crmRecordId", "n3", "n4", "priority", "n5"])
            .unwrap();
        for (n, row) in table.iter().enumerate() {
            let id = format!("CRM-{n}");
            let mut row: Vec<&str> = row.iter().map(String::as_str).collect();
            row.insert(2, &id);
            writer.write_record(&row).unwrap();
        }
        writer.into_inner().unwrap()
    }

    /// A row may be changed where the quotes are, and two quotes on a line of their own are one more; but none is lost.
    fn none_is_lost(text: &[u8], rows: &[Cells]) -> std::result::Result<(), TestCaseError> {
        let Ok(now) = read(text) else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(text);
        prop_assert!(now.len() >= rows.len(), "{text}");
        let changed = rows.iter().filter(|row| !now.contains(row)).count();
        prop_assert!(changed <= 2, "{text}");
        Ok(())
    }

    proptest! {
        #[test]
        fn two_stray_quotes_never_swallow_a_row(
            table in tables(),
            style in prop::sample::select(vec![QuoteStyle::Necessary, QuoteStyle::Always]),
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 2),
        ) {
            let mut text = written(&table, style);
            let rows = read(&text).unwrap();
            for (place, insert) in edits {
                let quotes: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'"').collect();
                if insert || quotes.is_empty() {
                    text.insert(place.index(text.len() + 1), b'"');
                } else {
                    text.remove(*place.get(&quotes));
                }
            }
            none_is_lost(&text, &rows)?;
        }

        #[test]
        fn two_stray_quotes_around_any_rows_never_swallow_them(
            table in tables(),
            column in 0..7_usize,
            from in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
        ) {
            let text = written(&table, QuoteStyle::Necessary);
            let rows = read(&text).unwrap();
            let mut lines: Vec<String> = String::from_utf8(text).unwrap().lines().map(str::to_owned).collect();
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            let quote = |line: &str, before: &str, after: &str| {
                let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
                cells[column] = format!("{before}{}{after}", cells[column]);
                cells.join(",")
            };
            lines[from] = quote(&lines[from], "\"", "");
            lines[to] = quote(&lines[to], "", "\"");
            none_is_lost(lines.join("\n").as_bytes(), &rows)?;
        }
    }
}
