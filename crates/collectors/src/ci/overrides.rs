//! The settings `[ci]` with the overrides of one repository.

use system_health_registry::settings::SettingsTable;

use super::{CiSettings, CiTables};
use crate::repository::{RepositoriesSettings, Repository};

impl Repository {
    /// The settings `[ci]` for this repository.
    #[must_use]
    pub fn ci_settings(&self, common: &CiSettings) -> CiSettings {
        let own = self.overrides().clone();
        CiSettings {
            workflow: own.workflow.unwrap_or_else(|| common.workflow.clone()),
            jobs: own.jobs.unwrap_or_else(|| common.jobs.clone()),
            events: own.events.unwrap_or_else(|| common.events.clone()),
            max_age: own.max_age.unwrap_or(common.max_age),
            rerun_lookback: common.rerun_lookback,
            max_run_requests: common.max_run_requests,
        }
    }

    /// The settings tables from which the values of [`Self::ci_settings`] come, for the keys that messages name.
    pub(crate) fn ci_tables(&self) -> CiTables {
        let (own, common) = (self.overrides(), CiTables::default());
        let table = |is_own: bool, common: String| {
            if is_own { format!("[{}.\"{self}\"]", RepositoriesSettings::NAME) } else { common }
        };
        CiTables {
            workflow: table(own.workflow.is_some(), common.workflow),
            jobs: table(own.jobs.is_some(), common.jobs),
            max_age: table(own.max_age.is_some(), common.max_age),
        }
    }
}
