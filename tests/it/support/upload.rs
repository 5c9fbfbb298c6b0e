//! An upload to the one campaign of a sandbox or a stub.

use std::ops::ControlFlow;

use campaigns8x8::{Client, Error, Progress, Source, UploadOptions, UploadReport};

use super::campaign;

pub fn upload<'a>(
    client: &Client,
    source: impl Into<Source<'a>>,
    options: &UploadOptions,
) -> Result<UploadReport, Error> {
    client.upload_records(&campaign(), source.into(), options, go_on)
}

/// What is done with the progress by a caller who does not care for it.
pub fn go_on(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// One worker: requests come in the order of the input.
pub fn one_at_a_time() -> UploadOptions {
    UploadOptions {
        concurrency: 1,
        ..UploadOptions::default()
    }
}
