//! Every C and C++ program: compiled with warnings as errors, run against a sandbox, and run again under valgrind.

mod harness;

use std::collections::HashSet;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use campaigns::CampaignState;
use campaigns::sandbox::{Fault, Faults, Sandbox, SandboxOptions};
use harness::{Library, Program, build, c, cpp, root, succeeded, with_sandbox};

const CPP11: &[&str] = &["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const CPP17: &[&str] = &[
    "-std=c++17",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Werror",
];

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| build(&[]))
}

fn sandbox() -> Sandbox {
    Sandbox::start_with(SandboxOptions {
        build_time: Duration::from_millis(100),
        start_time: Duration::ZERO,
        ..SandboxOptions::default()
    })
    .unwrap()
}

/// Answers so slowly that an upload is still at work when its handles are freed.
fn slow_sandbox() -> Sandbox {
    let sandbox = sandbox();
    sandbox.set_faults(Faults::Random {
        probability: 1.0,
        kinds: vec![Fault::Delay(Duration::from_millis(10))],
    });
    sandbox
}

/// Runs a program by itself, then under valgrind; each time against a sandbox of its own. Gives back the first one.
fn run(program: &Program<'_>) -> (Sandbox, String) {
    run_against(program, sandbox)
}

fn run_against(program: &Program<'_>, sandbox: fn() -> Sandbox) -> (Sandbox, String) {
    let path = program.compile(library());
    let plain = sandbox();
    let output = with_sandbox(&mut Command::new(&path), &plain)
        .output()
        .unwrap();
    let text = succeeded(program.source, &output);
    let watched = sandbox();
    let output = with_sandbox(
        Command::new("valgrind").args([
            "--quiet",
            "--leak-check=full",
            "--show-leak-kinds=definite,possible",
            "--errors-for-leak-kinds=definite,possible",
            "--error-exitcode=99",
        ]),
        &watched,
    )
    .arg(&path)
    .output()
    .expect("valgrind cannot be run; install it: apt-get install valgrind libc6-dbg");
    succeeded(&format!("{} under valgrind", program.source), &output);
    (plain, text)
}

#[test]
fn four_steps_in_c_with_the_shared_library() {
    let (sandbox, text) = run(&c("bindings/c/examples/four_steps.c"));
    assert_eq!(sandbox.stored(), ["CRM-1", "CRM-2"]);
    assert_eq!(sandbox.state(), CampaignState::Paused);
    assert!(text.contains("pause        C8X8_OK"), "{text}");
}

#[test]
fn four_steps_in_c_with_the_static_library() {
    let (sandbox, _) = run(&Program {
        statically: true,
        ..c("bindings/c/examples/four_steps.c")
    });
    assert_eq!(sandbox.stored(), ["CRM-1", "CRM-2"]);
}

#[test]
fn four_steps_in_cpp() {
    let (sandbox, text) = run(&cpp("bindings/c/examples/four_steps.cpp", CPP17));
    assert_eq!(sandbox.stored(), ["CRM-1", "CRM-2"]);
    assert_eq!(sandbox.state(), CampaignState::Paused);
    assert!(text.contains("PAUSED"), "{text}");
}

#[test]
fn wrong_arguments_are_refused() {
    let (sandbox, _) = run(&c("tests/c/arguments.c"));
    assert_eq!(sandbox.requests(), 0, "nothing of it was sent");
}

#[test]
fn log_lines_reach_the_callback() {
    run(&c("tests/c/log.c"));
}

#[test]
fn handles_are_freed_in_every_order_and_inside_callbacks() {
    run_against(&c("tests/c/lifetime.c"), slow_sandbox);
}

#[test]
fn objects_are_destroyed_in_every_order_and_inside_functions() {
    run_against(&cpp("tests/cpp/lifetime.cpp", CPP17), slow_sandbox);
}

#[test]
fn uploads_report_progress_cancel_and_tell_the_outcome() {
    let (sandbox, _) = run(&c("tests/c/upload.c"));
    let stored = sandbox.stored();
    let from = |who: &str| stored.iter().filter(|id| id.starts_with(who)).count();
    assert_eq!(
        (from("whole"), from("first"), from("second")),
        (500, 150, 150)
    );
}

#[test]
fn a_csv_file_is_uploaded_from_c_and_ctrl_c_ends_it_with_a_report() {
    let program = c("bindings/c/examples/upload_csv.c").compile(library());
    let csv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("from \"c\".csv");
    let rows: String = (0..3000).map(|n| format!("CRM-{n}\n")).collect();
    std::fs::write(&csv, format!("crmRecordId\n{rows}")).unwrap();
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        faults: Faults::Random {
            probability: 1.0,
            kinds: vec![Fault::Delay(Duration::from_millis(100))],
        },
        ..SandboxOptions::default()
    })
    .unwrap();
    let mut command = Command::new(&program);
    let command = with_sandbox(
        command.arg(sandbox.campaign_id().to_string()).arg(&csv),
        &sandbox,
    );
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while sandbox.requests() == 0 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("C8X8_ERR_CANCELLED\n"), "{text}");
    let stored = sandbox.stored().len();
    assert!(stored < 3000);
    assert!(text.contains(&format!("\"added\":{stored},")), "{text}");

    sandbox.set_faults(Faults::None);
    let output = command.output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("C8X8_OK\n"), "{text}");
    assert!(text.contains("\"complete\":true"), "{text}");
    assert_eq!(sandbox.stored().len(), 3000);
}

#[test]
fn a_feeder_in_cpp_pushes_from_several_threads() {
    let program = cpp("bindings/c/examples/feeder.cpp", CPP17).compile(library());
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        ..SandboxOptions::default()
    })
    .unwrap();
    let output = with_sandbox(&mut Command::new(program), &sandbox)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\"total\":1000,\"added\":1000"), "{text}");
    assert_eq!(sandbox.stored().len(), 1000);
    let progress = String::from_utf8(output.stderr).unwrap();
    assert!(
        progress.lines().last().unwrap().contains("\"done\":1000"),
        "{progress}"
    );
}

#[test]
fn the_wrapper_goes_with_a_json_library_of_the_users_choice() {
    let (sandbox, text) = run(&cpp("bindings/c/examples/with_nlohmann_json.cpp", CPP17));
    assert_eq!(sandbox.stored().len(), 2);
    let expected = "2 of 3 added\n\
        an id that is longer than allowed: rejected, length must be between 1 and 32 UTF-16 units, is 33\n\
        conflict, outcome unknown: false\n";
    assert_eq!(text, expected);
}

#[test]
fn a_client_survives_a_fork_and_an_uploader_stays_the_parents() {
    let (sandbox, _) = run_against(&c("tests/c/fork.c"), slow_sandbox);
    let stored = sandbox.stored();
    let from = |who: &str| stored.iter().filter(|id| id.starts_with(who)).count();
    assert_eq!((from("child"), from("parent")), (20, 20));
    assert_eq!((from("between"), from("inside")), (40, 40));
    assert_eq!(stored.len(), 2 + 40 + 80, "before, after, and nothing else");
}

#[test]
fn many_threads_share_a_client() {
    let program = c("tests/c/threads.c").compile(library());
    let sandbox = sandbox();
    let output = with_sandbox(&mut Command::new(&program), &sandbox)
        .output()
        .unwrap();
    succeeded("threads.c", &output);
    assert_eq!(sandbox.stored().len(), 2000);
    assert_eq!(sandbox.requests(), 2000);
}

#[test]
fn a_call_is_cancelled_from_another_thread() {
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/cc/US1/campaigns/v1",
        silent.local_addr().unwrap()
    );
    let listening = std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().unwrap();
        // Until the client drops the connection, which it does when it is cancelled.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let program = c("tests/c/cancel.c").compile(library());
    let output = Command::new(program)
        .env("CAMPAIGNS8X8_BASE_URL", url)
        .env("CAMPAIGNS8X8_API_KEY", "eght_sandbox")
        .env("CAMPAIGNS8X8_TENANT", "sandbox")
        .output()
        .unwrap();
    succeeded("cancel.c", &output);
    listening.join().unwrap();
}

#[test]
fn the_library_can_be_closed_while_threads_that_used_it_live_on() {
    let program = c("tests/c/dlopen.c").compile(library());
    let sandbox = sandbox();
    let output = with_sandbox(Command::new(&program).arg(&library().shared), &sandbox)
        .output()
        .unwrap();
    succeeded("dlopen.c", &output);
    assert_eq!(sandbox.requests(), 8, "PAUSE and PURGE, four times");
}

#[test]
fn paths_are_utf_8() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("\u{e4}\u{65e5} paths");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let program = c("tests/c/paths.c").compile(library());
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        ..SandboxOptions::default()
    })
    .unwrap();
    let output = with_sandbox(Command::new(program).arg(folder), &sandbox)
        .output()
        .unwrap();
    succeeded("paths.c", &output);
    assert_eq!(sandbox.stored().len(), 2);
}

#[test]
fn the_process_is_left_as_it_was_found() {
    let (sandbox, text) = run(&c("tests/c/manners.c"));
    assert_eq!(sandbox.stored().len(), 2);
    assert_eq!(text, "", "no output");
}

#[test]
fn a_host_with_its_own_openssl_libcurl_and_fork_handlers_goes_on_working() {
    for package in ["libcurl", "openssl"] {
        let found = Command::new("pkg-config").arg(package).status();
        assert!(
            found.is_ok_and(|status| status.success()),
            "{package} is missing; install it: apt-get install pkg-config libcurl4-openssl-dev libssl-dev"
        );
    }
    let program = Program {
        libraries: &["-lcurl", "-lssl", "-lcrypto"],
        ..c("tests/c/host.c")
    };
    let sandbox = sandbox();
    let output = with_sandbox(&mut Command::new(program.compile(library())), &sandbox)
        .output()
        .unwrap();
    succeeded("host.c", &output);
    assert_eq!(sandbox.stored(), ["before", "in-child", "after"]);
}

#[test]
fn everything_at_once_from_many_threads() {
    let (sandbox, _) = run(&c("tests/c/stress.c"));
    assert_eq!(sandbox.stored().len(), 2 * 8 * 12);
}

#[test]
fn the_header_serves_cpp11_and_every_function_is_called() {
    run(&cpp("tests/cpp/header.cpp", CPP11));
    let caller = std::fs::read_to_string(root().join("tests/cpp/header.cpp")).unwrap();
    let refused = std::fs::read_to_string(root().join("tests/c/arguments.c")).unwrap();
    let functions = functions_of_the_header();
    assert!(functions.len() >= 15, "{functions:?}");
    for function in functions {
        assert!(
            caller.contains(&format!("{function}(")),
            "header.cpp: {function}"
        );
        assert!(
            refused.contains(&format!("{function}(")) || function == "c8x8_cancel_new",
            "arguments.c: {function}"
        );
    }
}

#[test]
fn the_cpp_wrapper_keeps_its_promises() {
    run(&cpp("tests/cpp/wrapper.cpp", CPP17));
}

#[test]
fn the_cpp_wrapper_works_without_exceptions() {
    let flags: Vec<&str> = CPP17.iter().copied().chain(["-fno-exceptions"]).collect();
    run(&cpp("tests/cpp/no_exceptions.cpp", &flags));
}

/// The library's own code is not instrumented, but its allocations are the sanitizer's: what a program does to them, what it
/// leaves behind, and what it does beyond its own memory is seen.
const SANITIZED: &[&str] = &[
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
];

fn sanitized(source: &'static str, flags: &'static [&'static str]) -> Output {
    let flags: Vec<&str> = flags.iter().chain(SANITIZED).copied().collect();
    let program = match source.ends_with(".c") {
        true => Program {
            flags: &flags,
            ..c(source)
        },
        false => cpp(source, &flags),
    };
    let path = program.compile_as(library(), "sanitized");
    let sandbox = match source.contains("lifetime") {
        true => slow_sandbox(),
        false => sandbox(),
    };
    with_sandbox(&mut Command::new(path), &sandbox)
        .env("ASAN_OPTIONS", "detect_leaks=1")
        .output()
        .unwrap()
}

#[test]
fn the_programs_are_clean_under_address_and_undefined_behaviour_sanitizers() {
    for source in [
        "bindings/c/examples/four_steps.c",
        "tests/c/arguments.c",
        "tests/c/lifetime.c",
        "tests/c/log.c",
        "tests/c/manners.c",
        "tests/c/stress.c",
        "tests/c/threads.c",
        "tests/c/upload.c",
    ] {
        succeeded(source, &sanitized(source, harness::C));
    }
    for source in [
        "bindings/c/examples/four_steps.cpp",
        "tests/cpp/lifetime.cpp",
        "tests/cpp/wrapper.cpp",
    ] {
        succeeded(source, &sanitized(source, CPP17));
    }
}

/// What the fuzzer (`make fuzz`) begins with, and what it has found.
#[test]
fn the_corpus_is_taken_without_a_complaint() {
    let corpus = root().join("tests/corpus");
    let inputs: Vec<_> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(inputs.len() > 50);
    let flags: Vec<&str> = harness::C.iter().chain(SANITIZED).copied().collect();
    let program = Program {
        flags: &flags,
        ..c("tests/c/fuzz.c")
    };
    let output = Command::new(program.compile_as(library(), "replay"))
        .args(&inputs)
        .env("ASAN_OPTIONS", "detect_leaks=1")
        .output()
        .unwrap();
    let text = succeeded("fuzz.c", &output);
    assert_eq!(text, format!("{} inputs\n", inputs.len()));
}

#[test]
fn the_sanitizers_are_really_there() {
    for (what, report) in [
        ("overflow", "heap-buffer-overflow"),
        ("leak", "LeakSanitizer"),
        ("undefined", "signed integer overflow"),
    ] {
        let flags: Vec<&str> = harness::C.iter().chain(SANITIZED).copied().collect();
        let program = Program {
            flags: &flags,
            ..c("tests/c/misbehave.c")
        };
        let path = program.compile_as(library(), what);
        let output = Command::new(path).arg(what).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && text.contains(report),
            "{what}: {text}"
        );
    }
}

#[test]
fn only_the_interface_is_exported() {
    let output = Command::new("nm")
        .args(["-D", "--defined-only", "--format=posix"])
        .arg(&library().shared)
        .output()
        .expect("nm cannot be run; install it: apt-get install binutils");
    let text = String::from_utf8(output.stdout).unwrap();
    let exported: HashSet<String> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(exported, functions_of_the_header());
    // The list is the ABI: a name that is taken off it breaks programs, and wants a new C8X8_ABI_VERSION.
    let list = std::fs::read_to_string(root().join("bindings/c/abi/exports.txt")).unwrap();
    let listed: HashSet<String> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    assert_eq!(exported, listed, "bindings/c/abi/exports.txt");
}

/// The functions that the header declares.
fn functions_of_the_header() -> HashSet<String> {
    let header = std::fs::read_to_string(root().join("include/campaigns8x8.h")).unwrap();
    header
        .lines()
        .filter(|line| line.starts_with("C8X8_API "))
        .filter_map(|line| {
            let (before, _) = line.split_once('(')?;
            let name = before.rsplit([' ', '*']).next()?;
            name.starts_with("c8x8_").then(|| name.to_owned())
        })
        .collect()
}
