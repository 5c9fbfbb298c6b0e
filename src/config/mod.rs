//! What a client can be told: the settings as the caller gives them ([`ClientConfig`]), and what becomes of them once they
//! are checked and completed from the environment (`Settings`).

mod client_config;
mod settings;

pub use client_config::{ClientConfig, RateLimit, Retry};
pub(crate) use settings::{Proxy, Settings};
