//! The header `Link`. An invalid header is an error, so that a list never ends early.
#![no_main]

use http::{HeaderMap, HeaderValue, header::LINK};
use libfuzzer_sys::fuzz_target;

mod cause {
    #[derive(Debug)]
    pub(super) enum Cause {
        Link(String),
    }
}

#[path = "../../crates/collectors/src/github/client/link.rs"]
mod link;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let text = String::from_utf8_lossy(bytes).into_owned();
    match link::Links::parse(&HeaderMap::from_iter([(LINK, value)])) {
        Ok(links) => {
            let _ = links.last_page();
            if let Some(next) = links.next {
                assert_eq!(link::page_number(&link::with_page(&next, 7)), Some(7));
            }
        }
        Err(cause::Cause::Link(shown)) => assert_eq!(shown, text),
    }
});
