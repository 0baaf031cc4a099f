//! Which repositories a run is about. They can be named by flags, environment variables, the settings file, the CI
//! system or the remote of the clone.

mod name;
mod names;
mod overrides;
mod settings;
mod subject;

pub use name::{Branch, NameError, RepositoryName};
pub use names::RepositoryNames;
pub use overrides::{RepositoriesSettings, RepositoryOverrides};
pub use settings::RepositorySettings;
pub use subject::Repository;
