//! The rows of a CSV file by RFC 4180, read strictly: a quote in a wrong place is an error. What the cells mean is in `csv`.
//!
//! A lenient reader takes all that follows a stray quote for one cell, and the rows in it are lost without a word. Here
//! quotes stand only around a whole cell, or twice inside such a cell. So their number is even, and one quote too many or too
//! few is always an error. Two that pair up by accident are found by `misread`.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use super::input::{LONGEST, after_bom};

/// One row: its cells, and where it stands in the file.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// As a spreadsheet numbers it: blank lines count, and a row with line breaks in its cells is one row.
    pub(super) number: u64,
    /// The lines of the file that it begins and ends in, as an editor numbers them.
    pub(super) lines: (u64, u64),
    text: Vec<u8>,
    /// Where each cell ends in the text.
    ends: Vec<usize>,
}

impl Row {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<&[u8]> {
        let end = *self.ends.get(place)?;
        let start = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..end)
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    pub(super) fn has_line_breaks(&self) -> bool {
        self.lines.0 != self.lines.1
    }

    fn begin(&mut self, number: u64, line: u64) {
        self.number = number;
        self.lines = (line, line);
        self.text.clear();
        self.ends.clear();
    }

    fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Appends up to the next byte that means something, and returns what follows.
    fn push_text<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let is_text = |byte: &&u8| !matches!(**byte, b'"' | b',' | b'\n' | b'\r');
        let (text, rest) = bytes.split_at(bytes.iter().take_while(is_text).count());
        self.text.extend_from_slice(text);
        rest
    }

    fn size(&self) -> usize {
        self.text.len() + self.ends.len()
    }
}

/// Why there is no next row.
#[derive(Debug)]
pub(super) enum Fault {
    Read(io::Error),
    /// The file breaks a rule: where, and which.
    Form(String),
}

/// Reads row after row. Rows end with LF, CRLF or CR; a blank line is no row.
pub(super) struct Rows<R> {
    input: BufReader<Chain<Cursor<Vec<u8>>, R>>,
    position: Position,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(input: R) -> io::Result<Self> {
        Ok(Self {
            input: after_bom(input)?,
            position: Position {
                state: State::CellStart,
                number: 1,
                line: 1,
                opened: 1,
                after_cr: false,
            },
        })
    }

    /// Reads the next row; false at the end of the file.
    pub(super) fn read(&mut self, row: &mut Row) -> Result<bool, Fault> {
        self.position.begin(row);
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Fault::Read(error)),
            };
            if chunk.is_empty() {
                return self.position.end(row);
            }
            let (complete, used) = self.position.advance(chunk, row)?;
            self.input.consume(used);
            self.position.check_size(row)?;
            if complete {
                return Ok(true);
            }
        }
    }
}

/// Where in the file the reading is.
struct Position {
    state: State,
    /// Of the row that is being read.
    number: u64,
    /// The line that is being read.
    line: u64,
    /// The line in which the latest quoted cell begins.
    opened: u64,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// After a quote in a quoted cell: its end, or the first half of a doubled one.
    Closing,
}

impl Position {
    fn begin(&mut self, row: &mut Row) {
        self.state = State::CellStart;
        row.begin(self.number, self.line);
    }

    /// Takes bytes up to the end of the row, or all. Returns whether the row is complete, and how many were taken.
    fn advance(&mut self, chunk: &[u8], row: &mut Row) -> Result<(bool, usize), Fault> {
        let mut rest = chunk;
        while let Some((&byte, after)) = rest.split_first() {
            let second_half = byte == b'\n' && self.after_cr;
            let line_end = byte == b'\n' || byte == b'\r';
            self.after_cr = byte == b'\r';
            self.line += u64::from(line_end && !second_half);
            rest = after;
            match (self.state, byte) {
                (State::CellStart, b'\n' | b'\r') if row.len() == 0 => {
                    self.number += u64::from(!second_half);
                    self.begin(row);
                }
                (State::CellStart | State::Plain | State::Closing, b'\n' | b'\r') => {
                    self.complete(row, self.line - 1);
                    return Ok((true, chunk.len() - rest.len()));
                }
                (State::CellStart | State::Plain | State::Closing, b',') => {
                    row.end_cell();
                    self.state = State::CellStart;
                }
                (State::CellStart, b'"') => {
                    self.opened = self.line;
                    self.state = State::Quoted;
                }
                (State::Quoted, b'"') => self.state = State::Closing,
                (State::Closing, b'"') => {
                    row.text.push(byte);
                    self.state = State::Quoted;
                }
                (State::Plain, b'"') => {
                    let rule = "a quote stands inside CELL, which does not begin with one";
                    return Err(broken(row, self.line, rule));
                }
                (State::Closing, _) => {
                    let mut rule = "text follows the quote that closes CELL".to_owned();
                    if self.line != self.opened {
                        rule += &format!(", there in line {}", self.line);
                    }
                    return Err(broken(row, self.opened, &rule));
                }
                (State::Quoted, b'\n' | b'\r') => row.text.push(byte),
                (State::CellStart | State::Plain | State::Quoted, _) => {
                    if self.state == State::CellStart {
                        self.state = State::Plain;
                    }
                    row.text.push(byte);
                    rest = row.push_text(rest);
                }
            }
        }
        Ok((false, chunk.len()))
    }

    fn check_size(&self, row: &Row) -> Result<(), Fault> {
        if row.size() <= LONGEST {
            return Ok(());
        }
        let (line, rule) = match self.state {
            State::Quoted => (
                self.opened,
                "CELL begins with a quote that is not closed within 1 MiB",
            ),
            State::CellStart | State::Plain | State::Closing => {
                (row.lines.0, "the row is longer than 1 MiB")
            }
        };
        Err(broken(row, line, rule))
    }

    /// The file ends here.
    fn end(&mut self, row: &mut Row) -> Result<bool, Fault> {
        match self.state {
            State::CellStart if row.len() == 0 => Ok(false),
            State::Quoted => {
                let rule = "CELL begins with a quote that is still open at the end of the file";
                Err(broken(row, self.opened, rule))
            }
            State::CellStart | State::Plain | State::Closing => {
                self.complete(row, self.line);
                Ok(true)
            }
        }
    }

    fn complete(&mut self, row: &mut Row, last_line: u64) {
        row.end_cell();
        row.lines.1 = last_line;
        self.number += 1;
    }
}

/// Names the row, and the line too where they differ: a spreadsheet shows the one, an editor the other.
fn broken(row: &Row, line: u64, rule: &str) -> Fault {
    let mut message = format!("row {}", row.number);
    if line != row.number {
        message += &format!(" (line {line} of the file)");
    }
    let cell = format!("cell {}", row.len() + 1);
    message += &format!(": {}", rule.replace("CELL", &cell));
    Fault::Form(message)
}

#[cfg(test)]
mod tests {
    use ::csv::{QuoteStyle, ReaderBuilder, Terminator, WriterBuilder};
    use proptest::prelude::*;

    use super::*;

    type Cells = Vec<Vec<u8>>;

    fn read(input: impl Read) -> Result<Vec<Cells>, String> {
        let mut rows = Rows::new(input).unwrap();
        let mut row = Row::default();
        let mut all = Vec::new();
        loop {
            match rows.read(&mut row) {
                Ok(true) => all.push(row.cells().map(<[u8]>::to_vec).collect()),
                Ok(false) => return Ok(all),
                Err(Fault::Form(message)) => return Err(message),
                Err(Fault::Read(error)) => panic!("{error}"),
            }
        }
    }

    /// Number and lines of each row.
    fn places(text: &str) -> Vec<(u64, u64, u64)> {
        let mut rows = Rows::new(text.as_bytes()).unwrap();
        let mut row = Row::default();
        let mut all = Vec::new();
        while rows.read(&mut row).unwrap() {
            all.push((row.number, row.lines.0, row.lines.1));
        }
        all
    }

    /// Gives a few bytes at each read.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(into.len());
            self.0.read(into.get_mut(..most).unwrap())
        }
    }

    fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
        (1..5_usize).prop_flat_map(|width| {
            let row = prop::collection::vec("[ab,\"\r\n é]{0,4}", width);
            prop::collection::vec(row, 1..8)
        })
    }

    fn styles() -> impl Strategy<Value = (QuoteStyle, Terminator)> {
        (
            prop::sample::select(vec![QuoteStyle::Necessary, QuoteStyle::Always]),
            prop::sample::select(vec![
                Terminator::CRLF,
                Terminator::Any(b'\n'),
                Terminator::Any(b'\r'),
            ]),
        )
    }

    fn written(table: &[Vec<String>], (quotes, ends): (QuoteStyle, Terminator)) -> Vec<u8> {
        let mut writer = WriterBuilder::new()
            .quote_style(quotes)
            .terminator(ends)
            .from_writer(Vec::new());
        for row in table {
            writer.write_record(row).unwrap();
        }
        writer.into_inner().unwrap()
    }

    proptest! {
        #[test]
        fn what_a_writer_writes_is_read_back(table in tables(), style in styles(), bom: bool, step in 1..5_usize) {
            let mut text = written(&table, style);
            if bom {
                text.splice(..0, *b"\xef\xbb\xbf");
            }
            let table: Vec<Cells> = table
                .into_iter()
                .map(|row| row.into_iter().map(String::into_bytes).collect())
                .collect();
            prop_assert_eq!(read(text.as_slice()).unwrap(), &*table);
            prop_assert_eq!(read(Slow(&text, step)).unwrap(), table);
        }

        #[test]
        fn one_quote_too_many_or_too_few_is_an_error_wherever_it_is(table in tables(), style in styles()) {
            let text = written(&table, style);
            for place in 0..=text.len() {
                let mut more = text.clone();
                more.insert(place, b'"');
                prop_assert!(read(more.as_slice()).is_err());
                if text.get(place) == Some(&b'"') {
                    let mut fewer = text.clone();
                    fewer.remove(place);
                    prop_assert!(read(fewer.as_slice()).is_err());
                }
            }
        }

        #[test]
        fn what_is_no_error_is_read_as_the_csv_crate_reads_it(text in "[ab,\"\r\n ]{0,24}", step in 1..5_usize) {
            let strict = read(text.as_bytes());
            prop_assert_eq!(&read(Slow(text.as_bytes(), step)), &strict);
            if let Ok(rows) = strict {
                let mut lenient = ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .from_reader(text.as_bytes());
                let lenient: Vec<Cells> = lenient
                    .byte_records()
                    .map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect())
                    .collect();
                prop_assert_eq!(rows, lenient);
            }
        }
    }

    #[test]
    fn a_quote_in_a_wrong_place_is_named_by_row_cell_and_line() {
        for (text, message) in [
            (
                "a,b\n1,\"2\n3,4\n",
                "row 2: cell 2 begins with a quote that is still open at the end of the file",
            ),
            (
                "a,b\n1,2\"\n3,4\n",
                "row 2: a quote stands inside cell 2, which does not begin with one",
            ),
            (
                "a,b\n1, \"2\"\n3,4\n",
                "row 2: a quote stands inside cell 2, which does not begin with one",
            ),
            (
                "a,b\n1,\"2\"x\n3,4\n",
                "row 2: text follows the quote that closes cell 2",
            ),
            (
                "a,b\n1,\"2\n3,\"4\"\n",
                "row 2: text follows the quote that closes cell 2, there in line 3",
            ),
            (
                "a,b\n\"x\ny\",1\n\n1,\"2\n",
                "row 4 (line 5 of the file): cell 2 begins with a quote that is still open at the end of the file",
            ),
            (
                "\"a",
                "row 1: cell 1 begins with a quote that is still open at the end of the file",
            ),
        ] {
            assert_eq!(read(text.as_bytes()), Err(message.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does_and_lines_as_an_editor_does() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "\na,b\n\n\n\"x\ny\nz\",1\n2,3\n\n4,5".replace('\n', end);
            let expected = [(2, 2, 2), (5, 5, 7), (6, 8, 8), (8, 10, 10)];
            assert_eq!(places(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_row_has_a_mebibyte_at_most() {
        let longest = "x".repeat(LONGEST - 1);
        assert_eq!(read(format!("a\n{longest}\n").as_bytes()).unwrap().len(), 2);
        let text = format!("a\n{longest}xx\n");
        assert_eq!(
            read(text.as_bytes()),
            Err("row 2: the row is longer than 1 MiB".to_owned())
        );
        let text = format!("a\n\n{longest}x\nb\n");
        assert_eq!(
            read(text.as_bytes()),
            Err("row 3: the row is longer than 1 MiB".to_owned())
        );
        let text = "a,".repeat(LONGEST);
        assert_eq!(
            read(text.as_bytes()),
            Err("row 1: the row is longer than 1 MiB".to_owned())
        );
        let message = "row 2: cell 2 begins with a quote that is not closed within 1 MiB";
        let text = format!("a\n1,\"{longest}\n{longest}");
        assert_eq!(read(text.as_bytes()), Err(message.to_owned()));
        let zeros = io::repeat(0);
        assert_eq!(
            read(zeros),
            Err("row 1: the row is longer than 1 MiB".to_owned())
        );
    }
}
