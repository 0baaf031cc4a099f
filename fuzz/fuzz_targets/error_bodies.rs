//! Error responses of a server become one line of bounded length, without control characters and without the API key.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/datadog/src/client/error_list.rs"]
mod error_list;
#[path = "../../crates/http/src/quote.rs"]
mod quote;

const KEY: &str = "0dd0c0ffee0dd0c0ffee0dd0c0ffee00";

fuzz_target!(|body: &[u8]| {
    let json = serde_json::from_slice(body).ok();
    let errors = json.as_ref().map(error_list::errors).unwrap_or_default();
    let text = format!("{}{KEY}{}", errors.join("; "), String::from_utf8_lossy(body));
    let line = quote::Redactor::new([KEY], "[key]").quote(&text);
    assert!(line.chars().count() <= 302, "{line:?}");
    assert!(!line.contains(char::is_control), "{line:?}");
    assert!(!line.contains(KEY), "{line:?}");
});
