//! The kinds of failures: the table from which the C status codes and the Python exceptions are made.

use std::fmt;

use serde::{Serialize, Serializer};

/// What kind of failure an [`Error`](crate::Error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument has a wrong form; nothing was sent.
    InvalidArgument,
    /// A setting is missing, unknown or wrong; nothing was sent.
    Config,
    /// A record breaks a rule; nothing was sent. See [`Error::field_errors`](crate::Error::field_errors).
    Validation,
    /// 400: the server refused the request as wrong.
    BadRequest,
    /// 401: the key is missing, malformed or revoked.
    Unauthorized,
    /// 403: the key lacks the API Product, or the role forbids it.
    Forbidden,
    /// 404: no such campaign for this tenant on this site.
    NotFound,
    /// 409: the campaign's state, or a record already on it, forbids the request.
    Conflict,
    /// 429: more requests than allowed.
    RateLimited,
    /// 5xx: the server failed.
    Server,
    /// An answer that the API never gives: a redirect, another form, too long, a status without a meaning here.
    UnexpectedResponse,
    /// No connection, or no answer, within the time set for one attempt; or 408, a time limit between here and the server.
    Timeout,
    /// The connection could not be made, or broke.
    Connection,
    /// No trust between the two ends: certificate or protocol.
    Tls,
    /// The deadline of the whole operation passed.
    Deadline,
    /// Cancelled by the caller.
    Cancelled,
    /// A file of an upload cannot be read or written: its source or its ledger.
    Storage,
    /// A fault of this library.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the status codes.
    pub const ALL: [Self; 18] = [
        Self::InvalidArgument,
        Self::Config,
        Self::Validation,
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::RateLimited,
        Self::Server,
        Self::UnexpectedResponse,
        Self::Timeout,
        Self::Connection,
        Self::Tls,
        Self::Deadline,
        Self::Cancelled,
        Self::Storage,
        Self::Internal,
    ];

    /// The status code of the C interface.
    pub fn status(self) -> i32 {
        match self {
            Self::InvalidArgument => 1,
            Self::Config => 2,
            Self::Validation => 3,
            Self::BadRequest => 4,
            Self::Unauthorized => 5,
            Self::Forbidden => 6,
            Self::NotFound => 7,
            Self::Conflict => 8,
            Self::RateLimited => 9,
            Self::Server => 10,
            Self::UnexpectedResponse => 11,
            Self::Timeout => 12,
            Self::Connection => 13,
            Self::Tls => 14,
            Self::Deadline => 15,
            Self::Cancelled => 16,
            Self::Storage => 17,
            Self::Internal => 99,
        }
    }

    /// The name in the error JSON, e.g. `rateLimited`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalidArgument",
            Self::Config => "config",
            Self::Validation => "validation",
            Self::BadRequest => "badRequest",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "notFound",
            Self::Conflict => "conflict",
            Self::RateLimited => "rateLimited",
            Self::Server => "server",
            Self::UnexpectedResponse => "unexpectedResponse",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Deadline => "deadline",
            Self::Cancelled => "cancelled",
            Self::Storage => "storage",
            Self::Internal => "internal",
        }
    }

    /// The kind of an answer with this HTTP status (not 2xx).
    pub(crate) fn of_http_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            408 => Self::Timeout,
            409 => Self::Conflict,
            429 => Self::RateLimited,
            400..=499 => Self::BadRequest,
            500..=599 => Self::Server,
            _ => Self::UnexpectedResponse,
        }
    }

    /// Whether the same call, made again a little later, may succeed without anything else being changed.
    pub(super) fn is_passing(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Server | Self::Timeout | Self::Connection | Self::Deadline
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
