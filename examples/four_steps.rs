//! The vendor's four steps: build and start, add records, pause. Settings come from CAMPAIGNS8X8_BASE_URL (or
//! CAMPAIGNS8X8_CUSTOMER_SITE), CAMPAIGNS8X8_API_KEY and CAMPAIGNS8X8_TENANT.

use std::time::Duration;

use campaigns8x8::{Client, ClientConfig, LaunchOptions, LaunchStrategy, NewRecord, Priority};

fn main() -> campaigns8x8::Result<()> {
    let campaign = std::env::args().nth(1);
    let campaign = campaign
        .as_deref()
        .unwrap_or("123e4567-e89b-12d3-a456-426614174000");
    let campaign = campaign.parse()?;
    let client = Client::new(ClientConfig::new())?;

    let launch = LaunchOptions {
        strategy: LaunchStrategy::BuildThenStart,
        poll_interval: Duration::from_millis(100),
        ..LaunchOptions::default()
    };
    println!("{}", client.launch_campaign(&campaign, &launch)?.state);

    let records = [
        NewRecord::new("CRM-1")?,
        NewRecord::new("CRM-2")?.priority(Priority::Low),
    ];
    for record in client.add_records(&campaign, &records)? {
        println!("{record:?}");
    }

    println!("{}", client.pause(&campaign)?.state);
    Ok(())
}
