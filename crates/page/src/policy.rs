//! The Content Security Policy of the page. It allows the page's own script and style by their hashes, images in `data:` URLs,
//! and requests to its own server. Everything else is refused, such as other scripts, forms, frames, and functions that read
//! text as markup.
//! See <https://www.w3.org/TR/CSP3/>.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// The policy for a page with this script and this style.
pub(crate) fn policy(script: &str, style: &str) -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(script),
        hash(style)
    )
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
