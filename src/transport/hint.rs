//! What a failed call as a whole tells the user: an earlier attempt that may have been applied, and what to do next.

use reqwest::Method;

use super::request::Request;
use super::verdict;
use crate::outcome::{Error, ErrorKind};

/// Adds the note and the hint.
pub(super) fn explain(error: Error, request: &Request) -> Error {
    let unknown = error.is_outcome_unknown();
    let status = error.http().map(|http| http.status);
    let error = if unknown && status.is_some_and(verdict::is_refusal) {
        error.with_note("the outcome of an earlier attempt is unknown: it may have been applied")
    } else {
        error
    };
    if error.hint().is_some() {
        return error;
    }
    let hint = hint(&error, status, request);
    error.with_hint(hint)
}

fn hint(error: &Error, status: Option<u16>, request: &Request) -> &'static str {
    use ErrorKind as K;
    let unknown = error.is_outcome_unknown();
    let dials_again = !request.repeatable && request.method == Method::PATCH;
    match error.kind() {
        K::BadRequest | K::Conflict if unknown => {
            "if the earlier attempt was applied, that may be why this one was refused; look in the console"
        }
        K::BadRequest => {
            "fix what the message names; where the server speaks of the state, the action is not valid in the campaign's \
             current one"
        }
        K::Unauthorized => {
            "check the key: Admin Console > API Access, the app's Key, beginning with eght_ and not revoked"
        }
        K::Forbidden => {
            "attach the API Product \"Contact Center Campaigns\" to the key's app in Admin Console; a change takes minutes \
             to spread"
        }
        K::NotFound => {
            "check the campaign id, the tenant name and the customer site: each of them wrong is answered 404"
        }
        K::Conflict => {
            "the campaign's current state forbids it, or a crmRecordId is on the campaign already; the message tells which"
        }
        K::RateLimited => "send less often: set rateLimit, or wait as long as retryAfterMs says",
        K::Server | K::Timeout | K::Connection | K::UnexpectedResponse
            if unknown && dials_again =>
        {
            "look in the console before doing it again: if it was applied and somebody paused the campaign since, a second \
             one would dial again"
        }
        K::UnexpectedResponse if unknown => {
            "whether the request was applied is unknown, so look in the console; check baseUrl and proxy: the Campaigns API \
             documents no such answer"
        }
        K::UnexpectedResponse => {
            "check baseUrl and proxy: the Campaigns API documents no such answer"
        }
        K::Server => {
            "the server's fault; call again later, and give instance and time to the vendor's support if it stays"
        }
        K::Timeout if status == Some(408) => {
            "a time limit between here and the server; call again later"
        }
        K::Timeout => "call again, or raise the time that the message names",
        K::Connection => "check the network, the proxy settings and baseUrl, then call again",
        K::Deadline | K::Cancelled if unknown => {
            "whether the request was applied is unknown; look in the console"
        }
        K::Deadline => "raise the deadline, or call again",
        K::Cancelled => "no request was under way; call again if it is still wanted",
        K::InvalidArgument | K::Config | K::Validation | K::Tls | K::Storage | K::Internal => {
            "a fault of this library; please report it"
        }
    }
}
