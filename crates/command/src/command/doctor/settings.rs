//! The settings in force, and where each was set. No secret is shown.

use system_health_registry::{Finding, Settings};

/// A finding for each setting, with its value and where it was set.
pub(super) fn in_force(settings: &Settings) -> Vec<Finding> {
    let findings: Vec<Finding> = settings
        .entries()
        .map(|(table, key, value, origin)| {
            let value = match value {
                None => "a secret".to_owned(),
                Some(value) if value.contains('"') && !settings.shows_text(table) => "a text".to_owned(),
                Some(value) => without_secrets(&value),
            };
            Finding::ok(format!("[{table}] {key}"), format!("{value}, from {origin}"))
        })
        .collect();
    if findings.is_empty() { vec![Finding::ok("settings", "all have their defaults")] } else { findings }
}

/// A URL without its login and its query, which may hold a password or a key; any other text as it is.
fn without_secrets(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let end = if rest.ends_with('"') { "\"" } else { "" };
    let rest = rest.trim_end_matches('"');
    let (before_query, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let authority = before_query.find('/').unwrap_or(before_query.len());
    let host = before_query[..authority].rfind('@').map_or(0, |at| at + 1);
    let login = if host > 0 { "...@" } else { "" };
    let query = if query.is_empty() { "" } else { "?..." };
    format!("{scheme}://{login}{}{query}{end}", &before_query[host..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_login_and_query() {
        for (value, shown) in [
            ("https://me:hunter2@dd.example/x?api_key=s3cr3t", "https://...@dd.example/x?..."),
            ("\"https://a:b@c@host?d\"", "\"https://...@host?...\""),
            ("https://dd.example/x@y", "https://dd.example/x@y"),
            ("datadoghq.eu", "datadoghq.eu"),
        ] {
            assert_eq!(without_secrets(value), shown);
        }
    }
}
