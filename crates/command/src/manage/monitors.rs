//! `report monitors`.

use anyhow::bail;
use system_health_datadog::{
    DatadogError, ManagedMonitor, MonitorPlan, PlannedMonitor, Scope, WantedMonitor,
};
use system_health_registry::{Catalog, Settings};

use super::{
    connection::{self, Connection},
    dashboard::{confirmed, show},
    settings::monitors,
    step::{Step, Verb},
};
use crate::{
    args::{
        Format::{Json, Table},
        MonitorsAction, MonitorsArguments, SettingsArguments,
    },
    exit::Status,
    output::Stdout,
};

/// Does what the action says.
pub(super) async fn run(
    arguments: &MonitorsArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<Status> {
    let Some(action) = &arguments.action else {
        // Always JSON: it is what Datadog imports.
        stdout.one_of(&[Table, Json])?;
        let (_, _, wanted) = prepare(&arguments.settings, catalog)?;
        let monitors = wanted.iter().map(WantedMonitor::json).collect::<Result<Vec<_>, _>>()?;
        stdout.write(&(serde_json::to_string_pretty(&monitors)? + "\n"))?;
        return Ok(Status::Done);
    };
    let stdout = stdout.one_of(&[Table, Json])?;
    match action {
        MonitorsAction::Push { force, prune, settings } => {
            let (settings, scope, wanted) = prepare(settings, catalog)?;
            let connection = Connection::open(&settings).await?;
            let plan = connection.api.plan_monitors(&wanted, &scope).await?;
            push(&plan, *force, *prune, &connection, stdout).await
        }
        MonitorsAction::Diff { settings } => {
            let (settings, scope, wanted) = prepare(settings, catalog)?;
            let connection = Connection::open(&settings).await?;
            let plan = connection.api.plan_monitors(&wanted, &scope).await?;
            let mut steps = steps(&plan);
            steps.extend(plan.stale.iter().map(|monitor| managed(Verb::Stale, monitor)));
            let differs = steps.iter().any(|step| step.action != Verb::Keep);
            steps.extend(plan.copies.iter().map(|monitor| managed(Verb::Copy, monitor)));
            show(&steps, stdout)?;
            Ok(if differs { Status::NotAsWanted } else { Status::Done })
        }
        MonitorsAction::Delete { keys, yes, settings } => {
            let settings = connection::settings(settings)?;
            let scope = connection::scope(&settings)?;
            let connection = Connection::open(&settings).await?;
            let there = connection.api.managed_monitors(&scope).await?;
            delete(there, keys, yes.yes, &connection, stdout).await
        }
    }
}

type Prepared = (Settings, Scope, Vec<WantedMonitor>);

fn prepare(arguments: &SettingsArguments, catalog: &Catalog) -> anyhow::Result<Prepared> {
    let settings = connection::settings(arguments)?;
    let scope = connection::scope(&settings)?;
    if scope.tags().iter().any(|tag| tag == "env:development") {
        tracing::warn!(
            "these monitors look only at what is reported with env:development; for another environment, set DD_ENV, or \
             `env` in [report], as the reporter has it"
        );
    }
    let wanted = monitors(catalog, &scope, &settings)?;
    Ok((settings, scope, wanted))
}

fn steps(plan: &MonitorPlan<'_>) -> Vec<Step> {
    let step = |planned: &PlannedMonitor<'_>| {
        Step::planned(planned.wanted.name(), planned.id.map(|id| id.to_string()), &planned.action)
    };
    plan.monitors.iter().map(step).collect()
}

fn managed(verb: Verb, monitor: &ManagedMonitor) -> Step {
    Step::new(verb, &monitor.name, Some(monitor.id.to_string()))
}

async fn push(
    plan: &MonitorPlan<'_>,
    force: bool,
    prune: bool,
    connection: &Connection,
    stdout: Stdout,
) -> anyhow::Result<Status> {
    let mut done = Vec::new();
    let pushed = push_all(plan, force, prune, connection, &mut done).await;
    // What was done is said also where the rest was not.
    show(&done, stdout)?;
    pushed?;
    warn_without_recipients(plan);
    let any = |verb| done.iter().any(|step| step.action == verb);
    if any(Verb::Copy) {
        tracing::warn!(
            "copies of managed monitors are left alone; take the tag managed_by:system-health off them"
        );
    }
    if any(Verb::Stale) {
        tracing::warn!(
            "stale monitors are of no linked metric and of no goal in [monitors]; --prune deletes them"
        );
    }
    if any(Verb::Left) {
        tracing::error!("some monitors were left as they are; --force overwrites them");
        return Ok(Status::NotAsWanted);
    }
    Ok(Status::Done)
}

fn warn_without_recipients(plan: &MonitorPlan<'_>) {
    let wanted = plan.monitors.iter().map(|planned| planned.wanted);
    let silent: Vec<&str> =
        wanted.filter(|monitor| !monitor.notifies_somebody()).map(WantedMonitor::metric).collect();
    if silent.is_empty() {
        return;
    }
    let all = plan.monitors.len();
    let which = if silent.len() < all { format!(" ({})", silent.join(", ")) } else { String::new() };
    tracing::warn!(
        "{} of {all} monitors notify nobody when they alert{which}; `notify` in [monitors] says whom to notify, such as \
         notify = [\"@slack-ops\"]",
        silent.len()
    );
}

/// Goes on until Datadog refuses something, or is not reached.
async fn push_all(
    plan: &MonitorPlan<'_>,
    force: bool,
    prune: bool,
    connection: &Connection,
    done: &mut Vec<Step>,
) -> Result<(), DatadogError> {
    for (planned, step) in plan.monitors.iter().zip(steps(plan)) {
        if step.needs_force() && !force {
            done.push(step.left());
            continue;
        }
        let id = connection.api.push_monitor(planned).await?;
        done.push(Step { id: id.map(|id| id.to_string()), ..step.done() });
    }
    for monitor in &plan.stale {
        if !prune {
            done.push(managed(Verb::Stale, monitor));
        } else if monitor.is_edited() && !force {
            let overwrites = Some("it was changed in Datadog since the last push");
            done.push(Step { overwrites, ..managed(Verb::Left, monitor) });
        } else {
            connection.api.delete_monitor(monitor.id).await?;
            done.push(managed(Verb::Deleted, monitor));
        }
    }
    done.extend(plan.copies.iter().map(|monitor| managed(Verb::Copy, monitor)));
    Ok(())
}

async fn delete(
    mut there: Vec<ManagedMonitor>,
    keys: &[String],
    yes: bool,
    connection: &Connection,
    stdout: Stdout,
) -> anyhow::Result<Status> {
    if let Some(unknown) = keys.iter().find(|key| !there.iter().any(|monitor| monitor.is_of(key))) {
        bail!("there is no managed monitor of `{unknown}`; `report monitors diff` shows them");
    }
    there.retain(|monitor| keys.is_empty() || keys.iter().any(|key| monitor.is_of(key)));
    if there.is_empty() {
        show(&[], stdout)?;
        return Ok(Status::Done);
    }
    let names: Vec<String> = there.iter().map(|monitor| format!("  {}", monitor.name)).collect();
    let question = format!("{}\nDelete these {} monitors?", names.join("\n"), there.len());
    if !confirmed(&question, yes)? {
        return Ok(Status::NotAsWanted);
    }
    let mut deleted = Vec::new();
    let mut result = Ok(());
    for monitor in &there {
        result = connection.api.delete_monitor(monitor.id).await;
        if result.is_err() {
            break;
        }
        deleted.push(managed(Verb::Deleted, monitor));
    }
    show(&deleted, stdout)?;
    result?;
    Ok(Status::Done)
}
