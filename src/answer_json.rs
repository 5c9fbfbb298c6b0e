//! Lenient reading of single fields out of an answer's JSON object: a missing or ill-formed field is `None`, never an error.

use jiff::Timestamp;
use serde_json::{Map, Value};

pub(crate) type Object = Map<String, Value>;

pub(crate) fn string(object: &Object, field: &str) -> Option<String> {
    object.get(field)?.as_str().map(str::to_owned)
}

pub(crate) fn open<T: for<'a> From<&'a str>>(object: &Object, field: &str) -> Option<T> {
    object.get(field)?.as_str().map(T::from)
}

pub(crate) fn timestamp(object: &Object, field: &str) -> Option<Timestamp> {
    object.get(field)?.as_str()?.parse().ok()
}

pub(crate) fn integer(object: &Object, field: &str) -> Option<i64> {
    object.get(field)?.as_i64()
}

pub(crate) fn number(object: &Object, field: &str) -> Option<f64> {
    object.get(field)?.as_f64()
}

pub(crate) fn uuid(object: &Object, field: &str) -> Option<uuid::Uuid> {
    object.get(field)?.as_str()?.parse().ok()
}

/// The objects of an array; anything else in it is passed over (the raw answer keeps it).
pub(crate) fn objects<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = &'a Object> {
    object
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}
