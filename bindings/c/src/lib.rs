//! The C interface: handles, JSON strings in and out. Each export is one `guard`; what it does is the core's. All `unsafe` of
//! the project is in this crate.
//!
//! The order of the modules is the order of the header.
#![allow(
    non_camel_case_types,
    reason = "the names are those of the C interface"
)]
#![deny(missing_docs)]

mod version;

mod status;

mod client;

mod cancel;

mod campaign;

mod records;

mod upload;

mod guard;
mod pointer;
