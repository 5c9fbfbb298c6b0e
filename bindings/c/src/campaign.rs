//! What can be done to a campaign: one action, or one of the two operations made of several.

use std::ffi::c_char;

use campaigns::{
    Campaign, CampaignId, Client, Error, ErrorKind, LaunchOptions, ModifyCampaign, state_machine,
};

use crate::cancel::c8x8_cancel;
use crate::client::{c8x8_client, for_call};
use crate::guard::guard;
use crate::pointer;

/// Asks for one action.
///
/// @param client The client. Required.
/// @param campaign_id The campaign's UUID, as Configuration Manager shows it. Required.
/// @param request_json {"action":"START","buildOnStart":true}: action is BUILD, RESET, START, PAUSE, RESUME, RETRY, CANCEL
///        or PURGE; "enabled" (boolean) may go with each, "buildOnStart" (boolean) with START. Required.
/// @param cancel Ends the call from another thread. NULL: none.
/// @param out_json Gets the campaign as the server answered it, e.g. {"id":"...","state":"BUILDING","recordCount":0}, or
///        the error. NULL: not wanted.
/// @return C8X8_OK; C8X8_ERR_CONFLICT (or, in another dialect of the server, C8X8_ERR_BAD_REQUEST) if the action is not
///         valid in the campaign's state; any other status. If the error says "outcomeUnknown", the action may have been
///         applied all the same; RESUME and RETRY are then not sent again.
///
/// # Safety
/// Handles are NULL or live, strings NULL or NUL-terminated, outputs NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_modify_campaign(
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
        let request = ModifyCampaign::from_json(request)?;
        to_json(&client.modify_campaign(&id, &request)?)
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Brings a campaign to dial.
///
/// @param client The client. Required.
/// @param campaign_id The campaign's UUID. Required.
/// @param options_json {"strategy":"buildOnStart","deadlineMs":300000,"pollIntervalMs":1000,"enabled":true}, every field
///        optional. "buildOnStart" (default) is one START; "buildThenStart" is BUILD, then START again and again until it
///        is no longer refused because the build lasts; "start" is START alone. NULL: the defaults.
/// @param cancel Ends the call from another thread. NULL: none.
/// @param out_json Gets the campaign as the accepted START answered it (whether it runs by then cannot be seen), or the
///        error. NULL: not wanted.
/// @return C8X8_OK; C8X8_ERR_DEADLINE if START was refused until the end; else as c8x8_modify_campaign.
///
/// # Safety
/// As for `c8x8_modify_campaign`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_launch_campaign(
    client: *const c8x8_client,
    campaign_id: *const c_char,
    options_json: *const c_char,
    cancel: *const c8x8_cancel,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise, handed on.
        let (client, id) = unsafe { addressed(client, campaign_id, cancel) }?;
        // SAFETY: as above.
        let options = match unsafe { pointer::optional(options_json, "options_json") }? {
            Some(json) => LaunchOptions::from_json(json)?,
            None => LaunchOptions::default(),
        };
        to_json(&client.launch_campaign(&id, &options)?)
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Stops a campaign for real: PAUSE, then PURGE, because PAUSE alone lets the records that are queued already be dialed.
///
/// @param client The client. Required.
/// @param campaign_id The campaign's UUID. Required.
/// @param cancel Ends the call from another thread. NULL: none.
/// @param out_json Gets the campaign as PURGE answered it, or the error; its message says which of the two steps failed.
///        NULL: not wanted.
/// @return As c8x8_modify_campaign.
///
/// # Safety
/// As for `c8x8_modify_campaign`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_stop_campaign(
    client: *const c8x8_client,
    campaign_id: *const c_char,
    cancel: *const c8x8_cancel,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise, handed on.
        let (client, id) = unsafe { addressed(client, campaign_id, cancel) }?;
        to_json(&client.stop_campaign(&id)?)
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Which actions are valid in which state, which states pass by themselves, where records may be added. Sends nothing.
///
/// @param out_json Gets {"states":[{"state":"CREATED","transient":false,"acceptsRecords":true,"displayStatus":"NEW",
///        "actions":["BUILD","START"]}],"actions":[{"action":"BUILD","validFrom":[...],...}],"automaticMoves":[...]}.
///        NULL: not wanted.
/// @return C8X8_OK.
///
/// # Safety
/// `out_json` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_state_machine(out_json: *mut *mut c_char) -> i32 {
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, || Ok(state_machine::to_json().to_string())) }
}

/// What every call about a campaign begins with.
///
/// # Safety
/// Handles are NULL or live, the string NULL or NUL-terminated.
pub(crate) unsafe fn addressed(
    client: *const c8x8_client,
    campaign_id: *const c_char,
    cancel: *const c8x8_cancel,
) -> Result<(Client, CampaignId), Error> {
    // SAFETY: the caller's promise, handed on.
    let client = unsafe { for_call(client, cancel) }?;
    // SAFETY: as above.
    let id = unsafe { pointer::required(campaign_id, "campaign_id") }?;
    Ok((client, id.parse()?))
}

fn to_json(campaign: &Campaign) -> Result<String, Error> {
    serde_json::to_string(campaign)
        .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}
