//! What several modules of tests need, each thing once: a server of arbitrary bytes ([`Stub`]), a sandbox with a client,
//! uploads, records, folders, processes and clocks.

mod call;
mod clock;
mod process;
mod sandbox;
mod scratch;
mod stub;
mod upload;

pub use call::{CAMPAIGN, KEY, campaign, named, once, quick, record, records};
pub use clock::{timed, until};
pub use process::{example, itself, own_process};
pub use sandbox::{always, await_state, client_of, first, running, sandbox_with, start};
pub use scratch::Scratch;
pub use stub::{Reply, Stub, answer, json};
pub use upload::{go_on, one_at_a_time, upload};
