//! Which repositories a run is about. Flags, environment variables, the settings file, the CI system or the remote of
//! the clone can name them.

mod name;
mod names;
mod overrides;
mod remote_address;
mod settings;
mod subject;

pub use name::{Branch, NameError, RepositoryName};
pub use names::RepositoryNames;
pub use overrides::{RepositoriesSettings, RepositoryOverrides};
pub use remote_address::RemoteAddress;
pub use settings::RepositorySettings;
pub use subject::Repository;
