//! Delivers reports to Datadog, through Datadog's own generated client.
//!
//! That client is 1.3 million lines and takes minutes to compile, so it lives in this crate alone. It
//! also panics on input that it does not expect and drops most of what an answer said; this crate
//! checks the input before ([`Endpoint`], the API key) and reads every answer itself
//! ([`DatadogError`]).
//!
//! ```
//! use secrecy::SecretString;
//! use system_health_datadog::{DatadogConfig, DatadogSink, Endpoint, Site};
//! use system_health_registry::Sink;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let site: Site = "datadoghq.eu".parse()?;
//! let key = SecretString::from("0123456789abcdef0123456789abcdef");
//! let sink = DatadogSink::new(DatadogConfig::new(Endpoint::from(site), key))?;
//! assert_eq!(sink.name(), "datadog");
//! # Ok(())
//! # }
//! ```

mod answer;
mod endpoint;
mod error;
mod key;
mod payload;
mod sink;
mod site;

pub use answer::Answer;
pub use endpoint::{Endpoint, EndpointError};
pub use error::DatadogError;
pub use key::KeyError;
pub use payload::payload;
pub use sink::{ConfigError, DatadogConfig, DatadogSink};
pub use site::{Site, SiteError};
