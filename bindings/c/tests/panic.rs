//! A panic inside the library becomes status 99, and standard error stays empty.

mod harness;

use std::process::Command;

use harness::{build, c, succeeded};

#[test]
fn a_panic_is_a_status_and_not_a_word_on_standard_error() {
    // In a folder of its own: the library with this feature must never be taken for the real one.
    let target = format!("{}/test-panic", env!("CARGO_TARGET_TMPDIR"));
    let library = build(&["--features", "test-panic", "--target-dir", &target]);
    let program = c("tests/c/panic.c").compile(&library);
    succeeded("panic.c", &Command::new(program).output().unwrap());
}
