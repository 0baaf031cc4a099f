//! A request as it arrived, with its body decompressed.

use std::io::{self, Read};

use axum::{
    extract::Query,
    http::{HeaderMap, Uri, request::Parts},
};
use flate2::read::{GzDecoder, ZlibDecoder};

/// A recorded request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, such as `GET`.
    pub method: String,
    /// The path, and the query behind a `?`.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed; as it arrived when it cannot be.
    pub body: Vec<u8>,
    /// The length of the body as it arrived.
    pub wire_length: usize,
}

impl Request {
    pub(super) fn new(head: &Parts, body: &[u8]) -> Self {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let encoding = head.headers.get("content-encoding").and_then(|encoding| encoding.to_str().ok());
        Self {
            method: head.method.to_string(),
            target: target.to_owned(),
            headers: head.headers.clone(),
            body: decompressed(encoding, body).unwrap_or_else(|_| body.to_owned()),
            wire_length: body.len(),
        }
    }

    /// Method, path and query: `GET /api/v1/validate`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&*self.target, |(path, _)| path)
    }

    /// The query, as it was encoded; empty without one.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The parameters of the query, decoded.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        let uri: Option<Uri> = self.target.parse().ok();
        uri.and_then(|uri| Query::try_from_uri(&uri).ok()).map_or_else(Vec::new, |query| query.0)
    }

    /// The value of a parameter of the query, decoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

fn decompressed(encoding: Option<&str>, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    match encoding {
        // Datadog calls it `zstd1`.
        Some("zstd1" | "zstd") => return zstd::decode_all(body),
        Some("gzip") => GzDecoder::new(body).read_to_end(&mut plain)?,
        Some("deflate") => ZlibDecoder::new(body).read_to_end(&mut plain)?,
        _ => return Ok(body.to_owned()),
    };
    Ok(plain)
}
