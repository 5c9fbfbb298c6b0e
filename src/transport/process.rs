//! A value that belongs to one process. After a fork the child makes its own and never drops the one it inherited: the
//! threads behind that one exist in the parent only, and its sockets are the parent's.
//!
//! No lock is held here at any time, because a fork may come while another thread holds it, and then nobody in the child
//! would ever release it.

use std::fmt;
use std::mem;
use std::sync::Arc;

use arc_swap::ArcSwap;

pub(super) struct ProcessBound<T> {
    current: ArcSwap<Slot<T>>,
}

struct Slot<T> {
    process: u32,
    /// `None` only while it is being dropped.
    value: Option<Arc<T>>,
}

impl<T> ProcessBound<T> {
    /// Binds `value` to this process.
    pub(super) fn new(value: T) -> Self {
        Self {
            current: ArcSwap::from_pointee(Slot::new(Arc::new(value))),
        }
    }

    /// The value of this process, made by `make` if the one at hand was inherited.
    pub(super) fn get<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Some(value) = self.current.load().own() {
            return Ok(value);
        }
        let made = Arc::new(make()?);
        let slot = Arc::new(Slot::new(Arc::clone(&made)));
        let inherited = self.current.load_full();
        if let Some(value) = inherited.own() {
            return Ok(value);
        }
        let before = self.current.compare_and_swap(&inherited, slot);
        // Two threads of the child may both have made one; the first one in stays, the other is dropped as usual.
        Ok(before.own().unwrap_or(made))
    }
}

impl<T> Slot<T> {
    fn new(value: Arc<T>) -> Self {
        Self {
            process: std::process::id(),
            value: Some(value),
        }
    }

    fn own(&self) -> Option<Arc<T>> {
        if self.process == std::process::id() {
            self.value.clone()
        } else {
            None
        }
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            mem::forget(self.value.take());
        }
    }
}

impl<T> fmt::Debug for ProcessBound<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessBound")
            .field("process", &self.current.load().process)
            .finish_non_exhaustive()
    }
}
