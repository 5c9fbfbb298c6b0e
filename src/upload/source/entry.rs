//! One record as a source gives it, before its values are checked. The check is in `candidate`.

use std::sync::Arc;

use crate::model::NewRecord;
use crate::outcome::{FieldError, Result};
use crate::validate::RecordDraft;

/// One record as a source gives it.
#[derive(Debug)]
pub(in crate::upload) enum Entry {
    /// Typed: its values may still be wrong, its form is not.
    Record(NewRecord),
    /// To be checked.
    Draft(RecordDraft),
    /// Wrong in its form, e.g. a line that is no JSON.
    Wrong {
        crm_record_id: Option<String>,
        /// What the input says.
        text: String,
        fault: FieldError,
    },
    /// As a draft, from a row of a file: faults name it.
    Row { row: u64, draft: RecordDraft },
}

/// The records of a source, one by one; an error ends the upload.
pub(in crate::upload) type Entries<'a> = Box<dyn Iterator<Item = Result<Entry>> + Send + 'a>;

/// Whether reading must end although the source has not: asked while a source blocks, about every 50 ms, on the reading
/// thread.
pub(in crate::upload) type Stop = Arc<dyn Fn() -> bool + Send + Sync>;
