//! Any number of records onto a campaign, and the truth about each.
//!
//! The [`Uploader`](uploader::Uploader) takes records on the caller's thread, from a [`source`], and makes batches of them;
//! [`worker`]s send them. Which records a batch asks for next, and what the answers mean, is an [`inquiry`]; what a refusal is
//! about, [`refusal`]; which ids a server might confuse, [`twins`]. The [`ledger`] is what is known of each record, on disk, in a
//! file of its own ([`ledger_file`]); what an [`earlier`] run left in it is taken up again. A record that breaks a rule is found
//! out as a [`candidate`]. They share a [`run`].
//!
//! # The promise
//! When an upload ends, each record has exactly one outcome, and it is true. Nothing is concluded from time, from repetition or
//! from words that are not known:
//!
//! | outcome | is stated only when | so it is true that |
//! | --- | --- | --- |
//! | `added` | a complete 2xx answer named exactly the records sent, each by its `crmRecordId` | it is on the campaign, by this upload |
//! | `alreadyPresent` | a complete answer, 409 or 400, that is a problem object, named it in the known words for a duplicate, and no other record of the request anywhere | it is on the campaign |
//! | `rejected` | it breaks a rule, checked here; or the server's `errors` named it by index, and no request with it has an unknown outcome | this upload did not put it there |
//! | `refused` | the server refused it, sent alone, twice or more with another request accepted in between, in other words; and no request with it has an unknown outcome | this upload did not put it there |
//! | `notSent` | it was in no request, or each was refused, and the upload ended before more was learned | this upload did not put it there |
//! | `unknown` | a request with it has an unknown outcome, and neither of the first two was stated since | nobody knows |
//!
//! # Why each row is true
//! Of the server (contract: add records): a request is stored whole or not at all (**atomic**); an id is on the campaign
//! once, and a request with one that is there is refused (**unique**). Of an answer: a refusal was not carried out if its
//! status says so (`transport::verdict`); every other end of a request, a lost or broken answer among them, leaves its outcome
//! unknown, and from the moment it is sent until then a request counts as lost.
//!
//! - `added`, `alreadyPresent`: the server's own word, whole, about this record and no other.
//! - `rejected`, `refused`, `notSent`: each request with the record was answered by a refusal, or never sent, or disproved.
//! - **A lost request M is disproved by an accepted request with a record of M.** Had M been stored before, that record would
//!   have been there, and the request refused (unique). If M arrives later, that record is there now, and M is refused whole
//!   (unique, atomic). So its other records are as if M had never been sent.
//! - With `soleWriter`, a record of M that is `alreadyPresent` was put there by a lost request of this upload. If M is the only
//!   one with it, M was stored whole (atomic), and all its records are `added`. This is not concluded from a record that has a
//!   twin in the input (equal but for blanks, Unicode form and case): the server may speak of the twin. Repeated ids are
//!   rejected then.
//!
//! # How it gets there
//! A refusal in unknown words is about a record, or about a state of the campaign that may pass. The batch waits until another
//! request is accepted, is asked for once more, then in halves, down to each record alone. A record that was refused alone
//! twice, with an accepted request in between, is left for the end of the upload and asked for again there, until it was in
//! twelve refused requests: a server that refuses three in ten for a passing reason is very unlikely to do that. A few records
//! of such a batch are kept for last, so that one of them is the accepted request that the others need. Where nothing is
//! accepted for `waitForCampaign`, the upload ends with that refusal.
//!
//! A record of a lost request goes alone, because it may have the others refused. If it is refused in unknown words, the others
//! of that request are left for the end, too, when one of them at a time is asked: accepted, it frees them all.
//!
//! | one record in a hundred, or one lost answer, costs | requests more |
//! | --- | --- |
//! | a duplicate in known words | 1 |
//! | a record that `errors` name | 1; the first in an upload 2 |
//! | a record refused in unknown words | 20 at most |
//! | a lost answer, not stored | 2 |
//! | a lost answer, stored, known words | 1 a record; with `soleWriter` 1 |
//! | a lost answer, stored, unknown words | 13 at most, and the records stay `unknown` |

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
