//! The ledger's file on disk: readable by its owner only, and in the hands of one upload.
//!
//! On Unix the locks are record locks (fcntl), because those end with their process even where a forked child lives on: one on
//! an empty file beside the ledger, `….lock`, which stays, and one on the ledger itself, where SQLite has none, so that a
//! second name (hard link) is no way around the first. They do not keep out a second upload of the same process, which
//! [`HELD`](by_process) does. A name that is a symbolic link stands for the file that it leads to.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use crate::outcome::{Error, ErrorKind, Result};
use crate::text::shorten;

#[derive(Debug)]
pub(super) struct LedgerFile {
    path: PathBuf,
    _lock: Lock,
}

impl LedgerFile {
    /// Makes sure that the file is there, is the caller's alone, and is used by nobody else.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| storage(path, error);
        let (folder, name) = match fs::canonicalize(path) {
            Ok(path) => (
                path.parent().map(Path::to_owned),
                path.file_name().map(ToOwned::to_owned),
            ),
            Err(_) => {
                let folder = path
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty());
                let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).map_err(failed)?;
                (Some(folder), path.file_name().map(ToOwned::to_owned))
            }
        };
        let (Some(folder), Some(name)) = (folder, name) else {
            return Err(storage(path, "this is no name of a file"));
        };
        let mut beside = name.clone();
        beside.push(".lock");
        let mut write_ahead = name.clone();
        write_ahead.push("-wal");
        let file = folder.join(name);
        let lock = Lock::take(&file, &folder.join(beside)).map_err(|why| match why {
            Unlocked::InUse => storage(path, "another upload uses it now")
                .with_hint("wait until that upload has ended, or give this one another ledger"),
            Unlocked::Failed(error) => failed(error),
        })?;
        // Of a time when these files were made for everybody to read.
        for file in [&file, &folder.join(write_ahead)] {
            hide(file).map_err(failed)?;
        }
        Ok(Self {
            path: file,
            _lock: lock,
        })
    }

    /// The file's own name, without links.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

pub(super) fn storage(path: &Path, what: impl std::fmt::Display) -> Error {
    let message = format!("ledger {:?}: {}", path, shorten(&what.to_string()));
    Error::new(ErrorKind::Storage, message).with_hint(
        "make the file and its folder writable and see that the disk has room, then upload again with the same ledger",
    )
}

/// Opens the file, and makes it if it is not there. Never through a symbolic link, never waiting for a pipe.
fn own(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits());
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(std::io::Error::other("this is not a regular file")),
    }
}

#[cfg(unix)]
fn hide(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    match fs::symlink_metadata(path) {
        Ok(about) if about.is_file() && about.permissions().mode() & 0o077 != 0 => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn hide(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Why a lock was not taken.
enum Unlocked {
    InUse,
    Failed(std::io::Error),
}

impl From<std::io::Error> for Unlocked {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error)
    }
}

#[cfg(unix)]
use by_process::Lock;

#[cfg(unix)]
mod by_process {
    use std::collections::BTreeSet;
    use std::fs::{self, File, Metadata};
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use arc_swap::ArcSwapOption;
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;

    use super::{Unlocked, own};

    /// Far behind what SQLite locks (its bytes are at 2^30).
    const FAR: libc::off_t = 1 << 40;

    /// The files of this process's ledgers, with its id: a forked child inherits the list and none of the locks. Without a
    /// mutex, which a fork could leave locked for ever.
    static HELD: ArcSwapOption<BTreeSet<(u32, Key)>> = ArcSwapOption::const_empty();

    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    enum Key {
        Name(PathBuf),
        Inode(u64, u64),
    }

    impl From<Metadata> for Key {
        fn from(about: Metadata) -> Self {
            Self::Inode(about.dev(), about.ino())
        }
    }

    #[derive(Debug)]
    pub(super) struct Lock {
        _files: [File; 2],
        /// Dropped after the files, whose closing ends the locks.
        _held: [Held; 2],
    }

    #[derive(Debug)]
    struct Held((u32, Key));

    impl Lock {
        pub(super) fn take(ledger: &Path, beside: &Path) -> Result<Self, Unlocked> {
            // Before a file is opened: to close it again would end the locks of the upload that has it.
            let name = Held::take(Key::Name(beside.to_owned()))?;
            let inode = match fs::symlink_metadata(ledger) {
                Ok(about) => Some(Held::take(about.into())?),
                Err(_) => None,
            };
            let ledger = own(ledger)?;
            let inode = match inode {
                Some(inode) => inode,
                None => Held::take(ledger.metadata()?.into())?,
            };
            let beside = own(beside)?;
            lock(&beside, 0)?;
            lock(&ledger, FAR)?;
            Ok(Self {
                _files: [beside, ledger],
                _held: [name, inode],
            })
        }
    }

    fn lock(file: &File, at: libc::off_t) -> Result<(), Unlocked> {
        let byte = libc::flock {
            l_type: libc::F_WRLCK as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: at,
            l_len: 1,
            l_pid: 0,
        };
        match fcntl(file, FcntlArg::F_SETLK(&byte)) {
            Ok(_) => Ok(()),
            Err(Errno::EACCES | Errno::EAGAIN) => Err(Unlocked::InUse),
            Err(error) => Err(Unlocked::Failed(error.into())),
        }
    }

    impl Held {
        fn take(key: Key) -> Result<Self, Unlocked> {
            let entry = (std::process::id(), key);
            let before = HELD.rcu(|held| {
                let mut held = held.as_deref().cloned().unwrap_or_default();
                held.insert(entry.clone());
                Some(Arc::new(held))
            });
            match before.is_some_and(|held| held.contains(&entry)) {
                true => Err(Unlocked::InUse),
                false => Ok(Self(entry)),
            }
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            HELD.rcu(|held| {
                let mut held = held.as_deref().cloned().unwrap_or_default();
                held.remove(&self.0);
                (!held.is_empty()).then(|| Arc::new(held))
            });
        }
    }
}

#[cfg(not(unix))]
#[derive(Debug)]
struct Lock(File);

#[cfg(not(unix))]
impl Lock {
    fn take(ledger: &Path, beside: &Path) -> Result<Self, Unlocked> {
        own(ledger)?;
        let file = own(beside)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(fs::TryLockError::WouldBlock) => Err(Unlocked::InUse),
            Err(fs::TryLockError::Error(error)) => Err(Unlocked::Failed(error)),
        }
    }
}
