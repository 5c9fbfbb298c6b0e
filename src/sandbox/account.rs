//! What every sandbox comes with: a campaign, a key and a tenant.

/// The id of the campaign that every sandbox comes with.
pub const CAMPAIGN_ID: &str = "123e4567-e89b-12d3-a456-426614174000";
/// The only key that a sandbox accepts.
pub const API_KEY: &str = "eght_sandbox";
/// The only tenant that a sandbox knows.
pub const TENANT: &str = "sandbox";
