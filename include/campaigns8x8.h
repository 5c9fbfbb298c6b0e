/**
 * @file
 * campaigns8x8: client for the 8x8 Contact Center Campaigns API.
 *
 * # The contract
 *
 * Calls block until the server has spoken, the attempts are used up, or they are cancelled. Requests and answers are JSON in
 * UTF-8, in the vendor's own words.
 *
 * - Status: every call returns an int32_t, C8X8_OK or one of C8X8_ERR_... .
 * - out_json: gets the result if the status is C8X8_OK, the error object otherwise; always valid JSON. The caller frees it
 *   with c8x8_string_free. NULL means "not wanted".
 * - Outputs: all others are written on success only.
 * - NULL: no pointer that is NULL crashes. Optional ones (options, callbacks, tokens) are taken as left out; a required one
 *   gives C8X8_ERR_INVALID_ARGUMENT.
 * - UTF-8: bad UTF-8 gives C8X8_ERR_INVALID_ARGUMENT.
 * - JSON: malformed JSON, an unknown field or a wrong value gives C8X8_ERR_CONFIG in a config and
 *   C8X8_ERR_INVALID_ARGUMENT in a request; a record that breaks a rule gives C8X8_ERR_VALIDATION.
 * - Ownership: what a caller passes stays the caller's and is needed during the call only, userdata excepted. What the library
 *   gives is freed with the function that its own comment names.
 * - Threads: a client and a token may be used from any number of threads at once. Free a handle when no call uses it.
 * - Order: handles may be freed in any order. A token or a client may be freed while an uploader made with it is at work.
 * - Fork: a client that was made before a fork works in the child. An uploader does not: its calls fail there, and the
 *   parent's upload is not disturbed.
 * - Callbacks: may call the library. They must not throw and not longjmp. No callback runs once the handle that it was set on
 *   was freed.
 * - Manners: no output, no signal handler, no change of the environment. A client keeps one thread until it is freed, an
 *   upload as many as its concurrency says until it has ended.
 *
 * # The error object
 *
 *     {"kind":"conflict","message":"409 Conflict: ...","hint":"what to do next","retryable":false,"outcomeUnknown":false,
 *      "attempts":1,"http":{"status":409,"problem":{...},"body":"...","retryAfterMs":null},"fieldErrors":[]}
 *
 * - "outcomeUnknown" is true if the server may have applied the request all the same: the API has no way to look.
 * - "retryable" is true if the same call, made again a little later, is safe and may succeed.
 * - What stopped an upload under way has in "report" what became of every record.
 *
 * # The outcomes of an upload
 *
 * The report of an upload states for each record one of these:
 *
 * - "added": the server said so; it is on the campaign, by this upload.
 * - "alreadyPresent": the server said that it is on the campaign.
 * - "rejected": it breaks a rule, which "fieldErrors" names; this upload did not put it on the campaign.
 * - "refused": the server refused it, sent alone, twice or more, in words that do not say why; this upload did not put it on
 *   the campaign, and "error" has the server's words.
 * - "notSent": it was never sent, or each request with it was refused, and the upload ended before more was known; this
 *   upload did not put it on the campaign.
 * - "unknown": a request with it got no answer, and nothing since has shown what became of it. It is safe to send it again: the
 *   server adds an id only once.
 *
 * # A usage
 *
 *     c8x8_client *client = NULL;
 *     char *json = NULL;
 *     int32_t status = c8x8_client_new(NULL, &client, &json);     // all from CAMPAIGNS8X8_... in the environment
 *     c8x8_string_free(json);
 *     while (status == C8X8_OK && next_batch(batch)) {            // e.g. {"records":[{"crmRecordId":"CRM-1"}]}
 *         status = c8x8_add_records(client, campaign, batch, NULL, &json);
 *         printf("%s: %s\n", c8x8_status_name(status), json);     // the records as stored, or the error object
 *         c8x8_string_free(json);
 *     }
 *     c8x8_client_free(client);                                   // NULL is fine here
 *
 * # Contents
 *
 * - Version of this header
 * - Statuses
 * - Handles
 * - Callbacks
 * - The library itself
 * - Clients
 * - Cancelling from another thread
 * - Campaigns: start, pause, stop
 * - Records: up to 100 in one request
 * - Uploads: any number of records, from a source
 * - Uploads: any number of records, pushed
 *
 * Generated from bindings/c; do not edit (`make header` writes it anew).
 */


#ifndef CAMPAIGNS8X8_H
#define CAMPAIGNS8X8_H

#include <stdint.h>

/**
 * What stands before each function. On Windows a program that defines C8X8_DLLIMPORT before it includes this header calls the
 * DLL directly and not through the import library's stubs; it works without, and must not be defined for the static library.
 */
#if defined(_WIN32) && defined(C8X8_DLLIMPORT)
#define C8X8_API __declspec(dllimport)
#else
#define C8X8_API
#endif

/**
 * Whether the library that is running has the ABI that this header describes (0 if not). To be asked once, before the first
 * client, where the two may have been installed apart; the C++ wrapper does.
 */
#define C8X8_HEADER_MATCHES_LIBRARY() (c8x8_abi_version() == C8X8_ABI_VERSION)


/**
 * @name Version of this header
 * @{
 */

/** Number of the ABI this header describes. Raised when a program built with an older header would break. */
#define C8X8_ABI_VERSION 0
/** Version of the library this header came with: the first of its three numbers. */
#define C8X8_VERSION_MAJOR 0
/** The second number. */
#define C8X8_VERSION_MINOR 1
/** The third number. */
#define C8X8_VERSION_PATCH 0

/** @} */

/**
 * @name Statuses
 * @{
 */

/** Done. */
#define C8X8_OK 0
/** An argument is NULL, no UTF-8, malformed JSON, or has a wrong form. Nothing was sent. */
#define C8X8_ERR_INVALID_ARGUMENT 1
/** A setting is missing, unknown or wrong. Nothing was sent. */
#define C8X8_ERR_CONFIG 2
/** A record breaks a rule; see "fieldErrors". Nothing was sent. */
#define C8X8_ERR_VALIDATION 3
/** 400: the server refused the request as wrong. */
#define C8X8_ERR_BAD_REQUEST 4
/** 401: the key is missing, malformed or revoked. */
#define C8X8_ERR_UNAUTHORIZED 5
/** 403: the key lacks the API Product, or the role forbids it. */
#define C8X8_ERR_FORBIDDEN 6
/** 404: no such campaign for this tenant on this site. */
#define C8X8_ERR_NOT_FOUND 7
/** 409: the campaign's state, or a record already on it, forbids the request. */
#define C8X8_ERR_CONFLICT 8
/** 429: more requests than allowed. */
#define C8X8_ERR_RATE_LIMITED 9
/** 5xx: the server failed. */
#define C8X8_ERR_SERVER 10
/** An answer that the API never gives: a redirect, another form, too long. */
#define C8X8_ERR_UNEXPECTED_RESPONSE 11
/** No connection, or no answer, within the time set for one attempt. */
#define C8X8_ERR_TIMEOUT 12
/** The connection could not be made, or broke. */
#define C8X8_ERR_CONNECTION 13
/** No trust between the two ends: certificate or protocol. */
#define C8X8_ERR_TLS 14
/** The deadline of the whole operation passed. */
#define C8X8_ERR_DEADLINE 15
/** Cancelled through a c8x8_cancel or a callback. */
#define C8X8_ERR_CANCELLED 16
/** The upload ledger cannot be read or written. */
#define C8X8_ERR_STORAGE 17
/** A fault of this library. */
#define C8X8_ERR_INTERNAL 99

/** @} */

/**
 * @name Handles
 * @{
 */

/**
 * Ends the calls it is given to. One token may be given to any number of calls, on any threads.
 */
typedef struct c8x8_cancel c8x8_cancel;

/**
 * A client for the campaigns of one tenant. May be used from any number of threads at once, and in a child after fork.
 * Keeps one thread of its own until it is freed.
 */
typedef struct c8x8_client c8x8_client;

/**
 * An upload under way. One call at a time; calls from several threads wait for each other.
 */
typedef struct c8x8_uploader c8x8_uploader;

/** @} */

/**
 * @name Callbacks
 * @{
 */

/**
 * Takes a log line. `level` is 1 error, 2 warn, 3 info, 4 debug; `line` is valid during the call only. Called on the thread
 * that makes the call, of an upload on the upload's own threads. May call the library, but on an upload's thread no uploader
 * (C8X8_ERR_INVALID_ARGUMENT, and c8x8_uploader_free does nothing there); must not throw.
 */
typedef void (*c8x8_log_fn)(int32_t level, const char *line, void *userdata);

/**
 * Takes a report of progress, e.g. {"total":1500,"done":800,"added":798,"alreadyPresent":0,"rejected":2,"requests":9,
 * "retries":1,"recordsPerSecond":812.5,"etaMs":861}; "total" and "etaMs" are null while unknown. Valid during the call only.
 * Called on the thread that makes the call, at most ten times a second and once at the end; may call the library, but of the
 * uploader that it reports on only c8x8_uploader_free; must not throw. Returns 0 to go on, anything else to cancel the upload.
 */
typedef int32_t (*c8x8_progress_fn)(const char *progress_json, void *userdata);

/** @} */

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * @name The library itself
 * @{
 */

/**
 * Version of the library that is running.
 *
 * @return E.g. "0.1.0". Static: never free it.
 */
C8X8_API const char *c8x8_version(void);

/**
 * Number of the ABI of the library that is running.
 *
 * @return The number, to be compared with C8X8_ABI_VERSION; see C8X8_HEADER_MATCHES_LIBRARY.
 */
C8X8_API uint32_t c8x8_abi_version(void);

/**
 * Name of a status.
 *
 * @param status What a call returned.
 * @return E.g. "C8X8_ERR_CONFIG"; "unknown" for a number that is none. Static: never free it.
 */
C8X8_API const char *c8x8_status_name(int32_t status);

/**
 * Frees a string that this library returned through an `out_json`. The only way to free it: the library may have another
 * C runtime than the program.
 *
 * @param s A string of this library, not freed yet, or NULL (nothing happens).
 */
C8X8_API void c8x8_string_free(char *s);

/** @} */

/**
 * @name Clients
 * @{
 */

/**
 * Makes a client. Sends nothing.
 *
 * @param config_json Settings, e.g. {"apiKey":"eght_...","tenant":"acme01","customerSite":"US1","timeoutMs":10000}. What is
 *        left out comes from CAMPAIGNS8X8_API_KEY, CAMPAIGNS8X8_TENANT, CAMPAIGNS8X8_CUSTOMER_SITE, CAMPAIGNS8X8_BASE_URL.
 *        NULL: everything from there.
 * @param out_client Gets the client, on success only. Free it with c8x8_client_free. Required.
 * @param out_json Gets {"baseUrl":"https://...","tenant":"acme01"}, or the error. NULL: not wanted.
 * @return C8X8_OK; C8X8_ERR_CONFIG for a setting that is missing, unknown or wrong; C8X8_ERR_INVALID_ARGUMENT;
 *         C8X8_ERR_TLS if the system has no trusted certificates.
 */
C8X8_API int32_t c8x8_client_new(const char *config_json,
                                 struct c8x8_client **out_client,
                                 char **out_json);

/**
 * Frees a client. Its log function is not running when this returns and will not be called again: a call of it on another
 * thread is waited for, so do not hold a lock here that the function takes. An uploader of the client may still be at work; it
 * goes on without the log function. The client's thread has ended when this returns, or with the last such uploader.
 *
 * May be called inside the log function, which is waited for on other threads only. In a child after fork, the parent's
 * connections are left alone.
 *
 * @param client A client, not freed yet, that no call uses any more; or NULL (nothing happens).
 */
C8X8_API void c8x8_client_free(struct c8x8_client *client);

/**
 * Sends a client's log lines to a function: one line an attempt, with method, path, status, milliseconds and number. The
 * key is never in them.
 *
 * When this returns, the function that was set before is not running and will not be called again: a call of it on another
 * thread is waited for, so do not hold a lock here that the function takes. May be called inside the function, which is
 * waited for on other threads only.
 *
 * @param client The client. Required.
 * @param max_level The quietest level wanted: 1 error, 2 warn, 3 info, 4 debug. Not looked at when fn is NULL.
 * @param fn The function; it replaces the one before. NULL: no more lines.
 * @param userdata Handed to fn. Must stay valid until a later c8x8_client_set_log, or c8x8_client_free, has returned. If the
 *        client is used from several threads, or uploads, fn may run on several at once.
 * @return C8X8_OK, or C8X8_ERR_INVALID_ARGUMENT.
 */
C8X8_API int32_t c8x8_client_set_log(const struct c8x8_client *client,
                                     int32_t max_level,
                                     c8x8_log_fn fn,
                                     void *userdata);

/** @} */

/**
 * @name Cancelling from another thread
 * @{
 */

/**
 * Makes a token.
 *
 * @return The token, to be freed with c8x8_cancel_free. NULL only if the library failed inside.
 */
C8X8_API struct c8x8_cancel *c8x8_cancel_new(void);

/**
 * Cancels, now and for good: calls with this token return C8X8_ERR_CANCELLED within about 50 ms. May be called from any
 * thread, more than once, and from a signal handler (it only stores a flag).
 *
 * @param c The token, or NULL (nothing happens).
 */
C8X8_API void c8x8_cancel_trigger(const struct c8x8_cancel *c);

/**
 * Frees a token. Calls that were begun with it go on, and can no longer be cancelled by it.
 *
 * @param c A token, not freed yet; or NULL (nothing happens).
 */
C8X8_API void c8x8_cancel_free(struct c8x8_cancel *c);

/** @} */

/**
 * @name Campaigns: start, pause, stop
 * @{
 */

/**
 * Asks for one action.
 *
 * @param client The client. Required.
 * @param campaign_id The campaign's UUID, as Configuration Manager shows it. Required.
 * @param request_json {"action":"START","buildOnStart":true}: action is BUILD, RESET, START, PAUSE, RESUME, RETRY, CANCEL
 *        or PURGE; "enabled" (boolean) may go with each, "buildOnStart" (boolean) with START. Required.
 * @param cancel Ends the call from another thread. NULL: none.
 * @param out_json Gets the campaign as the server answered it, e.g. {"id":"...","state":"BUILDING","recordCount":0}, or
 *        the error. NULL: not wanted.
 * @return C8X8_OK; C8X8_ERR_CONFLICT (or, in another dialect of the server, C8X8_ERR_BAD_REQUEST) if the action is not
 *         valid in the campaign's state; any other status. If the error says "outcomeUnknown", the action may have been
 *         applied all the same; RESUME and RETRY are then not sent again.
 */
C8X8_API int32_t c8x8_modify_campaign(const struct c8x8_client *client,
                                      const char *campaign_id,
                                      const char *request_json,
                                      const struct c8x8_cancel *cancel,
                                      char **out_json);

/**
 * Brings a campaign to dial.
 *
 * @param client The client. Required.
 * @param campaign_id The campaign's UUID. Required.
 * @param options_json {"strategy":"buildOnStart","deadlineMs":300000,"pollIntervalMs":1000,"enabled":true}, every field
 *        optional. "buildOnStart" (default) is one START; "buildThenStart" is BUILD, then START again and again until it
 *        is no longer refused because the build lasts; "start" is START alone. NULL: the defaults.
 * @param cancel Ends the call from another thread. NULL: none.
 * @param out_json Gets the campaign as the accepted START answered it (whether it runs by then cannot be seen), or the
 *        error. NULL: not wanted.
 * @return C8X8_OK; C8X8_ERR_DEADLINE if START was refused until the end; else as c8x8_modify_campaign.
 */
C8X8_API int32_t c8x8_launch_campaign(const struct c8x8_client *client,
                                      const char *campaign_id,
                                      const char *options_json,
                                      const struct c8x8_cancel *cancel,
                                      char **out_json);

/**
 * Stops a campaign for real: PAUSE, then PURGE, because PAUSE alone lets the records that are queued already be dialed.
 *
 * @param client The client. Required.
 * @param campaign_id The campaign's UUID. Required.
 * @param cancel Ends the call from another thread. NULL: none.
 * @param out_json Gets the campaign as PURGE answered it, or the error; its message says which of the two steps failed.
 *        NULL: not wanted.
 * @return As c8x8_modify_campaign.
 */
C8X8_API int32_t c8x8_stop_campaign(const struct c8x8_client *client,
                                    const char *campaign_id,
                                    const struct c8x8_cancel *cancel,
                                    char **out_json);

/**
 * Which actions are valid in which state, which states pass by themselves, where records may be added. Sends nothing.
 *
 * @param out_json Gets {"states":[{"state":"CREATED","transient":false,"acceptsRecords":true,"displayStatus":"NEW",
 *        "actions":["BUILD","START"]}],"actions":[{"action":"BUILD","validFrom":[...],...}],"automaticMoves":[...]}.
 *        NULL: not wanted.
 * @return C8X8_OK.
 */
C8X8_API int32_t c8x8_state_machine(char **out_json);

/** @} */

/**
 * @name Records: up to 100 in one request
 * @{
 */

/**
 * Adds 1 to 100 records, all or none.
 *
 * @param client The client. Required.
 * @param campaign_id The campaign's UUID. Required.
 * @param request_json {"records":[{"crmRecordId":"CRM-1","scheduleAt":"2026-04-22T10:00:00Z","priority":"LOW","rank":1.5}]}:
 *        crmRecordId is required (1 to 32 UTF-16 units, unique on the campaign), the rest optional. Required.
 * @param cancel Ends the call from another thread. NULL: none.
 * @param out_json Gets {"records":[{"id":"...","crmRecordId":"CRM-1","state":"PENDING",...}]} in the order sent, or the
 *        error. NULL: not wanted.
 * @return C8X8_OK; C8X8_ERR_VALIDATION before sending, with every fault in "fieldErrors"; C8X8_ERR_CONFLICT (or
 *         C8X8_ERR_BAD_REQUEST) if an id is on the campaign already or the state forbids it; any other status. If the
 *         error says "outcomeUnknown", sending the same records again is safe: an id is never added twice.
 */
C8X8_API int32_t c8x8_add_records(const struct c8x8_client *client,
                                  const char *campaign_id,
                                  const char *request_json,
                                  const struct c8x8_cancel *cancel,
                                  char **out_json);

/**
 * Checks records as c8x8_add_records does, and sends nothing.
 *
 * @param request_json As for c8x8_add_records. Required.
 * @param out_json Gets {"valid":true,"records":2}, or the error with every fault in "fieldErrors", e.g.
 *        {"field":"records[3].crmRecordId","code":"NotBlank","message":"must not be blank"}. NULL: not wanted.
 * @return C8X8_OK; C8X8_ERR_VALIDATION; C8X8_ERR_INVALID_ARGUMENT for malformed JSON or an unknown field.
 */
C8X8_API int32_t c8x8_validate_records(const char *request_json, char **out_json);

/** @} */

/**
 * @name Uploads: any number of records, from a source
 * @{
 */

/**
 * Brings any number of records onto a campaign and says what became of each: exactly one true outcome, whatever was lost on
 * the way. Nothing is dialed twice, and a record is called added only when the server said so.
 *
 * @param client The client. Required.
 * @param campaign_id The campaign's UUID. Required.
 * @param source_json {"records":[{"crmRecordId":"CRM-1"},...]}, {"csv":"contacts.csv","columns":{"crmRecordId":"Account ID"}}
 *        (UTF-8, the first row names the columns; a column with the field's own name needs no mention) or
 *        {"ndjson":"contacts.ndjson"} (one record a line). Files are read as they are sent. Required.
 * @param options_json {"concurrency":4,"batchSize":100,"ledger":"upload.db","dryRun":false,"ranks":"server",
 *        "presentWording":["Record {id} exists"],"waitForCampaignMs":60000,"deadlineMs":3600000,"soleWriter":false}, every
 *        field optional. "ledger" is an SQLite file with which an upload that was killed can be run again. "ranks" may be
 *        {"startAt":1}: the records are numbered in the order of the input, which parallel requests would shuffle.
 *        "presentWording" lists further texts by which the server says that a record is on the campaign already, each with
 *        {id} where the record's crmRecordId stands; "already contains record for Id: {id}" is known without it.
 *        "soleWriter" promises that nothing else puts these ids on the campaign, not even an earlier upload without this
 *        ledger: a lost answer then costs one request instead of one a record. NULL: the defaults.
 * @param fn Called with the progress, see c8x8_progress_fn. NULL: none.
 * @param userdata Handed to fn.
 * @param cancel Ends the upload from another thread: nothing new is sent, what is under way is awaited. NULL: none.
 * @param out_json Gets the report: {"campaignId":"...","complete":true,"counts":{"total":1500,"added":1496,
 *        "alreadyPresent":2,"rejected":2,"refused":0,"notSent":0,"unknown":0},"records":[{"index":17,
 *        "crmRecordId":"CRM-17","outcome":"rejected","fieldErrors":[...],"error":null}],"notSentFrom":null,"requests":19,
 *        "retries":1,"elapsedMs":812}. "records" lists all that were not added; from "notSentFrom" on none was reached. What
 *        each outcome means is said at the top of this header. Or the error; what stopped an upload under way has the report
 *        in it as "report". NULL: not wanted.
 * @return C8X8_OK if the upload reached its end, rejected and refused records included; what stopped it otherwise, e.g.
 *         C8X8_ERR_CANCELLED, C8X8_ERR_UNAUTHORIZED, C8X8_ERR_CONNECTION; C8X8_ERR_STORAGE for a source or a ledger that
 *         cannot be read or written; C8X8_ERR_INVALID_ARGUMENT.
 */
C8X8_API int32_t c8x8_upload_records(const struct c8x8_client *client,
                                     const char *campaign_id,
                                     const char *source_json,
                                     const char *options_json,
                                     c8x8_progress_fn fn,
                                     void *userdata,
                                     const struct c8x8_cancel *cancel,
                                     char **out_json);

/** @} */

/**
 * @name Uploads: any number of records, pushed
 * @{
 */

/**
 * Begins an upload whose records are pushed.
 *
 * @param client The client. Required. May be freed before the uploader, which then writes no more log lines.
 * @param campaign_id The campaign's UUID. Required.
 * @param options_json As for c8x8_upload_records. NULL: the defaults.
 * @param fn Called with the progress, inside c8x8_uploader_push and c8x8_uploader_finish. NULL: none.
 * @param userdata Handed to fn; must stay valid until the uploader is freed (if fn itself frees it: until fn has returned).
 * @param cancel Ends the upload from another thread; may be freed before the uploader. NULL: none.
 * @param out_uploader Gets the uploader, on success only. Free it with c8x8_uploader_free. Required.
 * @param out_json Gets {"campaignId":"..."}, or the error. NULL: not wanted.
 * @return C8X8_OK; C8X8_ERR_STORAGE for a ledger that cannot be written or is in use; C8X8_ERR_INVALID_ARGUMENT.
 */
C8X8_API int32_t c8x8_uploader_new(const struct c8x8_client *client,
                                   const char *campaign_id,
                                   const char *options_json,
                                   c8x8_progress_fn fn,
                                   void *userdata,
                                   const struct c8x8_cancel *cancel,
                                   struct c8x8_uploader **out_uploader,
                                   char **out_json);

/**
 * Hands records to an upload. Blocks while as many batches wait as may be under way.
 *
 * @param uploader The uploader. Required.
 * @param request_json {"records":[{"crmRecordId":"CRM-1"},...]}, any number. A record that breaks a rule is no error here:
 *        it is "rejected" in the report. Required.
 * @param out_json Gets {"records":2}, how many were taken; or the error. NULL: not wanted.
 * @return C8X8_OK; C8X8_ERR_INVALID_ARGUMENT for malformed JSON or an unknown field (none was taken then), or if the upload
 *         has finished, or in a child after fork; what stopped the upload: c8x8_uploader_finish then says the same, with the
 *         report.
 */
C8X8_API int32_t c8x8_uploader_push(struct c8x8_uploader *uploader,
                                    const char *request_json,
                                    char **out_json);

/**
 * Sends what is left, waits until each record has its outcome, and says what became of all. To be called once.
 *
 * @param uploader The uploader. Required. Still to be freed with c8x8_uploader_free.
 * @param out_json Gets the report, or the error with the report in it, as c8x8_upload_records. NULL: not wanted.
 * @return As c8x8_upload_records; C8X8_ERR_INVALID_ARGUMENT if the upload has finished already, or in a child after fork.
 */
C8X8_API int32_t c8x8_uploader_finish(struct c8x8_uploader *uploader,
                                      char **out_json);

/**
 * Frees an uploader. If it has not finished, the upload is given up: requests under way are dropped, and only a ledger knows
 * of them. Its threads have ended when this returns.
 *
 * May be called inside the uploader's own progress function, which is not called again then; the upload is given up when the
 * call that the function runs in returns, and its threads have ended when that call returns. Does nothing inside a log
 * function that runs on an upload's thread. In a child after fork, the parent's upload is left alone.
 *
 * @param uploader An uploader, not freed yet, that no call on another thread uses any more; or NULL (nothing happens).
 */
C8X8_API void c8x8_uploader_free(struct c8x8_uploader *uploader);

/** @} */

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CAMPAIGNS8X8_H */
