//! The mark in the text of managed dashboards and monitors. It distinguishes them from those that people created. The mark
//! contains a fingerprint of the pushed document, which reveals later changes in Datadog without any stored state.

use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The text before the fingerprint.
const START: &str = "Managed by system-health (";
/// The text after the fingerprint.
const END: &str = ")";
/// Length of a fingerprint, in hexadecimal digits.
const LENGTH: usize = 16;

/// A hash of a JSON document in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    pub(crate) fn new(canonical: &Value) -> Self {
        let digest = Sha256::digest(canonical.to_string());
        let start = digest.iter().take(LENGTH / 2).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
        Self(format!("{start:0LENGTH$x}"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Appends the mark to a text, on its own line.
pub(crate) fn marked(text: &str, fingerprint: &Fingerprint) -> String {
    let mark = format!("{START}{fingerprint}{END}");
    if text.is_empty() { mark } else { format!("{text}\n\n{mark}") }
}

/// Removes the mark from a text. Returns the rest, including text after the mark, and the fingerprint.
pub(crate) fn unmarked(text: &str) -> (String, Option<Fingerprint>) {
    let parts = text.rsplit_once(START).and_then(|(before, rest)| {
        let (digits, after) = rest.split_once(END)?;
        let is_fingerprint = digits.len() == LENGTH && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        is_fingerprint.then(|| (before, Fingerprint(digits.to_owned()), after))
    });
    match parts {
        None => (text.trim_end().to_owned(), None),
        Some((before, mark, after)) => (format!("{}{}", before.trim_end(), after.trim_end()), Some(mark)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mark_is_removed_completely() {
        let fingerprint = Fingerprint::new(&json!({"title": "CI"}));
        for text in ["", "One line.", "Two\n\nparagraphs, Managed by system-health (no mark)."] {
            let marked = marked(text, &fingerprint);

            assert_eq!(unmarked(&marked), (text.to_owned(), Some(fingerprint.clone())), "{marked}");
        }
        let edited = marked("Text.", &fingerprint) + " Ask Ada.";
        assert_eq!(unmarked(&edited), ("Text. Ask Ada.".to_owned(), Some(fingerprint)));
        assert_eq!(unmarked("Unmanaged.\n"), ("Unmanaged.".to_owned(), None));
    }

    #[test]
    fn different_documents_have_different_fingerprints() {
        let fingerprint = |document| Fingerprint::new(&document).to_string();

        assert_ne!(fingerprint(json!({"a": 1.0})), fingerprint(json!({"a": 2.0})));
        assert_eq!(fingerprint(json!({"a": 1.0})).len(), LENGTH);
    }
}
