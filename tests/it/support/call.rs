//! What a call is made of: the key, the campaign, records, and how often it is sent.

use std::time::Duration;

use campaigns8x8::{CampaignId, NewRecord, Retry};

pub const KEY: &str = "eght_SENTINEL0123456789";
/// The sandbox's campaign too.
pub const CAMPAIGN: &str = "123e4567-e89b-12d3-a456-426614174000";

pub fn campaign() -> CampaignId {
    CAMPAIGN.parse().unwrap()
}

pub fn record(id: &str) -> NewRecord {
    NewRecord::new(id).unwrap()
}

/// Records CRM-0 and on.
pub fn records(count: usize) -> Vec<NewRecord> {
    (0..count).map(|n| record(&format!("CRM-{n}"))).collect()
}

pub fn named(ids: &[&str]) -> Vec<NewRecord> {
    ids.iter().map(|id| record(id)).collect()
}

/// Retries without waiting, so that a test takes no time for it.
pub fn quick() -> Retry {
    Retry {
        initial_backoff: Duration::from_millis(1),
        ..Retry::default()
    }
}

/// No retries.
pub fn once() -> Retry {
    Retry {
        max_attempts: 1,
        ..quick()
    }
}
