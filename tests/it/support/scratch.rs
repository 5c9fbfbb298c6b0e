//! A folder of a test's own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use campaigns8x8::UploadOptions;

/// A folder in which nobody else writes, gone when it is dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("campaigns8x8-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file, over one of the same name.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Where a ledger may be.
    pub fn ledger(&self) -> PathBuf {
        self.0.join("upload.db")
    }

    /// The options with a ledger here.
    pub fn with_ledger(&self, options: UploadOptions) -> UploadOptions {
        UploadOptions {
            ledger: Some(self.ledger()),
            ..options
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
