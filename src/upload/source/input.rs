//! The file of a source: counted before anything is sent if it is a regular file, and read so that it can be stopped if it
//! is a pipe, a FIFO or a device.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use super::entry::Stop;
use crate::outcome::{Error, ErrorKind, Result};

/// No row and no line is longer. One that is comes from a file without line ends, or from a quote that is never closed.
pub(super) const LONGEST: usize = 1024 * 1024;

/// What a file is read through.
pub(super) type Reader = Box<dyn Read + Send>;

/// A file that is there, not read yet.
pub(super) struct Input {
    path: PathBuf,
    /// Open, if it is a regular file. The others are opened when they are read, since that may block.
    regular: Option<File>,
}

impl Input {
    pub(super) fn find(path: &Path) -> Result<Self> {
        let metadata = path.metadata().map_err(|error| unreadable(path, &error))?;
        if metadata.is_dir() {
            return Err(unreadable(path, &io::ErrorKind::IsADirectory.into()));
        }
        let regular = match metadata.is_file() {
            true => Some(File::open(path).map_err(|error| unreadable(path, &error))?),
            false => None,
        };
        let path = path.to_owned();
        Ok(Self { path, regular })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The records of a regular file, counted by `count`. `None` for the others: what can be read only once cannot be
    /// counted before.
    pub(super) fn count(
        &mut self,
        count: impl FnOnce(&Path, &File) -> Result<u64>,
    ) -> Result<Option<u64>> {
        let Some(file) = &mut self.regular else {
            return Ok(None);
        };
        let total = count(&self.path, file)?;
        file.rewind()
            .map_err(|error| unreadable(&self.path, &error))?;
        Ok(Some(total))
    }

    /// Opens what is not open yet. A read that blocks fails once `stop` says so.
    pub(super) fn open(self, stop: Stop) -> Result<Reader> {
        match self.regular {
            Some(file) => Ok(Box::new(file)),
            None => stream(&self.path, stop).map_err(|error| unreadable(&self.path, &error)),
        }
    }
}

/// Reads without the byte order mark, if there is one.
pub(super) fn after_bom<R: Read>(mut input: R) -> io::Result<BufReader<Chain<Cursor<Vec<u8>>, R>>> {
    let mut start = Vec::new();
    input.by_ref().take(3).read_to_end(&mut start)?;
    if start == b"\xef\xbb\xbf" {
        start.clear();
    }
    Ok(BufReader::with_capacity(
        64 * 1024,
        Cursor::new(start).chain(input),
    ))
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    if error.get_ref().is_some_and(|inner| inner.is::<Stopped>()) {
        return Error::new(ErrorKind::Cancelled, format!("{path:?}: {error}"));
    }
    Error::new(
        ErrorKind::Storage,
        format!("{path:?} cannot be read: {error}"),
    )
    .with_hint("check that the file is there, that this program may read it, and that it is not being written to")
}

/// Told to stop while there was nothing to read.
#[derive(Debug)]
#[cfg_attr(not(unix), allow(dead_code, reason = "no read can be stopped there"))]
struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the upload ended before the end of the input was read")
    }
}

impl std::error::Error for Stopped {}

#[cfg(unix)]
fn stream(path: &Path, stop: Stop) -> io::Result<Reader> {
    Ok(Box::new(unix::Stream::open(path, stop)?))
}

/// A read that blocks cannot be stopped here.
#[cfg(not(unix))]
fn stream(path: &Path, _stop: Stop) -> io::Result<Reader> {
    Ok(Box::new(File::open(path)?))
}

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read};
    use std::os::fd::AsFd;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;
    use std::thread;
    use std::time::{Duration, Instant};

    use nix::errno::Errno;
    use nix::fcntl::OFlag;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::{Stop, Stopped};

    /// How often a blocked read asks whether to stop.
    const SLICE: Duration = Duration::from_millis(50);

    /// A pipe, a FIFO or a device.
    pub(super) struct Stream {
        file: File,
        stop: Stop,
        asked: Instant,
        ended: bool,
    }

    impl Stream {
        /// Does not wait for a writer. The mode belongs to this opening alone: whoever shares the pipe keeps theirs.
        pub(super) fn open(path: &Path, stop: Stop) -> io::Result<Self> {
            let file = OpenOptions::new()
                .read(true)
                .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits())
                .open(path)?;
            Ok(Self {
                file,
                stop,
                asked: Instant::now(),
                ended: false,
            })
        }

        /// Waits for one slice. True once a read has something to say: bytes, an error, or the end.
        fn is_ready(&self) -> io::Result<bool> {
            let mut files = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
            let slice = PollTimeout::try_from(SLICE).unwrap_or(PollTimeout::ZERO);
            match poll(&mut files, slice) {
                Ok(ready) => Ok(ready > 0),
                Err(Errno::EINTR) => Ok(false),
                Err(errno) => Err(errno.into()),
            }
        }
    }

    impl Read for Stream {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            // A FIFO has a new beginning when another writer opens it; this source does not.
            while !self.ended {
                // Also when there is always something: blank lines without end give no record.
                if self.asked.elapsed() >= SLICE {
                    self.asked = Instant::now();
                    if (self.stop)() {
                        return Err(io::Error::other(Stopped));
                    }
                }
                // Never read before: a FIFO that nobody writes to yet would look like one at its end.
                if !self.is_ready()? {
                    continue;
                }
                match self.file.read(into) {
                    Ok(read) => {
                        self.ended = read == 0 && !into.is_empty();
                        return Ok(read);
                    }
                    // Another reader of the same pipe was faster.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        thread::sleep(Duration::from_millis(5));
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(0)
        }
    }
}
