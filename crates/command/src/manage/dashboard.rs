//! `report dashboard`.

use std::{
    fs,
    io::{self, IsTerminal, Read, Write},
    path::Path,
};

use anyhow::{Context as _, bail};
use serde_json::Value;
use system_health_datadog::{
    Action, WantedDashboard, dashboard, dashboard_json, is_managed_dashboard, written,
};
use system_health_registry::Catalog;
use system_health_state::Store;

use super::{
    connection::{self, Connection},
    step::{Step, Steps, Verb},
};
use crate::{
    args::{
        DashboardAction, DashboardArguments, DashboardSource,
        Format::{Json, Table},
    },
    exit::Status,
    output::Stdout,
};

/// Does what the action says.
pub(super) async fn run(
    arguments: &DashboardArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<Status> {
    let Some(action) = &arguments.action else {
        // Always JSON: it is what Datadog imports.
        stdout.one_of(&[Table, Json])?;
        return print(&dashboard_json(&dashboard(catalog, &arguments.title.title))?, stdout);
    };
    match action {
        DashboardAction::Push { source, force, kept } => {
            let stdout = stdout.one_of(&[Table, Json])?;
            let wanted = wanted(source, catalog)?;
            let settings = connection::settings(&kept.settings)?;
            let store = connection::store(&kept.state, &settings)?;
            let connection = Connection::open(&settings).await?;
            push(&wanted, *force, &connection, store.as_ref(), stdout).await
        }
        DashboardAction::Diff { source, kept } => {
            let stdout = stdout.one_of(&[Table, Json])?;
            let wanted = wanted(source, catalog)?;
            let settings = connection::settings(&kept.settings)?;
            let store = connection::store_to_read(&kept.state, &settings)?;
            let connection = Connection::open(&settings).await?;
            let remembered = remembered(&connection, store.as_ref(), wanted.title());
            let planned = connection.api.plan_dashboard(&wanted, remembered.as_deref()).await?;
            let step = Step::planned(wanted.title(), planned.id, &planned.action);
            show(&[step], stdout)?;
            Ok(if planned.action == Action::Keep { Status::Done } else { Status::NotAsWanted })
        }
        DashboardAction::Pull { dashboard, settings } => {
            let connection = Connection::open(&connection::settings(settings)?).await?;
            print(&written(&connection.api.find_dashboard(dashboard).await?), stdout)
        }
        DashboardAction::List { settings } => {
            let stdout = stdout.one_of(&[Table, Json])?;
            let connection = Connection::open(&connection::settings(settings)?).await?;
            list(&connection, stdout).await
        }
        DashboardAction::Delete { dashboard, yes, kept } => {
            let stdout = stdout.one_of(&[Table, Json])?;
            let settings = connection::settings(&kept.settings)?;
            let store = connection::store(&kept.state, &settings)?;
            let connection = Connection::open(&settings).await?;
            delete(dashboard, yes.yes, &connection, store.as_ref(), stdout).await
        }
    }
}

fn print(dashboard: &Value, stdout: Stdout) -> anyhow::Result<Status> {
    stdout.write(&(serde_json::to_string_pretty(dashboard)? + "\n"))?;
    Ok(Status::Done)
}

/// The dashboard of the linked metrics, or the one in a file.
fn wanted(source: &DashboardSource, catalog: &Catalog) -> anyhow::Result<WantedDashboard> {
    let Some(file) = &source.file else {
        return Ok(WantedDashboard::new(dashboard(catalog, &source.title.title))?);
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
) -> anyhow::Result<Status> {
    let remembered = remembered(connection, store, wanted.title());
    let planned = connection.api.plan_dashboard(wanted, remembered.as_deref()).await?;
    let step = Step::planned(wanted.title(), planned.id.clone(), &planned.action);
    if step.needs_force() && !force {
        show(&[step.left()], stdout)?;
        tracing::error!("nothing was pushed; --force overwrites the dashboard as shown");
        return Ok(Status::NotAsWanted);
    }
    let pushed = connection.api.push_dashboard(wanted, &planned).await?;
    let mut step = step.done();
    if let Some(pushed) = pushed {
        if !pushed.changed.is_empty() {
            tracing::warn!(
                "Datadog made something else of it, and the next push will find this to be changed:\n{}",
                pushed.changed
            );
        }
        step.url = pushed.url.map(|path| connection.page(&path));
        step.id = Some(pushed.id);
    }
    if let (Some(store), Some(id)) = (store, &step.id) {
        let kept = store.remember_dashboard(&connection.name_in_state(), wanted.title(), id);
        if let Err(error) = kept {
            tracing::warn!("cannot keep the dashboard's id: {error}");
        }
    }
    show(&[step], stdout)?;
    Ok(Status::Done)
}

async fn list(connection: &Connection, stdout: Stdout) -> anyhow::Result<Status> {
    let mut managed = connection.api.managed_dashboards().await?;
    managed.sort_by(|one, other| (&one.title, &one.id).cmp(&(&other.title, &other.id)));
    let steps: Vec<Step> = managed
        .into_iter()
        .map(|summary| Step {
            url: summary.url.map(|path| connection.page(&path)),
            ..Step::new(Verb::Managed, &summary.title, Some(summary.id))
        })
        .collect();
    show(&steps, stdout)?;
    Ok(Status::Done)
}

async fn delete(
    name: &str,
    yes: bool,
    connection: &Connection,
    store: Option<&Store>,
    stdout: Stdout,
) -> anyhow::Result<Status> {
    let found = connection.api.find_dashboard(name).await?;
    let text = |name| found.get(name).and_then(Value::as_str).unwrap_or_default();
    let (id, title) = (text("id"), text("title"));
    if !is_managed_dashboard(&found) {
        bail!("the dashboard `{title}` ({id}) was not made by a push; delete it in Datadog if it has to go");
    }
    if !confirmed(&format!("Delete the dashboard `{title}` ({id})?"), yes)? {
        return Ok(Status::NotAsWanted);
    }
    connection.api.delete_dashboard(id).await?;
    if let Some(store) = store {
        store.forget_dashboard(&connection.name_in_state(), id)?;
    }
    show(&[Step::new(Verb::Deleted, title, Some(id.to_owned()))], stdout)?;
    Ok(Status::Done)
}

fn remembered(connection: &Connection, store: Option<&Store>, title: &str) -> Option<String> {
    let remembered = store?.dashboard(&connection.name_in_state(), title);
    remembered.unwrap_or_else(|error| {
        tracing::warn!("cannot read the dashboard's id: {error}");
        None
    })
}

pub(super) fn show(steps: &[Step], stdout: Stdout) -> anyhow::Result<()> {
    stdout.print(Steps(steps), steps)
}

/// Asks on the terminal whether something may be done that cannot be undone.
pub(super) fn confirmed(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        bail!("nobody can be asked here; --yes says that it may be deleted");
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
