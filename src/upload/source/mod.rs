//! Where the records of an upload come from: an iterator, a CSV file or an NDJSON file. Read one by one, never held.
//!
//! A source ([`origin`]) gives each record as an [`entry`]; the upload checks it there. Files are opened and read as
//! [`input`] says: a regular one is checked and counted when the source is made, one that may block is opened when the
//! upload reads it. A [`csv`] file is read as strict [`rows`], the fields are found by its [`columns`], and rows that stray
//! quotes have swallowed are found by [`misread`]. An [`ndjson`] file has a record a line. [`json`] is how C callers write
//! a source.

mod columns;
mod csv;
mod entry;
mod input;
mod json;
mod misread;
mod ndjson;
mod origin;
mod rows;

pub(super) use self::entry::Entry;
pub(super) use self::json::drafts_from_json;
pub use self::origin::Source;
