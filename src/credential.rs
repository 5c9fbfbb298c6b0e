//! The two secrets-or-nearly of a client: the API key, wiped on drop and never shown, and the tenant's name.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::outcome::Error;
use crate::text::{KEY_PREFIX, quoted};

/// An Admin Console key (`eght_…`). Never shown by Debug; its memory is wiped when the last copy is dropped.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// What every key begins with (contract: addressing and headers).
    pub const PREFIX: &'static str = KEY_PREFIX;

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The key's bytes in a buffer that is wiped when it is dropped.
    pub(crate) fn to_wiping_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.as_bytes().to_vec())
    }
}

impl FromStr for ApiKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if !is_header_safe(text) {
            return Err(Error::config(
                "apiKey has a character that cannot stand in a header (a line break, perhaps?); \
                 give the Key of the app in Admin Console exactly, without spaces around it",
            ));
        }
        if !text.starts_with(Self::PREFIX) || text.len() == Self::PREFIX.len() {
            return Err(Error::config(
                "apiKey does not begin with eght_; give the Key of the app in Admin Console, not its Secret",
            ));
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(eght_[redacted])")
    }
}

/// The tenant's name, as Configuration Manager shows it under Home > Profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant(String);

impl Tenant {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tenant {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.starts_with(ApiKey::PREFIX) {
            return Err(Error::config(
                "tenant is an API key; give the Tenant Name from Home > Profile in Configuration Manager",
            ));
        }
        if text.is_empty() || !is_header_safe(text) {
            return Err(Error::config(format!(
                "tenant is {}; expected printable ASCII without spaces around it: the Tenant Name from \
                 Home > Profile in Configuration Manager",
                quoted(text)
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Printable ASCII, and no space at either end, which a server would strip.
fn is_header_safe(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && text.trim() == text
}
