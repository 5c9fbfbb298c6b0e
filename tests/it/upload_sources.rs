//! The files that an upload is read from: what a CSV file may look like, what is refused before anything is sent, and that
//! an input which blocks never holds a cancelled upload.

use std::path::{Path, PathBuf};

use campaigns8x8::{Error, ErrorKind, Source, UploadOptions, UploadReport};

use crate::support::{Scratch, one_at_a_time, running, start, upload};

const NO_COLUMNS: [(&str, &str); 0] = [];

fn csv(path: &Path) -> Result<Source<'static>, Error> {
    Source::csv(path, NO_COLUMNS)
}

/// The message with which a CSV file is refused.
fn refusal(content: impl AsRef<[u8]>) -> String {
    let scratch = Scratch::new();
    let error = csv(&scratch.file("contacts.csv", content)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.message().contains("contacts.csv"), "{error}");
    assert!(error.hint().is_some(), "{error}");
    error.message().to_owned()
}

/// 10,000 rows, changed by `change`.
fn rows(change: impl Fn(usize, &str) -> String) -> String {
    let mut text = "crmRecordId,name,priority\n".to_owned();
    for row in 2..10_002 {
        text += &change(row, &format!("CRM-{row},Smith,LOW"));
        text.push('\n');
    }
    text
}

fn ids_and_messages(report: &UploadReport) -> Vec<(Option<&str>, &str)> {
    report
        .records
        .iter()
        .map(|record| {
            (
                record.crm_record_id.as_deref(),
                record.field_errors[0].message.as_str(),
            )
        })
        .collect()
}

#[test]
fn one_stray_quote_in_ten_thousand_rows_is_refused_and_named_before_anything_is_sent() {
    let message = refusal(rows(|row, text| match row {
        8 => text.replace("Smith", "\"Smith"),
        _ => text.to_owned(),
    }));
    assert!(
        message.contains("row 8: cell 2 begins with a quote that is still open at the end"),
        "{message}"
    );
    let message = refusal(rows(|row, text| match row {
        8 => text.replace("Smith", "Smith\""),
        _ => text.to_owned(),
    }));
    assert!(
        message.contains("row 8: a quote stands inside cell 2"),
        "{message}"
    );
}

#[test]
fn two_stray_quotes_that_swallow_nine_thousand_rows_are_refused_and_named() {
    let stray = |closing: &'static str| {
        refusal(rows(move |row, text| match row {
            10 => text.replace("Smith", "\"Smith"),
            9005 => text.replace("Smith", closing),
            _ => text.to_owned(),
        }))
    };
    let message = stray("\"Smith");
    assert!(
        message.contains("row 10: text follows the quote that closes cell 2, there in line 9005"),
        "{message}"
    );
    let message = stray("Smith\"");
    assert!(
        message.contains("row 10 (lines 10 to 9005 of the file): cell 2 has line breaks in it, and its lines look like rows"),
        "{message}"
    );
    let message = refusal(rows(|row, text| match row {
        10 => text.replace("Smith", "\"Smith"),
        9005 => format!("{text}\""),
        _ => text.to_owned(),
    }));
    assert!(
        message.contains(
            "row 10 (lines 10 to 9005 of the file): the row has 2 cells where the columns are 3"
        ),
        "{message}"
    );
    let message = refusal(rows(|row, text| match row {
        10 => format!("\"{text}"),
        11 => text.replace(",Smith", "\",Smith"),
        _ => text.to_owned(),
    }));
    assert!(
        message.contains(
            "row 10 (lines 10 to 11 of the file): the crmRecordId has a line break in it"
        ),
        "{message}"
    );
}

#[test]
fn text_after_a_closing_quote_is_not_glued_on() {
    let message = refusal("crmRecordId,name\nCRM-1,\"Smith\"son\nCRM-2,\n");
    assert!(
        message.contains("row 2: text follows the quote that closes cell 2"),
        "{message}"
    );
}

#[test]
fn a_stray_quote_in_the_names_of_the_columns_is_refused() {
    let message = refusal("crmRecordId,\"name\nCRM-1,Smith\nCRM-2,Jones\",LOW\n");
    assert!(
        message.contains("the name of column 2 has line breaks and commas in it"),
        "{message}"
    );
    let message = refusal("crmRecordId,\"name\nCRM-1\",Smith\nCRM-2,Jones\n");
    assert!(
        message.contains("row 2 (line 3 of the file): the row has 2 cells where the columns are 3"),
        "{message}"
    );
    let message = refusal("crmRecordId,\"name\nCRM-1\",Smith\n");
    assert!(message.contains("no row follows"), "{message}");
    assert!(refusal_of_kind("").contains("the file is empty"));
    assert!(refusal_of_kind("\n\n").contains("the file is empty"));
    assert!(refusal_of_kind(b"\xff\xfec\0r\0m\0").contains("not UTF-8"));
}

/// As `refusal`, of a file whose message is the whole help.
fn refusal_of_kind(content: impl AsRef<[u8]>) -> String {
    let scratch = Scratch::new();
    let error = csv(&scratch.file("contacts.csv", content)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    error.message().to_owned()
}

#[test]
fn notes_with_line_breaks_are_read_as_they_are() {
    let scratch = Scratch::new();
    let mail = "Dear Sir, thank you.\n\n> and ask, please, again\n".repeat(200);
    let path = scratch.file("contacts.csv", format!(
            "crmRecordId,\"your\nname\",notes\n\
             CRM-1,\"Unter den Linden 1\nBerlin, Germany\",\"He said \"\"yes\"\".\nThen no, then yes, then no.\"\n\
             CRM-2,\"{mail}\",\"a,b,c\nd,e,f\ng,h,i\nj,k,l\"\n\
             CRM-3,\"\n\",\"\n\n\"\n"
        ),
    );
    let (sandbox, client) = start(running());
    let report = upload(&client, csv(&path).unwrap(), &one_at_a_time()).unwrap();
    assert_eq!(report.counts.added, 3, "{report:?}");
    assert_eq!(sandbox.stored(), ["CRM-1", "CRM-2", "CRM-3"]);
}

#[test]
fn faults_name_the_row_that_a_spreadsheet_shows() {
    for end in ["\n", "\r\n", "\r"] {
        let scratch = Scratch::new();
        let text = "crmRecordId,name,priority\nCRM-1,,\n\n\n\nCRM-2,,URGENT\n\
                    CRM-3,\"a\nb\nc\",\nCRM-4,,NEVER\nCRM-5,,,\n";
        let path = scratch.file("contacts.csv", text.replace('\n', end));
        let (sandbox, client) = start(running());
        let report = upload(&client, csv(&path).unwrap(), &one_at_a_time()).unwrap();
        assert_eq!(sandbox.stored(), ["CRM-1", "CRM-3"]);
        let messages = ids_and_messages(&report);
        assert_eq!(messages[0].0, Some("CRM-2"));
        assert!(messages[0].1.starts_with("row 6: "), "{messages:?}");
        assert!(messages[1].1.starts_with("row 8: "), "{messages:?}");
        assert_eq!(
            messages[2].1,
            "row 9: has 4 cells where the columns are 3; is a comma not quoted?"
        );
        let message = refusal(format!("{text}CRM-6,\"x").replace('\n', end));
        assert!(
            message.contains("row 10 (line 12 of the file): cell 2 begins"),
            "{message}"
        );
    }
}

#[test]
fn a_row_and_a_line_longer_than_a_mebibyte_are_refused_and_named() {
    let long = "x".repeat(3 * 1024 * 1024);
    let message = refusal(format!("crmRecordId,name\nCRM-1,\nCRM-2,{long}\n"));
    assert!(
        message.contains("row 3: the row is longer than 1 MiB"),
        "{message}"
    );
    let message = refusal(&long);
    assert!(
        message.contains("row 1: the row is longer than 1 MiB"),
        "{message}"
    );
    let scratch = Scratch::new();
    let path = scratch.file(
        "contacts.csv",
        format!("{{\"crmRecordId\":\"CRM-1\"}}\n\n{long}"),
    );
    let error = Source::ndjson(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        error.message().contains("line 3 is longer than 1 MiB"),
        "{error}"
    );
}

#[test]
fn an_ndjson_file_that_is_cut_rejects_its_last_line_by_its_number() {
    let scratch = Scratch::new();
    let whole = "\u{feff}{\"crmRecordId\":\"CRM-1\"}\r\n \n{\"crmRecordId\":\"CRM-2\"}";
    let (_sandbox, client) = start(running());
    let source = Source::ndjson(scratch.file("contacts.csv", whole)).unwrap();
    let report = upload(&client, source, &one_at_a_time()).unwrap();
    assert_eq!((report.counts.added, report.counts.total), (2, 2));
    let (sandbox, client) = start(running());
    let source = Source::ndjson(scratch.file("contacts.csv", &whole[..whole.len() - 3])).unwrap();
    let report = upload(&client, source, &one_at_a_time()).unwrap();
    assert_eq!(sandbox.stored(), ["CRM-1"]);
    let messages = ids_and_messages(&report);
    assert!(messages[0].1.starts_with("line 3: "), "{messages:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_when_the_source_is_made() {
    let scratch = Scratch::new();
    for path in [scratch.0.clone(), scratch.0.join("absent")] {
        for source in [csv(&path), Source::ndjson(&path)] {
            let error = source.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Storage);
            assert!(error.hint().is_some());
        }
    }
}

#[cfg(unix)]
mod blocking {
    use std::fs::File;
    use std::io::{PipeWriter, Write};
    use std::os::fd::AsRawFd;
    use std::thread;
    use std::time::{Duration, Instant};

    use campaigns8x8::Cancel;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    fn fifo(scratch: &Scratch) -> PathBuf {
        let path = scratch.0.join("fifo");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        path
    }

    /// Whether the source is CSV, and what a writer writes that then stays silent; `None`: it never opens the FIFO.
    const SILENCES: [(bool, Option<&str>); 8] = [
        (true, None),
        (true, Some("")),
        (true, Some("crmRecordId,na")),
        (true, Some("crmRecordId,name\nCRM-1,Smith\nCRM-2,\"Jo")),
        (false, None),
        (false, Some("")),
        (false, Some("{\"crmRec")),
        (false, Some("{\"crmRecordId\":\"CRM-1\"}\n{\"crm")),
    ];

    fn either(path: &Path, is_csv: bool) -> Source<'static> {
        let source = match is_csv {
            true => csv(path),
            false => Source::ndjson(path),
        };
        source.unwrap()
    }

    /// Calls `end` for each silent writer, with a source that blocks. `end` returns when the upload was told to stop, and
    /// must itself come back within a second after that.
    fn with_each_silence(end: impl Fn(Source<'_>) -> Instant) {
        for (is_csv, written) in SILENCES {
            let scratch = Scratch::new();
            let path = fifo(&scratch);
            let made = Instant::now();
            let source = either(&path, is_csv);
            assert!(made.elapsed() < Duration::from_secs(1), "{written:?}");
            let _writer = written.map(|text| {
                // Also for reading, so that it opens at once.
                let mut writer = File::options().read(true).write(true).open(&path).unwrap();
                writer.write_all(text.as_bytes()).unwrap();
                writer
            });
            let late = end(source).elapsed();
            assert!(late < Duration::from_secs(1), "{written:?}: {late:?} late");
        }
    }

    #[test]
    fn cancelling_ends_an_upload_whose_input_is_silent() {
        let (_sandbox, client) = start(running());
        with_each_silence(|source| {
            let cancel = Cancel::new();
            let client = client.with_cancel(&cancel);
            let canceller = thread::spawn(move || {
                thread::sleep(Duration::from_millis(150));
                cancel.trigger();
                Instant::now()
            });
            let error = upload(&client, source, &one_at_a_time()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled);
            assert!(error.report().is_some());
            canceller.join().unwrap()
        });
    }

    #[test]
    fn the_deadline_ends_an_upload_whose_input_is_silent() {
        let (_sandbox, client) = start(running());
        with_each_silence(|source| {
            let within = Duration::from_millis(150);
            let told = Instant::now() + within;
            let options = UploadOptions {
                deadline: Some(within),
                ..UploadOptions::default()
            };
            let error = upload(&client, source, &options).unwrap_err();
            assert!(told <= Instant::now(), "ended before its deadline");
            assert!(
                matches!(error.kind(), ErrorKind::Deadline | ErrorKind::Cancelled),
                "{error}"
            );
            assert!(error.report().is_some());
            told
        });
    }

    #[test]
    fn an_input_of_blank_lines_without_end_can_be_cancelled() {
        for is_csv in [true, false] {
            let scratch = Scratch::new();
            let path = fifo(&scratch);
            let (_sandbox, client) = start(running());
            let cancel = Cancel::new();
            let client = client.with_cancel(&cancel);
            let (error, triggered) = thread::scope(|scope| {
                scope.spawn(|| {
                    let mut writer = File::options().write(true).open(&path).unwrap();
                    // Until the other end is closed.
                    while writer.write_all(&[b'\n'; 512]).is_ok() {}
                });
                let canceller = scope.spawn(|| {
                    thread::sleep(Duration::from_millis(150));
                    cancel.trigger();
                    Instant::now()
                });
                let error = upload(&client, either(&path, is_csv), &one_at_a_time()).unwrap_err();
                (error, canceller.join().unwrap())
            });
            assert_eq!(error.kind(), ErrorKind::Cancelled);
            assert!(triggered.elapsed() < Duration::from_secs(1));
        }
    }

    /// Writes it in small pieces, with pauses, and closes.
    fn feed(mut writer: impl Write, text: &str) {
        for piece in text.as_bytes().chunks(text.len() / 5 + 1) {
            writer.write_all(piece).unwrap();
            thread::sleep(Duration::from_millis(60));
        }
    }

    fn text_of_250(is_csv: bool) -> String {
        let line = |n| match is_csv {
            true => format!("\"CRM-{n}\",\"a\nb\"\n"),
            false => format!("{{\"crmRecordId\":\"CRM-{n}\"}}\n"),
        };
        let lines: String = (0..250).map(line).collect();
        match is_csv {
            true => format!("crmRecordId,name\n{lines}"),
            false => lines,
        }
    }

    #[test]
    fn what_a_slow_writer_writes_into_a_fifo_is_read_to_its_end() {
        for is_csv in [true, false] {
            let scratch = Scratch::new();
            let path = fifo(&scratch);
            let (_sandbox, client) = start(running());
            let report = thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(Duration::from_millis(100));
                    let writer = File::options().write(true).open(&path).unwrap();
                    feed(writer, &text_of_250(is_csv));
                });
                upload(&client, either(&path, is_csv), &one_at_a_time()).unwrap()
            });
            assert_eq!(report.counts.added, 250);
            assert!(report.complete);
        }
    }

    #[test]
    fn a_pipe_is_read_by_the_name_of_its_descriptor_as_standard_input_is() {
        for folder in ["/dev/fd", "/proc/self/fd"] {
            if !Path::new(folder).exists() {
                continue;
            }
            for is_csv in [true, false] {
                let (reader, writer): (_, PipeWriter) = std::io::pipe().unwrap();
                let path = PathBuf::from(format!("{folder}/{}", reader.as_raw_fd()));
                let (_sandbox, client) = start(running());
                let report = thread::scope(|scope| {
                    scope.spawn(|| feed(writer, &text_of_250(is_csv)));
                    upload(&client, either(&path, is_csv), &one_at_a_time()).unwrap()
                });
                assert_eq!(report.counts.added, 250);
            }
        }
    }

    #[test]
    fn faults_of_a_fifo_end_the_upload_and_what_was_read_before_is_in_the_report() {
        let end = |text: &'static str| {
            let scratch = Scratch::new();
            let path = fifo(&scratch);
            let (_sandbox, client) = start(running());
            thread::scope(|scope| {
                scope.spawn(|| {
                    let mut writer = File::options().write(true).open(&path).unwrap();
                    // It may be closed at the other end before all is written.
                    let _ = writer.write_all(text.as_bytes());
                });
                upload(&client, csv(&path).unwrap(), &one_at_a_time()).unwrap_err()
            })
        };
        for (text, part, read) in [
            ("", "the file is empty", 0),
            (
                "id,name\nCRM-1,Smith\n",
                "no column is named crmRecordId",
                0,
            ),
            (
                "crmRecordId,name\nCRM-1,Smith\nCRM-2,\"Sm",
                "row 3: cell 2 begins",
                1,
            ),
        ] {
            let error = end(text);
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains(part), "{error}");
            assert_eq!(error.report().unwrap().counts.total, read);
        }
    }

    #[test]
    fn a_column_that_no_record_has_is_refused_before_a_fifo_is_read() {
        let scratch = Scratch::new();
        let path = fifo(&scratch);
        let error = Source::csv(&path, [("phone", "Phone")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn a_device_without_line_ends_is_refused_and_takes_no_memory() {
        let zero = Path::new("/dev/zero");
        for (is_csv, part) in [
            (true, "row 1: the row is longer than 1 MiB"),
            (false, "line 1 is longer than 1 MiB"),
        ] {
            let (_sandbox, client) = start(running());
            let error = upload(&client, either(zero, is_csv), &one_at_a_time()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains(part), "{error}");
        }
        let (_sandbox, client) = start(running());
        let null = either(Path::new("/dev/null"), false);
        assert!(upload(&client, null, &one_at_a_time()).unwrap().complete);
    }
}
