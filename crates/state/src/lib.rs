//! The state that the reporter keeps between runs, in one SQLite file. It contains the runs with their results (the
//! history) until the caller deletes old ones, the descriptions of metrics from sources, and responses of servers. For each
//! destination, it contains the points that are not delivered yet (the outbox), the events, the states of goals, and the ids of
//! dashboards.
//!
//! A run records its points before it delivers them, and removes them from the outbox when the sink has accepted or
//! refused them. So recorded points survive a crash, but a point may be delivered twice. Usually the second delivery
//! overwrites the first. If a backend would add up both, points are marked before they are sent. Points that are still marked
//! after a crash may have arrived, so they are reported as unknown and never sent again.
//!
//! ```
//! use system_health_state::Store;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(folder.path())?.store;
//! assert_eq!(store.pending_count("datadog api.datadoghq.com")?, 0);
//! # Ok(())
//! # }
//! ```

mod backfill;
mod call;
mod convert;
mod copy;
mod dashboards;
mod descriptions;
mod error;
mod events;
mod history;
mod ids;
mod open;
mod outbox;
mod points;
mod recipient;
mod record;
mod recorded;
mod responses;
mod schema;
mod sending;
mod store;
mod temporality;
mod thinned;

pub use backfill::{BackfillResult, BackfilledOutcome};
pub use call::Call;
pub use copy::RunCopy;
pub use error::StoreError;
pub use events::{GoalState, PendingEvent};
pub use history::{HistoryEntry, HistoryFilter, PastFailures, PastResult, PastSample};
pub use ids::{PendingId, RunId};
pub use open::OpenedStore;
pub use outbox::PendingPoint;
pub use recipient::{Continuity, Recipient};
pub use responses::PackedResponse;
pub use store::Store;
pub use thinned::ThinnedHistory;
