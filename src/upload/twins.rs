//! Ids that a server might take for one another: equal but for blanks at the ends, for how their characters are written
//! (Unicode NFKC), or for upper and lower case.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use icu_normalizer::ComposingNormalizerBorrowed;

/// The ids of an input, in little room.
#[derive(Debug, Default)]
pub(super) struct Ids {
    exact: HashSet<u128>,
    folded: HashSet<u128>,
}

/// How an id relates to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinship {
    New,
    Twin,
    Repeated,
}

impl Ids {
    pub(super) fn insert(&mut self, id: &str) -> Kinship {
        let is_new = self.exact.insert(fingerprint(id));
        match (is_new, self.folded.insert(folded(id))) {
            (false, _) => Kinship::Repeated,
            (true, true) => Kinship::New,
            (true, false) => Kinship::Twin,
        }
    }
}

/// Stands for an id and all its twins.
pub(super) fn folded(id: &str) -> u128 {
    let nfkc = |text: &str| {
        ComposingNormalizerBorrowed::new_nfkc()
            .normalize(text)
            .into_owned()
    };
    // Up and down again: some letters have no lower case of their own, and others several.
    let folded = nfkc(id).to_uppercase().to_lowercase();
    fingerprint(nfkc(&folded).trim())
}

/// Among a thousand million ids, two share one with a chance of about 10^-21.
fn fingerprint(id: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        id.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_some_server_may_take_for_one_another_are_twins() {
        for (one, other) in [
            ("crm-7", "CRM-7"),
            ("CRM-7", " CRM-7\u{a0}"),
            ("CRM-７", "CRM-7"),
            ("Stra\u{df}e", "STRASSE"),
            ("\u{e9}", "e\u{301}"),
            ("\u{fb01}x", "FIX"),
            ("\u{3c3}", "\u{3c2}"),
        ] {
            let mut ids = Ids::default();
            assert_eq!(ids.insert(one), Kinship::New);
            assert_eq!(ids.insert(other), Kinship::Twin, "{one} {other}");
            assert_eq!(ids.insert(one), Kinship::Repeated);
        }
        assert_ne!(folded("CRM-7"), folded("CRM-70"));
    }
}
