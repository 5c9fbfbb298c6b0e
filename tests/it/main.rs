//! All tests that drive the crate's public face, in one program: built once, and each can be run by its name
//! (`cargo test --features sandbox --test it upload::`).
//!
//! What several modules need is in [`support`]; the server that tries to make an upload untrue is in [`world`].
//! Programs of their own are only `upload_truth.rs`, which `make truth` runs alone for an hour, and `rate.rs`, which measures.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that finds what it does not expect fails by panicking"
)]

mod both_dialects;
mod error_table;
mod evidence;
mod logging;
mod pacing;
#[cfg(all(feature = "cli", unix))]
mod program;
mod readme;
mod record_rules;
mod refusals;
mod sandbox;
mod secrecy;
mod settings;
mod state_table;
mod support;
mod threads;
mod tls;
mod truth;
mod upload;
mod upload_evidence;
mod upload_ledger;
mod upload_sources;
mod waiting;
#[path = "../world/mod.rs"]
mod world;
