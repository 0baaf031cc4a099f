//! A request as it arrived. Its body can be decompressed.

use std::io::{self, Read};

use axum::{
    extract::Query,
    http::{HeaderMap, Uri, request::Parts},
};
use flate2::read::{GzDecoder, ZlibDecoder};
use serde_json::Value;

/// The base-2 logarithm of the largest window of a zstd frame that is decompressed: 32 MiB. A frame may name a window that needs
/// more memory than the content.
const MAX_ZSTD_WINDOW_LOG: u32 = 25;

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, such as `GET`.
    pub method: String,
    /// The path, and the query after a `?`.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body. It may be compressed until [`decompress`](Self::decompress) is called.
    pub body: Vec<u8>,
    /// The length of the body as it arrived.
    pub wire_length: usize,
}

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The decompressed body is longer than the limit, in bytes.
    #[error("the decompressed body has more than {0} bytes")]
    TooLong(usize),
    /// The body is not what the header says.
    #[error("the body is not {encoding}")]
    Damaged {
        /// The encoding according to the header.
        encoding: String,
        /// Why it cannot be decompressed.
        source: io::Error,
    },
    /// The encoding is not supported.
    #[error("the content encoding `{0}` is unknown; gzip, deflate and zstd are supported")]
    Encoding(String),
}

impl Request {
    /// A request with its body as it arrived.
    #[must_use]
    pub fn new(head: &Parts, body: Vec<u8>) -> Self {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        Self {
            method: head.method.to_string(),
            target: target.to_owned(),
            headers: head.headers.clone(),
            wire_length: body.len(),
            body,
        }
    }

    /// A request with a JSON body and without headers.
    #[must_use]
    pub fn json(method: &str, target: &str, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        let (method, target, headers) = (method.to_owned(), target.to_owned(), HeaderMap::new());
        Self { method, target, headers, wire_length: body.len(), body }
    }

    /// Decompresses the body as its header says. After an error, the body is still as it arrived.
    pub fn decompress(&mut self, limit: usize) -> Result<(), BodyError> {
        let Some(encoding) = self.header("content-encoding").map(str::to_ascii_lowercase) else {
            return Ok(());
        };
        let body = self.body.as_slice();
        let plain = match encoding.trim() {
            "" | "identity" => return Ok(()),
            "gzip" => read(GzDecoder::new(body), limit),
            "deflate" => read(ZlibDecoder::new(body), limit),
            // Datadog's name for zstd is `zstd1`.
            "zstd1" | "zstd" => zstd::Decoder::new(body).and_then(|mut decoder| {
                decoder.window_log_max(MAX_ZSTD_WINDOW_LOG)?;
                read(decoder, limit)
            }),
            _ => return Err(BodyError::Encoding(encoding)),
        };
        match plain {
            Ok(plain) if plain.len() > limit => Err(BodyError::TooLong(limit)),
            Ok(plain) => {
                self.body = plain;
                Ok(())
            }
            Err(source) => Err(BodyError::Damaged { encoding, source }),
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

    /// The query, still encoded. Empty if there is none.
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

/// Reads at most one byte more than the limit, so that a small body that decompresses to gigabytes does not use up the memory.
fn read(reader: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    let max = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(max).read_to_end(&mut plain)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::http;
    use flate2::{Compression, write::GzEncoder, write::ZlibEncoder};

    use super::*;

    fn request(encoding: &str, body: Vec<u8>) -> Request {
        let request = http::Request::builder().header("content-encoding", encoding).body(()).unwrap();
        Request::new(&request.into_parts().0, body)
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(plain: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn bodies_are_decompressed_up_to_a_limit() {
        let plain = vec![b'a'; 100_000];
        let zstd = zstd::encode_all(plain.as_slice(), 0).unwrap();
        for (encoding, body) in [("gzip", gzip(&plain)), ("Deflate", deflate(&plain)), ("zstd1", zstd)] {
            let mut whole = request(encoding, body.clone());
            whole.decompress(plain.len()).unwrap();
            assert_eq!((whole.body.len(), whole.wire_length), (plain.len(), body.len()), "{encoding}");

            let mut long = request(encoding, body.clone());
            assert!(matches!(long.decompress(plain.len() - 1), Err(BodyError::TooLong(99_999))));
            assert_eq!(long.body, body);
        }
    }

    #[test]
    fn a_body_that_is_not_what_its_header_says_is_refused() {
        for (encoding, expected) in [
            ("gzip", "the body is not gzip"),
            ("zstd", "the body is not zstd"),
            ("br", "the content encoding `br` is unknown; gzip, deflate and zstd are supported"),
        ] {
            assert_eq!(request(encoding, b"{}".to_vec()).decompress(9).unwrap_err().to_string(), expected);
        }
        assert!(request("identity", b"{}".to_vec()).decompress(9).is_ok());
    }
}
