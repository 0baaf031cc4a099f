//! Delivers points and events to a Datadog Agent, with the DogStatsD protocol.
//!
//! The protocol has no responses. A Unix socket says whether the Agent's queue has taken a packet. UDP says only that the
//! packet was sent, and sometimes that nobody listens. So an accepted point is one that was handed over without an error.
//!
//! The crate registers the sink `dogstatsd` when it is linked. It has no other interface:
//!
//! ```
//! use std::path::Path;
//! use system_health_dogstatsd as _;
//! use system_health_registry::{Settings, SinkType};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = "[dogstatsd]\naddress = \"udp://127.0.0.1:8125\"";
//! let settings = Settings::builder().toml(Path::new("system-health.toml"), file)?.build()?;
//! let sink = SinkType::linked().into_iter().find(|sink| sink.name == "dogstatsd").unwrap();
//! let destinations = (sink.configure)(&settings).unwrap();
//! assert_eq!(destinations[0].address(), "udp://127.0.0.1:8125");
//! # Ok(())
//! # }
//! ```

mod address;
mod delivery;
mod destination;
mod encoder;
mod event;
mod limits;
mod origin;
mod packet;
mod service_check;
mod settings;
mod sink;
mod socket;
