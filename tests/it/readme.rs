//! The README is true: its quickstarts are the example files, which other tests run, and its tables are those of the code.

use std::path::Path;

use campaigns8x8::ErrorKind;
use campaigns8x8::sandbox::Sandbox;

use crate::support::example;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_quickstarts_are_the_example_files() {
    let readme = read("README.md");
    for (language, path) in [
        ("c", "bindings/c/examples/four_steps.c"),
        ("cpp", "bindings/c/examples/four_steps.cpp"),
        ("python", "bindings/python/examples/four_steps.py"),
        ("rust", "examples/four_steps.rs"),
    ] {
        let block = format!("```{language}\n{}```\n", read(path));
        assert!(
            readme.contains(&block),
            "the README does not show {path} as it is"
        );
    }
}

#[test]
fn the_error_table_is_the_codes() {
    let readme = read("README.md");
    for kind in ErrorKind::ALL {
        let row = readme
            .lines()
            .find(|line| line.starts_with(&format!("| {} | `C8X8_ERR_", kind.status())));
        assert!(
            row.is_some_and(|row| row.contains(&format!("`{kind}`"))),
            "{kind}"
        );
    }
}

#[test]
fn the_rust_quickstart_runs() {
    let sandbox = Sandbox::start().unwrap();
    let output = example("four_steps", &sandbox).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(sandbox.stored(), ["CRM-1", "CRM-2"]);
    assert_eq!(sandbox.state(), "PAUSED");
}
