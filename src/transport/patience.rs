//! How long a caller is willing to wait: until it cancels, or until its deadline.

use std::time::{Duration, Instant};

use super::slot::{Receiver, Wait};
use crate::cancel::Cancel;
use crate::outcome::{Error, ErrorKind};

/// How often a waiting call looks at its cancel token.
const SLICE: Duration = Duration::from_millis(50);

/// What may end a wait before its time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Patience<'a> {
    cancel: Option<&'a Cancel>,
    deadline: Option<Deadline>,
}

#[derive(Debug, Clone, Copy)]
struct Deadline {
    at: Instant,
    /// As the caller gave it, for the message.
    within: Duration,
}

/// Why a wait ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupted {
    Cancelled,
    /// The deadline passed; it was this long.
    Deadline(Duration),
}

impl<'a> Patience<'a> {
    pub(crate) fn new(cancel: Option<&'a Cancel>) -> Self {
        Self {
            cancel,
            deadline: None,
        }
    }

    /// The same, but no longer than `within` from now.
    pub(crate) fn within(self, within: Duration) -> Self {
        let at = Instant::now() + within;
        Self {
            deadline: Some(Deadline { at, within }),
            ..self
        }
    }

    /// Whether to go on at all.
    pub(crate) fn check(&self) -> Result<(), Interrupted> {
        if self.cancel.is_some_and(Cancel::poll) {
            return Err(Interrupted::Cancelled);
        }
        match self.deadline {
            Some(deadline) if deadline.at <= Instant::now() => {
                Err(Interrupted::Deadline(deadline.within))
            }
            _ => Ok(()),
        }
    }

    /// Sleeps for `wait`. If the deadline comes first there is nothing to sleep for: it fails at once.
    pub(crate) fn sleep(&self, wait: Duration) -> Result<(), Interrupted> {
        self.check()?;
        let until = Instant::now() + wait;
        if let Some(deadline) = self.deadline
            && deadline.at < until
        {
            return Err(Interrupted::Deadline(deadline.within));
        }
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(self.slice(left));
            self.check()?;
        }
    }

    /// Waits for a value, no longer than `limit`.
    pub(super) fn receive<T>(
        &self,
        receiver: &Receiver<T>,
        limit: Option<Duration>,
    ) -> Result<Wait<T>, Interrupted> {
        let until = limit.map(|limit| Instant::now() + limit);
        let ends = [until, self.deadline.map(|deadline| deadline.at)];
        let ends = ends.into_iter().flatten().min();
        loop {
            let left = ends.map_or(Duration::MAX, |at| {
                at.saturating_duration_since(Instant::now())
            });
            // `wait_timeout` needs a bound even without a deadline.
            let slice = self.slice(left.min(Duration::from_secs(3600)));
            match receiver.wait(slice) {
                Wait::Timeout => self.check()?,
                value_or_gone => return Ok(value_or_gone),
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                return Ok(Wait::Timeout);
            }
        }
    }

    fn slice(&self, left: Duration) -> Duration {
        match self.cancel {
            Some(_) => left.min(SLICE),
            None => left,
        }
    }
}

/// The error of a call that was interrupted.
pub(crate) fn interrupted(why: Interrupted) -> Error {
    match why {
        Interrupted::Cancelled => Error::new(ErrorKind::Cancelled, "cancelled by the caller"),
        Interrupted::Deadline(within) => Error::new(
            ErrorKind::Deadline,
            format!("not done within the deadline of {} ms", within.as_millis()),
        ),
    }
}
