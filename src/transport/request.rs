//! A request as the engine sends it.

use reqwest::Method;
use url::Url;

/// One request, complete but for the headers that every request has.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Vec<u8>,
    /// Whether it may be sent again when the outcome of an earlier attempt is unknown.
    pub(crate) repeatable: bool,
}
