//! CI and alarms in AWS. The metrics are about regions and not about repositories.

pub mod alarms;
pub mod codebuild;
pub mod codepipeline;
mod error;
mod inventory;
mod name_patterns;
mod page;
mod regions;
mod selected_names;
mod settings;

pub use error::AwsError;
pub use name_patterns::{NamePatterns, NamePatternsError};
pub use regions::AwsRegions;
pub use settings::AwsSettings;

system_health_registry::group_title!("aws", "AWS");
