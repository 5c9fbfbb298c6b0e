//! The version of the library.

/// The version of this library, e.g. `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
