//! Writes points and events as JSON lines to a file or to standard output.
//!
//! `docs/local.schema.json` in the repository describes a line. The crate registers the sink `local` when it is linked.
//! It has no other interface:
//!
//! ```
//! use std::path::Path;
//! use system_health_local as _;
//! use system_health_registry::{Settings, SinkType};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = "[local]\nfile = \"points.jsonl\"";
//! let settings = Settings::builder().toml(Path::new("system-health.toml"), file)?.build()?;
//! let sink = SinkType::linked().into_iter().find(|sink| sink.name == "local").unwrap();
//! let destinations = (sink.configure)(&settings).unwrap();
//! assert!(destinations[0].address().ends_with("/points.jsonl"));
//! # Ok(())
//! # }
//! ```

mod destination;
mod json_line;
mod output;
mod sink;
