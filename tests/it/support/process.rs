//! This program once more, for what concerns a whole process: its environment, its threads.

use std::process::Command;

/// Runs one test of this program, named with its module.
pub fn itself(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    command
}

/// Whether the test runs in a process where no other test does. If not, it is run in one, and must succeed there.
pub fn own_process(test: &str) -> bool {
    const MARK: &str = "CAMPAIGNS8X8_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let output = itself(test).env(MARK, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "no such test: {text}");
    false
}
