//! A sandbox of a test's own, and a client for it.

use campaigns8x8::sandbox::{Fault, Faults, Sandbox, SandboxOptions};
use campaigns8x8::{CampaignState, Client};

use super::{quick, until};

/// A campaign that accepts records.
pub fn running() -> SandboxOptions {
    SandboxOptions {
        state: CampaignState::Running,
        ..SandboxOptions::default()
    }
}

pub fn sandbox_with(options: SandboxOptions) -> Sandbox {
    Sandbox::start_with(options).unwrap()
}

/// A client of the sandbox that retries without waiting.
pub fn client_of(sandbox: &Sandbox) -> Client {
    Client::new(sandbox.config().retry(quick())).unwrap()
}

pub fn start(options: SandboxOptions) -> (Sandbox, Client) {
    let sandbox = sandbox_with(options);
    let client = client_of(&sandbox);
    (sandbox, client)
}

/// This happens to the first request, and nothing to those after it.
pub fn first(fault: Fault) -> Faults {
    Faults::Scheduled(vec![Some(fault)])
}

/// This happens to every request.
pub fn always(fault: Fault) -> Faults {
    Faults::Random {
        probability: 1.0,
        kinds: vec![fault],
    }
}

#[track_caller]
pub fn await_state(sandbox: &Sandbox, state: impl Into<CampaignState>) {
    let state = state.into();
    until(state.as_str(), || sandbox.state() == state);
}
