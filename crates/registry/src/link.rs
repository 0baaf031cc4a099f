//! A link from a value or an event to a page with details. Links come from other systems and are shown in web pages, so
//! only `http` and `https` URLs are accepted.

/// Maximum length of a link, in characters.
const MAX_LENGTH: usize = 2000;

/// Why a link was refused. The error does not contain the link, because it could contain a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The link is not the URL of a page.
    #[error(
        "a link must start with `https://` or `http://` and a host, such as \
         \"https://github.com/acme/app/commits/main\""
    )]
    Start,
    /// The link contains a user name or a password, which its readers must not see.
    #[error("a link must not contain a user name or a password; remove what is between `//` and the host")]
    User,
    /// The link contains a character at which it would end when it is shown in a text.
    #[error("a link must not contain whitespace or control characters; percent-encode the {0:?}")]
    Character(char),
    /// The link is too long.
    #[error("a link may have at most {MAX_LENGTH} characters, this one has {0}")]
    Length(usize),
}

/// Accepts a URL with `http` or `https`, without a user name, whitespace or control characters, of at most
/// 2000 characters.
pub(crate) fn check_link(link: &str) -> Result<(), LinkError> {
    let after_scheme = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    let authority = after_scheme.and_then(|text| text.split(['/', '?', '#']).next()).unwrap_or_default();
    if authority.is_empty() {
        return Err(LinkError::Start);
    }
    if authority.contains('@') {
        return Err(LinkError::User);
    }
    if let Some(found) = link.chars().find(|c| c.is_whitespace() || c.is_control()) {
        return Err(LinkError::Character(found));
    }
    match link.chars().count() {
        length if length > MAX_LENGTH => Err(LinkError::Length(length)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_pages_are_accepted() {
        let longest = format!("https://example.com/{}", "é".repeat(MAX_LENGTH - 20));
        for link in [
            "https://example.com",
            "http://127.0.0.1:8080/runs/7?attempt=2#top",
            "https://example.com/@ada",
            "https://example.com?to=@ada",
            &longest,
        ] {
            assert_eq!(check_link(link), Ok(()), "{link}");
        }
    }

    #[test]
    fn invalid_links_are_refused() {
        for link in [
            "",
            "example.com",
            "javascript:alert(1)",
            "ftp://example.com",
            "https://",
            "https:///x",
            "http://?x",
        ] {
            assert_eq!(check_link(link), Err(LinkError::Start), "{link}");
        }
        for link in ["https://ada@example.com/x", "http://ada:secret@example.com", "https://@example.com"] {
            assert_eq!(check_link(link), Err(LinkError::User), "{link}");
        }
        for (link, found) in [("https://a/b c", ' '), ("https://a/\n", '\n'), ("https://a/\u{a0}", '\u{a0}')]
        {
            assert_eq!(check_link(link), Err(LinkError::Character(found)));
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_LENGTH));
        assert_eq!(check_link(&long), Err(LinkError::Length(MAX_LENGTH + 20)));
    }
}
