//! Access to Datadog's API: the settings, both keys, and the ids that earlier pushes remembered.

use anyhow::Context as _;
use system_health_command::{CommandContext, StateArguments};
use system_health_datadog::{DatadogApi, DatadogConfig, DatadogDestination, MonitorScope};
use system_health_registry::{Context, Destination, Settings, Tag};
use system_health_reporter::{ReportSettings, StateSettings, base_tags as base_tags_of, warn_of_damage};
use system_health_state::Store;

/// Datadog's API with both keys.
pub(crate) struct Connection {
    datadog: DatadogDestination,
    pub(crate) api: DatadogApi,
    pub(crate) config: DatadogConfig,
}

/// The tags that all points of a report carry.
pub(crate) fn base_tags(settings: &Settings) -> anyhow::Result<Vec<Tag>> {
    let report: ReportSettings = settings.table()?;
    Ok(base_tags_of(&report)?)
}

/// The scope of the monitors that belong to these settings.
pub fn scope(settings: &Settings) -> anyhow::Result<MonitorScope> {
    Ok(MonitorScope::from_tags(&base_tags(settings)?))
}

impl Connection {
    /// Looks up the keys. Sends nothing to Datadog yet.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let datadog = DatadogDestination::new(&settings.table()?)?;
        let context = Context::new().provide(settings.clone());
        let config = datadog.config(&context).await.map_err(anyhow::Error::msg)?;
        let app_key = datadog
            .application_key(&context)
            .await
            .map_err(anyhow::Error::msg)
            .context("Datadog's API needs an application key in addition to the API key")?;
        let api = DatadogApi::new(&config, &app_key)?;
        Ok(Self { datadog, api, config })
    }

    /// The URL of a page in Datadog's web interface.
    pub(crate) fn page_url(&self, path: &str) -> String {
        self.datadog.endpoint().page(path)
    }

    /// The name under which the store keeps the ids of this endpoint.
    pub(crate) fn name_in_store(&self) -> String {
        format!("{} {}", self.datadog.sink(), self.datadog.address())
    }
}

/// Opens the store with the ids of pushed dashboards, and creates it if necessary. `None` if no state is kept. If the store
/// cannot be opened, a warning is logged and the command goes on without it.
pub(crate) fn open_store(
    context: &CommandContext<'_>,
    arguments: &StateArguments,
    settings: &Settings,
) -> anyhow::Result<Option<Store>> {
    let Some(state) = state_settings(context, arguments, settings)? else { return Ok(None) };
    let opened = state
        .folder()
        .map_err(anyhow::Error::from)
        .and_then(|folder| Store::open(&folder).map_err(Into::into))
        .inspect_err(warn_of_unusable_store);
    if let Ok(Some(damaged)) = opened.as_ref().map(|opened| &opened.moved_aside) {
        warn_of_damage(damaged);
    }
    Ok(opened.ok().map(|opened| opened.store))
}

/// Opens the store for a command that changes nothing. `None` if there is no store or no state is kept. If the store cannot be
/// opened, a warning is logged and the command goes on without it.
pub(crate) fn open_existing_store(
    context: &CommandContext<'_>,
    arguments: &StateArguments,
    settings: &Settings,
) -> anyhow::Result<Option<Store>> {
    let Some(state) = state_settings(context, arguments, settings)? else { return Ok(None) };
    let opened = state.folder().map_err(anyhow::Error::from).and_then(|folder| {
        // A folder that cannot be read may contain a store. The error of opening it says why it cannot be read.
        let may_exist = folder.join(Store::FILE_NAME).try_exists().unwrap_or(true);
        may_exist.then(|| Store::open_existing(&folder)).transpose().map_err(Into::into)
    });
    Ok(opened.inspect_err(warn_of_unusable_store).unwrap_or_default())
}

fn warn_of_unusable_store(error: &anyhow::Error) {
    tracing::warn!("cannot open the store with the ids of pushed dashboards: {error:#}");
}

/// The settings of the state. `None` if no state is kept.
fn state_settings(
    context: &CommandContext<'_>,
    arguments: &StateArguments,
    settings: &Settings,
) -> anyhow::Result<Option<StateSettings>> {
    let state = context.state_settings(settings, &arguments.folder)?;
    Ok((!arguments.no_state).then_some(state))
}
