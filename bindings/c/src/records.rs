//! Adding records, and checking them without sending.

use std::ffi::c_char;

use campaigns::{Error, ErrorKind, validate};

use crate::campaign::addressed;
use crate::cancel::c8x8_cancel;
use crate::client::c8x8_client;
use crate::guard::guard;
use crate::pointer;

/// Adds 1 to 100 records, all or none.
///
/// @param client The client. Required.
/// @param campaign_id The campaign's UUID. Required.
/// @param request_json {"records":[{"crmRecordId":"CRM-1","scheduleAt":"2026-04-22T10:00:00Z","priority":"LOW","rank":1.5}]}:
///        crmRecordId is required (1 to 32 UTF-16 units, unique on the campaign), the rest optional. Required.
/// @param cancel Ends the call from another thread. NULL: none.
/// @param out_json Gets {"records":[{"id":"...","crmRecordId":"CRM-1","state":"PENDING",...}]} in the order sent, or the
///        error. NULL: not wanted.
/// @return C8X8_OK; C8X8_ERR_VALIDATION before sending, with every fault in "fieldErrors"; C8X8_ERR_CONFLICT (or
///         C8X8_ERR_BAD_REQUEST) if an id is on the campaign already or the state forbids it; any other status. If the
///         error says "outcomeUnknown", sending the same records again is safe: an id is never added twice.
///
/// # Safety
/// Handles are NULL or live, strings NULL or NUL-terminated, outputs NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_add_records(
    client: *const c8x8_client,
    campaign_id: *const c_char,
    request_json: *const c_char,
    cancel: *const c8x8_cancel,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise, handed on.
        let (client, id) = unsafe { addressed(client, campaign_id, cancel) }?;
        // SAFETY: as above.
        let request = unsafe { pointer::required(request_json, "request_json") }?;
        let records = validate::parse_records(request)?;
        let added = client.add_records(&id, &records)?;
        serde_json::to_string(&serde_json::json!({ "records": added }))
            .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Checks records as c8x8_add_records does, and sends nothing.
///
/// @param request_json As for c8x8_add_records. Required.
/// @param out_json Gets {"valid":true,"records":2}, or the error with every fault in "fieldErrors", e.g.
///        {"field":"records[3].crmRecordId","code":"NotBlank","message":"must not be blank"}. NULL: not wanted.
/// @return C8X8_OK; C8X8_ERR_VALIDATION; C8X8_ERR_INVALID_ARGUMENT for malformed JSON or an unknown field.
///
/// # Safety
/// The string is NULL or NUL-terminated, the output NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_validate_records(
    request_json: *const c_char,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise, handed on.
        let request = unsafe { pointer::required(request_json, "request_json") }?;
        let records = validate::parse_records(request)?;
        Ok(serde_json::json!({ "valid": true, "records": records.len() }).to_string())
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}
