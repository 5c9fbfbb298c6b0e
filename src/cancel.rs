//! A token by which one thread ends what another is waiting for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cancels the calls that were made with it. Clones share one state; a triggered token stays triggered.
///
/// A waiting call notices within about 50 ms, whether it waits for the server, for its turn, or between two attempts. The
/// request under way is dropped with its connection, so its outcome may be unknown; the error says so.
///
/// ```
/// let cancel = campaigns8x8::Cancel::new();
/// let for_the_signal_handler = cancel.clone();
/// for_the_signal_handler.trigger();
/// assert!(cancel.is_triggered());
/// ```
#[derive(Clone, Default)]
pub struct Cancel {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    triggered: AtomicBool,
    check: Option<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl Cancel {
    /// A token that nobody has triggered.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token that also asks `check`, about every 50 ms and on the thread that waits; true triggers it.
    ///
    /// Made for hosts that must look at something themselves while a call blocks, as Python must for Ctrl-C.
    pub fn with_check(check: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                triggered: AtomicBool::new(false),
                check: Some(Box::new(check)),
            }),
        }
    }

    /// Cancels, now and for good. May be called from any thread, and more than once.
    pub fn trigger(&self) {
        self.shared.triggered.store(true, Ordering::Release);
    }

    /// Whether the token was triggered.
    pub fn is_triggered(&self) -> bool {
        self.shared.triggered.load(Ordering::Acquire)
    }

    /// Asks the check too; only the thread that waits does this.
    pub(crate) fn poll(&self) -> bool {
        if !self.is_triggered() && self.shared.check.as_ref().is_some_and(|check| check()) {
            self.trigger();
        }
        self.is_triggered()
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("triggered", &self.is_triggered())
            .finish_non_exhaustive()
    }
}
