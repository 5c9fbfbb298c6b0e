//! What can go wrong between a client and the server, and when it does.

use std::time::Duration;

/// Something that goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is closed before the request is looked at.
    LostRequest,
    /// The request is carried out; then the connection is closed without a byte of the answer.
    LostAnswer,
    /// The request is carried out; half of the answer's body is sent, then the connection is closed.
    TruncatedAnswer,
    /// This 5xx status, and the request is not carried out.
    ErrorBefore(u16),
    /// The request is carried out, and answered with this 5xx status all the same.
    ErrorAfter(u16),
    /// A gateway in front answers with this status and an HTML page; the request never reaches the API.
    GatewayHtml(u16),
    /// The request waits this long, then takes its course.
    Delay(Duration),
    /// 429 with this `Retry-After`.
    RateLimited {
        /// Seconds to wait.
        retry_after_secs: u64,
    },
}

/// When faults happen.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Faults {
    /// Never.
    #[default]
    None,
    /// One entry a request, in order; after the last one no more.
    Scheduled(Vec<Option<Fault>>),
    /// To each request with this probability, one of these at random.
    Random {
        /// From 0 to 1.
        probability: f64,
        /// What may happen; each with the same probability.
        kinds: Vec<Fault>,
    },
}

/// The faults still to come.
#[derive(Debug)]
pub(super) struct Schedule {
    faults: Faults,
    next: usize,
    chance: fastrand::Rng,
}

impl Schedule {
    pub(super) fn new(faults: Faults, seed: u64) -> Self {
        Self {
            faults,
            next: 0,
            chance: fastrand::Rng::with_seed(seed),
        }
    }

    pub(super) fn replace(&mut self, faults: Faults) {
        self.faults = faults;
        self.next = 0;
    }

    /// The fault of the next request.
    pub(super) fn draw(&mut self) -> Option<Fault> {
        match &self.faults {
            Faults::None => None,
            Faults::Scheduled(faults) => {
                self.next += 1;
                faults.get(self.next - 1).cloned().flatten()
            }
            Faults::Random { probability, kinds } => {
                if kinds.is_empty() || self.chance.f64() >= *probability {
                    return None;
                }
                kinds.get(self.chance.usize(..kinds.len())).cloned()
            }
        }
    }
}
