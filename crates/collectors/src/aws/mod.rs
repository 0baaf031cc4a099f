//! CI and alarms in AWS. These metrics have no repository. Each series has the tag `region`, and often also `project` or `pipeline`.

mod action_log;
pub mod alarms;
pub mod codebuild;
pub mod codepipeline;
mod error;
mod inventory;
mod name_list;
mod name_patterns;
pub(crate) mod needs;
mod page;
mod regions;
mod request_gate;
mod selected_names;
mod settings;

pub(crate) use action_log::TriedAction;
pub use error::AwsError;
pub use name_patterns::{NamePatterns, NamePatternsError};
pub use regions::AwsRegions;
pub use settings::AwsSettings;

system_health_registry::group_title!("aws", "AWS");
