//! The header in `include/` is the one that the source gives, and says the same as the library in the facts written twice.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The chapters of the header: what each begins with, and its title.
const CHAPTERS: &[(&str, &str)] = &[
    ("C8X8_ABI_VERSION", "Version of this header"),
    ("C8X8_OK", "Statuses"),
    ("c8x8_cancel", "Handles"),
    ("c8x8_log_fn", "Callbacks"),
    ("c8x8_version", "The library itself"),
    ("c8x8_client_new", "Clients"),
    ("c8x8_cancel_new", "Cancelling from another thread"),
    ("c8x8_modify_campaign", "Campaigns: start, pause, stop"),
    ("c8x8_add_records", "Records: up to 100 in one request"),
    (
        "c8x8_upload_records",
        "Uploads: any number of records, from a source",
    ),
    (
        "c8x8_uploader_new",
        "Uploads: any number of records, pushed",
    ),
];

/// The name that a line declares, if it begins a declaration.
fn declared(line: &str) -> Option<&str> {
    let (before, callback) = match line.split_once("(*") {
        Some((_, after)) => (after.split(')').next()?, true),
        None => (line.split('(').next()?, false),
    };
    let word = match line.split(' ').next()? {
        "#define" => line.split(' ').nth(1)?,
        "typedef" if !callback => line.strip_suffix(';')?.rsplit(' ').next()?,
        _ => before.rsplit([' ', '*']).next()?,
    };
    word.to_ascii_lowercase()
        .starts_with("c8x8_")
        .then_some(word)
}

/// Groups the declarations, and fills in the table of contents.
fn in_chapters(header: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut begun = 0;
    let mut open = false;
    let mut comment = None;
    for line in header.lines() {
        if line == "@CONTENTS@" {
            out.extend(CHAPTERS.iter().map(|(_, title)| format!(" * - {title}")));
            continue;
        }
        if line.starts_with("/**") {
            comment = Some(out.len());
        }
        let boundary = line == "#ifdef __cplusplus";
        let next = CHAPTERS.get(begun);
        if open && (boundary || next.is_some_and(|(first, _)| declared(line) == Some(*first))) {
            let end = comment.filter(|_| !boundary).unwrap_or(out.len());
            let gap = match out.get(end.wrapping_sub(1)) {
                Some(before) if !before.is_empty() => "\n",
                _ => "",
            };
            out.insert(end, format!("{gap}/** @}} */\n"));
            comment = Some(end + 1);
            open = false;
        }
        if let Some((first, title)) = next
            && declared(line) == Some(*first)
        {
            let at = comment.unwrap_or(out.len());
            out.insert(at, format!("/**\n * @name {title}\n * @{{\n */\n"));
            begun += 1;
            open = true;
        }
        out.push(line.to_owned());
    }
    assert_eq!(
        begun,
        CHAPTERS.len(),
        "a chapter has no beginning in the header"
    );
    out.join("\n") + "\n"
}

/// Puts `C8X8_API` before each function, always on its line.
fn with_linkage(header: &str) -> String {
    const LINKAGE: &str = "C8X8_API ";
    let mut out: Vec<String> = Vec::new();
    let mut inside = false;
    for line in header.lines() {
        let begins = !inside
            && line.contains('(')
            && !line.starts_with(['#', '/', ' '])
            && !line.starts_with("typedef")
            && declared(line).is_some();
        out.push(match (begins, inside) {
            (true, _) => format!("{LINKAGE}{line}"),
            (_, true) => format!("{:width$}{line}", "", width = LINKAGE.len()),
            _ => line.to_owned(),
        });
        inside = (begins || inside) && !line.ends_with(';');
    }
    out.join("\n") + "\n"
}

/// Puts what is said in one line about a constant into one line.
fn with_short_constants(header: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for line in header.lines() {
        let comment = match out.as_slice() {
            [.., open, text, close]
                if line.starts_with("#define ") && open == "/**" && close == " */" =>
            {
                text.strip_prefix(" * ").map(str::to_owned)
            }
            _ => None,
        };
        if let Some(text) = comment {
            out.truncate(out.len() - 3);
            if let [.., constant, empty] = out.as_slice()
                && constant.starts_with("#define ")
                && empty.is_empty()
            {
                out.pop();
            }
            out.push(format!("/** {text} */"));
        }
        out.push(line.to_owned());
    }
    out.join("\n") + "\n"
}

fn generated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let mut header = Vec::new();
    cbindgen::Builder::new()
        .with_crate(folder)
        .with_config(config)
        .generate()
        .unwrap()
        .write(&mut header);
    // rustdoc's chapter about safety says to Rust what the rest of the comment says to C.
    let text = String::from_utf8(header).unwrap();
    let mut kept: Vec<&str> = Vec::new();
    let mut in_safety = false;
    for line in text.lines() {
        if line.trim() == "* # Safety" {
            in_safety = true;
            if kept.last().is_some_and(|line| line.trim() == "*") {
                kept.pop();
            }
        }
        if line.trim() == "*/" {
            in_safety = false;
        }
        if !in_safety {
            kept.push(line.trim_end());
        }
    }
    with_linkage(&in_chapters(&with_short_constants(&kept.join("\n"))))
}

#[test]
fn the_header_is_the_one_that_the_source_gives() {
    let path = root().join("include/campaigns8x8.h");
    let generated = generated();
    if std::env::var_os("CAMPAIGNS8X8_UPDATE_HEADER").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == generated,
        "include/campaigns8x8.h is not what bindings/c gives; run `make header` and look at the difference"
    );
}

#[test]
fn facts_that_are_written_twice_agree() {
    let header = generated();
    for kind in campaigns::ErrorKind::ALL {
        let snake = kind.as_str().chars().fold(String::new(), |mut name, c| {
            if c.is_ascii_uppercase() {
                name.push('_');
            }
            name.push(c.to_ascii_uppercase());
            name
        });
        let line = format!("#define C8X8_ERR_{snake} {}\n", kind.status());
        assert!(header.contains(&line), "{line} in the header");
    }
    let build = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs"));
    let abi = header
        .lines()
        .find_map(|line| line.strip_prefix("#define C8X8_ABI_VERSION "))
        .unwrap();
    assert!(
        build
            .unwrap()
            .contains(&format!("libcampaigns8x8.so.{abi}\""))
    );
}
