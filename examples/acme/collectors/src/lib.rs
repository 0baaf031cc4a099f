//! An example of a crate with collectors of its own: metrics about Acme's incidents, which a file
//! lists one a line as `severity<TAB>unix time opened<TAB>title`.

mod incidents;
mod metrics;
mod settings;

pub use incidents::{Incident, Incidents};
pub use settings::AcmeSettings;
