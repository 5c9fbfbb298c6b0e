//! In which column of a CSV file each field of a record stands.

use std::collections::HashSet;
use std::path::Path;

use super::rows::Row;
use crate::outcome::{Error, Result};
use crate::text::{quoted, shorten};

/// A field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    CrmRecordId,
    ScheduleAt,
    Priority,
    Rank,
}

impl Field {
    const ALL: [Self; 4] = [
        Self::CrmRecordId,
        Self::ScheduleAt,
        Self::Priority,
        Self::Rank,
    ];

    /// As the API names it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::CrmRecordId => "crmRecordId",
            Self::ScheduleAt => "scheduleAt",
            Self::Priority => "priority",
            Self::Rank => "rank",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

/// The columns that the caller named, for fields whose column has another name.
pub(super) struct Named(Vec<(Field, String)>);

impl Named {
    pub(super) fn new<F: AsRef<str>, C: AsRef<str>>(
        path: &Path,
        columns: impl IntoIterator<Item = (F, C)>,
    ) -> Result<Self> {
        let mut named = Vec::new();
        for (field, column) in columns {
            let Some(known) = Field::parse(field.as_ref()) else {
                let known = Field::ALL.map(Field::as_str).join(", ");
                let field = quoted(field.as_ref());
                let message = format!("columns names the field {field}; accepted are {known}");
                return Err(wrong(path, &message));
            };
            named.push((known, column.as_ref().to_owned()));
        }
        Ok(Self(named))
    }

    fn column_of(&self, field: Field) -> Option<&str> {
        let (_, column) = self.0.iter().find(|(named, _)| *named == field)?;
        Some(column)
    }

    fn is_used(&self, header: &str) -> bool {
        Field::parse(header).is_some() || self.0.iter().any(|(_, column)| column == header)
    }
}

/// In which column each field stands, and how many columns there are.
pub(super) struct Columns {
    pub(super) places: Vec<(Field, usize)>,
    pub(super) width: usize,
    /// A name has a line break in it, or a stray quote has swallowed rows.
    pub(super) has_line_breaks: bool,
}

impl Columns {
    /// Reads the row with the names of the columns.
    pub(super) fn find(path: &Path, header: &Row, named: &Named) -> Result<Self> {
        let mut names = Vec::new();
        for cell in header.cells() {
            names.push(std::str::from_utf8(cell).map_err(|_| {
                wrong(
                    path,
                    "the names of the columns are not UTF-8; save the file as CSV in UTF-8",
                )
            })?);
        }
        let mut seen = HashSet::new();
        for name in &names {
            if !name.is_empty() && !seen.insert(*name) && named.is_used(name) {
                let message = format!("two columns are named {}; rename one of them", quoted(name));
                return Err(wrong(path, &message));
            }
        }
        let mut places = Vec::new();
        for field in Field::ALL {
            if let Some(place) = place_of(path, &names, field, named)? {
                places.push((field, place));
            }
        }
        Ok(Self {
            places,
            width: names.len(),
            has_line_breaks: header.has_line_breaks(),
        })
    }

    pub(super) fn place_of(&self, field: Field) -> Option<usize> {
        let (_, place) = self.places.iter().find(|(known, _)| *known == field)?;
        Some(*place)
    }
}

fn place_of(path: &Path, names: &[&str], field: Field, named: &Named) -> Result<Option<usize>> {
    let find = |name: &str| names.iter().position(|known| *known == name);
    let present = || {
        shorten(
            &names
                .iter()
                .map(|name| quoted(name))
                .collect::<Vec<_>>()
                .join(", "),
        )
    };
    let field_name = field.as_str();
    if let Some(column) = named.column_of(field) {
        return match find(column) {
            Some(place) => Ok(Some(place)),
            None => Err(wrong(
                path,
                &format!(
                    "there is no column {} for {field_name}; there are {}",
                    quoted(column),
                    present()
                ),
            )),
        };
    }
    if let Some(place) = find(field_name) {
        return Ok(Some(place));
    }
    if let Some(almost) = names.iter().find(|name| is_almost(name, field_name)) {
        let almost = quoted(almost);
        return Err(wrong(
            path,
            &format!(
                "the column {almost} looks like {field_name}; name it so, or say it with columns \
                 {{\"{field_name}\":{almost}}}"
            ),
        ));
    }
    if field == Field::CrmRecordId {
        return Err(wrong(
            path,
            &format!(
                "no column is named crmRecordId; say which one it is, e.g. columns {{\"crmRecordId\":\"Account ID\"}}; \
                 there are {}",
                present()
            ),
        ));
    }
    Ok(None)
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

/// The file breaks a rule.
pub(super) fn wrong(path: &Path, message: &str) -> Error {
    Error::invalid_argument(format!("{path:?}: {message}"))
}
