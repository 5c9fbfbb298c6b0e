//! The vendor's four steps against a sandbox in this process, shown as a person would like to read them.

use std::collections::HashSet;
use std::error::Error;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use campaigns8x8::sandbox::{Fault, Faults, Sandbox, SandboxOptions};
use campaigns8x8::{
    CampaignAction, CampaignState, Client, ErrorKind, LogLevel, ModifyCampaign, NewRecord,
    Priority, Source, UploadOptions,
};

use crate::terminal::{Page, is_broken_pipe};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// How long a step may be refused because the campaign is between two states.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);

struct Demo {
    page: Page,
    sandbox: Sandbox,
    client: Client,
    attempts: Receiver<String>,
}

pub fn run() -> Outcome {
    let sandbox = Sandbox::start_with(SandboxOptions {
        build_time: Duration::from_millis(350),
        start_time: Duration::from_millis(150),
        ..SandboxOptions::default()
    })?;
    let client = Client::new(sandbox.config())?;
    let (sender, attempts) = mpsc::channel();
    client.set_log(LogLevel::Debug, move |_, line| {
        // The receiver lives as long as the client.
        let _ = sender.send(line.to_owned());
    });
    let mut demo = Demo {
        page: Page::new(),
        sandbox,
        client,
        attempts,
    };
    demo.introduce()?;
    demo.step("1. Build the campaign", Demo::build)?;
    demo.step("2. Start it, as soon as it is built", Demo::start)?;
    demo.step("3. Add records, as soon as it runs", Demo::add_records)?;
    demo.step("4. Pause it", Demo::pause)?;
    demo.summarize()?;
    demo.step(
        "And 1,500 records from a CSV file, over a bad line",
        Demo::upload,
    )?;
    demo.page.line("\nEvery step did what it should.")?;
    Ok(())
}

impl Demo {
    fn introduce(&mut self) -> Outcome {
        self.page.line(&format!(
            "campaigns8x8 {}: the vendor's four steps, over real HTTP, against a sandbox in this process.\n\
             No telephone rings.\n\n  base URL  {}\n  campaign  {}",
            campaigns8x8::VERSION,
            self.sandbox.base_url(),
            self.sandbox.campaign_id(),
        ))?;
        Ok(())
    }

    /// Runs one step under its heading; if it fails, the error says in which one.
    fn step(&mut self, heading: &str, step: fn(&mut Self) -> Outcome) -> Outcome {
        self.page.heading(heading)?;
        let started = Instant::now();
        step(self).map_err(|error| match is_broken_pipe(&*error) {
            true => error,
            false => format!("step \"{heading}\" failed: {error}").into(),
        })?;
        let took = started.elapsed().as_millis();
        self.page.line(&format!("   done in {took} ms"))?;
        Ok(())
    }

    fn build(&mut self) -> Outcome {
        let state = self.modify(CampaignAction::Build)?;
        expect(&state, &[CampaignState::Building])
    }

    fn start(&mut self) -> Outcome {
        let state = self.modify(CampaignAction::Start)?;
        expect(&state, &[CampaignState::Starting])
    }

    fn pause(&mut self) -> Outcome {
        let state = self.modify(CampaignAction::Pause)?;
        expect(&state, &[CampaignState::Paused])
    }

    fn modify(&mut self, action: CampaignAction) -> Outcome<CampaignState> {
        let request = ModifyCampaign::new(action);
        self.show_request(&format!("PATCH {}", serde_json::to_string(&request)?))?;
        let id = self.sandbox.campaign_id();
        let client = self.client.clone();
        let campaign = self.until_accepted(|| client.modify_campaign(&id, &request))?;
        self.page.line(&format!("   <- {}", campaign.state))?;
        Ok(campaign.state)
    }

    fn add_records(&mut self) -> Outcome {
        let records = [
            NewRecord::new("CRM-1001")?,
            NewRecord::new("CRM-1002")?.priority(Priority::Low),
            NewRecord::new("CRM-1003")?.priority(Priority::Medium),
            NewRecord::new("CRM-1004")?.rank(0.5),
        ];
        self.show_request("POST {\"records\":[")?;
        for record in &records {
            let json = serde_json::to_string(record)?;
            self.page.line(&format!("        {json}"))?;
        }
        self.page.line("      ]}")?;
        let id = self.sandbox.campaign_id();
        let client = self.client.clone();
        let added = self.until_accepted(|| client.add_records(&id, &records))?;
        for record in &added {
            self.page.line(&format!(
                "   <- {:<10} {:<8} priority {:<6} rank {}",
                record.crm_record_id.as_deref().unwrap_or("?"),
                record.state.as_ref().map_or("?", |state| state.as_str()),
                record.priority.as_ref().map_or("?", |p| p.as_str()),
                record.rank.unwrap_or(f64::NAN),
            ))?;
        }
        match added.len() == records.len() {
            true => Ok(()),
            false => Err(format!("{} of {} records came back", added.len(), records.len()).into()),
        }
    }

    fn show_request(&mut self, request: &str) -> Outcome {
        self.page.line(&format!("   -> {request}"))?;
        Ok(())
    }

    /// Repeats a call while the campaign is between two states. Nothing else can be done: the API has no GET.
    fn until_accepted<T>(&mut self, call: impl Fn() -> campaigns8x8::Result<T>) -> Outcome<T> {
        let give_up = Instant::now() + PATIENCE;
        let mut refusals = 0;
        loop {
            let result = call();
            let attempts: Vec<_> = self.attempts.try_iter().collect();
            match result {
                Err(error) if error.kind() == ErrorKind::Conflict && Instant::now() < give_up => {
                    refusals += 1;
                    if refusals == 1 {
                        self.show(&attempts)?;
                        self.page.line(&format!("      {}", error.message()))?;
                    }
                    thread::sleep(POLL);
                }
                other => {
                    if refusals > 0 {
                        let poll = POLL.as_millis();
                        self.page.line(&format!(
                            "      refused {refusals} times, every {poll} ms; then:"
                        ))?;
                    }
                    self.show(&attempts)?;
                    return Ok(other?);
                }
            }
        }
    }

    fn show(&mut self, attempts: &[String]) -> Outcome {
        for attempt in attempts {
            self.page.line(&format!("      {attempt}"))?;
        }
        Ok(())
    }

    /// What the sandbox really has, compared with what the client was told.
    fn summarize(&mut self) -> Outcome {
        let state = self.sandbox.state();
        let order = self.sandbox.dial_order();
        self.page.heading("On the campaign now")?;
        self.page.line(&format!(
            "   state     {state}\n   records   {}\n   requests  {}",
            order.len(),
            self.sandbox.requests()
        ))?;
        self.page
            .line(&format!("   dialed    {}", order.join(", then ")))?;
        expect(&state, &[CampaignState::Paused])?;
        let expected = ["CRM-1004", "CRM-1001", "CRM-1003", "CRM-1002"];
        if order != expected {
            return Err(format!("the dial order is not {}", expected.join(", ")).into());
        }
        Ok(())
    }

    /// Answers are lost and requests fail; what the report says is compared with what the sandbox really has.
    fn upload(&mut self) -> Outcome {
        let path =
            std::env::temp_dir().join(format!("campaigns8x8-demo-{}.csv", std::process::id()));
        let mut csv = "Account ID,priority,Name\n".to_owned();
        for n in 1..=1500 {
            let priority = if n == 7 { "URGENT" } else { "LOW" };
            csv.push_str(&format!("CRM-{},{priority},\"Smith, J.\"\n", 5000 + n));
        }
        std::fs::write(&path, csv)?;
        let result = self.upload_file(&path);
        std::fs::remove_file(&path)?;
        result
    }

    fn upload_file(&mut self, path: &std::path::Path) -> Outcome {
        self.sandbox.put_record("CRM-5900");
        self.sandbox.set_faults(Faults::Scheduled(vec![
            None,
            Some(Fault::LostAnswer),
            None,
            Some(Fault::ErrorBefore(503)),
            Some(Fault::LostRequest),
            None,
            Some(Fault::ErrorAfter(500)),
        ]));
        let before: HashSet<String> = self.sandbox.stored().into_iter().collect();
        let requests = self.sandbox.requests();
        let columns = [("crmRecordId", "Account ID")];
        let source = Source::csv(path, columns)?;
        let options = UploadOptions {
            sole_writer: true,
            ..UploadOptions::default()
        };
        self.page.line(&format!(
            "   {}: row 8 breaks a rule, CRM-5900 is on the campaign already;\n   \
             two answers are lost after storing, one request is lost, one is answered 503",
            path.display()
        ))?;
        let report =
            self.client
                .upload_records(&self.sandbox.campaign_id(), source, &options, |_| {
                    ControlFlow::Continue(())
                })?;
        let attempts: Vec<_> = self.attempts.try_iter().collect();
        let refused: Vec<_> = attempts
            .iter()
            .filter(|line| !line.contains(" 200 "))
            .cloned()
            .collect();
        self.show(&refused)?;
        let counts = report.counts;
        self.page.line(&format!(
            "   report    {} records: {} added, {} already present, {} rejected, {} not sent, {} unknown\n   \
             requests  {}, {} of them repetitions",
            counts.total,
            counts.added,
            counts.already_present,
            counts.rejected,
            counts.not_sent,
            counts.unknown,
            report.requests,
            report.retries,
        ))?;
        for record in &report.records {
            let why = record.field_errors.first();
            self.page.line(&format!(
                "   {:<9} {} {}",
                record.crm_record_id.as_deref().unwrap_or("?"),
                record.outcome.as_str(),
                why.map_or_else(String::new, |fault| format!(
                    "({}: {})",
                    fault.field, fault.message
                )),
            ))?;
        }
        let stored = self.sandbox.stored();
        let once: HashSet<&String> = stored.iter().collect();
        let added = once.iter().filter(|id| !before.contains(**id)).count();
        self.page.line(&format!(
            "   sandbox   {} records, each once; {added} of them new; {} requests came",
            stored.len(),
            self.sandbox.requests() - requests,
        ))?;
        if once.len() != stored.len() || added as u64 != counts.added || !report.complete {
            return Err("the report and the sandbox do not agree".into());
        }
        Ok(())
    }
}

fn expect(state: &CampaignState, expected: &[CampaignState]) -> Outcome {
    match expected.contains(state) {
        true => Ok(()),
        false => Err(format!("the campaign is {state}").into()),
    }
}
