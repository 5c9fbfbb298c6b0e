//! What the ledger knows counts, and it is kept where it can be kept (issue 11: 6, 16).

use super::*;

#[test]
fn a_second_run_that_is_cancelled_at_once_knows_what_the_ledger_knows() {
    let scratch = Scratch::new();
    let options = scratch.with_ledger(batches_of(100));
    let world = world(vec![Fate::Normal, Fate::Normal, Fate::AnswerLost]);
    let first = upload_with(&world::client(0, 1), &world, records(400), &options);
    let counts = report(&first).counts;
    assert_eq!(
        (counts.added, counts.unknown, counts.not_sent),
        (200, 100, 100)
    );
    for read in [0, 50, 250, 350] {
        let cancel = Cancel::new();
        let client = world::client(1, 5).with_cancel(&cancel);
        let input = records(400).into_iter().enumerate().map(|(n, record)| {
            if n == read {
                cancel.trigger();
                // Looked at every 50 ms.
                std::thread::sleep(Duration::from_millis(60));
            }
            record
        });
        let second =
            client.upload_records(&world.campaign(), Source::records(input), &options, go_on);
        let report = report(&second);
        let counts = report.counts;
        assert_eq!(
            second.as_ref().map_err(Error::kind).err(),
            Some(ErrorKind::Cancelled)
        );
        assert_eq!(
            (counts.added, counts.not_sent),
            (200, 100),
            "cancelled at {read}"
        );
        // Behind what the ledger knows, the unknown ones are asked for.
        let asked = if read < 300 {
            0
        } else {
            counts.already_present
        };
        assert_eq!(counts.unknown + asked, 100, "cancelled at {read}");
        assert_eq!(counts.total, 400);
        assert_eq!(outcome(report, 150), Outcome::Added);
        assert!(read >= 300 || outcome(report, 250) == Outcome::Unknown);
        assert_eq!(outcome(report, 399), Outcome::NotSent);
    }
    let last = upload_with(&world::client(2, 5), &world, records(400), &options).unwrap();
    assert_eq!((last.counts.added, last.counts.already_present), (300, 100));
}

fn with_ledger(path: impl AsRef<Path>) -> UploadOptions {
    UploadOptions {
        ledger: Some(path.as_ref().to_owned()),
        ..batches_of(10)
    }
}

#[test]
fn a_ledger_that_would_keep_nothing_is_refused() {
    let scratch = Scratch::new();
    let file = format!("file:{}", scratch.ledger().display());
    for path in [
        "",
        ":memory:",
        "file::memory:",
        "file:upload.db",
        file.as_str(),
    ] {
        let world = world(vec![]);
        let error = upload(&world, records(1), &with_ledger(path)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{path:?}");
        assert_eq!(world.requests(0), 0, "{path:?}");
        let json = serde_json::json!({ "ledger": path }).to_string();
        let error = UploadOptions::from_json(&json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{path:?}");
    }
}

#[cfg(unix)]
mod files {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_files_of_a_ledger_are_their_owners_alone() {
        let scratch = Scratch::new();
        let world = world(vec![]);
        let options = scratch.with_ledger(batches_of(10));
        let mut uploader = world::client(0, 5)
            .uploader(&world.campaign(), &options)
            .unwrap();
        for record in records(30) {
            uploader.push(record).unwrap();
        }
        let modes = || {
            let mut modes = Vec::new();
            for file in std::fs::read_dir(&scratch.0).unwrap().flatten() {
                let mode = file.metadata().unwrap().permissions().mode() & 0o777;
                modes.push((file.file_name(), format!("{mode:o}")));
            }
            modes
        };
        let during = modes();
        uploader.finish().unwrap();
        for (file, mode) in during.into_iter().chain(modes()) {
            assert_eq!(mode, "600", "{file:?}");
        }
    }

    #[test]
    fn the_lock_follows_no_link() {
        let scratch = Scratch::new();
        for target in ["precious", "absent"] {
            let target = scratch.0.join(target);
            let lock = scratch.0.join("upload.db.lock");
            let _ = std::fs::remove_file(&lock);
            symlink(&target, &lock).unwrap();
            if target.ends_with("precious") {
                std::fs::write(&target, "data").unwrap();
            }
            let before = std::fs::metadata(&target).ok().map(|m| (m.mode(), m.len()));
            let world = world(vec![]);
            let options = scratch.with_ledger(batches_of(10));
            if let Err(error) = upload(&world, records(1), &options) {
                assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
                assert_eq!(world.requests(0), 0);
            } else {
                let kind = std::fs::symlink_metadata(&lock).unwrap().file_type();
                assert!(!kind.is_symlink(), "it was used as the lock");
            }
            let after = std::fs::metadata(&target).ok().map(|m| (m.mode(), m.len()));
            assert_eq!(before, after, "{target:?}");
        }
    }

    #[test]
    fn a_ledger_in_use_is_refused_under_every_name() {
        let scratch = Scratch::new();
        let path = scratch.ledger();
        let world = world(vec![]);
        upload(&world, records(1), &scratch.with_ledger(batches_of(10))).unwrap();
        let by_symlink = scratch.0.join("symlink.db");
        symlink(&path, &by_symlink).unwrap();
        let by_hard_link = scratch.0.join("hard.db");
        std::fs::hard_link(&path, &by_hard_link).unwrap();
        let folder = scratch.0.join("folder");
        symlink(&scratch.0, &folder).unwrap();
        let by_folder = folder.join("upload.db");
        let all = [&path, &by_symlink, &by_hard_link, &by_folder];
        for first in all {
            // Some names may not be taken at all.
            let client = world::client(0, 5);
            let Ok(uploader) = client.uploader(&world.campaign(), &with_ledger(first)) else {
                assert_ne!(first, &path);
                continue;
            };
            for second in all {
                let error = upload(&world, records(1), &with_ledger(second)).unwrap_err();
                assert_eq!(
                    error.kind(),
                    ErrorKind::Storage,
                    "{first:?}, then {second:?}"
                );
            }
            drop(uploader);
        }
        upload(&world, records(1), &scratch.with_ledger(batches_of(10))).unwrap();
    }
}
