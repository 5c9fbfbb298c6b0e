//! Where the records of an upload come from: an iterator, or one of the files of `csv`, `ndjson` and `json`.

use std::fmt;

use super::entry::{Entries, Entry, Stop};
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
    pub(in crate::upload) total: Option<u64>,
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

    /// Begins to read. A file that blocks fails once `stop` says so.
    pub(in crate::upload) fn open(self, stop: Stop) -> Result<Entries<'a>> {
        (self.open)(stop)
    }

    pub(super) fn new(
        total: Option<u64>,
        open: impl FnOnce(Stop) -> Result<Entries<'a>> + Send + 'a,
    ) -> Self {
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
