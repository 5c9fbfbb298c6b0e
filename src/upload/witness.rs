//! What the requests that were accepted prove about the time between them: that the campaign's state let records in.
//!
//! A refusal that names nothing may be about a record or about the campaign's state. It cannot be about the state if the
//! campaign took other records just before and just after.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// No build and no start lasts less (contract: BUILDING and STARTING are the states that refuse records and pass by
/// themselves). Two accepted requests closer together than this have no such state between them.
pub(super) const SHORTEST_TRANSITION: Duration = Duration::from_millis(150);

/// As many accepted requests are remembered. Forgetting one can only make a proof wait for the next.
const REMEMBERED: usize = 512;

/// The accepted requests of one upload, all its workers together.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    latest_sent: Option<Instant>,
    accepted: VecDeque<Accepted>,
}

#[derive(Debug, Clone, Copy)]
struct Accepted {
    sent: Instant,
    received: Instant,
}

impl Witnesses {
    /// A request that was sent and answered at these times was accepted.
    pub(super) fn note(&mut self, sent: Instant, received: Instant) {
        self.latest_sent = self.latest_sent.max(Some(sent));
        if self.accepted.len() == REMEMBERED {
            self.accepted.pop_front();
        }
        self.accepted.push_back(Accepted { sent, received });
    }

    /// When the latest request went that is known to be accepted: the campaign took records at that time or after it.
    pub(super) fn latest_sent(&self) -> Option<Instant> {
        self.latest_sent
    }

    /// When the first answer came to an accepted request that was sent after `time`: the campaign took records in between.
    pub(super) fn first_after(&self, time: Instant) -> Option<Instant> {
        self.accepted
            .iter()
            .find(|accepted| accepted.sent > time)
            .map(|accepted| accepted.received)
    }
}
