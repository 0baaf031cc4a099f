//! `report monitors`.

use anyhow::bail;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use system_health_command::{
    CommandContext, CommandType, ExitStatus,
    Format::{Json, Table},
    Stdout, Target, register_command,
};
use system_health_datadog::{
    DatadogError, ManagedMonitor, MonitorPlan, MonitorScope, PlannedMonitor, WantedMonitor,
};
use system_health_registry::{Catalog, Settings, settings::NameSuggestions};

use super::{
    arguments::{MonitorsAction, MonitorsArguments},
    wanted::wanted_monitors,
};
use crate::{
    confirm::YesArguments,
    connection::{self, Connection},
    plan_step::{CHANGED_IN_DATADOG, PlanStep, StepStatus, show},
    run::run,
};

register_command!(CommandType {
    command: MonitorsArguments::command,
    target: Some(Target {
        name: "datadog",
        summary: "Monitors of Datadog as JSON; the actions are for Datadog only",
        is_default: true,
    }),
    formats: &[Table, Json],
    run: |matches, context| run(execute(matches, context)),
});

async fn execute(matches: &ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
    let arguments = MonitorsArguments::from_arg_matches(matches)?;
    let catalog = || context.known_catalog(Some(arguments.settings()), None);
    // JSON is what Datadog imports, so it is also printed where other commands print a table.
    let stdout = context.stdout();
    let settings = context.settings(arguments.settings())?;
    let scope = connection::scope(&settings)?;
    match &arguments.action {
        None => {
            let wanted = wanted(&catalog()?, &scope, &settings)?;
            let monitors = wanted.iter().map(WantedMonitor::json).collect::<Result<Vec<_>, _>>()?;
            stdout.write(&(serde_json::to_string_pretty(&monitors)? + "\n"))?;
            Ok(ExitStatus::Done)
        }
        Some(MonitorsAction::Push { force, prune, .. }) => {
            let wanted = wanted(&catalog()?, &scope, &settings)?;
            let connection = Connection::open(&settings).await?;
            let plan = connection.api.plan_monitors(&wanted, &scope).await?;
            push(&plan, *force, *prune, &connection, stdout).await
        }
        Some(MonitorsAction::Diff { .. }) => {
            let wanted = wanted(&catalog()?, &scope, &settings)?;
            let connection = Connection::open(&settings).await?;
            diff(&connection.api.plan_monitors(&wanted, &scope).await?, stdout)
        }
        Some(MonitorsAction::Delete { keys, yes, .. }) => {
            let connection = Connection::open(&settings).await?;
            let managed = connection.api.managed_monitors(&scope).await?;
            delete(managed, keys, yes, &connection, stdout).await
        }
    }
}

/// The monitors that Datadog should have.
fn wanted(
    catalog: &Catalog,
    scope: &MonitorScope,
    settings: &Settings,
) -> anyhow::Result<Vec<WantedMonitor>> {
    if scope.tags().iter().any(|tag| tag == "env:development") {
        tracing::warn!(
            "these monitors watch only points with the tag env:development; for another environment, set DD_ENV, or `env` \
             in [report], to the same value as the reporter"
        );
    }
    wanted_monitors(catalog, scope, settings)
}

fn diff(plan: &MonitorPlan<'_>, stdout: Stdout) -> anyhow::Result<ExitStatus> {
    let mut steps = steps(plan);
    steps.extend(plan.stale.iter().map(|monitor| managed_step(StepStatus::Stale, monitor)));
    let differs = steps.iter().any(|step| step.status != StepStatus::Keep);
    steps.extend(plan.copies.iter().map(|monitor| managed_step(StepStatus::Copy, monitor)));
    show(&steps, stdout)?;
    Ok(if differs { ExitStatus::Different } else { ExitStatus::Done })
}

fn steps(plan: &MonitorPlan<'_>) -> Vec<PlanStep> {
    let step = |planned: &PlannedMonitor<'_>| {
        PlanStep::planned(planned.wanted.name(), planned.id.map(|id| id.to_string()), &planned.action)
    };
    plan.monitors.iter().map(step).collect()
}

fn managed_step(status: StepStatus, monitor: &ManagedMonitor) -> PlanStep {
    PlanStep::new(status, &monitor.name, Some(monitor.id.to_string()))
}

async fn push(
    plan: &MonitorPlan<'_>,
    force: bool,
    prune: bool,
    connection: &Connection,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    let mut done = Vec::new();
    let pushed = push_all(plan, force, prune, connection, &mut done).await;
    // Show completed steps even if a later one failed.
    show(&done, stdout)?;
    pushed?;
    warn_of_missing_recipients(plan);
    let has_step = |status| done.iter().any(|step| step.status == status);
    if has_step(StepStatus::Copy) {
        tracing::warn!(
            "copies of managed monitors are not changed; remove the tag managed_by:system-health from them"
        );
    }
    if has_step(StepStatus::Stale) {
        tracing::warn!(
            "stale monitors are those that the metrics and the settings no longer define; --prune deletes them"
        );
    }
    if has_step(StepStatus::Left) {
        tracing::error!(
            "some monitors were left as they are, because a push would undo changes made in Datadog; --force pushes anyway"
        );
        return Ok(ExitStatus::Different);
    }
    Ok(ExitStatus::Done)
}

fn warn_of_missing_recipients(plan: &MonitorPlan<'_>) {
    let wanted = plan.monitors.iter().map(|planned| planned.wanted);
    let without_recipients: Vec<&str> =
        wanted.filter(|monitor| !monitor.notifies_somebody()).map(WantedMonitor::metric).collect();
    if without_recipients.is_empty() {
        return;
    }
    let total = plan.monitors.len();
    let which = if without_recipients.len() < total {
        format!(" ({})", without_recipients.join(", "))
    } else {
        String::new()
    };
    tracing::warn!(
        "{} of {total} monitors notify nobody when they alert{which}; list recipients as `notify` in [monitors], such as \
         notify = [\"@slack-ops\"]",
        without_recipients.len()
    );
}

/// Executes the plan. Stops at the first request that fails.
async fn push_all(
    plan: &MonitorPlan<'_>,
    force: bool,
    prune: bool,
    connection: &Connection,
    done: &mut Vec<PlanStep>,
) -> Result<(), DatadogError> {
    for (planned, step) in plan.monitors.iter().zip(steps(plan)) {
        if step.needs_force() && !force {
            done.push(step.left());
            continue;
        }
        let id = connection.api.push_monitor(planned).await?;
        done.push(PlanStep { id: id.map(|id| id.to_string()), ..step.done() });
    }
    for monitor in &plan.stale {
        if !prune {
            done.push(managed_step(StepStatus::Stale, monitor));
        } else if monitor.is_edited() && !force {
            let overwrites = Some(CHANGED_IN_DATADOG);
            done.push(PlanStep { overwrites, ..managed_step(StepStatus::Left, monitor) });
        } else {
            connection.api.delete_monitor(monitor.id).await?;
            done.push(managed_step(StepStatus::Deleted, monitor));
        }
    }
    done.extend(plan.copies.iter().map(|monitor| managed_step(StepStatus::Copy, monitor)));
    Ok(())
}

async fn delete(
    mut managed_monitors: Vec<ManagedMonitor>,
    keys: &[String],
    yes: &YesArguments,
    connection: &Connection,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    if let Some(unknown) =
        keys.iter().find(|key| !managed_monitors.iter().any(|monitor| monitor.watches(key)))
    {
        let known = managed_monitors.iter().filter_map(ManagedMonitor::metric);
        bail!("there is no managed monitor for `{unknown}`{}", NameSuggestions::nearest_to(unknown, known));
    }
    managed_monitors.retain(|monitor| keys.is_empty() || keys.iter().any(|key| monitor.watches(key)));
    if managed_monitors.is_empty() {
        show(&[], stdout)?;
        return Ok(ExitStatus::Done);
    }
    let names: Vec<String> = managed_monitors.iter().map(|monitor| format!("  {}", monitor.name)).collect();
    let which = match managed_monitors.len() {
        1 => "this monitor".to_owned(),
        number => format!("these {number} monitors"),
    };
    let question = format!("{}\nDelete {which}?", names.join("\n"));
    if !yes.confirm(&question)? {
        return Ok(ExitStatus::Different);
    }
    let mut deleted = Vec::new();
    let mut result = Ok(());
    for monitor in &managed_monitors {
        result = connection.api.delete_monitor(monitor.id).await;
        if result.is_err() {
            break;
        }
        deleted.push(managed_step(StepStatus::Deleted, monitor));
    }
    show(&deleted, stdout)?;
    result?;
    Ok(ExitStatus::Done)
}
