//! A million records through the released library: the memory that it takes does not depend on how many there are.

mod harness;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use campaigns::CampaignState;
use campaigns::sandbox::{Sandbox, SandboxOptions};
use harness::{build, c, succeeded, with_sandbox};

#[test]
fn a_million_records_take_no_more_memory_than_a_few() {
    let csv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("million.csv");
    let mut file = BufWriter::new(File::create(&csv).unwrap());
    writeln!(file, "crmRecordId,priority,name").unwrap();
    for n in 0..1_000_000 {
        writeln!(file, "CRM-{n},LOW,\"Smith, J.\"").unwrap();
    }
    file.into_inner().unwrap().sync_all().unwrap();
    let program = c("tests/c/memory.c").compile(&build(&["--release"]));
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        ..SandboxOptions::default()
    })
    .unwrap();
    let output = with_sandbox(Command::new(program).arg(&csv), &sandbox)
        .output()
        .unwrap();
    println!("{}", succeeded("memory.c", &output));
    assert_eq!(sandbox.stored().len(), 1_000_000);
    std::fs::remove_file(csv).unwrap();
}
