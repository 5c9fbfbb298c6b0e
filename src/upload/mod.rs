//! Any number of records onto a campaign, and the truth about each.
//!
//! The [`Uploader`](uploader::Uploader) takes records on the caller's thread and makes batches of them; [`worker`]s send
//! them. What a batch is asked next, and what its answers mean, is an [`inquiry`]; what a refusal is about, [`refusal`]; what
//! accepted requests prove, [`witness`]. The [`ledger`] is what is known of each record, on disk; what an [`earlier`] upload left
//! in it is taken up again. A record that is wrong by itself is found out as a [`candidate`]. They share a [`run`].
//!
//! # The promise
//! When an upload ends, each record has exactly one outcome, and it is true:
//!
//! | outcome | is stated when | so it is true that |
//! | --- | --- | --- |
//! | `added` | a 2xx answered a request with it and named exactly the records sent | it is on the campaign, by this upload |
//! | `alreadyPresent` | the server refused it as present: named, or alone as below | it is on the campaign |
//! | `rejected` | it breaks a rule, checked here or by the server | this upload did not put it there |
//! | `notSent` | no request with it was sent, or each was refused | this upload did not put it there |
//! | `unknown` | a request with it got no answer, and nothing was learned since | nobody knows |
//!
//! # What it rests on
//! Of the server (contract: add records): a request is stored whole or not at all (**atomic**); an id is on the campaign
//! once, a request with one that is there is refused (**unique**); an id that is there stays there while the upload lasts.
//!
//! # Lost answers
//! *A request M was sent, and no answer came.* It is kept as lost, and its records go again, one alone first. Then:
//!
//! 1. **A request with a record of M is accepted.** Then M was not stored, and never will be. *Proof:* had M been stored
//!    before, that record would have been there, and the request refused (unique). If M arrives later, that record is there
//!    now, and M is refused whole (unique, atomic). So all records of M are as if M had never been sent.
//! 2. **A record of M is refused as present.** It is `alreadyPresent`: present for certain, put there by M or by somebody
//!    else. Of the other records nothing follows, since somebody else may have put just that one there: each is asked for by
//!    itself, and gets the server's word of its own.
//! 3. **With the promise of a sole writer** (`soleWriter`), a record of M that is refused as present was put there by a lost
//!    request of this upload. If M is the only one with it, M was stored, whole (atomic): all its open records are `added`.
//!    Ids that are repeated in the input are rejected then, since the refusal of a repetition would look the same.
//!    What makes it the only one: a record that may be on the campaign by a lost request is only ever sent alone, so that a
//!    request of several has none of another lost one.
//! 4. **The upload stops before.** The records of M are `unknown`.
//!
//! # Refusals that name nothing
//! A refusal may be about a record that is present or about the campaign's state, and in one dialect neither the status nor
//! a code tells them apart. A record whose refusals name nothing is taken for present only if its refusals cannot all have
//! been about the state. Refusals count only if they can be about no other record: it was alone, or every other record in
//! the request has been accepted since (then it was not there before: unique). By either of:
//!
//! - **Three refusals, each two separated by an accepted request** (sent after the one was answered, answered before the
//!   other was sent). For the state to explain them it would have had to turn bad three times and good twice in between. Two
//!   states refuse records and pass by themselves, BUILDING and STARTING, each once in a launch.
//! - **One refusal between two accepted requests that are less than 150 ms apart.** No build and no start is that short.
//!
//! COMPLETE and DELETED never pass: no accepted request follows, and the record stays open. If nothing is accepted for
//! `waitForCampaign`, the upload stops with that refusal, and says `notSent`. It says so, too, when a record is the last one
//! left and nothing else can be sent to tell the two apart: better a record that has to be uploaded again than one lost.
//!
//! To get there a refused set is divided in halves (about 14 requests for one bad record in a hundred, at most).

mod candidate;
mod earlier;
mod inquiry;
mod ledger;
mod ledger_file;
mod options;
mod refusal;
mod run;
mod source;
mod twins;
mod uploader;
mod worker;

pub use options::{Ranks, UploadOptions};
pub use source::Source;
pub use uploader::Uploader;
