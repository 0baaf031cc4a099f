//! An example of a library with collectors: metrics about Acme's incidents. A file lists them, one per line, as
//! `severity<TAB>unix time opened<TAB>title`.

mod incidents;
mod metrics;
mod settings;

pub use incidents::{Incident, Incidents};
pub use settings::AcmeSettings;
