//! The ledger's file on disk: readable by its owner only, and in the hands of one upload.
//!
//! The lock is taken on an empty file beside it, `….lock`, which stays. On Unix it is a record lock (fcntl), because that ends
//! with its process even where a forked child lives on; it does not keep out a second upload of the same process, which
//! [`HELD`] does. A name that is a symbolic link stands for the file that it leads to; a second name (hard link) of the
//! ledger would have a lock of its own, so it is refused.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::ledger::storage;
use crate::error::{Error, Result};

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
        let lock = Lock::take(folder.join(beside)).map_err(|why| match why {
            Unlocked::InUse => storage(path, "another upload uses it now")
                .with_hint("wait until that upload has ended, or give this one another ledger"),
            Unlocked::Failed(error) => failed(error),
        })?;
        let own = own(&file).map_err(failed)?;
        check(path, &own)?;
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
    options.open(path)
}

fn check(path: &Path, file: &File) -> Result<(), Error> {
    let about = file.metadata().map_err(|error| storage(path, error))?;
    if !about.is_file() {
        return Err(storage(path, "this is not a regular file"));
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&about) > 1 {
        let message =
            "the file has a second name (a hard link), under which another upload could use it";
        return Err(storage(path, message)
            .with_hint("delete the other name, or give this upload another ledger"));
    }
    Ok(())
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

#[cfg(unix)]
use by_process::Lock;

#[cfg(unix)]
mod by_process {
    use std::collections::BTreeSet;
    use std::fs::File;
    use std::path::PathBuf;
    use std::sync::Arc;

    use arc_swap::ArcSwapOption;
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;

    use super::{Unlocked, own};

    /// The locks of this process, with its id: a forked child inherits the list and none of the locks. Without a mutex, which
    /// a fork could leave locked for ever.
    static HELD: ArcSwapOption<BTreeSet<(u32, PathBuf)>> = ArcSwapOption::const_empty();

    #[derive(Debug)]
    pub(super) struct Lock {
        _file: File,
        /// Dropped after the file, whose closing ends the lock.
        _held: Held,
    }

    #[derive(Debug)]
    struct Held((u32, PathBuf));

    impl Lock {
        pub(super) fn take(path: PathBuf) -> Result<Self, Unlocked> {
            // Before the file is opened: to close it again would end the lock of the upload that has it.
            let held = Held::take(path.clone()).ok_or(Unlocked::InUse)?;
            let file = own(&path).map_err(Unlocked::Failed)?;
            let whole = libc::flock {
                l_type: libc::F_WRLCK as libc::c_short,
                l_whence: libc::SEEK_SET as libc::c_short,
                l_start: 0,
                l_len: 0,
                l_pid: 0,
            };
            match fcntl(&file, FcntlArg::F_SETLK(&whole)) {
                Ok(_) => Ok(Self {
                    _file: file,
                    _held: held,
                }),
                Err(Errno::EACCES | Errno::EAGAIN) => Err(Unlocked::InUse),
                Err(error) => Err(Unlocked::Failed(error.into())),
            }
        }
    }

    impl Held {
        fn take(path: PathBuf) -> Option<Self> {
            let entry = (std::process::id(), path);
            let before = HELD.rcu(|held| {
                let mut held = held.as_deref().cloned().unwrap_or_default();
                held.insert(entry.clone());
                Some(Arc::new(held))
            });
            let is_taken = before.is_some_and(|held| held.contains(&entry));
            (!is_taken).then_some(Self(entry))
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
    fn take(path: PathBuf) -> Result<Self, Unlocked> {
        let file = own(&path).map_err(Unlocked::Failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(fs::TryLockError::WouldBlock) => Err(Unlocked::InUse),
            Err(fs::TryLockError::Error(error)) => Err(Unlocked::Failed(error)),
        }
    }
}
