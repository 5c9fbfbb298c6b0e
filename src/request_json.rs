//! Reading JSON that a caller wrote: strict, and with errors that name the field, the rule and the way out.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

use crate::credential::ApiKey;
use crate::error::{Error, ErrorKind};

/// Parses `json` into `T`; `what` names the document ("config", "request", "options") in the error.
pub(crate) fn parse<T: DeserializeOwned>(
    json: &str,
    what: &str,
    kind: ErrorKind,
) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value: Object<T> =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let rule = redact_keys(&error.into_inner().to_string());
            let rule = shorten(&rule);
            Error::new(
                kind,
                match path.as_str() {
                    "." => format!("{what}: {rule}"),
                    path => format!("{what}: {}: {rule}", shorten(&redact_keys(path))),
                },
            )
        })?;
    deserializer
        .end()
        .map_err(|error| Error::new(kind, format!("{what}: {error}")))?;
    Ok(value.0)
}

/// A JSON object and nothing else. By itself serde also reads a struct from an array, taking the fields by position.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// For optional fields that are objects.
pub(crate) fn optional_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

/// A value of the caller's in an error message: quoted, on one line, not endless, and never a key.
pub(crate) fn quoted(text: &str) -> String {
    quoted_to(text, 200)
}

/// As [`quoted`], with at most `limit` characters.
pub(crate) fn quoted_to(text: &str, limit: usize) -> String {
    format!("{:?}", shorten_to(&redact_keys(text), limit))
}

/// At most 200 characters, so that an error stays readable whatever was given.
pub(crate) fn shorten(text: &str) -> String {
    shorten_to(text, 200)
}

/// At most `limit` characters; `…` stands for the rest. Shortened once more to the same limit, it stays as it is.
pub(crate) fn shorten_to(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Blots out whatever looks like an API key: one pasted into the wrong setting must not end in a log. The prefix alone, as
/// in "begins with eght_", is no key.
pub(crate) fn redact_keys(text: &str) -> String {
    let mut parts = text.split(ApiKey::PREFIX);
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest =
            part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-.+/=".contains(c));
        let key = part.strip_suffix(rest).unwrap_or(part);
        redacted.push_str(ApiKey::PREFIX);
        if key.contains(|c: char| c.is_ascii_alphanumeric()) {
            redacted.push_str("[redacted]");
        } else {
            redacted.push_str(key);
        }
        redacted.push_str(rest);
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_wrong_place_is_blotted_out() {
        assert_eq!(
            redact_keys("site eght_abc-123, tenant eght_x"),
            "site eght_[redacted], tenant eght_[redacted]"
        );
        assert_eq!(redact_keys("nothing here"), "nothing here");
        for reads_well in ["a key begins with eght_; see eght_.", "eght_", "eght_…"] {
            assert_eq!(redact_keys(reads_well), reads_well);
        }
    }

    #[test]
    fn an_endless_value_is_cut_at_a_character() {
        assert_eq!(shorten(&"ü".repeat(500)), format!("{}…", "ü".repeat(200)));
    }
}
