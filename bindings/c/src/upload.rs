//! Uploading any number of records: from a source in one call, or pushed into an uploader.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};
use std::mem;
use std::ops::ControlFlow;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use campaigns::{Error, Progress, Source, UploadOptions, Uploader};

use crate::campaign::addressed;
use crate::cancel::c8x8_cancel;
use crate::client::c8x8_client;
use crate::guard::{guard, is_callback_of_ours, protected};
use crate::pointer;

/// An upload under way. One call at a time; calls from several threads wait for each other.
pub struct c8x8_uploader {
    /// `None` once it has finished.
    uploader: Mutex<Option<Uploader<'static>>>,
    /// The thread that is inside a call, so that a callback that calls back is refused and not left waiting for itself.
    inside: AtomicUsize,
    /// Set by a progress callback that frees the uploader it reports on: the call that it runs in is the last one to use it.
    freed: Arc<AtomicBool>,
    process: u32,
}

/// Takes a report of progress, e.g. {"total":1500,"done":800,"added":798,"alreadyPresent":0,"rejected":2,"requests":9,
/// "retries":1,"recordsPerSecond":812.5,"etaMs":861}; "total" and "etaMs" are null while unknown. Valid during the call only.
/// Called on the thread that makes the call, at most ten times a second and once at the end; may call the library, but of the
/// uploader that it reports on only c8x8_uploader_free; must not throw. Returns 0 to go on, anything else to cancel the upload.
pub type c8x8_progress_fn =
    Option<unsafe extern "C" fn(progress_json: *const c_char, userdata: *mut c_void) -> i32>;

/// Brings any number of records onto a campaign and says what became of each: exactly one true outcome, whatever was lost on
/// the way. Nothing is dialed twice, and a record is called added only when the server said so.
///
/// @param client The client. Required.
/// @param campaign_id The campaign's UUID. Required.
/// @param source_json {"records":[{"crmRecordId":"CRM-1"},...]}, {"csv":"contacts.csv","columns":{"crmRecordId":"Account ID"}}
///        (UTF-8, the first row names the columns; a column with the field's own name needs no mention) or
///        {"ndjson":"contacts.ndjson"} (one record a line). Files are read as they are sent. Required.
/// @param options_json {"concurrency":4,"batchSize":100,"ledger":"upload.db","dryRun":false,"ranks":"server",
///        "presentWording":["Record {id} exists"],"waitForCampaignMs":60000,"deadlineMs":3600000,"soleWriter":false}, every
///        field optional. "ledger" is an SQLite file with which an upload that was killed can be run again. "ranks" may be
///        {"startAt":1}: the records are numbered in the order of the input, which parallel requests would shuffle.
///        "presentWording" lists further texts by which the server says that a record is on the campaign already, each with
///        {id} where the record's crmRecordId stands; "already contains record for Id: {id}" is known without it.
///        "soleWriter" promises that nothing else puts these ids on the campaign, not even an earlier upload without this
///        ledger: a lost answer then costs one request instead of one a record. NULL: the defaults.
/// @param fn Called with the progress, see c8x8_progress_fn. NULL: none.
/// @param userdata Handed to fn.
/// @param cancel Ends the upload from another thread: nothing new is sent, what is under way is awaited. NULL: none.
/// @param out_json Gets the report: {"campaignId":"...","complete":true,"counts":{"total":1500,"added":1496,
///        "alreadyPresent":2,"rejected":2,"refused":0,"notSent":0,"unknown":0},"records":[{"index":17,
///        "crmRecordId":"CRM-17","outcome":"rejected","fieldErrors":[...],"error":null}],"notSentFrom":null,"requests":19,
///        "retries":1,"elapsedMs":812}. "records" lists all that were not added; from "notSentFrom" on none was reached. What
///        each outcome means is said at the top of this header. Or the error; what stopped an upload under way has the report
///        in it as "report". NULL: not wanted.
/// @return C8X8_OK if the upload reached its end, rejected and refused records included; what stopped it otherwise, e.g.
///         C8X8_ERR_CANCELLED, C8X8_ERR_UNAUTHORIZED, C8X8_ERR_CONNECTION; C8X8_ERR_STORAGE for a source or a ledger that
///         cannot be read or written; C8X8_ERR_INVALID_ARGUMENT.
///
/// # Safety
/// Handles are NULL or live, strings NULL or NUL-terminated, outputs NULL or writable; `fn` may be called with `userdata`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_upload_records(
    client: *const c8x8_client,
    campaign_id: *const c_char,
    source_json: *const c_char,
    options_json: *const c_char,
    r#fn: c8x8_progress_fn,
    userdata: *mut c_void,
    cancel: *const c8x8_cancel,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise, handed on.
        let (client, id) = unsafe { addressed(client, campaign_id, cancel) }?;
        // SAFETY: as above.
        let source = unsafe { pointer::required(source_json, "source_json") }?;
        // SAFETY: as above.
        let options = unsafe { options(options_json) }?;
        let source = Source::from_json(source)?;
        let target = ProgressTarget {
            r#fn,
            userdata,
            freed: Arc::default(),
        };
        let report = client.upload_records(&id, source, &options, move |now| target.report(now))?;
        Ok(report.to_json())
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Begins an upload whose records are pushed.
///
/// @param client The client. Required. May be freed before the uploader, which then writes no more log lines.
/// @param campaign_id The campaign's UUID. Required.
/// @param options_json As for c8x8_upload_records. NULL: the defaults.
/// @param fn Called with the progress, inside c8x8_uploader_push and c8x8_uploader_finish. NULL: none.
/// @param userdata Handed to fn; must stay valid until the uploader is freed (if fn itself frees it: until fn has returned).
/// @param cancel Ends the upload from another thread; may be freed before the uploader. NULL: none.
/// @param out_uploader Gets the uploader, on success only. Free it with c8x8_uploader_free. Required.
/// @param out_json Gets {"campaignId":"..."}, or the error. NULL: not wanted.
/// @return C8X8_OK; C8X8_ERR_STORAGE for a ledger that cannot be written or is in use; C8X8_ERR_INVALID_ARGUMENT.
///
/// # Safety
/// As for `c8x8_upload_records`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_uploader_new(
    client: *const c8x8_client,
    campaign_id: *const c_char,
    options_json: *const c_char,
    r#fn: c8x8_progress_fn,
    userdata: *mut c_void,
    cancel: *const c8x8_cancel,
    out_uploader: *mut *mut c8x8_uploader,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        if out_uploader.is_null() {
            return Err(pointer::is_null("out_uploader"));
        }
        // SAFETY: the caller's promise, handed on.
        let (client, id) = unsafe { addressed(client, campaign_id, cancel) }?;
        // SAFETY: as above.
        let options = unsafe { options(options_json) }?;
        let mut uploader = client.uploader(&id, &options)?;
        let freed = Arc::new(AtomicBool::new(false));
        let target = ProgressTarget {
            r#fn,
            userdata,
            freed: Arc::clone(&freed),
        };
        uploader.on_progress(move |now| target.report(now));
        let handle = Box::into_raw(Box::new(c8x8_uploader {
            uploader: Mutex::new(Some(uploader)),
            inside: AtomicUsize::new(0),
            freed,
            process: process::id(),
        }));
        // SAFETY: not NULL, and by the caller's promise writable.
        unsafe { out_uploader.write(handle) };
        Ok(serde_json::json!({ "campaignId": id.to_string() }).to_string())
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Hands records to an upload. Blocks while as many batches wait as may be under way.
///
/// @param uploader The uploader. Required.
/// @param request_json {"records":[{"crmRecordId":"CRM-1"},...]}, any number. A record that breaks a rule is no error here:
///        it is "rejected" in the report. Required.
/// @param out_json Gets {"records":2}, how many were taken; or the error. NULL: not wanted.
/// @return C8X8_OK; C8X8_ERR_INVALID_ARGUMENT for malformed JSON or an unknown field (none was taken then), or if the upload
///         has finished, or in a child after fork; what stopped the upload: c8x8_uploader_finish then says the same, with the
///         report.
///
/// # Safety
/// `uploader` is NULL or live, the string NULL or NUL-terminated, the output NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_uploader_push(
    uploader: *mut c8x8_uploader,
    request_json: *const c_char,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise, handed on.
        let request = unsafe { pointer::required(request_json, "request_json") };
        let push = |uploader: &mut Option<Uploader<'static>>| match uploader {
            Some(uploader) => {
                let taken = uploader.push_json(request?)?;
                Ok(serde_json::json!({ "records": taken }).to_string())
            }
            None => Err(finished()),
        };
        // SAFETY: as above.
        unsafe { enter(uploader, push) }
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Sends what is left, waits until each record has its outcome, and says what became of all. To be called once.
///
/// @param uploader The uploader. Required. Still to be freed with c8x8_uploader_free.
/// @param out_json Gets the report, or the error with the report in it, as c8x8_upload_records. NULL: not wanted.
/// @return As c8x8_upload_records; C8X8_ERR_INVALID_ARGUMENT if the upload has finished already, or in a child after fork.
///
/// # Safety
/// `uploader` is NULL or live, the output NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_uploader_finish(
    uploader: *mut c8x8_uploader,
    out_json: *mut *mut c_char,
) -> i32 {
    let body = || {
        let finish = |uploader: &mut Option<Uploader<'static>>| match uploader.take() {
            Some(uploader) => Ok(uploader.finish()?.to_json()),
            None => Err(finished()),
        };
        // SAFETY: the caller's promise, handed on.
        unsafe { enter(uploader, finish) }
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { guard(out_json, body) }
}

/// Frees an uploader. If it has not finished, the upload is given up: requests under way are dropped, and only a ledger knows
/// of them. Its threads have ended when this returns.
///
/// May be called inside the uploader's own progress function, which is not called again then; the upload is given up when the
/// call that the function runs in returns, and its threads have ended when that call returns. Does nothing inside a log
/// function that runs on an upload's thread. In a child after fork, the parent's upload is left alone.
///
/// @param uploader An uploader, not freed yet, that no call on another thread uses any more; or NULL (nothing happens).
///
/// # Safety
/// `uploader` is NULL, or was made by `c8x8_uploader_new` and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn c8x8_uploader_free(uploader: *mut c8x8_uploader) {
    // SAFETY: by the caller's promise it is NULL or live.
    let Some(handle) = (unsafe { uploader.as_ref() }) else {
        return;
    };
    if handle.is_inside() {
        handle.freed.store(true, Ordering::Release);
    } else if !is_callback_of_ours() {
        // SAFETY: the caller promises that `c8x8_uploader_new` made it and that nobody uses it any more.
        unsafe { free(uploader) };
    }
}

/// # Safety
/// It was made by `c8x8_uploader_new` and is not used afterwards.
unsafe fn free(uploader: *mut c8x8_uploader) {
    // SAFETY: the caller's promise.
    let uploader = unsafe { Box::from_raw(uploader) };
    // There is nobody to report a panic to; it must not cross into C.
    let _ = protected(|| {
        let half_done = uploader.is_inherited() && uploader.uploader.try_lock().is_err();
        match half_done {
            // A thread that only the parent has was at work in it when the child was forked.
            true => mem::forget(uploader),
            false => drop(uploader),
        }
        Ok(())
    });
}

/// Runs a call of an uploader, which the progress callback may free meanwhile.
///
/// # Safety
/// `uploader` is NULL or live.
unsafe fn enter<T>(
    uploader: *mut c8x8_uploader,
    call: impl FnOnce(&mut Option<Uploader<'static>>) -> Result<T, Error>,
) -> Result<T, Error> {
    // SAFETY: the caller's promise, handed on.
    let handle = unsafe { pointer::handle(uploader, "uploader") }?;
    let outermost = !handle.is_inside();
    let result = protected(|| handle.enter(call));
    if outermost && handle.freed.load(Ordering::Acquire) {
        // SAFETY: the callback has freed it, so that this call was the last one to use it.
        unsafe { free(uploader) };
    }
    result
}

impl c8x8_uploader {
    fn enter<T>(
        &self,
        call: impl FnOnce(&mut Option<Uploader<'static>>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let refused = |why: &str| pointer::invalid(format!("uploader: {why}"));
        if self.is_inside() {
            return Err(refused("its progress callback must not call it"));
        }
        if is_callback_of_ours() {
            return Err(refused(
                "a log callback on an upload's own thread must not call it",
            ));
        }
        if self.is_inherited() {
            // The lock may be held by a thread that only the parent has.
            return Err(refused(
                "it was made before a fork, and its threads are in the parent process; make one here",
            ));
        }
        // A panic inside is reported by its own call; what is left of the uploader still gives up when it is dropped.
        let mut uploader = self.uploader.lock().unwrap_or_else(PoisonError::into_inner);
        let _inside = Inside::enter(&self.inside, this_thread());
        call(&mut uploader)
    }

    /// Whether this thread is inside a call of it already, which means: in its progress callback.
    fn is_inside(&self) -> bool {
        self.inside.load(Ordering::Acquire) == this_thread()
    }

    /// Whether this process got it through a fork.
    fn is_inherited(&self) -> bool {
        self.process != process::id()
    }
}

/// Says which thread is inside as long as it lives.
struct Inside<'a>(&'a AtomicUsize);

impl<'a> Inside<'a> {
    fn enter(inside: &'a AtomicUsize, thread: usize) -> Self {
        inside.store(thread, Ordering::Release);
        Self(inside)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

/// Something that is this thread's alone while it lives. Not `std::thread::current`, which leaves a trace on the host's.
fn this_thread() -> usize {
    thread_local! {
        static HERE: Cell<u8> = const { Cell::new(0) };
    }
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

fn finished() -> Error {
    pointer::invalid("uploader: the upload has finished".to_owned())
}

/// # Safety
/// The string is NULL or NUL-terminated.
unsafe fn options(options_json: *const c_char) -> Result<UploadOptions, Error> {
    // SAFETY: the caller's promise, handed on.
    match unsafe { pointer::optional(options_json, "options_json") }? {
        Some(json) => UploadOptions::from_json(json),
        None => Ok(UploadOptions::default()),
    }
}

struct ProgressTarget {
    r#fn: c8x8_progress_fn,
    userdata: *mut c_void,
    /// Whether the uploader was freed by the function; it is not called after that.
    freed: Arc<AtomicBool>,
}

// SAFETY: the function is called on the thread that makes the call, with the pointer that this call was given.
unsafe impl Send for ProgressTarget {}

impl ProgressTarget {
    fn report(&self, progress: &Progress) -> ControlFlow<()> {
        if self.freed.load(Ordering::Acquire) {
            return ControlFlow::Break(());
        }
        let (Some(function), Ok(json)) = (self.r#fn, CString::new(progress.to_json())) else {
            return ControlFlow::Continue(());
        };
        // SAFETY: by the promise of `c8x8_upload_records` and `c8x8_uploader_new` it may be called with this pointer.
        let wish = unsafe { function(json.as_ptr(), self.userdata) };
        match wish == 0 && !self.freed.load(Ordering::Acquire) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}
