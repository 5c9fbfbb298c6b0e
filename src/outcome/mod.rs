//! What can be said of an attempt and of what it was made for.
//!
//! [`kind`] lists the kinds of failures; [`problem`] is what the server wrote; a [`cause`] is all that is known of a failure,
//! and [`brief`] its short form; a [`report`] says what became of every record of an upload; an [`error`] is what a call
//! fails with: a cause, and the report if it ended an upload.

mod brief;
pub(crate) mod cause;
mod error;
mod kind;
mod problem;
mod report;

pub use cause::{Cause, HttpFailure};
pub use error::{Error, Result};
pub use kind::ErrorKind;
pub use problem::{FieldError, Problem};
pub use report::{Counts, DryRun, Outcome, Progress, RecordOutcome, UploadReport};
