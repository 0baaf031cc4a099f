//! What each deployment changed, compared with all that was deployed before it.
//!
//! A comparison with the previous deployment is not enough: after a rollback, or after a deployment from an old branch, a
//! commit that was deployed long ago would look new. So the frontier is remembered: the deployed commits that no other deployed
//! commit contains. Usually, it is only the commit of the last deployment.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    change::Change,
    comparison::{Comparison, Comparisons, Relation},
    deployment::Success,
};
use crate::short_id::short_id;

/// What a deployment changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// There is no deployment before it.
    First,
    /// The commits cannot be compared, for this reason.
    Unknown(String),
    /// The same commit was deployed again.
    Repeated,
    /// It went back to a commit that an earlier deployment contains.
    RolledBack,
    /// It brought these commits, which were never deployed before. There may be none.
    Brought(Vec<Change>),
}

impl Step {
    /// The commits that were deployed for the first time.
    pub(super) fn brought(&self) -> &[Change] {
        match self {
            Self::Brought(changes) => changes,
            _ => &[],
        }
    }

    /// Why there is no commit that was deployed for the first time.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::First => "no earlier deployment is known, so its commits are unknown",
            Self::Unknown(reason) => reason,
            Self::Repeated => "the same commit was deployed before it",
            Self::RolledBack => "it went back to an older commit",
            Self::Brought(_) => "it brought no commit that was not deployed before",
        }
    }
}

/// What each deployment changed, from the position `start` to the last.
pub(super) async fn steps(
    successes: &[Success],
    start: usize,
    comparisons: &mut Comparisons<'_>,
) -> anyhow::Result<BTreeMap<usize, Step>> {
    let mut frontier = frontier_before(&successes[..start]);
    let mut steps = BTreeMap::new();
    for index in start..successes.len() {
        let before = index.checked_sub(1).map(|before| &successes[before]);
        steps.insert(index, step(&successes[index], before, &mut frontier, comparisons).await?);
    }
    Ok(steps)
}

/// The frontier of the deployments before the first one that is compared: usually the last commit. If this commit was also
/// deployed earlier, the last deployment may be a rollback, and the commits that were deployed in between may be newer, so they
/// are included.
fn frontier_before(successes: &[Success]) -> Vec<String> {
    let commits: Vec<&String> = successes.iter().filter_map(|success| success.commit.as_ref()).collect();
    let Some(&last) = commits.last() else { return Vec::new() };
    let first = commits.iter().position(|commit| *commit == last).unwrap_or_default();
    let distinct: BTreeSet<&String> = commits[first..].iter().copied().collect();
    distinct.into_iter().cloned().collect()
}

async fn step(
    success: &Success,
    before: Option<&Success>,
    frontier: &mut Vec<String>,
    comparisons: &mut Comparisons<'_>,
) -> anyhow::Result<Step> {
    let Some(commit) = success.commit.as_ref() else {
        return Ok(Step::Unknown("its commit no longer exists".to_owned()));
    };
    let Some(before) = before else {
        frontier.push(commit.clone());
        return Ok(Step::First);
    };
    if before.commit.as_ref() == Some(commit) {
        return Ok(Step::Repeated);
    }
    let compared_with_before = match &before.commit {
        Some(old) => comparisons.get(old, commit).await?,
        None => None,
    };
    let mut new_frontier = Vec::new();
    let mut is_contained = false;
    // For each commit of the frontier, the commits that it does not contain.
    let mut not_contained = Vec::new();
    for old in frontier.iter() {
        match comparisons.get(old, commit).await? {
            Some(Comparison { relation: Relation::Identical | Relation::Behind, .. }) => {
                is_contained = true;
            }
            Some(comparison) => {
                if comparison.relation == Relation::Diverged {
                    new_frontier.push(old.clone());
                }
                not_contained.push(comparison.changes);
            }
            // GitHub cannot compare the commits, for example because it no longer has the old one.
            None => {}
        }
    }
    if !is_contained {
        new_frontier.push(commit.clone());
        *frontier = new_frontier;
    }
    let Some(Comparison { relation, mut changes }) = compared_with_before else {
        let reason = match before.commit.as_deref() {
            Some(old) => {
                format!("GitHub cannot compare it with {}, which was deployed before it", short_id(old))
            }
            None => "the commit of the deployment before it no longer exists".to_owned(),
        };
        return Ok(Step::Unknown(reason));
    };
    Ok(match relation {
        Relation::Identical => Step::Repeated,
        Relation::Behind => Step::RolledBack,
        Relation::Diverged if is_contained => Step::RolledBack,
        Relation::Ahead if is_contained => Step::Brought(Vec::new()),
        Relation::Ahead | Relation::Diverged => {
            // Keep the commits that are new compared with every commit of the frontier.
            let is_new = |change: &Change| {
                not_contained.iter().all(|changes| changes.iter().any(|other| other.id == change.id))
            };
            changes.retain(is_new);
            Step::Brought(changes)
        }
    })
}
