//! What the metrics and the traces of OTLP have in common: the URLs and the headers of receivers, and the messages for attributes
//! and resources. This is a crate of its own, because a program that links the sink for metrics also registers that sink.

mod endpoint;
mod headers;
mod key_values;
mod proto;

pub use endpoint::{EndpointUrl, GRPC_PORT};
pub use headers::{HeaderError, RequestHeaders, deserialize_headers, parse_headers, redactor_for_headers};
pub use key_values::{KeyValueError, parse_attributes, parse_key_values};
pub use proto::{AnyValue, ArrayValue, AttributeValue, InstrumentationScope, KeyValue, Resource, Status};

/// The media type of a request and of its response.
pub const PROTOBUF: &str = "application/x-protobuf";
