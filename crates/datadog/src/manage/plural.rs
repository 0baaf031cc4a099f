//! Plural forms of units. Datadog's names for units are singular, but alerts are sentences.

use system_health_registry::is_unit_symbol;

/// Units that are the same in the plural.
const UNCHANGED: [&str; 5] = ["apdex", "cpus", "pence", "percent", "yen"];

/// The plural of a unit, such as `commits` for `commit`. Symbols such as `%` and `ms`, and plurals, stay the same.
pub(crate) fn plural(unit: &str) -> String {
    if let Some((prefix, scale)) = unit.split_once("degree ") {
        return format!("{prefix}degrees {scale}");
    }
    if let Some((counted, per)) = unit.split_once(" per ") {
        return format!("{} per {per}", plural(counted));
    }
    let word = unit.rsplit(' ').next().unwrap_or_default();
    // An abbreviation such as `kWh` has capitals in the middle.
    let is_word =
        word.len() > 2 && word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_unchanged = |word: &str| UNCHANGED.contains(&word) || word.ends_with("hertz");
    if !is_word || is_unit_symbol(unit) || is_unchanged(&word.to_ascii_lowercase()) {
        return unit.to_owned();
    }
    let ends_in = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    match unit.strip_suffix('y') {
        Some(stem) if !ends_in(&["ay", "ey", "oy", "uy"]) => format!("{stem}ies"),
        _ if ends_in(&["ss", "us", "x", "z", "ch", "sh"]) => format!("{unit}es"),
        _ if ends_in(&["s"]) => unit.to_owned(),
        _ => format!("{unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_a_plural_and_symbols_have_none() {
        for (one, many) in [
            ("commit", "commits"),
            ("commits", "commits"),
            ("pull request", "pull requests"),
            ("query", "queries"),
            ("day", "days"),
            ("process", "processes"),
            ("index", "indexes"),
            ("fetch", "fetches"),
            ("degree celsius", "degrees celsius"),
            ("Message", "Messages"),
            ("@email", "@emails"),
            ("decidegree celsius", "decidegrees celsius"),
            ("byte per second", "bytes per second"),
            ("pull_request", "pull_requests"),
            ("cpus", "cpus"),
            ("Percent", "Percent"),
            ("Hertz", "Hertz"),
            ("percent", "percent"),
            ("kilohertz", "kilohertz"),
            ("kWh", "kWh"),
            ("min", "min"),
            ("req/s", "req/s"),
            ("%", "%"),
            ("", ""),
        ] {
            assert_eq!(plural(one), many, "{one}");
        }
    }
}
