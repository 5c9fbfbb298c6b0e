//! The logging callback of a client: one line an attempt, never the key, nothing global.

use std::cell::Cell;
use std::fmt;
use std::process;
use std::ptr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;

/// How loud a line is; a smaller number is more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum LogLevel {
    /// An attempt that ended the call without the server's word.
    Error = 1,
    /// An attempt that will be repeated.
    Warn = 2,
    /// A step of a longer operation.
    Info = 3,
    /// Any other attempt.
    Debug = 4,
}

impl LogLevel {
    /// The level with this number, 1 to 4.
    pub fn from_number(number: i32) -> Option<Self> {
        [Self::Error, Self::Warn, Self::Info, Self::Debug]
            .into_iter()
            .find(|level| *level as i32 == number)
    }

    /// `error`, `warn`, `info` or `debug`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How long a sink that is still running is waited for before looking again: short at first, because a sink is usually quick.
const FIRST_LOOK: Duration = Duration::from_micros(50);
const LATER_LOOK: Duration = Duration::from_millis(2);

type Sink = Box<dyn Fn(LogLevel, &str) + Send + Sync>;

struct Target {
    max_level: LogLevel,
    sink: Sink,
}

/// Where a client's lines go, and which calls of a sink are running. Once [`set`](Self::set) or [`clear`](Self::clear) has
/// returned, the sink before is not running and will not be called again.
///
/// Without a lock, so that a fork or a callback that calls back can never find it held. Target and calls are one value that is
/// exchanged as a whole: no call of a sink can begin after that sink was replaced.
#[derive(Default)]
pub(crate) struct Log {
    state: ArcSwap<State>,
}

#[derive(Default)]
struct State {
    target: Option<Arc<Target>>,
    calls: Vec<Call>,
}

/// A sink that is running.
#[derive(Clone)]
struct Call {
    target: Arc<Target>,
    by: Caller,
    /// The sink itself has replaced a sink. Others that do so from inside a sink do not wait for this call: it may be waiting
    /// for theirs.
    replaces: bool,
}

/// A thread of a process. A forked child inherits the calls of threads that it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Caller {
    process: u32,
    thread: usize,
}

impl Caller {
    fn here() -> Self {
        thread_local! {
            // Its address is this thread's alone. `thread::current` would leave a trace on a thread of the host's.
            static HERE: Cell<u8> = const { Cell::new(0) };
        }
        Self {
            process: process::id(),
            thread: HERE.with(|here| ptr::from_ref(here).addr()),
        }
    }
}

impl State {
    /// The same, with the calls of this process only.
    fn of_process(&self, process: u32) -> Self {
        let calls = self.calls.iter();
        Self {
            target: self.target.clone(),
            calls: calls
                .filter(|call| call.by.process == process)
                .cloned()
                .collect(),
        }
    }

    fn listener(&self, level: LogLevel) -> Option<&Arc<Target>> {
        self.target
            .as_ref()
            .filter(|target| level <= target.max_level)
    }

    fn is_inside(&self, caller: Caller) -> bool {
        self.calls.iter().any(|call| call.by == caller)
    }

    /// Whether a sink that was replaced is still running, in a call that `caller` has to wait for.
    fn is_busy(&self, caller: Caller, inside: bool) -> bool {
        self.calls.iter().any(|call| {
            let replaced = self
                .target
                .as_ref()
                .is_none_or(|target| !Arc::ptr_eq(target, &call.target));
            replaced
                && call.by.process == caller.process
                && call.by.thread != caller.thread
                && !(inside && call.replaces)
        })
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("on", &self.state.load().target.is_some())
            .finish_non_exhaustive()
    }
}

impl Log {
    pub(crate) fn set(
        &self,
        max_level: LogLevel,
        sink: impl Fn(LogLevel, &str) + Send + Sync + 'static,
    ) {
        let sink = Box::new(sink);
        self.replace(Some(Arc::new(Target { max_level, sink })));
    }

    pub(crate) fn clear(&self) {
        self.replace(None);
    }

    /// Sets another target, and waits until no sink that was replaced is running; inside a sink, until none is running on
    /// another thread.
    fn replace(&self, target: Option<Arc<Target>>) {
        let caller = Caller::here();
        let before = self.state.rcu(|state| {
            let mut next = state.of_process(caller.process);
            next.target.clone_from(&target);
            for call in next.calls.iter_mut().filter(|call| call.by == caller) {
                call.replaces = true;
            }
            next
        });
        let inside = before.is_inside(caller);
        let mut pause = FIRST_LOOK;
        while self.state.load().is_busy(caller, inside) {
            thread::sleep(pause);
            pause = LATER_LOOK.min(pause * 2);
        }
    }

    /// Writes a line; `line` is built only if somebody listens at this level.
    pub(crate) fn write(&self, level: LogLevel, line: impl FnOnce() -> String) {
        if self.state.load().listener(level).is_none() {
            return;
        }
        let line = line();
        if let Some(running) = Running::begin(self, level) {
            (running.call.target.sink)(level, &line);
        }
    }
}

/// A sink runs as long as this lives, also when the sink panics.
struct Running<'a> {
    log: &'a Log,
    call: Call,
}

impl<'a> Running<'a> {
    fn begin(log: &'a Log, level: LogLevel) -> Option<Self> {
        let by = Caller::here();
        let call = |target: &Arc<Target>| Call {
            target: Arc::clone(target),
            by,
            replaces: false,
        };
        let before = log.state.rcu(|state| {
            let mut next = state.of_process(by.process);
            next.calls.extend(state.listener(level).map(call));
            next
        });
        let call = before.listener(level).map(call)?;
        Some(Self { log, call })
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.log.state.rcu(|state| {
            let mut next = state.of_process(process::id());
            // The innermost one, should the sink have been called inside itself.
            let ended = next.calls.iter().rposition(|call| {
                call.by == self.call.by && Arc::ptr_eq(&call.target, &self.call.target)
            });
            if let Some(ended) = ended {
                next.calls.remove(ended);
            }
            next
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Barrier, mpsc};

    use super::*;

    const SOON: Duration = Duration::from_millis(100);
    const LATE: Duration = Duration::from_secs(20);

    /// A sink that says when it runs, and runs until it is told to end.
    fn slow(log: &Log) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (begun, begins) = mpsc::channel();
        let (end, ends) = mpsc::channel();
        let ends = std::sync::Mutex::new(ends);
        log.set(LogLevel::Debug, move |_, _| {
            begun.send(()).unwrap();
            let _ = ends.lock().unwrap().recv_timeout(LATE);
        });
        (begins, end)
    }

    fn line() -> String {
        "a line".to_owned()
    }

    #[test]
    fn a_sink_that_was_replaced_or_cleared_has_ended() {
        let replacements: [fn(&Log); 2] = [Log::clear, |log| log.set(LogLevel::Debug, |_, _| {})];
        for replace in replacements {
            let log = Log::default();
            let (begins, end) = slow(&log);
            let replaced = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| log.write(LogLevel::Error, line));
                begins.recv_timeout(LATE).unwrap();
                let replacing = scope.spawn(|| {
                    replace(&log);
                    replaced.store(true, Ordering::SeqCst);
                });
                thread::sleep(SOON);
                assert!(!replaced.load(Ordering::SeqCst), "the sink still runs");
                // The next lines do not go to it.
                log.write(LogLevel::Error, line);
                assert!(begins.try_recv().is_err());
                end.send(()).unwrap();
                replacing.join().unwrap();
            });
            assert!(log.state.load().calls.is_empty());
        }
    }

    #[test]
    fn a_sink_may_clear_the_log_while_other_sinks_do_the_same() {
        let log = Arc::new(Log::default());
        let inner = Arc::downgrade(&log);
        let both_inside = Barrier::new(2);
        log.set(LogLevel::Debug, move |_, _| {
            both_inside.wait();
            inner.upgrade().unwrap().clear();
        });
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| log.write(LogLevel::Error, line));
            }
        });
        assert!(log.state.load().calls.is_empty());
    }

    #[test]
    fn calls_of_another_process_are_not_waited_for() {
        let log = Log::default();
        log.set(LogLevel::Debug, |_, _| {});
        let running = Running::begin(&log, LogLevel::Error).unwrap();
        // As a forked child finds it: begun in the parent, on a thread that is not there.
        log.state.rcu(|state| {
            let mut next = state.of_process(process::id());
            for call in &mut next.calls {
                call.by.process = 0;
                call.by.thread = 0;
            }
            next
        });
        log.clear();
        assert!(log.state.load().calls.is_empty());
        drop(running);
    }

    #[test]
    fn a_sink_that_panics_has_ended() {
        let log = Log::default();
        log.set(LogLevel::Debug, |_, _| panic!("on purpose"));
        thread::scope(|scope| {
            let writing = scope.spawn(|| log.write(LogLevel::Error, line));
            assert!(writing.join().is_err());
        });
        log.clear();
        assert!(log.state.load().calls.is_empty());
    }
}
