//! Decides which deployments failed, when each failure ended, and which deployments were made because of a failure. It makes
//! no requests. `docs/metrics.md` defines the rules.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use system_health_registry::EvidenceItem;

use super::{change::Change, deployment::Success, incident::Incident, reference, step::Step};
use crate::{
    commits::{Classification, Classifier, HistoryChoice, LabelNames},
    short_id::short_id,
};

/// What is known about a sequence of deployments. The position of a deployment is its index in `successes`.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeploymentHistory<'a> {
    pub(super) successes: &'a [Success],
    pub(super) steps: &'a BTreeMap<usize, Step>,
    /// The commits of the branch that were not deployed yet.
    pub(super) undeployed: &'a [Change],
    pub(super) incidents: &'a [Incident],
}

/// What counts as a failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) failure_window: Duration,
    /// Which commits can be reverts and hotfixes.
    pub(super) history: HistoryChoice,
    /// The watched branch. The labels of a pull request count if it was merged, or may have been merged, into this branch.
    pub(super) branch: &'a str,
    pub(super) hotfixes: &'a Classifier,
    pub(super) hotfix_labels: &'a LabelNames,
    pub(super) reverts: &'a Classifier,
    pub(super) revert_labels: &'a LabelNames,
}

/// A sign that a deployment failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) reason: String,
    pub(super) kind: SignKind,
    /// When the problem ended. `None` if it has not ended.
    pub(super) ended_at: Option<SystemTime>,
}

/// The kind of a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignKind {
    Rollback,
    /// A revert or a hotfix.
    Commit,
    /// An issue that was opened at this time.
    Incident(SystemTime),
}

/// The result of the analysis. The keys are the positions of deployments.
#[derive(Debug, Clone, Default)]
pub(super) struct Analysis {
    /// The signs of each deployment that failed.
    pub(super) failed: BTreeMap<usize, Vec<Sign>>,
    /// Why a deployment was made because of a failure.
    pub(super) rework: BTreeMap<usize, String>,
    /// Incidents and commits that are not signs that a known deployment failed, with the times when they were opened or
    /// landed.
    pub(super) ignored: Vec<(SystemTime, EvidenceItem)>,
}

/// The position of a deployment and its changes. With `None`, the changes that were not deployed yet.
type PositionedChanges<'a> = (Option<usize>, &'a [Change]);

impl Analysis {
    pub(super) fn new(history: &DeploymentHistory<'_>, rules: &Rules<'_>) -> Self {
        let mut analysis = Self::default();
        analysis.add_rollbacks(history, rules);
        for (deployment, changes) in history.changes_by_deployment() {
            for change in changes {
                analysis.add_change(history, rules, (deployment, changes), change);
            }
        }
        for incident in history.incidents {
            analysis.add_incident(history, incident);
        }
        analysis
    }

    /// When the failure of a deployment ended: when all of its signs had ended. `None` if a sign has not ended. A rollback
    /// takes the deployment out of production, so it ends the signs of commits, and of incidents that were opened before it.
    pub(super) fn ended_at(&self, failed: usize) -> Option<SystemTime> {
        let signs = self.failed.get(&failed)?;
        let rollback = signs
            .iter()
            .filter(|sign| sign.kind == SignKind::Rollback)
            .filter_map(|sign| sign.ended_at)
            .min();
        let ends: Option<Vec<_>> = signs
            .iter()
            .map(|sign| match (rollback, sign.kind) {
                (Some(rollback), SignKind::Rollback | SignKind::Commit) => Some(rollback),
                (Some(rollback), SignKind::Incident(opened_at)) if opened_at <= rollback => Some(rollback),
                _ => sign.ended_at,
            })
            .collect();
        ends?.into_iter().max()
    }

    fn add_rollbacks(&mut self, history: &DeploymentHistory<'_>, rules: &Rules<'_>) {
        for (&index, step) in history.steps {
            let Some(before) = index.checked_sub(1).filter(|_| *step == Step::RolledBack) else { continue };
            let at = history.successes[index].at;
            // Each of several rollbacks in a row rolled back the deployment before all of them.
            let failed = history.last_up_to(before).unwrap_or(before);
            if is_within(at, history.successes[failed].at, rules.failure_window) {
                let reason = format!("it was rolled back by the {}", history.successes[index].title);
                self.add(failed, Sign { reason, kind: SignKind::Rollback, ended_at: Some(at) });
                self.rework.insert(index, format!("it rolled back the {}", history.successes[failed].title));
            }
        }
    }

    fn add_change(
        &mut self,
        history: &DeploymentHistory<'_>,
        rules: &Rules<'_>,
        (deployment, changes): PositionedChanges<'_>,
        change: &Change,
    ) {
        let Some((form, is_revert)) = rules.classify(change) else { return };
        let end = deployment.unwrap_or(history.successes.len());
        // Several commits may have the same subject, so a quoted subject counts only if the message names no known commit in
        // another way.
        let is_named = is_revert && history.has_change(|other| reference::names_reverted(change, other));
        let reverts: fn(&Change, &Change) -> bool =
            if is_named { reference::names_reverted } else { reference::quotes_reverted };
        if is_revert && changes.iter().any(|other| reverts(change, other)) {
            let reason = "it reverts a commit that was not deployed before it";
            self.ignored.push((change.landed_at, change.item(false, reason)));
            return;
        }
        let deployment_of_reverted = || {
            let brought = |step: &Step| match step {
                Step::Brought(changes) => changes.iter().any(|other| reverts(change, other)),
                _ => false,
            };
            let mut before = history.steps.range(..end).rev();
            before.find(|(_, step)| brought(step)).map(|(index, _)| *index)
        };
        let by_commit = if is_revert { deployment_of_reverted() } else { None };
        // A commit landed before its own deployment, even if its date is not earlier. A lightweight tag has the date of its
        // commit.
        let by_time = || history.live_at(change.landed_at, end);
        let Some(failed) = by_commit.or_else(by_time) else {
            let reason = "no earlier deployment is known";
            self.ignored.push((change.landed_at, change.item(false, reason)));
            return;
        };
        if !is_within(change.landed_at, history.successes[failed].at, rules.failure_window) {
            let window = humantime::format_duration(rules.failure_window);
            let reason =
                format!("it landed more than {window} after the {}", history.successes[failed].title);
            self.ignored.push((change.landed_at, change.item(false, reason)));
            return;
        }
        let what = format!("{} {}", short_id(&change.id), change.subject());
        let ended_at = deployment.map(|index| history.successes[index].at);
        let suffix = if ended_at.is_some() { "" } else { ", and the commit was not deployed yet" };
        let reason = format!("{what}: {form}{suffix}");
        self.add(failed, Sign { reason, kind: SignKind::Commit, ended_at });
        if let Some(index) = deployment {
            self.rework.entry(index).or_insert(format!("it brought {what}"));
        }
    }

    fn add_incident(&mut self, history: &DeploymentHistory<'_>, incident: &Incident) {
        let Incident { number, created_at, .. } = *incident;
        let title = format!("#{number} {}", incident.title);
        let mut ignore = |reason: &str| {
            let item = EvidenceItem::new(&title, false, reason).with_link(Some(&incident.web_page));
            self.ignored.push((created_at, item));
        };
        if incident.is_dismissed {
            return ignore("it was closed as not planned or as a duplicate");
        }
        let earlier =
            || (0..history.successes.len()).rev().filter(|&index| history.successes[index].at <= created_at);
        let named =
            earlier().find(|&index| reference::names_deployment(&incident.body, &history.successes[index]));
        let Some(failed) = named.or_else(|| history.live_at(created_at, history.successes.len())) else {
            return ignore("no earlier deployment is known");
        };
        let is_fix = |change: &Change| reference::fixes(&change.message, number);
        let fixes = history.changes_by_deployment().filter(|(deployment, changes)| {
            deployment.is_none_or(|index| index > failed) && changes.iter().any(is_fix)
        });
        let (mut ended_at, mut suffix) = match incident.closed_at {
            Some(closed_at) => (Some(closed_at), ""),
            None => (None, ", which is open"),
        };
        for (deployment, _) in fixes {
            let Some(index) = deployment else {
                (ended_at, suffix) = (None, ", whose fix was not deployed yet");
                break;
            };
            self.rework.entry(index).or_insert(format!("it fixed {title}"));
            let at = history.successes[index].at;
            // If the incident was reopened after this deployment, the deployment did not fix it.
            if incident.reopened_at.is_none_or(|reopened_at| reopened_at <= at) {
                (ended_at, suffix) = (Some(at), "");
                break;
            }
        }
        self.add(
            failed,
            Sign {
                reason: format!("incident {title}{suffix}"),
                kind: SignKind::Incident(created_at),
                ended_at,
            },
        );
    }

    fn add(&mut self, failed: usize, sign: Sign) {
        self.failed.entry(failed).or_default().push(sign);
    }
}

impl Rules<'_> {
    /// Why a change is a revert or a hotfix, and whether it is a revert.
    fn classify(&self, change: &Change) -> Option<(String, bool)> {
        if self.history == HistoryChoice::FirstParent && !change.is_first_parent {
            return None;
        }
        let reason = |classifier: &Classifier, labels: &LabelNames| match classifier.classify(&change.message)
        {
            Classification::Counts(form) => Some(form),
            _ => change.label_reason(self.branch, labels),
        };
        if let Some(revert) = reason(self.reverts, self.revert_labels) {
            return Some((revert, true));
        }
        reason(self.hotfixes, self.hotfix_labels).map(|hotfix| (hotfix, false))
    }
}

impl<'a> DeploymentHistory<'a> {
    /// The changes of each deployment, from the first to the last, and then those that were not deployed yet.
    fn changes_by_deployment(&self) -> impl Iterator<Item = PositionedChanges<'a>> + use<'a> {
        let brought = self.steps.iter().filter_map(|(index, step)| match step {
            Step::Brought(changes) => Some((Some(*index), &**changes)),
            _ => None,
        });
        brought.chain([(None, self.undeployed)])
    }

    /// Whether one of the changes fulfils a condition.
    fn has_change(&self, condition: impl Fn(&Change) -> bool) -> bool {
        self.changes_by_deployment().any(|(_, changes)| changes.iter().any(&condition))
    }

    /// The last deployment up to a time, without rollbacks, among those before the position `end`.
    fn live_at(&self, time: SystemTime, end: usize) -> Option<usize> {
        let last = self.successes[..end].iter().rposition(|success| success.at <= time)?;
        self.last_up_to(last)
    }

    /// The last deployment up to a position, without rollbacks. A problem that is found after a rollback counts for the
    /// deployment that was rolled back.
    fn last_up_to(&self, last: usize) -> Option<usize> {
        (0..=last).rev().find(|index| self.steps.get(index) != Some(&Step::RolledBack))
    }
}

/// Whether something happened at most `window` after a deployment. A time before the deployment is accepted, because the date
/// of a commit comes from somebody's clock.
fn is_within(time: SystemTime, deployed_at: SystemTime, window: Duration) -> bool {
    time.duration_since(deployed_at).unwrap_or_default() <= window
}
