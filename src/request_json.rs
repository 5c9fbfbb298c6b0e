//! Reading JSON that a caller wrote: strict, and with errors that name the field, the rule and the way out.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

use crate::outcome::{Error, ErrorKind};
use crate::text::{redact_keys, shorten};

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
