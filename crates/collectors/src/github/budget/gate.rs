//! The gate that the engine asks before it collects metrics about repositories.

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use system_health_registry::{
    Context, Gate, GateDecision, Metric, NoData, OutcomeState, PlannedMetrics, RequestEstimate, RequestPlan,
    ResponseCache, Run, Settings, SharedError, SubjectLabel, Unavailable, register_gate,
};

use super::{
    estimate::{Estimate, Group, groups},
    quota::{self, Quota},
    record::Records,
    selection::{RequestLimit, exceeded_limits},
    usage::Usage,
    used_requests::UsedRequests,
};
use crate::{
    github::{Cause, GitHub, GitHubApi, GitHubError, GitHubSettings},
    repository::Repository,
};

/// If a run needs at most this many requests, GitHub is not asked how many remain, because asking takes as long as one of them.
const FEW_REQUESTS: u64 = 20;
/// GitHub is asked nevertheless if, after the previous run, fewer than this many requests remained beyond the estimate.
const RESERVE: u64 = 100;

/// Estimates the requests to GitHub, and skips the groups for which too few remain.
struct Budget;

register_gate!(Budget);

impl Gate for Budget {
    fn plan<'a>(&'a self, context: &'a Context, planned: &'a PlannedMetrics) -> BoxFuture<'a, GateDecision> {
        async move {
            if !planned.is_about::<Repository>() {
                return GateDecision::default();
            }
            plan(context, planned).await.unwrap_or_default()
        }
        .boxed()
    }

    fn no_data_for(&self, error: &SharedError) -> Option<NoData> {
        let mut error = Some(error.as_error() as &(dyn std::error::Error + 'static));
        while let Some(current) = error {
            if let Some(github) = current.downcast_ref::<GitHubError>() {
                let is_limit = matches!(github.cause(), Cause::MaxRequests(_));
                return is_limit.then(|| NoData::new(github.cause().to_string()));
            }
            error = current.source();
        }
        None
    }

    fn finish<'a>(&'a self, context: &'a Context, run: &'a Run) -> BoxFuture<'a, ()> {
        async move {
            let Ok(usage) = context.get::<Usage>().await else { return };
            let has_skipped = |plan: &RequestPlan| plan.groups.iter().any(|group| group.skipped.is_some());
            if usage.is_used() || run.request_plans().iter().any(has_skipped) {
                remember(context, run, &usage).await;
            }
        }
        .boxed()
    }
}

/// Decides which groups to skip. Without a client for GitHub there is no decision, and the metrics say why.
async fn plan(context: &Context, planned: &PlannedMetrics) -> Result<GateDecision, Unavailable> {
    let groups = groups_of_metrics(context, planned.metrics()).await?;
    if groups.is_empty() {
        return Ok(GateDecision::default());
    }
    let records = records(context, planned.subjects()).await?;
    // The client is set up while the records are read, because the metrics need it anyway.
    let (github, previous) = tokio::join!(context.get::<GitHub>(), async {
        (join_all(groups.iter().map(|group| records.used(group))).await, records.quotas().await)
    });
    let (github, (used, quotas)) = (github?, previous);
    let subjects = planned.subjects().len();
    let estimate = |(group, used): (&Group, &Option<_>)| match planned.instants() {
        // A backfill reads more than the earlier ordinary run, so the requests of that run are no basis.
        Some(_) => group.estimate(subjects, None).into_minimum(),
        None => group.estimate(subjects, used.as_ref()),
    };
    let estimates: Vec<Estimate> = groups.iter().zip(&used).map(estimate).collect();
    let limits: Vec<RequestLimit> = if planned.is_for_display() || may_be_too_few(&estimates, &quotas) {
        let quotas = quota::read(&github).await.unwrap_or_default();
        quotas.into_iter().map(|(api, quota)| limit_of_quota(api, quota)).collect()
    } else {
        Vec::new()
    };
    let limits = [limits, limit_of_settings(context).await?.into_iter().collect()].concat();
    Ok(decide(&groups, estimates, &limits))
}

/// The groups of the metrics that use GitHub.
async fn groups_of_metrics(context: &Context, metrics: &[Metric]) -> Result<Vec<Group>, Unavailable> {
    Ok(groups(metrics, &context.get().await?)?)
}

async fn records(context: &Context, subjects: &[Arc<SubjectLabel>]) -> Result<Records, Unavailable> {
    let cache = context.get::<ResponseCache>().await?;
    Ok(Records::new(cache, context.get::<GitHubSettings>().await?.api_url, subjects))
}

/// Whether it is worthwhile to ask how many requests remain.
fn may_be_too_few(estimates: &[Estimate], quotas: &BTreeMap<GitHubApi, Quota>) -> bool {
    let needed = |api| {
        estimates.iter().fold(0_u64, |needed, estimate| needed.saturating_add(estimate.requests_to(api)))
    };
    let is_low = |(api, quota): (&GitHubApi, &Quota)| {
        quota.lasts(SystemTime::now()) && quota.remaining < needed(Some(*api)).saturating_add(RESERVE)
    };
    needed(None) > FEW_REQUESTS || quotas.iter().any(is_low)
}

fn limit_of_quota(api: GitHubApi, quota: Quota) -> RequestLimit {
    let text = match api {
        GitHubApi::Rest => quota.to_string(),
        GitHubApi::GraphQl => format!("{quota} for GraphQL"),
    };
    RequestLimit { api: Some(api), max: quota.remaining, text }
}

async fn limit_of_settings(context: &Context) -> Result<Option<RequestLimit>, Unavailable> {
    let Some(max) = context.get::<GitHubSettings>().await?.max_requests else { return Ok(None) };
    let origin = context.get::<Settings>().await?.origin::<GitHubSettings>("max_requests");
    let origin = origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
    let text = format!("`max_requests` in [github] is {max}{origin}");
    Ok(Some(RequestLimit { api: None, max: max.get().into(), text }))
}

fn decide(groups: &[Group], estimates: Vec<Estimate>, limits: &[RequestLimit]) -> GateDecision {
    let mut decision = GateDecision::default();
    let mut request_estimates = Vec::new();
    let exceeded = exceeded_limits(&estimates, limits);
    for ((group, estimate), limit) in groups.iter().zip(estimates).zip(exceeded) {
        let name = &group.name;
        let skipped = limit.map(|limit| {
            let needed = estimate.requests_to(limit.api);
            let basis = &estimate.basis;
            format!("skipped: {name}.* needs about {needed} requests to GitHub ({basis}), and {}", limit.text)
        });
        if let Some(reason) = &skipped {
            decision.skipped.extend(group.keys.iter().map(|key| (key.clone(), NoData::new(reason))));
        }
        request_estimates.push(RequestEstimate {
            group: name.clone(),
            requests: estimate.requests_to(None),
            basis: estimate.basis,
            skipped,
        });
    }
    let limits = limits.iter().map(|limit| limit.text.clone()).collect();
    decision.requests = Some(RequestPlan { api: "GitHub", groups: request_estimates, limits });
    decision
}

/// Keeps what the groups have used, for the estimates of the next run. Some groups may need more than they have used. Then the
/// number is marked as assumed:
///
/// - After an error, the number of the previous run is kept if it is larger.
/// - If `max_requests` cut the group off, twice what the group has used is kept. If the group was cut off before its first
///   request, the earlier number stays.
///
/// The estimate of a group that was skipped is halved, so the group is tried again after some runs.
async fn remember(context: &Context, run: &Run, usage: &Usage) {
    let outcomes: Vec<_> =
        run.outcomes().iter().filter(|outcome| outcome.metric.subject_type() == Some("Repository")).collect();
    let mut subjects: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.subject.clone()).collect();
    subjects.sort();
    subjects.dedup();
    let metrics = outcomes.iter().map(|outcome| outcome.metric.clone()).collect::<Vec<_>>();
    let Ok(records) = records(context, &subjects).await else { return };
    let Ok(groups) = groups_of_metrics(context, &metrics).await else { return };
    let counts = usage.by_group();
    let is_complete = |group: &Group| {
        let mut of_group = outcomes.iter().filter(|outcome| group.keys.contains(outcome.metric.key()));
        of_group.all(|outcome| outcome.state() != OutcomeState::Error)
    };
    let max = context.get::<GitHubSettings>().await.ok().and_then(|settings| settings.max_requests);
    let limit_reason = max.map(|max| Cause::MaxRequests(max).to_string());
    let is_cut_off = |group: &Group| {
        outcomes.iter().filter(|outcome| group.keys.contains(outcome.metric.key())).any(|outcome| {
            matches!(&outcome.result, Err(Unavailable::NoData(no_data)) if Some(no_data.reason()) == limit_reason.as_deref())
        })
    };
    for group in &groups {
        let made = counts.iter().filter(|((name, _), _)| *name == group.name);
        let made: BTreeMap<_, _> = made.map(|((_, api), count)| (*api, *count)).collect();
        let previous = records.used(group).await;
        let used = if let Some(estimate) = skipped_estimate(run, group) {
            Some(UsedRequests::assumed(halved(group, previous, estimate)))
        } else if is_cut_off(group) {
            after_cut_off(made, previous)
        } else if is_complete(group) {
            Some(UsedRequests::measured(made))
        } else {
            Some(after_error(made, previous))
        };
        if let Some(used) = used {
            records.save_used(group, &used).await;
        }
    }
    records.save_quotas(&usage.quotas()).await;
}

/// The estimate of a group that was skipped. `None` if the group was not skipped.
fn skipped_estimate(run: &Run, group: &Group) -> Option<u64> {
    let mut estimates = run.request_plans().iter().flat_map(|plan| &plan.groups);
    estimates
        .find(|estimate| estimate.group == group.name && estimate.skipped.is_some())
        .map(|estimate| estimate.requests)
}

/// What to keep for a group that `max_requests` cut off after these requests. `None` if nothing is known.
fn after_cut_off(made: BTreeMap<GitHubApi, u64>, previous: Option<UsedRequests>) -> Option<UsedRequests> {
    let requests = if made.is_empty() {
        previous?.requests
    } else {
        made.into_iter().map(|(api, count)| (api, count.saturating_mul(2))).collect()
    };
    Some(UsedRequests::assumed(requests))
}

/// What to keep for a group that made these requests and has an error.
fn after_error(made: BTreeMap<GitHubApi, u64>, previous: Option<UsedRequests>) -> UsedRequests {
    let mut used = UsedRequests::measured(made);
    for (api, previous) in previous.map(|previous| previous.requests).unwrap_or_default() {
        let count = used.requests.entry(api).or_default();
        if previous > *count {
            *count = previous;
            used.is_measured = false;
        }
    }
    used
}

/// The numbers to keep for a group that was skipped. With them, the next estimate of the group is half of `estimate`. If there
/// are no numbers of an earlier run, the requests are divided equally among the APIs of the group.
fn halved(group: &Group, used: Option<UsedRequests>, estimate: u64) -> BTreeMap<GitHubApi, u64> {
    if let Some(used) = used {
        return used.requests.into_iter().map(|(api, count)| (api, count / 2)).collect();
    }
    // The estimate of the next run is one and a half times the sum of these numbers.
    let apis = u64::try_from(group.apis.len()).unwrap_or(u64::MAX);
    group.apis.iter().map(|api| (*api, estimate / 3 / apis)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_estimate_of_a_skipped_group_is_halved_for_each_api() {
        let (rest, graphql) = (GitHubApi::Rest, GitHubApi::GraphQl);
        let group = Group {
            name: "commits".to_owned(),
            keys: BTreeSet::new(),
            declared: 2.0,
            apis: BTreeSet::from([rest, graphql]),
        };
        let numbers = |used: BTreeMap<_, _>| {
            let estimate = group.estimate(1, Some(&UsedRequests::assumed(used)));
            [Some(rest), Some(graphql), None].map(|api| estimate.requests_to(api))
        };
        let used = BTreeMap::from([(rest, 100), (graphql, 20)]);
        assert_eq!(numbers(used.clone()), [150, 30, 180]);
        assert_eq!(numbers(halved(&group, Some(UsedRequests::measured(used)), 180)), [75, 15, 90]);
        assert_eq!(numbers(halved(&group, None, 24)), [6, 6, 12]);
    }

    #[test]
    fn only_requests_that_the_run_itself_made_are_measured() {
        let used = |count| BTreeMap::from([(GitHubApi::Rest, count)]);
        let previous = || Some(UsedRequests::measured(used(5)));

        assert_eq!(after_cut_off(used(3), previous()), Some(UsedRequests::assumed(used(6))));
        assert_eq!(after_cut_off(BTreeMap::new(), previous()), Some(UsedRequests::assumed(used(5))));
        assert_eq!(after_cut_off(BTreeMap::new(), None), None);
        assert_eq!(after_error(used(3), previous()), UsedRequests::assumed(used(5)));
        assert_eq!(after_error(used(7), previous()), UsedRequests::measured(used(7)));
    }
}
