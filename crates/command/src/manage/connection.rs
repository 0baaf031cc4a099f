//! The way to Datadog's API: the settings, both keys, and what earlier pushes have kept.

use anyhow::Context as _;
use system_health_credentials::Credentials;
use system_health_datadog::{
    APP_KEY, DashboardError, DatadogApi, DatadogConfig, DatadogDestination, DatadogError, Scope,
};
use system_health_registry::{Context, DeliveryError, Destination, Settings, Tag};
use system_health_reporter::{ReportSettings, base_tags as base_tags_of, warn_of_damage};
use system_health_state::Store;

use crate::{
    args::{SettingsArguments, StateArguments},
    settings,
};

/// Datadog's API, and who asks.
pub(super) struct Connection {
    datadog: DatadogDestination,
    pub(super) api: DatadogApi,
    pub(super) config: DatadogConfig,
}

/// The settings of a command.
pub(super) fn settings(arguments: &SettingsArguments) -> anyhow::Result<Settings> {
    Ok(settings::builder(arguments)?.build()?)
}

/// The tags that all points of a report carry.
pub(super) fn base_tags(settings: &Settings) -> anyhow::Result<Vec<Tag>> {
    let report: ReportSettings = settings.table()?;
    Ok(base_tags_of(&report)?)
}

/// Whose monitors these are, and which points they look at.
pub(super) fn scope(settings: &Settings) -> anyhow::Result<Scope> {
    Ok(Scope::of(&base_tags(settings)?))
}

impl Connection {
    /// Looks the keys up. Nothing is sent to Datadog yet.
    pub(super) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let datadog = DatadogDestination::new(&settings.table()?)?;
        let context = Context::new().provide(settings.clone());
        let config = datadog.config(&context).await.map_err(anyhow::Error::msg)?;
        let credentials: Credentials = context.get().await.map_err(anyhow::Error::msg)?;
        let app_key = credentials
            .get(&APP_KEY)
            .await
            .context("Datadog's API wants an application key beside the API key")?;
        let api = DatadogApi::new(&config, &app_key)?;
        Ok(Self { datadog, api, config })
    }

    /// A page of Datadog's, as people see it.
    pub(super) fn page(&self, path: &str) -> String {
        self.datadog.endpoint().page(path)
    }

    /// The name under which the state keeps what belongs to the endpoint.
    pub(super) fn name_in_state(&self) -> String {
        format!("{} {}", self.datadog.sink(), self.datadog.address())
    }
}

/// What earlier pushes have kept, if anything is kept and can be read: a push goes on without.
pub(super) fn store(arguments: &StateArguments, settings: &Settings) -> anyhow::Result<Option<Store>> {
    let state = settings::state(settings, &arguments.folder)?;
    if arguments.no_state {
        return Ok(None);
    }
    let opened = state
        .folder()
        .map_err(anyhow::Error::from)
        .and_then(|folder| Store::open(&folder).map_err(Into::into))
        .inspect_err(|error| tracing::warn!("cannot keep the dashboard's id: {error:#}"));
    if let Ok(Some(damaged)) = opened.as_ref().map(|opened| &opened.moved_aside) {
        warn_of_damage(damaged);
    }
    Ok(opened.ok().map(|opened| opened.store))
}

/// The same for a command that changes nothing: where nothing is kept, nothing is made.
pub(super) fn store_to_read(
    arguments: &StateArguments,
    settings: &Settings,
) -> anyhow::Result<Option<Store>> {
    let state = settings::state(settings, &arguments.folder)?;
    if arguments.no_state {
        return Ok(None);
    }
    let folder = state.folder().ok();
    Ok(folder.and_then(|folder| Store::open_as_it_is(&folder).ok()))
}

/// Whether Datadog refused something, or was not reached.
pub(super) fn is_datadogs(error: &anyhow::Error) -> bool {
    error.is::<DatadogError>()
        || error.is::<DeliveryError>()
        || matches!(error.downcast_ref(), Some(DashboardError::Datadog(_)))
}
