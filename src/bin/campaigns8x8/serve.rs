//! `campaigns8x8 sandbox`: the sandbox as a server of its own, until Ctrl-C, or for as long as a command runs.

use std::error::Error;
use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::time::Duration;

use campaigns8x8::sandbox::{
    Dialect, Fault, Faults, RateLimitStyle, Sandbox, SandboxOptions, SandboxRateLimit,
};
use clap::{Args, ValueEnum};

use crate::terminal::Page;

/// What `campaigns8x8 sandbox` can be told.
#[derive(Args)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one. [default: 8808; for a command: 0]
    #[arg(long)]
    port: Option<u16>,
    /// Which of the vendor's two descriptions to follow where they disagree.
    #[arg(long, value_enum, default_value_t = DialectName::Guide)]
    dialect: DialectName,
    /// How long BUILDING lasts, in milliseconds.
    #[arg(long, default_value_t = 200)]
    build_time_ms: u64,
    /// How long STARTING lasts, in milliseconds.
    #[arg(long, default_value_t = 0)]
    start_time_ms: u64,
    /// Probability, 0 to 1, that a request is lost, answered late, cut short or failed.
    #[arg(long, default_value_t = 0.0, value_parser = probability)]
    fault_probability: f64,
    /// What random faults are drawn from: the same number, the same faults.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Refuse a duplicate without naming its id.
    #[arg(long)]
    no_name_duplicates: bool,
    /// Requests allowed in each second.
    #[arg(long, value_name = "REQUESTS")]
    rate_limit: Option<u64>,
    /// How the rate limit is told.
    #[arg(long, value_enum, default_value_t = StyleName::XRatelimit)]
    rate_limit_style: StyleName,
    /// A command to run against the sandbox, which it finds in its environment; the sandbox ends with it.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DialectName {
    /// 200 for added records, 409 for conflicts.
    Guide,
    /// 201 for added records, 400 for conflicts.
    Openapi,
}

#[derive(Clone, Copy, ValueEnum)]
enum StyleName {
    /// x-ratelimit-limit, -remaining and -reset on every answer.
    XRatelimit,
    /// Retry-After on a 429.
    RetryAfter,
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(probability) if (0.0..=1.0).contains(&probability) => Ok(probability),
        _ => Err("accepted are numbers from 0 to 1".to_owned()),
    }
}

impl Options {
    fn port(&self) -> u16 {
        let served = if self.command.is_empty() { 8808 } else { 0 };
        self.port.unwrap_or(served)
    }

    fn sandbox(&self) -> SandboxOptions {
        let faults = Faults::Random {
            probability: self.fault_probability,
            kinds: vec![
                Fault::LostRequest,
                Fault::LostAnswer,
                Fault::TruncatedAnswer,
                Fault::ErrorBefore(503),
                Fault::ErrorAfter(500),
                Fault::GatewayHtml(502),
                Fault::Delay(Duration::from_millis(500)),
            ],
        };
        SandboxOptions {
            port: self.port(),
            dialect: match self.dialect {
                DialectName::Guide => Dialect::Guide,
                DialectName::Openapi => Dialect::OpenApi,
            },
            build_time: Duration::from_millis(self.build_time_ms),
            start_time: Duration::from_millis(self.start_time_ms),
            name_duplicates: !self.no_name_duplicates,
            faults,
            rate_limit: self.rate_limit.map(|requests| SandboxRateLimit {
                requests,
                per: Duration::from_secs(1),
                style: match self.rate_limit_style {
                    StyleName::XRatelimit => RateLimitStyle::XRateLimit,
                    StyleName::RetryAfter => RateLimitStyle::RetryAfter,
                },
            }),
            seed: self.seed,
            ..SandboxOptions::default()
        }
    }
}

pub fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let (sender, stop) = mpsc::channel();
    ctrlc::set_handler(move || {
        // A second signal finds the receiver gone; the program is ending already.
        let _ = sender.send(());
    })?;
    let sandbox = Sandbox::start_with(options.sandbox()).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} on 127.0.0.1 is in use; choose another with --port, or 0 for a free one",
            options.port()
        ),
        _ => format!("the sandbox cannot start: {error}"),
    })?;
    if let [program, arguments @ ..] = options.command.as_slice() {
        return during(&sandbox, Command::new(program).args(arguments));
    }
    Page::new().line(&format!(
        "The sandbox is running; no telephone rings. Stop it with Ctrl-C.\n\n  \
         base URL  {base_url}\n  campaign  {campaign}\n  key       {key}\n  tenant    {tenant}\n\n\
         For programs that read their settings from the environment:\n\n  \
         export CAMPAIGNS8X8_BASE_URL={base_url}\n  \
         export CAMPAIGNS8X8_API_KEY={key}\n  \
         export CAMPAIGNS8X8_TENANT={tenant}\n",
        base_url = sandbox.base_url(),
        campaign = sandbox.campaign_id(),
        key = sandbox.api_key(),
        tenant = sandbox.tenant(),
    ))?;
    stop.recv()?;
    let (requests, records) = (sandbox.requests(), sandbox.stored().len());
    drop(sandbox);
    Page::new().line(&format!(
        "Stopped after {requests} requests, with {records} records on the campaign."
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a command with the sandbox as its remote API, and ends as it did. Ctrl-C reaches it too, and it decides.
fn during(sandbox: &Sandbox, command: &mut Command) -> Result<ExitCode, Box<dyn Error>> {
    let status = command
        .env("CAMPAIGNS8X8_BASE_URL", sandbox.base_url())
        .env("CAMPAIGNS8X8_API_KEY", sandbox.api_key())
        .env("CAMPAIGNS8X8_TENANT", sandbox.tenant())
        // Both given would be an error.
        .env_remove("CAMPAIGNS8X8_CUSTOMER_SITE")
        .status()
        .map_err(|error| format!("{} cannot be run: {error}", command.get_program().display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
