//! A server may repeat the credential that it was sent. Text that is quoted in a message goes through
//! here; data never does, because a short secret may be part of an ordinary word.

/// A shorter secret is part of so many words that replacing it would give it away. No real one is so short.
const SHORTEST_SECRET: usize = 8;

/// The text with every occurrence of the secrets replaced, except those that are too short for it.
#[must_use]
pub fn redact<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>, replacement: &str) -> String {
    let secrets = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST_SECRET);
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, replacement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        let secret = "0dd0c0ffee";
        assert_eq!(
            redact("key 0dd0c0ffee, again: 0dd0c0ffee!", [secret], "[key]"),
            "key [key], again: [key]!"
        );
        assert_eq!(redact("a token is a secret", ["a", "is"], "[key]"), "a token is a secret");
        assert_eq!(redact("text", [""], "[key]"), "text");
    }
}
