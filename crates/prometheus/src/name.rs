//! Names of metrics. They follow Prometheus' conventions (<https://prometheus.io/docs/practices/naming/>) and pass
//! `promtool check metrics`. Exceptions are keys that contain the name of a type, or a unit that is not a base unit.

use system_health_registry::Kind;

use crate::unit::BaseUnit;

/// Suffixes that only counters, histograms and summaries may have.
const RESERVED_ENDS: [&str; 4] = ["_total", "_count", "_sum", "_bucket"];

/// The name of a metric: the key in snake case without its unit, followed by the base unit. The name of a counter ends in
/// `_total`, and the name of a rate in `_per_second`. Any other name that would end in a reserved suffix ends in `_value`.
pub(crate) fn metric_name(key: &str, kind: Kind, unit: Option<BaseUnit>) -> String {
    let mut name = snake_case(key);
    if kind == Kind::Counter {
        if let Some(length) = length_without(&name, "total") {
            name.truncate(length);
        }
        push_unit(&mut name, unit);
        push_word(&mut name, "total");
        return name;
    }
    let per_second = matches!(kind, Kind::Rate { .. });
    if per_second && let Some(length) = length_without(&name, "per_second") {
        name.truncate(length);
    }
    push_unit(&mut name, unit);
    if per_second {
        push_word(&mut name, "per_second");
    }
    if RESERVED_ENDS.iter().any(|end| name.ends_with(end)) {
        push_word(&mut name, "value");
    }
    name
}

/// Replaces the unit at the end of the name by the base unit.
fn push_unit(name: &mut String, unit: Option<BaseUnit>) {
    if let Some(unit) = unit {
        let spelled = unit.spellings().chain([unit.suffix.to_owned()]);
        // The longest spelling is removed, because `degree_celsius` ends with `celsius`.
        if let Some(length) = spelled.filter_map(|words| length_without(name, &words)).min() {
            name.truncate(length);
        }
        push_word(name, unit.suffix);
    }
}

/// Converts a key into snake case: `ci.testsPassing` becomes `ci_tests_passing`.
fn snake_case(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    let mut after_lowercase = false;
    for c in key.chars() {
        if !c.is_ascii_alphanumeric() {
            if !name.ends_with('_') && !name.is_empty() {
                name.push('_');
            }
            after_lowercase = false;
            continue;
        }
        if after_lowercase && c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
        after_lowercase = c.is_ascii_lowercase();
    }
    name.truncate(name.trim_end_matches('_').len());
    name
}

/// The length of the name without these last words, if it ends with them.
fn length_without(name: &str, words: &str) -> Option<usize> {
    let stem = name.strip_suffix(words)?;
    stem.strip_suffix('_').or(stem.is_empty().then_some(stem)).map(str::len)
}

fn push_word(name: &mut String, word: &str) {
    if !name.is_empty() {
        name.push('_');
    }
    name.push_str(word);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_name_is_the_key_in_snake_case_with_the_base_unit() {
        let interval = Duration::from_mins(15);
        let (gauge, count, rate) = (Kind::Gauge, Kind::Count { interval }, Kind::Rate { interval });
        for (key, kind, unit, name) in [
            ("commits.hotfix", gauge, "commit", "commits_hotfix"),
            ("commits.hotfix", count, "commit", "commits_hotfix"),
            ("ci.testsPassing.onMain", gauge, "", "ci_tests_passing_on_main"),
            ("a..b_.c_", gauge, "", "a_b_c"),
            ("HTTPServer", gauge, "", "httpserver"),
            ("build.duration", gauge, "second", "build_duration_seconds"),
            ("build.duration", gauge, "ms", "build_duration_seconds"),
            ("build.duration_ms", gauge, "ms", "build_duration_seconds"),
            ("build.duration.milliseconds", gauge, "millisecond", "build_duration_seconds"),
            ("build.duration_seconds", gauge, "second", "build_duration_seconds"),
            ("build.durations", gauge, "s", "build_durations_seconds"),
            ("uptime_days", gauge, "day", "uptime_seconds"),
            ("seconds", gauge, "second", "seconds"),
            ("room.degree_celsius", gauge, "degree celsius", "room_celsius"),
            ("coverage.percent", gauge, "percent", "coverage_ratio"),
            ("disk.free", gauge, "GiB", "disk_free_bytes"),
            ("requests", rate, "request", "requests_per_second"),
            ("requests.per_second", rate, "request", "requests_per_second"),
            ("net.bytes", rate, "byte", "net_bytes_per_second"),
            ("runs.total", gauge, "run", "runs_total_value"),
            ("memory.total", gauge, "byte", "memory_total_bytes"),
            ("queue.count", gauge, "", "queue_count_value"),
            ("ci.runs", Kind::Counter, "run", "ci_runs_total"),
            ("ci.runs.total", Kind::Counter, "run", "ci_runs_total"),
            ("cpu.time_ms", Kind::Counter, "ms", "cpu_time_seconds_total"),
            ("cpu.time_ms.total", Kind::Counter, "ms", "cpu_time_seconds_total"),
            ("net.per_second", Kind::Counter, "byte", "net_per_second_bytes_total"),
            ("total", Kind::Counter, "", "total"),
            ("build.duration_ms", Kind::Distribution, "ms", "build_duration_seconds"),
            ("builds.count", Kind::Distribution, "", "builds_count_value"),
        ] {
            assert_eq!(metric_name(key, kind, BaseUnit::from_unit(unit)), name, "{key} in {unit}");
        }
    }
}
