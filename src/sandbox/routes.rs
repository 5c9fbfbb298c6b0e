//! What the API checks before a campaign is asked, in the vendor's order: who asks, for what, in which form.

use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Method, Uri};
use serde_json::{Map, Value};

use super::account::{API_KEY, TENANT};
use super::campaign::{self, Campaign, Refusal};
use super::options::{Dialect, SandboxOptions};
use super::problem::{Answer, Problem};
use crate::model::CampaignAction;
use crate::outcome::FieldError;
use crate::validate::{self, RecordDraft};

/// Everything before `/{campaignId}`.
pub(super) const BASE_PATH: &str = "/cc/US1/campaigns/v1";
pub(super) const MEDIA_TYPE: &str = "application/vnd.campaigns.v1+json";

/// Which of its two requests the API was asked for.
enum Route {
    Modify,
    AddRecords,
}

/// Answers one request; all that it changes is `campaign`.
pub(super) fn answer(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    campaign: &mut Campaign,
    options: &SandboxOptions,
) -> Answer {
    let result = identify(headers, options)
        .and_then(|()| route(method, uri))
        .and_then(|route| {
            media_type(headers)?;
            let body = object(body)?;
            match route {
                Route::Modify => modify(&body, campaign, options.dialect),
                Route::AddRecords => add_records(&body, campaign, options),
            }
        });
    result.unwrap_or_else(Answer::Problem)
}

fn identify(headers: &HeaderMap, options: &SandboxOptions) -> Result<(), Problem> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let unauthorized = |detail| Err(Problem::new(401, "Unauthorized", detail));
    match header("x-api-key") {
        None => return unauthorized("The API key is missing"),
        Some(key) if !key.starts_with("eght_") => {
            return unauthorized("The API key is malformed");
        }
        Some(key) if key != API_KEY => return unauthorized("The API key is unknown or revoked"),
        Some(_) => {}
    }
    if !options.product_attached {
        let detail = "The API Product \"Contact Center Campaigns\" is not attached to this key";
        return Err(Problem::new(403, "Forbidden", detail));
    }
    if header("x-8x8-tenant") != Some(TENANT) {
        return Err(not_found());
    }
    Ok(())
}

fn not_found() -> Problem {
    Problem::new(404, "Not Found", "Campaign not found")
}

fn route(method: &Method, uri: &Uri) -> Result<Route, Problem> {
    let below = uri.path().strip_prefix(BASE_PATH).ok_or_else(not_found)?;
    let (id, route) = match below.strip_suffix("/records") {
        Some(id) => (id, Route::AddRecords),
        None => (below, Route::Modify),
    };
    if !campaign::is_the_one(id.trim_start_matches('/')) {
        return Err(not_found());
    }
    let wanted = match route {
        Route::Modify => Method::PATCH,
        Route::AddRecords => Method::POST,
    };
    if *method != wanted {
        let detail = format!("Use {wanted}");
        return Err(Problem::new(405, "Method Not Allowed", detail));
    }
    Ok(route)
}

fn media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    if given == Some(MEDIA_TYPE) {
        return Ok(());
    }
    let detail = format!("Content-Type must be {MEDIA_TYPE}");
    Err(Problem::new(415, "Unsupported Media Type", detail))
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(Problem::bad_request("Malformed JSON request")),
    }
}

fn modify(
    body: &Map<String, Value>,
    campaign: &mut Campaign,
    dialect: Dialect,
) -> Result<Answer, Problem> {
    let action = body.get("action").and_then(Value::as_str).unwrap_or("");
    let action: CampaignAction = action.parse().map_err(|_| {
        let message = "must be one of the campaign actions";
        Problem::validation(vec![FieldError::new("action", "Enum", message)])
    })?;
    let flag = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => {
            let fault = FieldError::new(name, "Format", "must be a boolean");
            Err(Problem::validation(vec![fault]))
        }
    };
    let build_on_start = flag("buildOnStart")?.unwrap_or(false);
    match campaign.act(action, flag("enabled")?, build_on_start) {
        Ok(body) => Ok(Answer::Success(200, body)),
        Err(Refusal::Disabled) => Err(Problem::conflict(
            dialect,
            format!("Action {action} is not allowed on a disabled campaign"),
        )),
        // The vendor does not say the current state in a refusal (contract: disagreement 15).
        Err(_) => Err(Problem::conflict(
            dialect,
            format!("Action {action} is not valid in the current state of the campaign"),
        )),
    }
}

fn add_records(
    body: &Map<String, Value>,
    campaign: &mut Campaign,
    options: &SandboxOptions,
) -> Result<Answer, Problem> {
    if !campaign.dynamic {
        let detail = "Records cannot be added: isDynamic is false";
        return Err(Problem::new(400, "Invalid Operation", detail));
    }
    let Some(Value::Array(items)) = body.get("records") else {
        let fault = FieldError::new("records", "NotNull", "must not be null");
        return Err(Problem::validation(vec![fault]));
    };
    let field = |item: &Value, name: &str| match item.get(name) {
        None | Some(Value::Null) => None,
        Some(value) => Some(value.clone()),
    };
    // As the vendor's Java does, fields that it does not know are passed over.
    let drafts: Vec<_> = items
        .iter()
        .map(|item| RecordDraft {
            crm_record_id: field(item, "crmRecordId"),
            schedule_at: field(item, "scheduleAt"),
            priority: field(item, "priority"),
            rank: field(item, "rank"),
        })
        .collect();
    let records = validate::check(&drafts)
        .map_err(|error| Problem::validation(error.field_errors().to_vec()))?;
    match campaign.add(records) {
        Ok(body) => {
            let status = match options.dialect {
                Dialect::Guide => 200,
                Dialect::OpenApi => 201,
            };
            Ok(Answer::Success(status, body))
        }
        Err(Refusal::Duplicate(id)) => Err(Problem::conflict(
            options.dialect,
            if options.name_duplicates {
                format!("Campaign already contains record for Id: {id}")
            } else {
                "Campaign already contains a record of the request".to_owned()
            },
        )),
        Err(_) => Err(Problem::conflict(
            options.dialect,
            "Records cannot be added in the current state of the campaign",
        )),
    }
}
