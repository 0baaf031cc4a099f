//! Decides from the checks of a commit whether the required ones pass.

use std::collections::BTreeMap;

use system_health_registry::EvidenceItem;

use super::check::{Check, CheckSource, CheckState, RequiredCheck};
use crate::short_id::short_id;

/// What the required checks say about a commit.
#[derive(Debug)]
pub(super) struct CommitVerdict {
    pub(super) state: CheckState,
    /// The page of the first failed check that has one.
    pub(super) web_page: Option<String>,
    /// The checks that are missing or decide nothing, as text for the reason of no data.
    pub(super) undecided: Vec<String>,
    pub(super) evidence: Vec<EvidenceItem>,
}

/// Judges a commit. One failed check decides, even if other checks are undecided.
pub(super) fn judge(commit: &str, required: &[RequiredCheck], checks: &[Check]) -> CommitVerdict {
    let found: Vec<(&RequiredCheck, Vec<&Check>)> =
        required.iter().map(|needed| (needed, latest(needed, checks))).collect();
    let mut verdict = CommitVerdict {
        state: combined_state(&found),
        web_page: None,
        undecided: Vec::new(),
        evidence: Vec::new(),
    };
    for (needed, latest) in found {
        if latest.is_empty() {
            verdict.undecided.push(format!("`{}` is missing", needed.name));
            let title = title(commit, needed);
            verdict.evidence.push(EvidenceItem::new(title, false, "the commit has no such check"));
        }
        for check in latest {
            match check.state {
                CheckState::Passed => {}
                CheckState::Failed => {
                    verdict.web_page = verdict.web_page.take().or_else(|| check.web_page.clone());
                }
                CheckState::Undecided => {
                    verdict.undecided.push(format!("`{}` is {}", check.name, check.word));
                }
            }
            // If a check failed, the checks that passed do not count. If the commit is undecided, no check counts.
            let decides = check.state != CheckState::Undecided && check.state == verdict.state;
            let item = EvidenceItem::new(title(commit, needed), decides, &*check.word);
            verdict.evidence.push(item.with_link(check.web_page.as_deref()));
        }
    }
    verdict
}

/// The state of a commit, from the latest checks for each required check.
fn combined_state(found: &[(&RequiredCheck, Vec<&Check>)]) -> CheckState {
    let has = |state| found.iter().flat_map(|(_, latest)| latest).any(|check| check.state == state);
    if has(CheckState::Failed) {
        CheckState::Failed
    } else if has(CheckState::Undecided) || found.iter().any(|(_, latest)| latest.is_empty()) {
        CheckState::Undecided
    } else {
        CheckState::Passed
    }
}

/// The latest check of each source that the required check accepts. All of them must pass.
fn latest<'a>(needed: &RequiredCheck, checks: &'a [Check]) -> Vec<&'a Check> {
    let mut latest: BTreeMap<CheckSource, &Check> = BTreeMap::new();
    let is_meant = |check: &&Check| check.name == needed.name && check.source.is_accepted(needed.app);
    for check in checks.iter().filter(is_meant) {
        let known = latest.entry(check.source).or_insert(check);
        if check.id > known.id {
            *known = check;
        }
    }
    latest.into_values().collect()
}

fn title(commit: &str, needed: &RequiredCheck) -> String {
    let short = short_id(commit);
    match needed.app {
        Some(app) => format!("{short} {} (app {app})", needed.name),
        None => format!("{short} {}", needed.name),
    }
}
