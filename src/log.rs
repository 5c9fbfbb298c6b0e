//! The logging callback of a client: one line an attempt, never the key, nothing global.

use std::fmt;

use arc_swap::ArcSwapOption;

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

type Sink = Box<dyn Fn(LogLevel, &str) + Send + Sync>;

/// Where a client's lines go. Without a lock, so that a fork or a callback that calls back can never find it held.
#[derive(Default)]
pub(crate) struct Log {
    target: ArcSwapOption<(LogLevel, Sink)>,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("on", &self.target.load().is_some())
            .finish_non_exhaustive()
    }
}

impl Log {
    pub(crate) fn set(
        &self,
        max_level: LogLevel,
        sink: impl Fn(LogLevel, &str) + Send + Sync + 'static,
    ) {
        self.target
            .store(Some(std::sync::Arc::new((max_level, Box::new(sink)))));
    }

    pub(crate) fn clear(&self) {
        self.target.store(None);
    }

    /// Writes a line; `line` is built only if somebody listens at this level.
    pub(crate) fn write(&self, level: LogLevel, line: impl FnOnce() -> String) {
        // The full load keeps the sink alive while it runs, even if the callback replaces it.
        if let Some(target) = self.target.load_full()
            && level <= target.0
        {
            (target.1)(level, &line());
        }
    }
}
