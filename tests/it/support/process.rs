//! Other processes: the examples, and this program once more for what concerns a whole process (its environment, its threads).

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;

use campaigns8x8::sandbox::Sandbox;

/// An example as its user runs it, against this sandbox.
pub fn example(name: &str, sandbox: &Sandbox) -> Command {
    // Once, for it may have to wait for another cargo. Where all tests were built with the same features, it is at hand.
    static BUILT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut built = BUILT.lock().unwrap();
    if built.insert(name.to_owned()) {
        build(name);
    }
    drop(built);
    // target/debug/deps/it-… is this program.
    let this = std::env::current_exe().unwrap();
    let folder = this.ancestors().nth(2).unwrap();
    let mut command = Command::new(folder.join("examples").join(name));
    command
        .env("CAMPAIGNS8X8_API_KEY", sandbox.api_key())
        .env("CAMPAIGNS8X8_TENANT", sandbox.tenant())
        .env("CAMPAIGNS8X8_BASE_URL", sandbox.base_url());
    command
}

fn build(name: &str) {
    let features = match cfg!(feature = "cli") {
        true => "cli",
        false => "sandbox",
    };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--features", features])
        .args(["--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
}

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
