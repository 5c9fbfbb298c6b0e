//! The API key in what a server sends back. A gateway may echo the request's headers, in any spelling: as they are, as JSON
//! writes them (`\u003d`, `\/`), percent-encoded, or in HTML. None of it may reach an error, a log or a report.

use serde_json::{Map, Value};

use crate::credential::ApiKey;

/// What stands in the key's place.
const BLOT: &str = "eght_[redacted]";

/// Looks for one key.
pub(super) struct Echo<'a> {
    key: &'a [u8],
}

impl<'a> Echo<'a> {
    pub(super) fn of(key: &'a ApiKey) -> Self {
        Self {
            key: key.expose().as_bytes(),
        }
    }

    /// The text without the key, or `None` if it is not in there. A text that ends in the middle of the key counts too.
    pub(super) fn blot_out(&self, text: &str) -> Option<String> {
        let bytes = text.as_bytes();
        let mut clean = String::new();
        let mut copied = 0;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            // What the first letter of the key may begin with, in any spelling.
            let may_begin = Some(byte) == self.key.first() || b"\\%&".contains(byte);
            match may_begin.then(|| self.ends(bytes, at)).flatten() {
                // The key is ASCII in every spelling, so both ends are at characters.
                Some(end) => {
                    clean.push_str(text.get(copied..at).unwrap_or_default());
                    clean.push_str(BLOT);
                    copied = end;
                    at = end;
                }
                None => at += 1,
            }
        }
        (copied > 0).then(|| clean + text.get(copied..).unwrap_or_default())
    }

    /// Blots the key out of every string and every name in `value`. Whether it was there.
    pub(super) fn blot_out_of(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.blot_out(text) {
                Some(clean) => {
                    *text = clean;
                    true
                }
                None => false,
            },
            Value::Array(values) => values
                .iter_mut()
                .fold(false, |found, value| self.blot_out_of(value) | found),
            Value::Object(object) => {
                let mut found = false;
                let fields = std::mem::take(object).into_iter();
                *object = fields
                    .map(|(name, mut value)| {
                        let clean = self.blot_out(&name);
                        found |= clean.is_some() | self.blot_out_of(&mut value);
                        (clean.unwrap_or(name), value)
                    })
                    .collect::<Map<_, _>>();
                found
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Where the key ends that begins at `start`. The end of the text counts as the end of the key if more than its prefix
    /// stands before it.
    fn ends(&self, text: &[u8], start: usize) -> Option<usize> {
        let mut at = start;
        let mut may_be_cut = false;
        for (place, byte) in self.key.iter().enumerate() {
            let rest = text.get(at..).unwrap_or_default();
            may_be_cut |= place > ApiKey::PREFIX.len() && is_cut(rest);
            match spelled(*byte, rest) {
                Some(length) => at += length,
                None => return may_be_cut.then_some(text.len()),
            }
        }
        Some(at)
    }
}

/// How many bytes of `text` spell `byte`, if it begins with that.
fn spelled(byte: u8, text: &[u8]) -> Option<usize> {
    let first = text.first()?;
    let special = match first {
        b'\\' => escaped(byte, text),
        b'%' => text.get(1..3).filter(|d| number(d, 16, byte)).map(|_| 3),
        b'&' => entity(byte, text),
        _ => None,
    };
    special.or_else(|| (*first == byte).then_some(1))
}

/// As [`spelled`], for what begins with a backslash. JSON inside of JSON has several of them.
fn escaped(byte: u8, text: &[u8]) -> Option<usize> {
    /// More would be JSON three times inside of JSON; and a text of backslashes alone is not to be counted again and again.
    const MOST: usize = 8;
    let escapes = text.iter().take(MOST).take_while(|b| **b == b'\\').count();
    match text.get(escapes..)? {
        [b'u', digits @ ..] if number(digits.get(..4)?, 16, byte) => Some(escapes + 5),
        [first, ..] if *first == byte => Some(escapes + 1),
        _ => None,
    }
}

/// As [`spelled`], for what begins with `&`, as in HTML.
fn entity(byte: u8, text: &[u8]) -> Option<usize> {
    let end = text.iter().take(10).position(|b| *b == b';')?;
    let fits = match text.get(1..end)? {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16, byte),
        [b'#', digits @ ..] => number(digits, 10, byte),
        name => matches!(
            (name, byte),
            (b"amp", b'&') | (b"lt", b'<') | (b"gt", b'>') | (b"quot", b'"') | (b"apos", b'\'')
        ),
    };
    fits.then_some(end + 1)
}

/// Whether the digits are those of `byte`.
fn number(digits: &[u8], radix: u32, byte: u8) -> bool {
    let digits = std::str::from_utf8(digits).unwrap_or_default();
    u32::from_str_radix(digits, radix) == Ok(u32::from(byte))
}

/// Whether this is the end of a text, perhaps in the middle of an escape.
fn is_cut(rest: &[u8]) -> bool {
    match rest.first() {
        None => true,
        Some(first) => rest.len() < 10 && b"\\%&".contains(first) && !rest.contains(&b';'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "eght_Ab/9=+\"x\\y%&z";

    fn blotted(text: &str) -> String {
        let key: ApiKey = KEY.parse().unwrap();
        Echo::of(&key)
            .blot_out(text)
            .unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn every_spelling_of_the_key_is_blotted_out() {
        let json = |text: &str| serde_json::to_string(text).unwrap();
        let inside = |text: &str| json(text)[1..json(text).len() - 1].to_owned();
        let each = |write: fn(u8) -> String| KEY.bytes().map(write).collect::<String>();
        for spelling in [
            KEY.to_owned(),
            inside(KEY),
            inside(&inside(KEY)),
            "eght_Ab\\/9\\u003d+\\\"x\\\\y%&z".to_owned(),
            each(|byte| format!("\\u{byte:04X}")),
            each(|byte| format!("\\\\u{byte:04x}")),
            each(|byte| format!("%{byte:02x}")),
            each(|byte| format!("&#{byte};")),
            each(|byte| format!("&#x{byte:X};")),
            "eght_Ab/9=+&quot;x\\y%&amp;z".to_owned(),
        ] {
            let text = format!("ü key={spelling}, \\u00fc key={spelling}.");
            let clean = format!("ü key={BLOT}, \\u00fc key={BLOT}.");
            assert_eq!(blotted(&text), clean, "{spelling}");
        }
    }

    #[test]
    fn a_text_that_ends_inside_the_key_shows_none_of_it() {
        for spelling in [
            KEY.to_owned(),
            KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        ] {
            let shown = spelling.len() / KEY.len() * (ApiKey::PREFIX.len() + 1);
            for end in shown..spelling.len() {
                let cut = format!("key {}", &spelling[..end]);
                assert_eq!(blotted(&cut), format!("key {BLOT}"), "{cut}");
            }
        }
    }

    #[test]
    fn what_is_no_key_stays() {
        for text in [
            "",
            "e",
            "begins with eght_",
            "eght_other",
            "eght_Ab",
            "100% &amp; \\u0065 ü",
        ] {
            let text = format!("{text} and more");
            assert_eq!(blotted(&text), text);
        }
    }

    #[test]
    fn a_text_of_escapes_alone_is_looked_through_in_no_time() {
        for text in ["\\", "%", "&", "e", "\\u0065"] {
            let text = text.repeat(4_000_000 / text.len());
            assert_eq!(blotted(&text).len(), text.len());
        }
    }

    #[test]
    fn names_and_nested_strings_are_blotted_out() {
        let key: ApiKey = KEY.parse().unwrap();
        let mut value = serde_json::json!({ KEY: [1, { "a": KEY, "b": null }], "c": "d" });
        assert!(Echo::of(&key).blot_out_of(&mut value));
        assert!(!Echo::of(&key).blot_out_of(&mut value));
        let clean = serde_json::json!({ BLOT: [1, { "a": BLOT, "b": null }], "c": "d" });
        assert_eq!(value, clean);
    }
}
