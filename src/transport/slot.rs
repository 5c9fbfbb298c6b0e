//! A place for one value, filled by the client's thread and awaited by the caller's.
//!
//! Not a channel of the standard library: those park the waiting thread through its `std::thread::Thread`, of which std then
//! keeps one for each of the host program's threads, to be found by leak checkers. A mutex and a condition variable leave
//! nothing behind.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The side that fills the slot. Dropped without that, it tells the other side that nothing will come.
pub(super) struct Sender<T>(Arc<Slot<T>>);

/// The side that waits.
pub(super) struct Receiver<T>(Arc<Slot<T>>);

struct Slot<T> {
    content: Mutex<Content<T>>,
    changed: Condvar,
}

enum Content<T> {
    Awaited,
    Here(T),
    /// Taken, or never to come.
    Gone,
}

/// What a wait ended with.
pub(super) enum Wait<T> {
    Value(T),
    Gone,
    Timeout,
}

pub(super) fn new<T>() -> (Sender<T>, Receiver<T>) {
    let slot = Arc::new(Slot {
        content: Mutex::new(Content::Awaited),
        changed: Condvar::new(),
    });
    (Sender(Arc::clone(&slot)), Receiver(slot))
}

impl<T> Slot<T> {
    fn fill(&self, content: Content<T>) {
        let mut slot = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*slot, Content::Awaited) {
            *slot = content;
        }
        drop(slot);
        self.changed.notify_one();
    }
}

impl<T> Sender<T> {
    pub(super) fn send(self, value: T) {
        self.0.fill(Content::Here(value));
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.fill(Content::Gone);
    }
}

impl<T> Receiver<T> {
    /// Waits for the value, no longer than `limit`.
    pub(super) fn wait(&self, limit: Duration) -> Wait<T> {
        let until = Instant::now() + limit;
        let slot = &*self.0;
        let mut content = slot.content.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match std::mem::replace(&mut *content, Content::Gone) {
                Content::Here(value) => return Wait::Value(value),
                Content::Gone => return Wait::Gone,
                Content::Awaited => *content = Content::Awaited,
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Wait::Timeout;
            }
            content = slot
                .changed
                .wait_timeout(content, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}
