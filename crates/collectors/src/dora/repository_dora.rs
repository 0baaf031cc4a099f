//! The settings `[dora]` with the overrides of one repository.

use std::{ops::Deref, sync::Arc};

use system_health_registry::{Context, FromContext, Scope, Unavailable, settings::SettingsTable};

use super::DoraSettings;
use crate::repository::{RepositoriesSettings, Repository};

/// The settings `[dora]` for the subject's repository.
#[derive(Debug, Clone)]
pub struct RepositoryDora(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: DoraSettings,
    table: String,
}

impl RepositoryDora {
    /// The settings table for messages: `[dora]`, or the repository's own table if it has one.
    pub(super) fn table(&self) -> &str {
        &self.0.table
    }
}

impl Deref for RepositoryDora {
    type Target = DoraSettings;

    fn deref(&self) -> &DoraSettings {
        &self.0.settings
    }
}

impl FromContext for RepositoryDora {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<Repository>().await?;
        let common = context.get::<DoraSettings>().await?;
        let (settings, table) = match &repository.overrides().dora {
            Some(own) => (
                own.apply_to(&common),
                format!("[{}.\"{repository}\".{}]", RepositoriesSettings::NAME, DoraSettings::NAME),
            ),
            None => (common, format!("[{}]", DoraSettings::NAME)),
        };
        Ok(Self(Arc::new(Inner { settings, table })))
    }
}
