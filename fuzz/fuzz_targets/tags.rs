//! Accepted tags have Datadog's form, and parsing them again does not change them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use system_health_registry::Tag;

fn check(tag: &Tag) {
    let text = tag.as_str();
    assert!(text.chars().count() <= 200, "{text:?}");
    assert!(text.chars().next().is_some_and(char::is_alphabetic), "{text:?}");
    assert!(!text.ends_with(['_', ':']), "{text:?}");
    assert!(!text.contains([',', ' ', '\n']), "{text:?}");
    assert_eq!(Tag::parse(text).as_ref(), Ok(tag));
}

fuzz_target!(|texts: (&str, &str)| {
    let (name, value) = texts;
    Tag::parse(name).iter().for_each(check);
    Tag::new(name, value).iter().for_each(check);
    Tag::new("branch", value).iter().for_each(check);
});
