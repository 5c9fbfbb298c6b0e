//! The header in `include/` is the one that the source gives, and says the same as the library in the facts written twice.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
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
    kept.join("\n") + "\n"
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
