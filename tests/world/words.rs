//! What the server says when it refuses: every wording that was seen to mislead, and the forms of `errors`.

use fastrand::Rng;
use serde_json::{Value, json};

/// A template for duplicates that is not the vendor's; a client may be told of it or not.
pub const CUSTOM: &str = "Record {id} is on the campaign";

/// An answer before it is put on the wire.
#[derive(Debug, Clone)]
pub struct Message {
    pub status: u16,
    pub media_type: &'static str,
    pub headers: String,
    pub body: String,
}

impl Message {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            media_type: "application/vnd.campaigns.v1+json",
            headers: String::new(),
            body: body.to_string(),
        }
    }

    pub fn html(status: u16, text: &str) -> Self {
        Self {
            status,
            media_type: "text/html",
            headers: String::new(),
            body: format!("<html><body><h1>{status}</h1><p>{text}</p></body></html>"),
        }
    }

    pub fn problem(status: u16, detail: &str) -> Self {
        Self::problem_with(status, detail, None)
    }

    fn problem_with(status: u16, detail: &str, errors: Option<Vec<Value>>) -> Self {
        let mut body = json!({
            "title": "Conflict",
            "status": status,
            "detail": detail,
            "instance": "/cc/US1/campaigns/v1/records",
            "time": "2026-04-22T10:00:00Z",
        });
        if let Some(errors) = errors {
            body["errors"] = Value::Array(errors);
        }
        Self::json(status, &body)
    }

    pub fn header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }
}

/// Words in which a request is refused without being about a record that is present. None of them proves anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    State,
    /// "try again in 6 s": the number is an id of the request, where one is a number. So in the next four.
    Countdown,
    Percent,
    Clock,
    Reference,
    /// A 400 without `errors`, as of a date that Java cannot read; it names a line, a column and a record.
    Malformed,
    Error409,
    Concurrent,
    /// Names all ids of the request.
    AllIds,
    /// Optimistic locking: names one id of the request, which is not on the campaign.
    Locking,
    /// The request's body, echoed.
    EchoHtml,
    EchoJson,
    EchoProblem,
    Html,
    Empty,
    /// `errors` that name no record.
    StateErrors,
}

impl Words {
    pub const ALL: [Self; 16] = [
        Self::State,
        Self::Countdown,
        Self::Percent,
        Self::Clock,
        Self::Reference,
        Self::Malformed,
        Self::Error409,
        Self::Concurrent,
        Self::AllIds,
        Self::Locking,
        Self::EchoHtml,
        Self::EchoJson,
        Self::EchoProblem,
        Self::Html,
        Self::Empty,
        Self::StateErrors,
    ];

    /// `absent` are ids of the request that are not on the campaign.
    pub fn message(self, ids: &[String], absent: &[String], body: &str, rng: &mut Rng) -> Message {
        let status = if rng.bool() { 409 } else { 400 };
        let number = ids
            .iter()
            .find(|id| id.len() <= 6 && id.bytes().all(|byte| byte.is_ascii_digit()))
            .map_or("6", String::as_str);
        let one = absent.get(rng.usize(..absent.len().max(1)));
        let one = one.map_or("another record", String::as_str);
        let detail = match self {
            Self::State => "Records cannot be added in the current state of the campaign".into(),
            Self::Countdown => format!("The campaign is being built, try again in {number} s"),
            Self::Percent => format!("The campaign is being built: {number} % done"),
            Self::Clock => format!("Records are locked until 10:{number}:30"),
            Self::Reference => format!("The request was not carried out (reference {number})"),
            Self::Malformed => {
                let detail = format!(
                    "JSON parse error: Text '2026-04-22T10:00:00+19:30' could not be parsed at line 1, column {number}, \
                     record {one}"
                );
                return Message::problem(400, &detail);
            }
            Self::Error409 => "Error 409".into(),
            Self::Concurrent => "Concurrent update, try again".into(),
            Self::AllIds => format!("Could not add the records {}", ids.join(", ")),
            Self::Locking => format!("Row {one} was updated by another transaction"),
            Self::EchoHtml => return Message::html(status, body),
            Self::EchoJson => {
                let mut message = Message::problem(status, "");
                message.body = body.to_owned();
                return message;
            }
            Self::EchoProblem => format!("The gateway refused the request {body}"),
            Self::Html => return Message::html(status, "The gateway says no."),
            Self::Empty => {
                let mut message = Message::problem(status, "");
                message.body.clear();
                return message;
            }
            Self::StateErrors => {
                let error = json!({"field": "campaign.state", "code": "InvalidState", "message": "is BUILDING"});
                return Message::problem_with(status, "Validation failed", Some(vec![error]));
            }
        };
        Message::problem(status, &detail)
    }
}

/// How the server tells that a record is on the campaign already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    Vendor,
    VendorIn400,
    /// The vendor's words, but followed by all ids of the request, in its order.
    VendorListsAll,
    /// [`CUSTOM`].
    Custom,
    Unnamed,
    NamedInUnknownWords,
    /// By `errors`.
    FieldError,
}

/// Which one is named, where several are present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    First,
    Last,
    Random,
}

impl Duplicate {
    /// `present` are the places in the request of the records that are present, never none; `name` says how one is called.
    pub fn message(
        self,
        ids: &[String],
        present: &[usize],
        which: Which,
        errors: Errors,
        name: impl Fn(usize) -> String,
        rng: &mut Rng,
    ) -> Message {
        let named = match which {
            Which::First => present[0],
            Which::Last => present[present.len() - 1],
            Which::Random => present[rng.usize(..present.len())],
        };
        let id = name(named);
        let vendor = format!("Campaign already contains record for Id: {id}");
        match self {
            Self::Vendor => Message::problem(409, &vendor),
            Self::VendorIn400 => Message::problem(400, &vendor),
            Self::VendorListsAll => {
                let all = ids.join(", ");
                Message::problem(
                    409,
                    &format!("Campaign already contains record for Id: {all}"),
                )
            }
            Self::Custom => Message::problem(409, &CUSTOM.replace("{id}", &id)),
            Self::Unnamed => {
                Message::problem(409, "Campaign already contains a record of the request")
            }
            Self::NamedInUnknownWords => Message::problem(409, &format!("{id} exists")),
            Self::FieldError => errors.message(ids, present, "crmRecordId", "already exists"),
        }
    }
}

/// How the index in `errors` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    From0,
    From1,
    /// Over the list of the records that are wrong.
    OverTheWrong,
    /// Over the request's records, sorted.
    Sorted,
    None,
    OutOfRange,
}

impl Errors {
    pub const ALL: [Self; 6] = [
        Self::From0,
        Self::From1,
        Self::OverTheWrong,
        Self::Sorted,
        Self::None,
        Self::OutOfRange,
    ];

    pub fn message(self, ids: &[String], wrong: &[usize], field: &str, message: &str) -> Message {
        let errors = wrong
            .iter()
            .enumerate()
            .map(|(nth, place)| {
                let index = match self {
                    Self::From0 => Some(*place),
                    Self::From1 => Some(place + 1),
                    Self::OverTheWrong => Some(nth),
                    Self::Sorted => Some(ids.iter().filter(|id| **id < ids[*place]).count()),
                    Self::None => None,
                    Self::OutOfRange => Some(place + 1000),
                };
                let field = match index {
                    Some(index) => format!("records[{index}].{field}"),
                    None => field.to_owned(),
                };
                json!({"field": field, "code": "Invalid", "message": message})
            })
            .collect();
        Message::problem_with(400, "Validation failed", Some(errors))
    }
}

/// What the server says of a record that breaks a rule of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    Errors,
    /// Words that name no record.
    Unnamed,
    /// Words that name it, and say nothing of its presence.
    Named,
}

impl Bad {
    pub fn message(self, ids: &[String], wrong: &[usize], errors: Errors) -> Message {
        match self {
            Self::Errors => errors.message(ids, wrong, "scheduleAt", "lies in the past"),
            Self::Unnamed => Message::problem(400, "A scheduleAt lies in the past"),
            Self::Named => {
                let id = &ids[wrong[0]];
                Message::problem(400, &format!("scheduleAt of {id} lies in the past"))
            }
        }
    }
}

/// Bodies of a 2xx that do not name exactly the records sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    NoRecords,
    NoIds,
    Nulls,
    Numbers,
    OneWithoutId,
    OneRepeated,
    Others,
    TooFew,
    TooMany,
    Html,
    Nothing,
}

impl Wrong {
    pub const ALL: [Self; 11] = [
        Self::NoRecords,
        Self::NoIds,
        Self::Nulls,
        Self::Numbers,
        Self::OneWithoutId,
        Self::OneRepeated,
        Self::Others,
        Self::TooFew,
        Self::TooMany,
        Self::Html,
        Self::Nothing,
    ];

    pub fn message(self, ids: &[String]) -> Message {
        let record = |id: &String| json!({"crmRecordId": id, "state": "PENDING"});
        let last = ids.len().saturating_sub(1);
        let mut records: Vec<Value> = ids.iter().map(record).collect();
        match self {
            Self::NoRecords => return Message::json(200, &json!({})),
            Self::Html => return Message::html(200, "Sign in"),
            Self::Nothing => {
                let mut message = Message::json(200, &json!({}));
                message.body.clear();
                return message;
            }
            Self::NoIds => records = ids.iter().map(|_| json!({})).collect(),
            Self::Nulls => records = ids.iter().map(|_| json!({"crmRecordId": null})).collect(),
            Self::Numbers => {
                let number = |id: &String| id.parse::<u32>().unwrap_or(7);
                records = ids
                    .iter()
                    .map(|id| json!({"crmRecordId": number(id)}))
                    .collect();
            }
            Self::OneWithoutId => records[last] = json!({"state": "PENDING"}),
            Self::OneRepeated if ids.len() > 1 => records[last] = record(&ids[0]),
            Self::OneRepeated | Self::TooMany => records.push(record(&ids[0])),
            Self::Others => records[last] = json!({"crmRecordId": format!("{}x", ids[last])}),
            Self::TooFew => drop(records.pop()),
        }
        Message::json(200, &json!({ "records": records }))
    }
}
