//! Time: how long something takes, and waiting for a condition instead of for luck.

use std::thread;
use std::time::{Duration, Instant};

/// Runs `call` and says how long it took.
pub fn timed<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let result = call();
    (result, started.elapsed())
}

/// Waits until this is so; fails if it is not within a minute.
#[track_caller]
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < patience, "never {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
