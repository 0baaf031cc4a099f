//! A server may repeat the credential that it was sent. Text that is quoted in a message goes through
//! here; data never does, because a short secret may be part of an ordinary word.

/// The text with every occurrence of the secrets replaced.
#[must_use]
pub fn redact<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>, replacement: &str) -> String {
    let secrets = secrets.into_iter().filter(|secret| !secret.is_empty());
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, replacement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        assert_eq!(redact("key 0dd, again: 0dd!", ["0dd"], "[key]"), "key [key], again: [key]!");
        assert_eq!(redact("a and b", ["a", "b"], "-"), "- -nd -");
        assert_eq!(redact("text", [""], "[key]"), "text");
    }
}
