#![doc = include_str!("lib.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod cancel;
mod client;
mod config;
mod credential;
mod error;
mod identifier;
mod launch;
mod log;
mod model;
mod request_json;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod state_machine;
mod text;
mod transport;
mod upload;
pub mod validate;

pub use cancel::Cancel;
pub use client::Client;
pub use config::{ClientConfig, RateLimit, Retry};
pub use credential::{ApiKey, Tenant};
pub use error::{Error, ErrorKind, HttpFailure, Result};
pub use identifier::{CampaignId, CrmRecordId, CustomerSite};
pub use jiff::Timestamp;
pub use launch::{LaunchOptions, LaunchStrategy};
pub use log::LogLevel;
pub use model::{
    Campaign, CampaignAction, CampaignDisplayStatus, CampaignState, FieldError, ModifyCampaign,
    NewRecord, Priority, Problem, Record, RecordCount, RecordResult, RecordState, RecordType,
};

pub use upload::{
    Counts, DryRun, Outcome, Progress, Ranks, RecordOutcome, Source, UploadOptions, UploadReport,
    Uploader,
};

/// The version of this library, e.g. `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
