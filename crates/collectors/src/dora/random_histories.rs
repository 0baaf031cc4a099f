//! Random histories of deployments, hotfixes, reverts, rollbacks and incidents. The analysis is compared with a reference
//! that looks at every second.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use proptest::prelude::*;

use super::{
    analysis::{Analysis, DeploymentHistory, Rules},
    change::Change,
    deployment::Success,
    incident::Incident,
    step::Step,
};
use crate::commits::{Classifier, HistoryChoice, LabelNames};

/// Deployments succeed, commits land and incidents are opened before this second.
const END: u64 = 120;

/// What a commit does.
#[derive(Debug, Clone)]
enum Form {
    Plain,
    Hotfix,
    /// A revert of the commit with this position among all commits.
    Revert(usize),
    /// A fix of the incident with this position.
    Fix(usize),
    /// Another form, in a commit of a merged branch.
    Merged(Box<Form>),
}

/// What a deployment does.
#[derive(Debug, Clone)]
enum Effect {
    Repeated,
    RolledBack,
    /// Commits, each with the second at which it landed.
    Brought(Vec<(Form, u64)>),
}

#[derive(Debug, Clone)]
struct OpenedIncident {
    at: u64,
    /// The seconds until the incident was closed.
    open_for: Option<u64>,
    /// The second at which the incident was reopened.
    reopened: Option<u64>,
    is_dismissed: bool,
    /// The position of the deployment that its text names.
    names: Option<usize>,
}

#[derive(Debug, Clone)]
struct History {
    /// The seconds of the deployments, and the effect of each.
    deployments: Vec<(u64, Effect)>,
    undeployed: Vec<(Form, u64)>,
    incidents: Vec<OpenedIncident>,
    failure_window: u64,
    /// Whether the commits of merged branches can be reverts and hotfixes.
    counts_merged: bool,
}

/// The deployments that failed, each with the end of its failure, and the deployments that were made because of a failure.
type Failures = (BTreeMap<usize, Option<u64>>, BTreeSet<usize>);

fn histories() -> impl Strategy<Value = History> {
    let form = prop_oneof![
        4 => Just(Form::Plain),
        1 => Just(Form::Hotfix),
        2 => (0..20_usize).prop_map(Form::Revert),
        1 => (0..3_usize).prop_map(Form::Fix),
    ];
    let form = (form, prop::bool::weighted(0.3));
    let form = form.prop_map(|(form, merged)| if merged { Form::Merged(Box::new(form)) } else { form });
    let commits = prop::collection::vec((form, 0..END), 0..4);
    let effect = prop_oneof![
        1 => Just(Effect::Repeated),
        1 => Just(Effect::RolledBack),
        4 => commits.clone().prop_map(Effect::Brought),
    ];
    let seconds = || prop::option::of(0..40_u64);
    let incident = (0..END, seconds(), seconds(), prop::bool::weighted(0.2), prop::option::of(0..8_usize));
    let incident = incident.prop_map(|(at, reopened, open_for, is_dismissed, names)| OpenedIncident {
        at,
        open_for: open_for.map(|seconds| seconds + reopened.unwrap_or_default()),
        reopened: reopened.map(|seconds| at + seconds),
        is_dismissed,
        names,
    });
    let deployments = prop::collection::vec((1..15_u64, effect), 0..8);
    (deployments, commits, prop::collection::vec(incident, 0..4), 0..60_u64, any::<bool>()).prop_map(
        |(gaps, undeployed, incidents, failure_window, counts_merged)| {
            let mut at = 0;
            let deployments = gaps.into_iter().map(|(gap, effect)| {
                at += gap;
                (at, effect)
            });
            History {
                deployments: deployments.collect(),
                undeployed,
                incidents,
                failure_window,
                counts_merged,
            }
        },
    )
}

fn time(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

fn id(commit: usize) -> String {
    format!("{:040x}", 0xabc_0000 + commit)
}

/// All commits, each with its position, its form, when it landed, and the deployment that brought it.
fn commits(history: &History) -> Vec<(usize, Form, u64, Option<usize>)> {
    let mut all = Vec::new();
    for (index, (_, effect)) in history.deployments.iter().enumerate() {
        let Effect::Brought(commits) = effect else { continue };
        all.extend(commits.iter().map(|(form, landed)| (form.clone(), *landed, Some(index))));
    }
    all.extend(history.undeployed.iter().map(|(form, landed)| (form.clone(), *landed, None)));
    all.into_iter().enumerate().map(|(n, (form, landed, by))| (n, form, landed, by)).collect()
}

fn message(form: &Form) -> String {
    match form {
        Form::Plain => "Sell socks".to_owned(),
        Form::Hotfix => "hotfix: sell socks".to_owned(),
        Form::Revert(other) => format!("Revert it\n\nThis reverts commit {}.", id(*other)),
        Form::Fix(incident) => format!("Sell shoes\n\nFixes #{incident}"),
        Form::Merged(form) => message(form),
    }
}

fn analyse(history: &History) -> Failures {
    let change = |commit: usize, form: &Form, landed: u64| Change {
        id: id(commit),
        node_id: String::new(),
        message: message(form),
        parents: vec![],
        authored_at: time(landed),
        landed_at: time(landed),
        is_first_parent: !matches!(form, Form::Merged(_)),
        squashed: None,
        labels: vec![],
        web_page: None,
    };
    let changes_of = |deployment: Option<usize>| {
        let all = commits(history).into_iter().filter(|(.., by)| *by == deployment);
        all.map(|(commit, form, landed, _)| change(commit, &form, landed)).collect::<Vec<_>>()
    };
    let successes: Vec<_> = history
        .deployments
        .iter()
        .enumerate()
        .map(|(index, (at, _))| Success {
            title: format!("deployment {index}"),
            tag: Some(format!("v{index}")),
            commit: None,
            at: time(*at),
            web_page: None,
        })
        .collect();
    let step = |(index, (_, effect)): (usize, &(u64, Effect))| match effect {
        Effect::Repeated => (index, Step::Repeated),
        Effect::RolledBack => (index, Step::RolledBack),
        Effect::Brought(_) => (index, Step::Brought(changes_of(Some(index)))),
    };
    let steps = history.deployments.iter().enumerate().map(step).collect();
    let incident = |(number, opened): (usize, &OpenedIncident)| Incident {
        number: number as u64,
        title: String::new(),
        web_page: String::new(),
        body: opened.names.map(|index| format!("Since v{index}")).unwrap_or_default(),
        created_at: time(opened.at),
        closed_at: opened.open_for.map(|seconds| time(opened.at + seconds)),
        reopened_at: opened.reopened.map(time),
        is_dismissed: opened.is_dismissed,
    };
    let incidents: Vec<_> = history.incidents.iter().enumerate().map(incident).collect();
    let (hotfixes, reverts) = (Classifier::hotfixes(), Classifier::reverts());
    let undeployed = changes_of(None);
    let known = DeploymentHistory {
        successes: &successes,
        steps: &steps,
        undeployed: &undeployed,
        incidents: &incidents,
    };
    let rules = Rules {
        failure_window: Duration::from_secs(history.failure_window),
        branch: "main",
        history: if history.counts_merged { HistoryChoice::All } else { HistoryChoice::FirstParent },
        hotfixes: &hotfixes,
        hotfix_labels: &LabelNames::default(),
        reverts: &reverts,
        revert_labels: &LabelNames::default(),
    };
    let analysis = Analysis::new(&known, &rules);
    let second = |at: SystemTime| at.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let failed = analysis.failed.keys().map(|index| (*index, analysis.ended_at(*index).map(second)));
    (failed.collect(), analysis.rework.keys().copied().collect())
}

/// A problem of a deployment.
struct Problem {
    deployment: usize,
    /// When an incident was opened. 0 for all other problems, because every rollback of the deployment solves them.
    noticed: u64,
    /// When it was solved. A rollback of the deployment may solve it at another time.
    solved: Option<u64>,
}

fn reference(history: &History) -> Failures {
    let count = history.deployments.len();
    let at = |index: usize| history.deployments[index].0;
    let is_rollback = |index: usize| matches!(history.deployments[index].1, Effect::RolledBack);
    // For each second, the newest deployment that is not a rollback.
    let mut live = Vec::new();
    for second in 0..=END * 2 {
        let deployed = (0..count).find(|index| at(*index) == second && !is_rollback(*index));
        live.push(deployed.or_else(|| live.last().copied().flatten()));
    }
    let live = |second: u64| live[usize::try_from(second).unwrap()];
    let is_soon = |second: u64, index: usize| second <= at(index) + history.failure_window;
    let (mut problems, mut rework) = (Vec::new(), BTreeSet::new());

    for index in (1..count).filter(|index| is_rollback(*index)) {
        // If all earlier deployments are rollbacks, the rollback counts for the deployment before it.
        let failed = live(at(index)).unwrap_or(index - 1);
        if is_soon(at(index), failed) {
            problems.push(Problem { deployment: failed, noticed: 0, solved: Some(at(index)) });
            rework.insert(index);
        }
    }
    // Of several rollbacks of a deployment, the first one counts.
    let rolled_back: BTreeMap<usize, u64> =
        problems.iter().rev().map(|problem| (problem.deployment, problem.solved.unwrap())).collect();
    let all = commits(history);
    for (commit, form, landed, by) in &all {
        let before = by.unwrap_or(count);
        // A commit landed before its own deployment, whatever its date is.
        let by_time = live(by.map_or(*landed, |index| (*landed).min(at(index) - 1)));
        let form = match form {
            Form::Merged(form) if history.counts_merged => &**form,
            form => form,
        };
        let failed = match form {
            Form::Plain | Form::Fix(_) | Form::Merged(_) => continue,
            Form::Hotfix => by_time,
            Form::Revert(other) => match all.get(*other).map(|other| other.3) {
                Some(brought_by) if brought_by == *by && other != commit => continue,
                Some(Some(earlier)) if earlier < before => Some(earlier),
                _ => by_time,
            },
        };
        let Some(failed) = failed.filter(|failed| is_soon(*landed, *failed)) else { continue };
        problems.push(Problem { deployment: failed, noticed: 0, solved: by.map(at) });
        rework.extend(*by);
    }
    for (number, incident) in
        history.incidents.iter().enumerate().filter(|(_, incident)| !incident.is_dismissed)
    {
        let named = incident.names.filter(|index| *index < count && at(*index) <= incident.at);
        let Some(failed) = named.or_else(|| live(incident.at)) else { continue };
        let fixes_it = |form: &Form| matches!(form, Form::Fix(fixed) if *fixed == number);
        let is_fix = |form: &Form| matches!(form, Form::Merged(form) if fixes_it(form)) || fixes_it(form);
        let fixes = all.iter().filter(|(_, form, _, by)| is_fix(form) && by.is_none_or(|by| by > failed));
        // Commits that were not deployed come last.
        let by: Vec<Option<usize>> = fixes.map(|(.., by)| *by).collect();
        let lasts =
            |by: &Option<usize>| by.is_none_or(|by| incident.reopened.is_none_or(|again| again <= at(by)));
        let lasting = by.iter().position(lasts);
        rework.extend(by[..lasting.map_or(by.len(), |lasting| lasting + 1)].iter().flatten());
        let solved = match lasting {
            Some(lasting) => by[lasting].map(at),
            None => incident.open_for.map(|seconds| incident.at + seconds),
        };
        problems.push(Problem { deployment: failed, noticed: incident.at, solved });
    }

    let mut failed = BTreeMap::new();
    for problem in &problems {
        let of_deployment = || problems.iter().filter(|other| other.deployment == problem.deployment);
        let rollback = rolled_back.get(&problem.deployment);
        let is_solved = |other: &Problem, second: u64| {
            let was_rolled_back = rollback.is_some_and(|rollback| other.noticed <= *rollback);
            if was_rolled_back {
                rollback.is_some_and(|at| *at <= second)
            } else {
                other.solved.is_some_and(|at| at <= second)
            }
        };
        let end = (0..=END * 2).find(|second| of_deployment().all(|other| is_solved(other, *second)));
        failed.insert(problem.deployment, end);
    }
    (failed, rework)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn failures_are_those_of_the_reference(history in histories()) {
        prop_assert_eq!(analyse(&history), reference(&history));
    }
}
