//! Datadog's names for units. Datadog ignores units that it does not know, so common spellings are mapped to its names.
//! See <https://docs.datadoghq.com/metrics/units/>.

/// The units in Datadog's list whose names are ASCII.
const UNITS: &[&str] = &[
    "ampere",
    "apdex",
    "assertion",
    "attempt",
    "bit",
    "block",
    "buffer",
    "build",
    "byte",
    "cent",
    "check",
    "column",
    "command",
    "commit",
    "connection",
    "container",
    "core",
    "cpu",
    "cursor",
    "datagram",
    "day",
    "decidegree celsius",
    "deciwatt",
    "degree celsius",
    "degree fahrenheit",
    "device",
    "document",
    "dollar",
    "email",
    "entry",
    "error",
    "euro",
    "event",
    "eviction",
    "exacore",
    "exbibyte",
    "exception",
    "execution",
    "fault",
    "fetch",
    "file",
    "flush",
    "fraction",
    "garbage collection",
    "get",
    "gibibyte",
    "gigacore",
    "gigahertz",
    "gigawatt",
    "hertz",
    "hit",
    "hop",
    "host",
    "hour",
    "index",
    "inode",
    "instance",
    "invocation",
    "item",
    "job",
    "key",
    "kibibyte",
    "kilocore",
    "kilohertz",
    "kilowatt",
    "location",
    "lock",
    "mebibyte",
    "megacore",
    "megahertz",
    "megawatt",
    "merge",
    "message",
    "method",
    "microcore",
    "microdollar",
    "microsecond",
    "microwatt",
    "milliampere",
    "millicore",
    "millisecond",
    "millivolt",
    "milliwatt",
    "minute",
    "miss",
    "monitor",
    "nanocore",
    "nanosecond",
    "nanowatt",
    "node",
    "object",
    "occurrence",
    "offset",
    "operation",
    "packet",
    "page",
    "payload",
    "pebibyte",
    "pence",
    "percent",
    "percent_nano",
    "petacore",
    "pound",
    "prediction",
    "process",
    "query",
    "question",
    "read",
    "record",
    "refresh",
    "request",
    "resource",
    "response",
    "route",
    "row",
    "run",
    "sample",
    "scan",
    "second",
    "sector",
    "segment",
    "service",
    "session",
    "set",
    "shard",
    "span",
    "split",
    "stage",
    "step",
    "success",
    "table",
    "task",
    "tebibyte",
    "teracore",
    "terrawatt",
    "thread",
    "throttle",
    "ticket",
    "time",
    "timeout",
    "transaction",
    "unit",
    "update",
    "user",
    "volt",
    "wait",
    "watt",
    "week",
    "worker",
    "write",
    "yen",
];

/// Symbols of some units.
const SYMBOLS: &[(&str, &str)] = &[
    ("%", "percent"),
    ("A", "ampere"),
    ("B", "byte"),
    ("GiB", "gibibyte"),
    ("Hz", "hertz"),
    ("KiB", "kibibyte"),
    ("MiB", "mebibyte"),
    ("TiB", "tebibyte"),
    ("V", "volt"),
    ("W", "watt"),
    ("d", "day"),
    ("h", "hour"),
    ("min", "minute"),
    ("ms", "millisecond"),
    ("ns", "nanosecond"),
    ("s", "second"),
    ("us", "microsecond"),
    ("µs", "microsecond"),
];

/// Whether a unit is written as a symbol, such as `%` or `ms`.
#[must_use]
pub fn is_unit_symbol(unit: &str) -> bool {
    SYMBOLS.iter().any(|(symbol, _)| *symbol == unit)
}

/// Datadog's name for a unit, if it has one. Case is ignored, except in symbols. Plurals are accepted.
#[must_use]
pub fn datadog_unit(unit: &str) -> Option<&'static str> {
    let unit = unit.trim();
    let symbol = SYMBOLS.iter().find(|(symbol, _)| *symbol == unit).map(|(_, name)| *name);
    let known = |name: &str| UNITS.iter().find(|known| known.eq_ignore_ascii_case(name)).copied();
    let plurals = [("ies", "y"), ("es", ""), ("s", "")];
    let lower = unit.to_ascii_lowercase();
    symbol.or_else(|| known(unit)).or_else(|| {
        plurals
            .iter()
            .find_map(|(plural, singular)| known(&format!("{}{singular}", lower.strip_suffix(plural)?)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_datadogs_names() {
        for (written, name) in [
            ("commit", Some("commit")),
            ("Commits", Some("commit")),
            ("COMMITS", Some("commit")),
            ("queries", Some("query")),
            ("misses", Some("miss")),
            ("process", Some("process")),
            ("processes", Some("process")),
            (" % ", Some("percent")),
            ("ms", Some("millisecond")),
            ("s", Some("second")),
            ("garbage collections", Some("garbage collection")),
            ("hotfix", None),
            ("", None),
            ("S", None),
        ] {
            assert_eq!(datadog_unit(written), name, "{written}");
        }
    }

    #[test]
    fn the_lists_are_sorted_without_duplicates() {
        assert!(UNITS.is_sorted_by(|one, next| one < next));
        assert!(SYMBOLS.is_sorted_by(|one, next| one.0 < next.0));
        assert!(SYMBOLS.iter().all(|(_, name)| UNITS.contains(name)));
    }
}
