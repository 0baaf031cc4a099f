//! The settings in force, and where each was set. No secret is shown.

use std::path::Path;

use system_health_registry::{
    Finding, Settings, parse_duration,
    settings::{TableSpec, may_be_secret},
};

use crate::output::count;

/// Maximum number of keys of a table that are shown. A table such as `[repositories]` may have a thousand.
const MAX_KEYS: usize = 20;

/// What was set, and where.
pub(super) fn in_force(settings: &Settings) -> Vec<Finding> {
    let entries: Vec<_> = settings.entries().collect();
    let mut findings = Vec::new();
    for keys in entries.chunk_by(|(one, ..), (other, ..)| one == other) {
        for (table, key, value, origin) in keys.iter().take(MAX_KEYS) {
            let value = match value {
                None => "a secret".to_owned(),
                Some(value)
                    if value.contains('"')
                        && !settings.shows_text(table)
                        && !(TableSpec::is_duration(table, key) && is_duration(value)) =>
                {
                    public_text(value, TableSpec::is_path(table, key)).unwrap_or_else(|| "a text".to_owned())
                }
                Some(value) => without_secrets(value),
            };
            findings.push(Finding::ok(format!("[{table}] {key}"), format!("{value}, from {origin}")));
        }
        if let ([(table, ..), ..], Some(hidden @ 1..)) = (keys, keys.len().checked_sub(MAX_KEYS)) {
            findings.push(Finding::ok(
                format!("[{table}]"),
                format!("{} more, {} in all", count(hidden, "key"), keys.len()),
            ));
        }
    }
    if findings.is_empty() { vec![Finding::ok("settings", "all have their defaults")] } else { findings }
}

/// Whether a value is the text of a duration. Somebody may have set a duration to a secret.
fn is_duration(value: &str) -> bool {
    let text = value.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    text.is_some_and(|text| parse_duration(text).is_ok())
}

/// What may be shown of a text in a table that does not show its texts: a path, or the host of an address.
fn public_text(value: &str, is_path: bool) -> Option<String> {
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    if text.contains(['"', '\\']) {
        return None;
    }
    if is_path {
        let is_clearly_path =
            Path::new(text).is_absolute() || text.starts_with("./") || text.starts_with("../");
        // Somebody may have set the path of a file with a secret to the secret itself.
        let is_hidden =
            if is_clearly_path { text.split('/').any(part_may_be_secret) } else { may_be_secret(text) };
        return (!is_hidden).then(|| value.to_owned());
    }
    address_without_path(text).map(|address| format!("\"{address}\""))
}

/// An address of HTTP, HTTPS or UDP without its path and its query, either of which may contain a secret. `None` for any other
/// text, and for an address that contains `@` or whose host may be a secret.
fn address_without_path(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    if !["http", "https", "udp"].contains(&scheme) || text.contains('@') {
        return None;
    }
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if name.is_empty()
        || !name.chars().all(is_name)
        || !port.chars().all(|c| c.is_ascii_digit())
        || name.split(['.', '-']).any(part_may_be_secret)
    {
        return None;
    }
    let shown_path = if matches!(path, "" | "/") { path } else { "/..." };
    Some(format!("{scheme}://{host}{shown_path}"))
}

/// Whether a part of a path or of a host may be a secret.
fn part_may_be_secret(part: &str) -> bool {
    part.len() >= 16 && part.contains(|c: char| c.is_ascii_digit())
}

/// The text, with each URL without its login and its query, which may hold secrets.
fn without_secrets(value: &str) -> String {
    let mut parts = value.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (url, rest) = part.split_at(part.find(['"', ' ']).unwrap_or(part.len()));
        let (before_query, query) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
        let authority_end = before_query.find('/').unwrap_or(before_query.len());
        let host_start = before_query[..authority_end].rfind('@').map_or(0, |at| at + 1);
        shown += "://";
        shown += if host_start > 0 { "...@" } else { "" };
        shown += &before_query[host_start..];
        shown += if query.is_empty() { "" } else { "?..." };
        shown += rest;
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, path::Path, time::Duration};

    use serde::Deserialize;
    use system_health_registry::settings_table;

    use super::*;

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(default)]
    struct PollSettings {
        pause: Duration,
        grace: Option<Duration>,
        password: String,
    }

    settings_table!(PollSettings, "poll_of_a_test", template: "");

    #[test]
    fn durations_are_shown_and_other_texts_are_not() {
        let text = "[poll_of_a_test]\ngrace = '1h 30m'\npassword = '5m'\npause = '30s'";
        let settings = Settings::builder().toml(Path::new("a.toml"), text).unwrap().build().unwrap();

        let shown: Vec<_> = in_force(&settings).into_iter().map(|finding| finding.message).collect();

        assert_eq!(
            shown,
            ["\"1h 30m\", from a.toml:2:1", "a text, from a.toml:3:1", "\"30s\", from a.toml:4:1"]
        );
        assert!(!is_duration("\"hunter2\"") && !is_duration("[\"30s\"]"));
    }

    #[test]
    fn a_thousand_values_are_a_few_lines() {
        let mut text =
            format!("[report]\nskip = {:?}\n", (0..1_000).map(|it| format!("a.{it}")).collect::<Vec<_>>());
        for number in 0..1_000 {
            writeln!(text, "[goals.'a.n{number}']\ngoal = 'b.n{number} / c.d < 1'").unwrap();
        }
        let settings = Settings::builder().toml(Path::new("a.toml"), &text).unwrap().build().unwrap();

        let findings = in_force(&settings);

        assert_eq!(findings.len(), 1 + MAX_KEYS + 1);
        let message = |check: &str| {
            let finding = findings.iter().find(|finding| finding.check == check);
            finding.unwrap_or_else(|| panic!("{findings:?}")).message.clone()
        };
        let names = message("[report] skip");
        assert!(names.contains("\"a.9\", … (1000 in all)]") && names.len() < 150, "{names}");
        assert_eq!(message("[goals]"), "980 keys more, 1000 in all");
    }

    #[test]
    fn a_path_and_the_host_of_an_address_are_shown_and_other_texts_are_not() {
        for (value, is_path, shown) in [
            ("\"certs/ca.pem\"", true, Some("\"certs/ca.pem\"")),
            ("\"/srv/v2/2026/ca-bundle.pem\"", true, Some("\"/srv/v2/2026/ca-bundle.pem\"")),
            ("\"0123456789abcdef0123456789abcdef\"", true, None),
            // A secret in base64 may start with a slash.
            ("\"/0123456789abcdef/0123456789abcde+\"", true, None),
            ("[\"certs/ca.pem\"]", true, None),
            ("\"certs/ca.pem\"", false, None),
            ("\"hunter2\"", false, None),
            ("\"http://pushgateway:9091\"", false, Some("\"http://pushgateway:9091\"")),
            ("\"https://hooks.example/T0/s3cr3t?a=b\"", false, Some("\"https://hooks.example/...\"")),
            ("\"https://me:hunter2@dd.example\"", false, None),
            ("\"https://me:hun/ter2@dd.example\"", false, None),
            ("\"https://me:hunter2/dd.example\"", false, None),
            ("\"https://0123456789abcdef0123/\"", false, None),
        ] {
            assert_eq!(public_text(value, is_path).as_deref(), shown, "{value}");
        }
    }

    #[test]
    fn a_url_is_shown_without_what_may_be_a_secret() {
        for (value, shown) in [
            ("https://me:hunter2@dd.example/x?api_key=s3cr3t", "https://...@dd.example/x?..."),
            ("\"https://a:b@c@host?d\"", "\"https://...@host?...\""),
            ("https://dd.example/x@y", "https://dd.example/x@y"),
            ("datadoghq.eu", "datadoghq.eu"),
            (
                "{ description = \"See https://w/a?b=c\", goal = \"a / b < 1\", runbook = \"https://me:hunter2@w/d\" }",
                "{ description = \"See https://w/a?...\", goal = \"a / b < 1\", runbook = \"https://...@w/d\" }",
            ),
        ] {
            assert_eq!(without_secrets(value), shown);
        }
    }
}
