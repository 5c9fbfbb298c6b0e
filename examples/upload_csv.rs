//! Uploads a CSV file, shows how far it is, and can be killed and run again: the ledger remembers what is certain.
//!
//! `CAMPAIGNS8X8_API_KEY=… CAMPAIGNS8X8_TENANT=… CAMPAIGNS8X8_CUSTOMER_SITE=US1
//! cargo run --example upload_csv -- CAMPAIGN_ID contacts.csv upload.db`

use std::error::Error;
use std::ops::ControlFlow;

use campaigns8x8::{CampaignId, Client, ClientConfig, Source, UploadOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [campaign, csv, ledger] = arguments.as_slice() else {
        return Err("usage: upload_csv CAMPAIGN_ID CSV LEDGER".into());
    };
    let campaign: CampaignId = campaign.parse()?;
    let client = Client::new(ClientConfig::new())?;
    // Columns with the API's own names need no mention: crmRecordId, scheduleAt, priority, rank.
    let columns: [(&str, &str); 0] = [];
    let source = Source::csv(csv, columns)?;
    let options = UploadOptions {
        ledger: Some(ledger.into()),
        sole_writer: std::env::var_os("SOLE_WRITER").is_some(),
        ..UploadOptions::default()
    };
    let result = client.upload_records(&campaign, source, &options, |progress| {
        eprint!("\r{} done", progress.done);
        ControlFlow::Continue(())
    });
    eprintln!();
    // What stopped an upload brings the report along.
    let (report, failure) = match &result {
        Ok(report) => (report, None),
        Err(error) => match error.report() {
            Some(report) => (report, Some(error)),
            None => return Err(error.clone().into()),
        },
    };
    println!("{}", report.to_json());
    match failure {
        Some(error) => Err(error.clone().into()),
        None => Ok(()),
    }
}
