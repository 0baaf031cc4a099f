//! The owner and the runbook of a metric. An alert shows both to the person that it wakes up.

/// Why an owner or a runbook was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContactError {
    /// The owner is blank.
    #[error("an owner must not be empty; write an owner such as \"team-platform\", or remove the option")]
    Owner,
    /// The runbook is not an `https://` URL.
    #[error("a runbook must be an `https://` URL such as \"https://wiki.example.com/hotfix\"")]
    Runbook,
    /// The runbook contains a user name or a password, which its readers must not see.
    #[error("a runbook must not contain a user name or a password; remove what is between `//` and the host")]
    RunbookUser,
}

/// Accepts an owner that is not blank.
pub fn check_owner(owner: &str) -> Result<(), ContactError> {
    if owner.trim().is_empty() { Err(ContactError::Owner) } else { Ok(()) }
}

/// Accepts an `https://` URL with a host, without a user name or whitespace.
pub fn check_runbook(runbook: &str) -> Result<(), ContactError> {
    let after_scheme = runbook.strip_prefix("https://").unwrap_or_default();
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || runbook.contains(char::is_whitespace) {
        return Err(ContactError::Runbook);
    }
    if authority.contains('@') { Err(ContactError::RunbookUser) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_not_blank_and_runbooks_are_https_urls() {
        assert_eq!(check_owner("team-platform"), Ok(()));
        assert_eq!(check_owner(" \t"), Err(ContactError::Owner));
        for runbook in ["https://wiki.example.com/hotfix", "https://wiki.example.com/@ops"] {
            assert_eq!(check_runbook(runbook), Ok(()), "{runbook}");
        }
        for runbook in [
            "",
            "https://",
            "wiki/hotfix",
            "http://wiki.example.com",
            "https://a b",
            "https:///wiki/hotfix",
            // A browser ignores the third slash.
            "https:///ada:secret@wiki.example.com",
        ] {
            assert_eq!(check_runbook(runbook), Err(ContactError::Runbook), "{runbook}");
        }
        assert_eq!(check_runbook("https://ada:secret@wiki.example.com"), Err(ContactError::RunbookUser));
    }
}
