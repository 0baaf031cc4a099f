//! `report dashboard`.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use anyhow::{Context as _, anyhow, bail};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use serde_json::Value;
use system_health_command::{
    CommandContext, CommandType, ExitStatus,
    Format::{Json, Table},
    Stdout, Target, register_command,
};
use system_health_datadog::{
    DashboardError, PushAction, WantedDashboard, dashboard, dashboard_json, is_managed_dashboard,
    without_datadogs_additions,
};
use system_health_state::Store;

use super::arguments::{DashboardAction, DashboardArguments, DashboardInput, StateAndSettings};
use crate::{
    confirm::YesArguments,
    connection::{Connection, open_existing_store, open_store},
    plan_step::{PlanStep, StepStatus, show},
    run::run,
};

register_command!(CommandType {
    command: DashboardArguments::command,
    target: Some(Target {
        name: "datadog",
        summary: "A dashboard of Datadog as JSON; the actions are for Datadog only",
        is_default: true,
    }),
    formats: &[Table, Json],
    run: |matches, context| run(execute(matches, context)),
});

async fn execute(matches: &ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
    let arguments = DashboardArguments::from_arg_matches(matches)?;
    // JSON is what Datadog imports, so it is also printed where other commands print a table.
    let stdout = context.stdout();
    match &arguments.action {
        None => {
            let catalog = context.selected_catalog(None, None)?;
            print(&dashboard_json(&dashboard(&catalog, &arguments.title.title))?, stdout)
        }
        Some(DashboardAction::Push { input, force, state_and_settings }) => {
            let wanted = wanted(input, state_and_settings, context)?;
            let settings = context.settings(&state_and_settings.settings)?;
            let store = open_store(context, &state_and_settings.state, &settings)?;
            let connection = Connection::open(&settings).await?;
            push(&wanted, *force, &connection, store.as_ref(), stdout).await
        }
        Some(DashboardAction::Diff { input, state_and_settings }) => {
            let wanted = wanted(input, state_and_settings, context)?;
            let settings = context.settings(&state_and_settings.settings)?;
            let store = open_existing_store(context, &state_and_settings.state, &settings)?;
            let connection = Connection::open(&settings).await?;
            let remembered = remembered(&connection, store.as_ref(), wanted.title());
            let planned =
                connection.api.plan_dashboard(&wanted, remembered.as_deref()).await.map_err(with_hint)?;
            let step = PlanStep::planned(wanted.title(), planned.id, &planned.action);
            show(&[step], stdout)?;
            Ok(if planned.action == PushAction::Keep { ExitStatus::Done } else { ExitStatus::Different })
        }
        Some(DashboardAction::Pull { dashboard, settings }) => {
            let connection = Connection::open(&context.settings(settings)?).await?;
            let found = connection.api.find_dashboard(dashboard).await.map_err(with_hint)?;
            print(&without_datadogs_additions(&found), stdout)
        }
        Some(DashboardAction::List { settings }) => {
            let connection = Connection::open(&context.settings(settings)?).await?;
            list(&connection, stdout).await
        }
        Some(DashboardAction::Delete { dashboard, yes, state_and_settings }) => {
            let settings = context.settings(&state_and_settings.settings)?;
            let store = open_store(context, &state_and_settings.state, &settings)?;
            let connection = Connection::open(&settings).await?;
            delete(dashboard, yes, &connection, store.as_ref(), stdout).await
        }
    }
}

fn print(dashboard: &Value, stdout: Stdout) -> anyhow::Result<ExitStatus> {
    stdout.write(&(serde_json::to_string_pretty(dashboard)? + "\n"))?;
    Ok(ExitStatus::Done)
}

/// The dashboard of the metrics that a run collects, or the one in a file.
fn wanted(
    input: &DashboardInput,
    state_and_settings: &StateAndSettings,
    context: &CommandContext<'_>,
) -> anyhow::Result<WantedDashboard> {
    let Some(file) = &input.file else {
        // The settings select metrics, and the state folder has the metrics that sources described.
        let catalog = context
            .selected_catalog(Some(&state_and_settings.settings), Some(&state_and_settings.state.folder))?;
        return Ok(WantedDashboard::new(dashboard(&catalog, &input.title.title))?);
    };
    let (name, text) = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("cannot read stdin")?;
        ("stdin".to_owned(), text)
    } else {
        let name = file.display().to_string();
        (name.clone(), fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?)
    };
    WantedDashboard::parse(&text).with_context(|| format!("the dashboard in {name} cannot be used"))
}

async fn push(
    wanted: &WantedDashboard,
    force: bool,
    connection: &Connection,
    store: Option<&Store>,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    let remembered = remembered(connection, store, wanted.title());
    let planned = connection.api.plan_dashboard(wanted, remembered.as_deref()).await.map_err(with_hint)?;
    let step = PlanStep::planned(wanted.title(), planned.id.clone(), &planned.action);
    if let Some(reason) = step.overwrites
        && !force
    {
        show(&[step.left()], stdout)?;
        tracing::error!("the dashboard was not pushed: {reason}; --force overwrites it");
        return Ok(ExitStatus::Different);
    }
    let pushed = connection.api.push_dashboard(wanted, &planned).await?;
    let mut step = step.done();
    if let Some(pushed) = pushed {
        if !pushed.changed.is_empty() {
            tracing::warn!(
                "Datadog stored a different dashboard; the next push will find these differences:\n{}",
                pushed.changed
            );
        }
        step.url = pushed.url.map(|path| connection.page_url(&path));
        step.id = Some(pushed.id);
    }
    if let (Some(store), Some(id)) = (store, &step.id) {
        let stored = store.remember_dashboard(&connection.name_in_store(), wanted.title(), id);
        if let Err(error) = stored {
            tracing::warn!("cannot remember the dashboard's id: {error}");
        }
    }
    show(&[step], stdout)?;
    Ok(ExitStatus::Done)
}

async fn list(connection: &Connection, stdout: Stdout) -> anyhow::Result<ExitStatus> {
    let mut managed = connection.api.managed_dashboards().await?;
    managed.sort_by(|one, other| (&one.title, &one.id).cmp(&(&other.title, &other.id)));
    let steps: Vec<PlanStep> = managed
        .into_iter()
        .map(|summary| PlanStep {
            url: summary.url.map(|path| connection.page_url(&path)),
            ..PlanStep::new(StepStatus::Managed, &summary.title, Some(summary.id))
        })
        .collect();
    show(&steps, stdout)?;
    Ok(ExitStatus::Done)
}

async fn delete(
    name: &str,
    yes: &YesArguments,
    connection: &Connection,
    store: Option<&Store>,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    let found = connection.api.find_dashboard(name).await.map_err(with_hint)?;
    let text = |name| found.get(name).and_then(Value::as_str).unwrap_or_default();
    let (id, title) = (text("id"), text("title"));
    if !is_managed_dashboard(&found) {
        bail!("the dashboard `{title}` ({id}) was not created by a push; delete it in Datadog instead");
    }
    if !yes.confirm(&format!("Delete the dashboard `{title}` ({id})?"))? {
        return Ok(ExitStatus::Different);
    }
    connection.api.delete_dashboard(id).await?;
    if let Some(Err(error)) = store.map(|store| store.forget_dashboard(&connection.name_in_store(), id)) {
        tracing::warn!("cannot forget the dashboard's id: {error}");
    }
    show(&[PlanStep::new(StepStatus::Deleted, title, Some(id.to_owned()))], stdout)?;
    Ok(ExitStatus::Done)
}

/// If a dashboard does not exist, names the command that lists the managed ones.
fn with_hint(error: DashboardError) -> anyhow::Error {
    match error {
        DashboardError::Missing(_) => anyhow!("{error}; the command `dashboard list` lists the managed ones"),
        error => error.into(),
    }
}

/// The id that an earlier push stored for the dashboard with this title.
fn remembered(connection: &Connection, store: Option<&Store>, title: &str) -> Option<String> {
    let remembered = store?.dashboard_id(&connection.name_in_store(), title);
    remembered.unwrap_or_else(|error| {
        tracing::warn!("cannot look up the dashboard's id: {error}");
        None
    })
}
