//! What the reporter remembers between runs, in one SQLite file: every run with what it found (the
//! history), what sources said of their metrics, and for every destination the points that it has not taken yet (the
//! outbox), the events that it got, and the ids of its dashboards.
//!
//! A run writes its points down before it tries to deliver them, and takes them out of the outbox on
//! the word of the sink. So a crash at any moment loses nothing that was written, and what is
//! delivered twice replaces itself where it is stored. Where it would add up instead, points are marked before they are
//! sent, and what a crash leaves marked is counted and never sent again.
//!
//! ```
//! use system_health_state::Store;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(folder.path())?.store;
//! assert_eq!(store.waiting("datadog api.datadoghq.com")?, 0);
//! # Ok(())
//! # }
//! ```

mod convert;
mod dashboards;
mod descriptions;
mod error;
mod events;
mod history;
mod ids;
mod open;
mod outbox;
mod recipient;
mod record;
mod schema;
mod sending;
mod store;

pub use error::StoreError;
pub use events::{GoalState, PendingEvent};
pub use history::{HistoryEntry, PastFailures, PastResult, PastSample};
pub use ids::{PendingId, RunId};
pub use open::Opened;
pub use outbox::PendingPoint;
pub use recipient::Recipient;
pub use store::Store;
