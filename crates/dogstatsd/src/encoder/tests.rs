//! The lines, and a reader of lines that counts values as the Agent does.

use std::{collections::BTreeMap, time::Duration};

use proptest::{collection::vec, prelude::*};

use super::*;

const ENCODER: Encoder = Encoder { container: None, max_length: 1432 };

fn gauge(key: &str, value: f64, tags: &[&str]) -> Point {
    Point {
        key: key.to_owned(),
        kind: Kind::Gauge,
        unit: None,
        tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
        timestamp: UNIX_EPOCH + Duration::from_secs(1_767_323_045),
        since: None,
        value: value.into(),
    }
}

fn distribution(values: &[(f64, u64)]) -> Point {
    let mut distribution = Distribution::new();
    for (value, count) in values {
        distribution.record_many(*value, *count).unwrap();
    }
    Point { kind: Kind::Distribution, value: distribution.into(), ..gauge("d", 0.0, &["env:test"]) }
}

/// The number of times that the Agent counts each value: `1 / rate` without its fraction.
fn counts_by_value(lines: &[String]) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for line in lines {
        let mut fields = line.split('|');
        let values = fields.next().unwrap().split(':').skip(1);
        assert_eq!(fields.next(), Some("d"));
        let rate = fields.find_map(|field| field.strip_prefix('@')).map_or(1.0, |rate| rate.parse().unwrap());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as the Agent does")]
        let weight = (1.0 / rate) as u64;
        for value in values {
            *counted.entry(value.to_owned()).or_default() += weight;
        }
    }
    counted
}

#[test]
fn each_kind_has_its_line() {
    let interval = Duration::from_mins(15);
    let tags = &["branch:main", "env:test"];
    let lines = |point: Point| ENCODER.lines(&point).unwrap().join("\n");

    assert_eq!(lines(gauge("a.b", -0.125, tags)), "a.b:-0.125|g|#branch:main,env:test|T1767323045");
    assert_eq!(lines(gauge("a", 3.0, &[])), "a:3|g|T1767323045");
    let count = Point { kind: Kind::Count { interval }, ..gauge("n", 7.0, &[]) };
    assert_eq!(lines(count), "n:7|c|T1767323045");
    let rate = Point { kind: Kind::Rate { interval }, ..gauge("r", 0.5, &[]) };
    assert_eq!(lines(rate), "r:0.5|g|T1767323045");
    assert_eq!(
        lines(distribution(&[(-4.0, 1), (0.0, 5), (8.0, 1), (8.0, 1)])),
        "d:-3.9783393623363903:0|d|#env:test\nd:7.956678724672781|d|@0.5|#env:test\nd:0|d|@0.25|#env:test"
    );
}

#[test]
fn the_container_is_named_in_each_line() {
    let encoder = Encoder { container: Some("ci-c0ffee".to_owned()), ..ENCODER };

    assert_eq!(encoder.lines(&gauge("a", 1.0, &[])).unwrap(), ["a:1|g|T1767323045|c:ci-c0ffee"]);
    assert_eq!(encoder.lines(&distribution(&[(1.0, 1)])).unwrap(), ["d:1|d|#env:test|c:ci-c0ffee"]);
}

#[test]
fn points_that_cannot_be_lines_are_refused() {
    let error = |point: Point| ENCODER.lines(&point).unwrap_err().to_string();

    for key in ["a:b", "a|b", "a\nb", "a#b", ""] {
        let message = error(gauge(key, 1.0, &[]));
        assert!(message.starts_with("key `") || message.starts_with("a key "), "{key}: {message}");
    }
    assert!(error(gauge("a", f64::NAN, &[])).contains("its value is NaN"));
    assert!(error(Point { kind: Kind::Counter, ..gauge("a", 1.0, &[]) }).contains("the kind counter"));
    assert!(error(distribution(&[(1.0, (1 << 32) + 1)])).contains("it has 4294967297 values"));
    let small = Encoder { max_length: 20, ..ENCODER };
    let long = small.lines(&gauge("a.long.key", 1.0, &["env:test"])).unwrap_err().to_string();
    assert!(long.contains("its line has 36 bytes, and a packet has at most 20"), "{long}");
}

#[test]
fn many_values_need_few_bytes() {
    let lines = ENCODER.lines(&distribution(&[(0.1, 10_000_000), (7.0, 3)])).unwrap();

    let bytes: usize = lines.iter().map(String::len).sum();
    assert!(bytes < 1000, "{bytes}");
}

proptest! {
    #[test]
    fn the_agent_counts_each_value_exactly_and_no_line_is_too_long(
        values in vec((-1e9..1e9_f64, 1..5_000_000_u64), 1..300),
        max_length in 60..1500_usize,
    ) {
        let point = distribution(&values);
        let lines = Encoder { max_length, ..ENCODER }.lines(&point).unwrap();

        let expected: BTreeMap<String, u64> = point
            .value
            .distribution()
            .unwrap()
            .values()
            .map(|(value, count)| (value.to_string(), count))
            .collect();
        prop_assert_eq!(counts_by_value(&lines), expected);
        prop_assert!(lines.iter().all(|line| line.len() <= max_length));
    }
}
