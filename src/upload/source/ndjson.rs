//! An NDJSON file as records: one JSON object a line.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::path::{Path, PathBuf};

use super::columns::wrong;
use super::entry::Entry;
use super::input::{Input, LONGEST, after_bom, unreadable};
use super::origin::Source;
use crate::outcome::{ErrorKind, FieldError, Result};
use crate::request_json;
use crate::validate::RecordDraft;

impl<'a> Source<'a> {
    /// A file with one JSON object a line, `{"crmRecordId":"CRM-1","priority":"LOW"}`. Blank lines are passed over. Faults
    /// name the line. A line has 1 MiB at most.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`](crate::ErrorKind::Storage) if the file cannot be read;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if a line is too long. For a file that is not
    /// regular, as a pipe, these end the upload.
    pub fn ndjson(path: impl AsRef<Path>) -> Result<Self> {
        source(path.as_ref())
    }
}

/// The records of the file at `path`. The lines of a regular file are counted before.
fn source<'a>(path: &Path) -> Result<Source<'a>> {
    let mut input = Input::find(path)?;
    let total = input.count(|path, file| {
        let mut lines = Lines::begin(path, file)?;
        let mut count = 0;
        while lines.advance()? {
            count += 1;
        }
        Ok(count)
    })?;
    Ok(Source::new(total, move |stop| {
        let path = input.path().to_owned();
        Ok(Box::new(Lines::begin(&path, input.open(stop)?)?))
    }))
}

/// The lines of a file that are not blank.
struct Lines<R> {
    path: PathBuf,
    input: BufReader<Chain<Cursor<Vec<u8>>, R>>,
    line: Vec<u8>,
    /// Of this line, as an editor numbers it: blank lines count.
    number: u64,
}

impl<R: Read> Lines<R> {
    fn begin(path: &Path, input: R) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            input: after_bom(input).map_err(|error| unreadable(path, &error))?,
            line: Vec::new(),
            number: 0,
        })
    }

    /// Reads the next line that is not blank; false at the end of the file. The last line needs no line end.
    fn advance(&mut self) -> Result<bool> {
        loop {
            self.line.clear();
            let read = read_line(&mut self.input, &mut self.line)
                .map_err(|error| unreadable(&self.path, &error))?;
            if read == 0 {
                return Ok(false);
            }
            self.number += 1;
            if self.line.len() > LONGEST {
                let message = format!("line {} is longer than 1 MiB", self.number);
                return Err(wrong(&self.path, &message).with_hint(
                    "write each record as one JSON object on a line of its own; see that the file has line ends",
                ));
            }
            let end = self.line.trim_ascii_end().len();
            self.line.truncate(end);
            if !self.line.is_empty() {
                return Ok(true);
            }
        }
    }
}

fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    input.take(LONGEST as u64 + 1).read_until(b'\n', line)
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.advance() {
            Ok(true) => Some(Ok(entry(self.number, &self.line))),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

fn entry(number: u64, line: &[u8]) -> Entry {
    let parsed = std::str::from_utf8(line)
        .map_err(|_| "is not UTF-8; save the file as UTF-8".to_owned())
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
