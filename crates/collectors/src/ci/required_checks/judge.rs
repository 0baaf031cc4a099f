//! Decides from the checks of a commit whether the required ones pass.

use std::collections::BTreeMap;

use system_health_registry::EvidenceItem;

use super::check::{Check, CheckSource, CheckState, RequiredCheck};

/// What the required checks say about a commit.
#[derive(Debug)]
pub(super) struct CommitVerdict {
    pub(super) state: CheckState,
    /// The page of the first check that failed.
    pub(super) web_page: Option<String>,
    /// The checks that are missing or decide nothing, as text for the reason of no data.
    pub(super) undecided: Vec<String>,
    pub(super) evidence: Vec<EvidenceItem>,
}

/// Judges a commit. One failed check decides, even if other checks are undecided.
pub(super) fn judge(commit: &str, required: &[RequiredCheck], checks: &[Check]) -> CommitVerdict {
    let mut verdict = CommitVerdict {
        state: CheckState::Passed,
        web_page: None,
        undecided: Vec::new(),
        evidence: Vec::new(),
    };
    for needed in required {
        let latest = latest(needed, checks);
        if latest.is_empty() {
            verdict.set_undecided();
            verdict.undecided.push(format!("`{}` is missing", needed.name));
            let title = title(commit, needed);
            verdict.evidence.push(EvidenceItem::new(title, false, "the commit has no such check"));
        }
        for check in latest {
            match check.state {
                CheckState::Passed => {}
                CheckState::Failed => {
                    verdict.state = CheckState::Failed;
                    verdict.web_page = verdict.web_page.take().or_else(|| check.web_page.clone());
                }
                CheckState::Undecided => {
                    verdict.set_undecided();
                    verdict.undecided.push(format!("`{}` is {}", check.name, check.word));
                }
            }
            let decides = check.state != CheckState::Undecided;
            let item = EvidenceItem::new(title(commit, needed), decides, &*check.word);
            verdict.evidence.push(item.with_link(check.web_page.as_deref()));
        }
    }
    verdict
}

impl CommitVerdict {
    fn set_undecided(&mut self) {
        if self.state == CheckState::Passed {
            self.state = CheckState::Undecided;
        }
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
    let short = commit.get(..10).unwrap_or(commit);
    match needed.app {
        Some(app) => format!("{short} {} (app {app})", needed.name),
        None => format!("{short} {}", needed.name),
    }
}
