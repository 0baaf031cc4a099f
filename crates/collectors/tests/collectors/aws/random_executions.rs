//! Random executions of pipelines, read page by page, against a reference that looks at the whole history.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};
use system_health_collectors::aws::codepipeline::{PipelineStates, pipeline_state, pipelines_failing};
use tokio::runtime::Builder;

use super::{
    fake::FakeAws,
    run::{context_with, lines},
};

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const STATUSES: [&str; 7] =
    ["Succeeded", "Failed", "InProgress", "Stopping", "Stopped", "Cancelled", "Superseded"];
const NO_STATE: &str = "no data: no pipeline in CodePipeline has an execution that passed or failed";

/// A pipeline: the position of its region, whether reading it is denied, and its executions, the newest first.
type Pipeline = (usize, bool, Vec<(&'static str, &'static str)>);

fn pipeline() -> impl Strategy<Value = Pipeline> {
    // Few executions pass or fail, so some histories need several pages until an execution decides.
    let status =
        prop_oneof![1 => prop::sample::select(&STATUSES[..2]), 3 => prop::sample::select(&STATUSES[2..])];
    let kind = prop_oneof![4 => Just("STANDARD"), 1 => Just("ROLLBACK")];
    (0..REGIONS.len(), prop::bool::weighted(0.1), vec((status, kind), 0..12))
}

/// Whether the newest execution that passed or failed has passed: looks at the executions from the oldest to the newest.
fn state(executions: &[(&str, &str)]) -> Option<bool> {
    let mut state = None;
    for (status, _) in executions.iter().rev().filter(|(_, kind)| *kind != "ROLLBACK") {
        state = match *status {
            "Succeeded" => Some(true),
            "Failed" => Some(false),
            _ => state,
        };
    }
    state
}

/// The lines of both metrics.
fn expected(pipelines: &[Pipeline]) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut states = BTreeSet::new();
    let mut regions: BTreeMap<&str, Vec<Option<bool>>> = BTreeMap::new();
    for (number, (region, is_denied, executions)) in pipelines.iter().enumerate() {
        let region = REGIONS[*region];
        let state = if *is_denied { None } else { state(executions) };
        let passing = state.map(u8::from);
        states.extend(passing.map(|value| format!("{value} [pipeline:p{number}, region:{region}]")));
        regions.entry(region).or_default().push(state);
    }
    let mut failing = BTreeSet::new();
    for (region, states_in_region) in regions {
        // A denied pipeline may be failing.
        let has_denied =
            pipelines.iter().any(|(other, is_denied, _)| REGIONS[*other] == region && *is_denied);
        if !has_denied && states_in_region.iter().any(Option::is_some) {
            let count = states_in_region.iter().filter(|state| **state == Some(false)).count();
            failing.insert(format!("{count} [region:{region}]"));
        }
    }
    (states, failing)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn states_are_those_of_the_whole_history(pipelines in vec(pipeline(), 0..6)) {
        let aws = FakeAws::start();
        for (number, (region, is_denied, executions)) in pipelines.iter().enumerate() {
            let name = format!("p{number}");
            aws.pipeline(REGIONS[*region], &name, executions);
            if *is_denied {
                aws.deny("ListPipelineExecutions", &name);
            }
        }
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let context = context_with(&aws.url(), "regions = ['eu-west-1', 'us-east-1']");
        let read: PipelineStates = runtime.block_on(context.get()).unwrap();

        let (states, failing) = expected(&pipelines);
        // Without any value, the reason is either that nothing decided or that a permission is missing.
        let agrees = |actual: Vec<String>, expected: BTreeSet<String>| {
            if expected.is_empty() {
                let denied = pipelines.iter().any(|(_, is_denied, _)| *is_denied);
                let reason = if denied { "no data: " } else { NO_STATE };
                prop_assert!(actual.len() == 1 && actual[0].starts_with(reason), "{:?}", actual);
            } else {
                prop_assert_eq!(actual.into_iter().collect::<BTreeSet<_>>(), expected);
            }
            Ok(())
        };
        agrees(lines(pipeline_state(read.clone())), states)?;
        agrees(lines(pipelines_failing(read)), failing)?;
    }
}
