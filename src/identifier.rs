//! The names of things, parsed once: a `CampaignId`, a `CrmRecordId` and a `CustomerSite` cannot exist in a wrong form.
//! The API key and the tenant are in [`crate::credential`].

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::outcome::{Error, FieldError};
use crate::text::quoted;

/// A campaign's id: a UUID. Parsing accepts the usual 8-4-4-4-12 form in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CampaignId(Uuid);

impl FromStr for CampaignId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // `Uuid` also reads the braced, URN and undashed forms; the API knows only the dashed one.
        match Uuid::try_parse(text) {
            Ok(uuid) if text.len() == uuid::fmt::Hyphenated::LENGTH => Ok(Self(uuid)),
            _ => Err(Error::invalid_argument(format!(
                "campaign id {} is not a UUID; expected a form like 123e4567-e89b-12d3-a456-426614174000, \
                 as Configuration Manager shows it",
                quoted(text)
            ))),
        }
    }
}

impl From<Uuid> for CampaignId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for CampaignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A record's id in the caller's CRM: not blank, 1 to 32 UTF-16 units (contract: add records). Never changed on the way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrmRecordId(String);

impl CrmRecordId {
    /// The longest id, in UTF-16 units: the server counts as Java does.
    pub const MAX_UTF16_UNITS: usize = 32;

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses an id, or says which rule it breaks, for the field `field`.
    pub(crate) fn parse(text: &str, field: &str) -> Result<Self, FieldError> {
        if text.trim().is_empty() {
            return Err(FieldError::new(field, "NotBlank", "must not be blank"));
        }
        let units = text.encode_utf16().count();
        if units > Self::MAX_UTF16_UNITS {
            return Err(FieldError::new(
                field,
                "Size",
                format!(
                    "length must be between 1 and {} UTF-16 units, is {units}",
                    Self::MAX_UTF16_UNITS
                ),
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for CrmRecordId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text, "crmRecordId").map_err(|fault| Error::validation(vec![fault]))
    }
}

impl fmt::Display for CrmRecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for CrmRecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The region a tenant is served from. It is not the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CustomerSite {
    /// US East.
    Us1,
    /// US West.
    Us2,
    /// UK.
    Uk3,
}

impl CustomerSite {
    /// The sites that exist today (contract: addressing).
    pub const ALL: [Self; 3] = [Self::Us1, Self::Us2, Self::Uk3];

    /// The site as it stands in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us1 => "US1",
            Self::Us2 => "US2",
            Self::Uk3 => "UK3",
        }
    }
}

impl FromStr for CustomerSite {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|site| site.as_str() == text)
            .ok_or_else(|| {
                Error::config(format!(
                    "customerSite is {}; accepted are {} (the region, not the tenant). A site newer than this library \
                     can be given as baseUrl",
                    quoted(text),
                    Self::ALL.map(Self::as_str).join(", ")
                ))
            })
    }
}

impl fmt::Display for CustomerSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
