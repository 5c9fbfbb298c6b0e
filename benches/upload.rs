//! What an upload costs: requests beyond the fewest when there is trouble, records a second, and CPU time a record.
//! `make bench` runs it. The sandbox is another process, so that the CPU time is the client's alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use campaigns8x8::sandbox::{API_KEY, CAMPAIGN_ID, Fault, Faults, Sandbox, SandboxOptions, TENANT};
use campaigns8x8::{
    CampaignState, Client, ClientConfig, NewRecord, Source, UploadOptions, UploadReport,
};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|a| a == "--sandbox") {
        return serve(Duration::from_millis(arguments[at + 1].parse().unwrap()));
    }
    trouble();
    throughput();
}

fn records(count: usize) -> Vec<NewRecord> {
    (0..count)
        .map(|n| NewRecord::new(&format!("CRM-{n}")).unwrap())
        .collect()
}

fn upload(client: &Client, count: usize, options: &UploadOptions) -> UploadReport {
    let source = Source::from(records(count));
    let campaign = CAMPAIGN_ID.parse().unwrap();
    client
        .upload_records(&campaign, source, options, |_| ControlFlow::Continue(()))
        .unwrap()
}

/// Requests beyond the fewest for 1,500 records with one thing wrong in one batch.
fn trouble() {
    println!("Requests beyond the fewest (15 for 1,500 records), one worker");
    let cost = |named: bool, sole_writer: bool, present: Option<usize>, fault: Option<Fault>| {
        let sandbox = Sandbox::start_with(SandboxOptions {
            state: CampaignState::Running,
            name_duplicates: named,
            faults: Faults::Scheduled(vec![
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                fault.clone(),
            ]),
            ..SandboxOptions::default()
        })
        .unwrap();
        if let Some(place) = present {
            sandbox.put_record(&format!("CRM-{place}"));
        }
        let client = Client::new(sandbox.config()).unwrap();
        let options = UploadOptions {
            concurrency: 1,
            sole_writer,
            // It changes how long the last questions take, not how many there are.
            wait_for_campaign: Duration::from_millis(200),
            ..UploadOptions::default()
        };
        let report = upload(&client, 1500, &options);
        // What was stored while its answer was lost stays unknown where no refusal names it.
        let is_open = !named && fault == Some(Fault::LostAnswer);
        assert_eq!(report.complete, !is_open, "{report:?}");
        sandbox.requests() - 15
    };
    let worst = |named| {
        let place = (700..800).max_by_key(|place| cost(named, false, Some(*place), None));
        cost(named, false, place, None)
    };
    println!(
        "  one record present, the server names it            {:>4}",
        worst(true)
    );
    println!(
        "  one record present, the server names nothing       {:>4}",
        worst(false)
    );
    for (words, fault) in [
        ("request lost                 ", Fault::LostRequest),
        ("answer lost after storing    ", Fault::LostAnswer),
    ] {
        let cost = |named, sole| cost(named, sole, None, Some(fault.clone()));
        println!("  {words} named              {:>4}", cost(true, false));
        println!("  {words} not named          {:>4}", cost(false, false));
        println!("  {words} sole writer        {:>4}", cost(true, true));
    }
}

fn throughput() {
    println!("\nRecords a second, and CPU microseconds a record (client only), batches of 100");
    println!("  delay  workers      campaigns8x8            requests loop");
    for delay in [0, 50] {
        let mut plain = None;
        for workers in [1, 4, 16] {
            let count = if delay == 0 {
                100_000
            } else {
                10_000 * workers.min(4)
            };
            let sandbox = OtherProcess::start(delay);
            let client = Client::new(
                ClientConfig::new()
                    .api_key(API_KEY)
                    .tenant(TENANT)
                    .base_url(sandbox.base_url.as_str()),
            )
            .unwrap();
            let options = UploadOptions {
                concurrency: workers,
                ..UploadOptions::default()
            };
            let (cpu, started) = (cpu_time(), Instant::now());
            let report = upload(&client, count, &options);
            let (cpu, took) = (cpu_time() - cpu, started.elapsed());
            assert_eq!(report.counts.added, count as u64);
            let ours = row(count, took, cpu);
            // The loop has one worker, whatever ours has; it is run once for each delay.
            let loops = plain.get_or_insert_with(|| requests_loop(delay)).clone();
            println!("  {delay:>3} ms  {workers:>7}  {ours}  {loops}");
            plain = Some("as above".to_owned());
        }
    }
}

fn row(count: usize, took: Duration, cpu: Duration) -> String {
    let rate = count as f64 / took.as_secs_f64();
    let each = cpu.as_secs_f64() * 1e6 / count as f64;
    format!("{rate:>9.0}/s {each:>6.2} us")
}

/// The same work by a plain loop over `requests`, as a script would have it.
fn requests_loop(delay: u64) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/venv/bin/python");
    if !python.exists() {
        return "needs target/venv: make venv".to_owned();
    }
    let count = if delay == 0 { 50_000 } else { 5_000 };
    let sandbox = OtherProcess::start(delay);
    let output = Command::new(python)
        .arg(root.join("benches/requests_loop.py"))
        .arg(&sandbox.base_url)
        .arg(count.to_string())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    let seconds = Duration::from_secs_f64;
    row(count, seconds(numbers[0]), seconds(numbers[1]))
}

fn cpu_time() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let micros = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(time.tv_sec() as u64) + Duration::from_micros(time.tv_usec() as u64)
    };
    micros(usage.user_time()) + micros(usage.system_time())
}

/// A sandbox that ends with its standard input.
struct OtherProcess {
    base_url: String,
    child: Child,
    _stdin: ChildStdin,
}

impl OtherProcess {
    fn start(delay: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--sandbox", &delay.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut base_url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut base_url)
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        Self {
            base_url: base_url.trim().to_owned(),
            child,
            _stdin: stdin,
        }
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(delay: Duration) {
    let faults = match delay.is_zero() {
        true => Faults::None,
        false => Faults::Random {
            probability: 1.0,
            kinds: vec![Fault::Delay(delay)],
        },
    };
    let sandbox = Sandbox::start_with(SandboxOptions {
        state: CampaignState::Running,
        faults,
        ..SandboxOptions::default()
    })
    .unwrap();
    println!("{}", sandbox.base_url());
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}
