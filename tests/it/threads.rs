//! One client, many threads: no call disturbs another, and dropping the last clone leaves no thread behind.

use std::thread;

use campaigns8x8::Client;

use crate::support::{campaign, own_process, record, running, sandbox_with};

#[test]
fn thirty_two_threads_share_one_client_and_its_thread_ends_with_the_last_clone() {
    // So that every thread of a client is this client's.
    if !own_process(
        "threads::thirty_two_threads_share_one_client_and_its_thread_ends_with_the_last_clone",
    ) {
        return;
    }
    let sandbox = sandbox_with(running());
    let client = Client::new(sandbox.config()).unwrap();
    thread::scope(|scope| {
        for worker in 0..32 {
            let client = client.clone();
            scope.spawn(move || {
                for n in (worker..2000).step_by(32) {
                    let record = record(&format!("CRM-{n}"));
                    client.add_records(&campaign(), &[record]).unwrap();
                }
            });
        }
    });
    assert_eq!(sandbox.stored().len(), 2000);
    assert_eq!(sandbox.requests(), 2000, "no call was repeated");
    #[cfg(target_os = "linux")]
    {
        let clone = client.clone();
        drop(client);
        assert_eq!(client_threads(), 1);
        assert!(
            client_threads_block_sigpipe(),
            "the host's signals are not ours"
        );
        drop(clone);
        assert_eq!(client_threads(), 0);
    }
}

/// The folders of the clients' threads of this process; each client has one.
#[cfg(target_os = "linux")]
fn folders() -> Vec<std::path::PathBuf> {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name == "campaigns8x8\n")
        })
        .collect()
}

#[cfg(target_os = "linux")]
fn client_threads() -> usize {
    folders().len()
}

#[cfg(target_os = "linux")]
fn client_threads_block_sigpipe() -> bool {
    const SIGPIPE: u32 = 13;
    folders().iter().all(|path| {
        let status = std::fs::read_to_string(path.join("status")).unwrap();
        let blocked = status
            .lines()
            .find_map(|line| line.strip_prefix("SigBlk:"))
            .unwrap();
        let blocked = u64::from_str_radix(blocked.trim(), 16).unwrap();
        blocked & (1 << (SIGPIPE - 1)) != 0
    })
}
