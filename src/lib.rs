#![doc = include_str!("lib.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod answer_json;
mod api;
mod cancel;
mod client;
mod config;
mod credential;
mod identifier;
mod launch;
mod log;
mod model;
mod outcome;
mod request_json;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod state_machine;
mod text;
mod transport;
mod upload;
pub mod validate;
mod version;

pub use cancel::Cancel;
pub use client::Client;
pub use config::{ClientConfig, RateLimit, Retry};
pub use credential::{ApiKey, Tenant};
pub use identifier::{CampaignId, CrmRecordId, CustomerSite};
pub use jiff::Timestamp;
pub use launch::{LaunchOptions, LaunchStrategy};
pub use log::LogLevel;
pub use model::{
    Campaign, CampaignAction, CampaignDisplayStatus, CampaignState, ModifyCampaign, NewRecord,
    Priority, Record, RecordCount, RecordResult, RecordState, RecordType,
};
pub use outcome::{
    Cause, Counts, DryRun, Error, ErrorKind, FieldError, HttpFailure, Outcome, Problem, Progress,
    RecordOutcome, Result, UploadReport,
};
pub use upload::{Ranks, Source, UploadOptions, Uploader};
pub use version::VERSION;
