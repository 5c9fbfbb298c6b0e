//! The remote API imitated closely enough to develop and test against, with faults on demand: nothing real rings.
//!
//! `server` owns the socket and its thread, checks faults and the rate limit, and hands each request to `routes`, which
//! checks headers and body as the vendor does and asks the `campaign`, where all state lives. `problem` writes the vendor's
//! error bodies. Nothing is canned: what a test reads from [`Sandbox::stored`] is what requests really put there.
//!
//! ```
//! use campaigns8x8::sandbox::Sandbox;
//! use campaigns8x8::{Client, NewRecord};
//!
//! let sandbox = Sandbox::start()?;
//! let client = Client::new(sandbox.config())?;
//! client.add_records(&sandbox.campaign_id(), &[NewRecord::new("CRM-1")?])?;
//! assert_eq!(sandbox.stored(), ["CRM-1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod campaign;
mod faults;
mod options;
mod problem;
mod rate_limit;
mod routes;
mod server;

pub use account::{API_KEY, CAMPAIGN_ID, TENANT};
pub use faults::{Fault, Faults};
pub use options::{Dialect, RateLimitStyle, SandboxOptions, SandboxRateLimit};
pub use server::{Sandbox, SeenRequest};
