//! Writing for people: bold headings on a terminal, plain text in a log.

use std::error::Error;
use std::io::{self, IsTerminal, Write};

/// Standard output; emphasis only where somebody sees it, and not where `NO_COLOR` is set.
pub struct Page {
    out: io::Stdout,
    emphasis: bool,
}

impl Page {
    pub fn new() -> Self {
        let out = io::stdout();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            emphasis: out.is_terminal() && !plain,
            out,
        }
    }

    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        if self.emphasis {
            self.line(&format!("\n\x1b[1m{text}\x1b[0m"))
        } else {
            self.line(&format!("\n{text}"))
        }
    }

    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }
}

/// Says on standard error what went wrong.
pub fn complain(error: &dyn Error) {
    // If standard error is gone too, the exit status is all that is left to say it.
    let _ = writeln!(io::stderr(), "campaigns8x8: {error}");
}

pub fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
