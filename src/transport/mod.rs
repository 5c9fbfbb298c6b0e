//! Sends a request, with retries, until there is a final result.
//!
//! [`Transport::call`] ([`call`]) repeats attempts until the server has spoken or the policy says stop. One attempt is made by an
//! [`Engine`](engine::Engine) (connections and the thread that drives them), judged in [`verdict`], spaced by [`pacing`],
//! repeated as [`retry`] says, explained by [`hint`]; [`echo`] keeps the key out of what the server sent; [`process`] gives
//! each process an engine of its own; [`patience`] is how long a caller waits.
//!
//! **What is known of the outcome.** Each attempt ends with a [`Certainty`](verdict::Certainty): the server said it is
//! applied (2xx with the whole answer that it owes), or it is certainly not applied (never sent, or a status that
//! [`is_refusal`](verdict::is_refusal) lists), or nobody knows (everything else). A call that fails says `outcomeUnknown`
//! exactly if one of its attempts ended in the third way: a later refusal does not undo what an earlier attempt may have
//! done.
//!
//! **Why not `reqwest::blocking`.** It is the async client behind a hidden thread, and a call on it cannot be given up: a
//! cancelled one would leave a thread behind until its timeout, and the thread of an inherited client panics after a fork.
//! Here the thread is ours: cancelling drops the request and its connection at once, dropping the client joins the thread.

mod answer;
mod call;
mod echo;
mod engine;
mod hint;
mod pacing;
mod patience;
mod process;
mod request;
mod retry;
mod slot;
mod tls;
mod verdict;

pub(crate) use call::Transport;
pub(crate) use engine::block_signals;
pub(crate) use patience::{Patience, interrupted};
pub(crate) use request::Request;
pub(crate) use retry::backoff_after;
