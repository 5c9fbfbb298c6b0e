//! Texts as they may be shown: on one line, not endless, and never with an API key in them. Knows nothing of the rest.

/// What every API key begins with (contract: addressing and headers).
pub(crate) const KEY_PREFIX: &str = "eght_";

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
    let mut parts = text.split(KEY_PREFIX);
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest =
            part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-.+/=".contains(c));
        let key = part.strip_suffix(rest).unwrap_or(part);
        redacted.push_str(KEY_PREFIX);
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
