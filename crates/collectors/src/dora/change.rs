//! A commit that a deployment brought to production, or that was not deployed yet.

use std::{
    collections::{HashMap, HashSet},
    time::SystemTime,
};

use system_health_registry::EvidenceItem;

use crate::{commits::LabelNames, short_id::short_id};

/// A commit that a deployment brought to production, or that was not deployed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) id: String,
    /// GitHub's id of the commit in GraphQL.
    pub(super) node_id: String,
    pub(super) message: String,
    pub(super) parents: Vec<String>,
    pub(super) authored_at: SystemTime,
    /// When it landed: the committer's date of the commit on the first-parent history that brought it.
    pub(super) landed_at: SystemTime,
    /// Whether it is on that first-parent history itself, and not only part of a merged branch.
    pub(super) is_first_parent: bool,
    /// If a pull request was squashed into this commit: when the first commit of the pull request was made, and the number of
    /// the pull request.
    pub(super) squashed: Option<(SystemTime, u64)>,
    /// The labels of its merged pull requests, if the settings name labels.
    pub(super) labels: Vec<PullRequestLabel>,
    pub(super) web_page: Option<String>,
}

/// A label of a merged pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PullRequestLabel {
    pub(super) number: u64,
    /// The branch into which the pull request was merged. `None` if this branch was deleted or renamed. It may then be the
    /// watched one.
    pub(super) base: Option<String>,
    pub(super) name: String,
}

impl Change {
    /// Why the change counts, if a pull request that was merged, or may have been merged, into the branch has one of these
    /// labels.
    pub(super) fn label_reason(&self, branch: &str, names: &LabelNames) -> Option<String> {
        let is_landed = |label: &&PullRequestLabel| label.base.as_deref().is_none_or(|base| base == branch);
        let mut landed = self.labels.iter().filter(is_landed);
        let PullRequestLabel { number, name, .. } = landed.find(|label| names.contains(&label.name))?;
        Some(format!("its pull request #{number} has the label `{name}`"))
    }

    /// Whether the commit only joins histories. Its date is that of the merge.
    pub(super) fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }

    /// When the change was first committed.
    pub(super) fn started_at(&self) -> SystemTime {
        self.squashed.map_or(self.authored_at, |(first, _)| first.min(self.authored_at))
    }

    pub(super) fn subject(&self) -> &str {
        self.message.trim_start().lines().next().unwrap_or_default().trim()
    }

    pub(super) fn item(&self, counted: bool, reason: impl AsRef<str>) -> EvidenceItem {
        let title = format!("{} {}", short_id(&self.id), self.subject());
        EvidenceItem::new(title, counted, reason).with_link(self.web_page.as_deref())
    }
}

/// Sets how and when commits landed. The commits of a merged branch landed with the merge, whatever their own dates are.
/// `head` is the last commit. Before the call, `landed_at` of each change is its committer's date.
pub(super) fn set_landing(changes: &mut [Change], head: &str) {
    let position: HashMap<String, usize> =
        changes.iter().enumerate().map(|(n, change)| (change.id.clone(), n)).collect();
    let mut first_parents = Vec::new();
    let mut next = position.get(head).copied();
    let mut seen = HashSet::new();
    while let Some(index) = next.filter(|index| seen.insert(*index)) {
        first_parents.push(index);
        next = changes[index].parents.first().and_then(|parent| position.get(parent)).copied();
    }
    let mut has_landed = vec![false; changes.len()];
    // The oldest first: a commit landed with the first merge that brought it.
    for index in first_parents.into_iter().rev() {
        changes[index].is_first_parent = true;
        let landed_at = changes[index].landed_at;
        let mut reached = vec![index];
        while let Some(index) = reached.pop() {
            if !std::mem::replace(&mut has_landed[index], true) {
                changes[index].landed_at = landed_at;
                reached.extend(changes[index].parents.iter().filter_map(|parent| position.get(parent)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn change(id: &str, parents: &[&str], second: u64) -> Change {
        let at = UNIX_EPOCH + Duration::from_secs(second);
        Change {
            id: id.to_owned(),
            node_id: String::new(),
            message: format!("{id}\n\ntext"),
            parents: parents.iter().map(|&parent| parent.to_owned()).collect(),
            authored_at: at,
            landed_at: at,
            is_first_parent: false,
            squashed: None,
            labels: vec![],
            web_page: None,
        }
    }

    #[test]
    fn a_merged_commit_lands_with_its_merge() {
        // a --- m1 --- c --- m2
        //  \ x /  \ y -- z /
        let mut changes = [
            change("a", &["base"], 10),
            change("x", &["a"], 11),
            change("m1", &["a", "x"], 20),
            change("y", &["m1"], 21),
            change("z", &["y"], 22),
            change("c", &["m1"], 25),
            change("m2", &["c", "z"], 30),
        ];
        set_landing(&mut changes, "m2");
        let landed = changes
            .each_ref()
            .map(|change| (&*change.id, change.landed_at.duration_since(UNIX_EPOCH).unwrap().as_secs()));
        let expected = [("a", 10), ("x", 20), ("m1", 20), ("y", 30), ("z", 30), ("c", 25), ("m2", 30)];
        assert_eq!(landed, expected);
        let first_parents = changes.iter().filter(|change| change.is_first_parent);
        let first_parents: Vec<&str> = first_parents.map(|change| &*change.id).collect();
        assert_eq!(first_parents, ["a", "m1", "c", "m2"]);
    }

    #[test]
    fn a_squashed_change_starts_with_the_first_commit_of_its_pull_request() {
        let mut squashed = change("a", &["base"], 100);
        assert_eq!(squashed.started_at(), UNIX_EPOCH + Duration::from_secs(100));
        squashed.squashed = Some((UNIX_EPOCH + Duration::from_secs(40), 7));
        assert_eq!(squashed.started_at(), UNIX_EPOCH + Duration::from_secs(40));
    }

    #[test]
    fn only_a_commit_with_several_parents_is_a_merge() {
        assert!(!change("a", &["base"], 1).is_merge());
        assert!(change("m", &["a", "b"], 1).is_merge());
    }
}
