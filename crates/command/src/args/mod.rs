//! The command line. Each flag is documented by its help text.

mod backfill;
mod collect;
mod doctor;
mod explain;
mod fail_on;
mod glob_list;
mod history;
mod init;
mod list;
mod output;
mod read;
mod report;
mod run;
mod secrets;
mod setting_flags;
mod setting_switches;
mod settings;
mod state;

pub use output::Format;
pub use run::RunArguments;
pub use settings::SettingsArguments;
pub use state::{StateArguments, StateFolderArguments};

pub(crate) use backfill::BackfillArguments;
pub(crate) use collect::CollectArguments;
pub(crate) use doctor::DoctorArguments;
pub(crate) use explain::ExplainArguments;
pub(crate) use fail_on::FailOnArgument;
pub(crate) use glob_list::GlobList;
pub(crate) use history::HistoryArguments;
pub(crate) use init::InitArguments;
pub(crate) use list::ListArguments;
pub(crate) use output::{LogFormat, OutputArguments};
pub(crate) use read::command_line;
pub(crate) use report::{Arguments, Command};
pub(crate) use setting_flags::SettingFlagArguments;
pub(crate) use setting_switches::SettingSwitchArguments;
