//! CI and alarms in AWS. The metrics are about regions and not about repositories.

pub mod codebuild;
mod error;
mod inventory;
mod name_patterns;
mod page;
mod regions;
mod settings;

pub use error::AwsError;
pub use name_patterns::{NamePatterns, NamePatternsError};
pub use regions::AwsRegions;
pub use settings::AwsSettings;
