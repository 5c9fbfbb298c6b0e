//! The wire types of the remote API, under the vendor's own names.
//!
//! What the caller sends ([`ModifyCampaign`], [`NewRecord`]) is strict; what the server answers ([`Campaign`], [`Record`])
//! is lenient: enums are open, a field of an unexpected form is `None`, and `raw` keeps the whole answer. What it refuses
//! with is in [`crate::outcome`].
//! Which action is valid where is in [`crate::state_machine`], the rules of a record in [`crate::validate`].

mod campaign;
mod open_enum;
mod record;

pub use campaign::{
    Campaign, CampaignAction, CampaignDisplayStatus, CampaignState, ModifyCampaign, RecordCount,
};
pub use record::{NewRecord, Priority, Record, RecordResult, RecordState, RecordType};

pub(crate) use record::records_of_answer;
