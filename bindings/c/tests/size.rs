//! The released shared library, stripped, stays small enough to be shipped inside another product.

mod harness;

use std::path::Path;
use std::process::Command;

const LIMIT: u64 = 4 * 1024 * 1024;

#[test]
fn the_stripped_release_is_below_4_mb() {
    let library = harness::build(&["--release"]);
    let stripped = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stripped.so");
    let status = Command::new("strip")
        .arg("-o")
        .arg(&stripped)
        .arg(&library.shared)
        .status()
        .expect("strip cannot be run; install it: apt-get install binutils");
    assert!(status.success());
    let size = std::fs::metadata(&stripped).unwrap().len();
    println!("libcampaigns8x8.so, stripped: {size} bytes");
    assert!(size < LIMIT, "{size} bytes");
}
