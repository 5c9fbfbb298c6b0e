//! One client, many threads: no call disturbs another, and dropping the last clone leaves no thread behind.

#![cfg(feature = "sandbox")]

mod support;

use std::thread;

use campaigns8x8::sandbox::{Sandbox, SandboxOptions};
use campaigns8x8::{CampaignState, Client, NewRecord};
use support::campaign;

#[test]
fn thirty_two_threads_share_one_client_for_2000_calls() {
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        ..SandboxOptions::default()
    })
    .unwrap();
    let client = Client::new(sandbox.config()).unwrap();
    thread::scope(|scope| {
        for worker in 0..32 {
            let client = client.clone();
            scope.spawn(move || {
                for n in (worker..2000).step_by(32) {
                    let record = NewRecord::new(&format!("CRM-{n}")).unwrap();
                    client.add_records(&campaign(), &[record]).unwrap();
                }
            });
        }
    });
    assert_eq!(sandbox.stored().len(), 2000);
    assert_eq!(sandbox.requests(), 2000, "no call was repeated");
}

#[test]
#[cfg(target_os = "linux")]
fn the_last_clone_takes_its_thread_along() {
    // By name, because other tests of this program run beside this one: only clients have threads of this name, and each is
    // made in this test.
    let sandbox = Sandbox::start().unwrap();
    let client = Client::new(sandbox.config()).unwrap();
    client.build(&campaign()).unwrap();
    let clone = client.clone();
    let mine = newest_client_thread();
    drop(client);
    assert!(std::path::Path::new(&mine).exists());
    drop(clone);
    assert!(!std::path::Path::new(&mine).exists());
}

#[cfg(target_os = "linux")]
fn newest_client_thread() -> String {
    let newest = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name == "campaigns8x8\n")
        })
        .max_by_key(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| name.parse::<u32>().ok())
        });
    newest.unwrap().display().to_string()
}
