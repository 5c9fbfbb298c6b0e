//! Rows that two stray quotes have made one cell of. RFC 4180 allows such a cell: `"abc` in row 10 and `xyz"` in the same
//! column of row 9005 are the two ends of one cell, with 8,995 rows in it. Only what the cell contains shows it.
//!
//! Notes, addresses and mails with line breaks are common and must pass. What gives swallowed rows away:
//! - The row has another number of cells than the header: the quotes are in different columns.
//! - A cell with a line break is the value of a field. No field has one.
//! - The lines in the cell have the commas of rows, and its two ends the commas that complete the first and the last row.
//!
//! What no reader can tell from a note are a few rows in a narrow file: fewer than [`FEWEST_COMMAS`] commas in all.

use super::columns::{Columns, Field};
use super::rows::Row;

/// So many commas must be where those of swallowed rows would be.
const FEWEST_COMMAS: usize = 6;

/// So many lines with the commas of a row are no note, whatever the ends of the cell look like.
const MOST_ALIKE: usize = 100;

/// Says what is suspicious in a row that should have a record.
pub(super) fn in_record(row: &Row, columns: &Columns) -> Option<String> {
    let has_breaks = row.has_line_breaks();
    if row.len() != columns.width && (has_breaks || columns.has_line_breaks) {
        let where_breaks_are = match has_breaks {
            true => "one of them",
            false => "the names of the columns",
        };
        return Some(format!(
            "{}: the row has {} cells where the columns are {}, and there is a line break in {where_breaks_are}",
            place(row),
            row.len(),
            columns.width
        ));
    }
    if !has_breaks {
        return None;
    }
    for (field, place_of_field) in &columns.places {
        let cell = row.get(*place_of_field).unwrap_or_default();
        let value = match field {
            Field::CrmRecordId => cell,
            Field::ScheduleAt | Field::Priority | Field::Rank => cell.trim_ascii(),
        };
        if value.contains(&b'\n') || value.contains(&b'\r') {
            let field = field.as_str();
            return Some(format!(
                "{}: the {field} has a line break in it",
                place(row)
            ));
        }
    }
    cell_of_rows(row)
}

/// Says what is suspicious in the row with the names of the columns: a name may have line breaks, but hardly commas too.
pub(super) fn in_header(row: &Row) -> Option<String> {
    let is_suspicious =
        |cell: &[u8]| cell.contains(&b',') && (cell.contains(&b'\n') || cell.contains(&b'\r'));
    let nth = row.cells().position(is_suspicious)?;
    Some(format!(
        "{}: the name of column {} has line breaks and commas in it",
        place(row),
        nth + 1
    ))
}

/// Says what is suspicious in a file without records.
pub(super) fn in_no_record(columns: &Columns) -> Option<String> {
    columns.has_line_breaks.then(|| {
        "the names of the columns have a line break in them, and no row follows".to_owned()
    })
}

fn place(row: &Row) -> String {
    let number = row.number;
    match row.lines {
        (first, last) if first != last => {
            format!("row {number} (lines {first} to {last} of the file)")
        }
        (line, _) if line != number => format!("row {number} (line {line} of the file)"),
        _ => format!("row {number}"),
    }
}

fn cell_of_rows(row: &Row) -> Option<String> {
    let last = row.len().checked_sub(1)?;
    let nth = row
        .cells()
        .enumerate()
        .position(|(before, cell)| is_rows(cell, before, last.saturating_sub(before)))?;
    Some(format!(
        "{}: cell {} has line breaks in it, and its lines look like rows",
        place(row),
        nth + 1
    ))
}

/// Whether a cell looks like rows with `before` commas before this cell and `after` commas behind it.
fn is_rows(cell: &[u8], before: usize, after: usize) -> bool {
    // Nearly all cells end here.
    if cell.iter().filter(|byte| **byte == b',').count() < FEWEST_COMMAS {
        return false;
    }
    let text = String::from_utf8_lossy(cell).replace("\r\n", "\n");
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    // A stray quote on a line of its own leaves nothing of that line in the cell.
    let mut lines = lines.as_slice();
    while before == 0
        && let ["", rest @ ..] = lines
    {
        lines = rest;
    }
    while after == 0
        && let [rest @ .., ""] = lines
    {
        lines = rest;
    }
    let [first, inner @ .., last] = lines else {
        return false;
    };
    let commas = |line: &str| line.matches(',').count();
    let inner: Vec<&str> = inner
        .iter()
        .filter(|line| !line.is_empty())
        .copied()
        .collect();
    let full = inner.iter().filter(|line| commas(line) == before + after);
    if full.count() * 10 < inner.len() * 9 {
        return false;
    }
    // In a text a blank follows most commas, between cells it does not.
    let is_text = text.matches(", ").count() * 2 > commas(&text);
    let completes = commas(first) == after && commas(last) == before && !is_text;
    let swallowed = (before + after) * (inner.len() + 1);
    completes && swallowed >= FEWEST_COMMAS || before + after > 0 && inner.len() >= MOST_ALIKE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_pass_and_swallowed_rows_do_not() {
        let in_last_of_three = |cell: &str| is_rows(cell.as_bytes(), 2, 0);
        assert!(in_last_of_three(
            "Smith\n2,LOW,Miller\n3,HIGH,Jones\n4,LOW,Brown"
        ));
        assert!(in_last_of_three(
            "Smith\r\n2,LOW,Miller\r\n3,,Jones\r\n4,LOW,"
        ));
        assert!(!in_last_of_three(
            "Called.\nSaid yes, then no, then yes.\nSaid a, b, c.\nOr a, b, c."
        ));
        assert!(
            !in_last_of_three("a,b,c\nd,e,f\ng,h,i\nj,k,l"),
            "a table that was pasted"
        );
        assert!(in_last_of_three("Smith\n2,LOW,Miller\n\n3,,Jones\n4,,\n"));
        assert!(!in_last_of_three("Berlin\nParis\nRome\nOslo"));
        assert!(!in_last_of_three("one line, and one only, here"));
        let rows = "2, LOW, Miller\n".repeat(101);
        assert!(
            in_last_of_three(&format!("Smith\n{rows}x")),
            "a blank after each comma, and many"
        );
        assert!(!in_last_of_three(
            &"Dear Sir, I write to you.\n".repeat(1000)
        ));
        let in_first_of_three = |cell: &str| is_rows(cell.as_bytes(), 0, 2);
        assert!(in_first_of_three(
            "1,LOW,Smith\n2,LOW,Miller\n3,HIGH,Jones\n4"
        ));
        assert!(in_first_of_three(
            "\n1,LOW,Smith\n2,LOW,Miller\n3,HIGH,Jones\n4"
        ));
        assert!(!in_first_of_three("\n\n\n"));
        let in_only_one = |cell: &str| is_rows(cell.as_bytes(), 0, 0);
        assert!(!in_only_one(&"x\n".repeat(1000)));
    }
}
