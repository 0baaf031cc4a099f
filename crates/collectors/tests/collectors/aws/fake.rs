//! A fake of CodeBuild, CodePipeline and CloudWatch: the actions that the metrics call, with pages.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use system_health_test_support::server::{Answer, Request, Server};

/// Lists of items, by region and name. The name is that of a project, a pipeline or a type of alarms.
type Lists = BTreeMap<(String, String), Vec<Value>>;

/// A running fake.
pub(crate) struct FakeAws {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    builds: Lists,
    /// Whether a build starts after each page of builds.
    has_new_builds: bool,
    executions: Lists,
    alarms: Lists,
    /// The error responses, by region (or `*`) and action.
    refused: BTreeMap<(String, String), (u16, Value)>,
    /// The actions that are denied, with the name of a project or pipeline.
    denied: BTreeSet<(String, String)>,
    /// The actions that were called, with the region.
    called: Vec<String>,
}

/// The maximum number of items on a page. AWS's pages are larger.
const PAGE_SIZE: usize = 3;

impl FakeAws {
    pub(crate) fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let server = Server::start({
            let state = Arc::clone(&state);
            move |request: &Request| state.lock().unwrap().answer(request)
        });
        Self { server, state }
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// A project with its builds, newest first. Each has a status, a start and perhaps an end.
    pub(crate) fn project(
        &self,
        region: &str,
        project: &str,
        builds: &[(&str, SystemTime, Option<SystemTime>)],
    ) {
        let build = |(index, (status, start, end)): (usize, &(&str, SystemTime, Option<SystemTime>))| {
            let id = format!("{project}:{}", builds.len() - index);
            let mut build = json!({"id": id, "buildStatus": status, "startTime": seconds(*start)});
            if let Some(end) = end {
                build["endTime"] = seconds(*end);
            }
            build
        };
        let builds = builds.iter().enumerate().map(build).collect();
        self.state.lock().unwrap().builds.insert((region.into(), project.into()), builds);
    }

    /// From now on, a new build of a project starts after each page of its builds.
    pub(crate) fn start_builds_between_pages(&self) {
        self.state.lock().unwrap().has_new_builds = true;
    }

    /// A pipeline with its executions, newest first. Each has a status and a type.
    pub(crate) fn pipeline(&self, region: &str, pipeline: &str, executions: &[(&str, &str)]) {
        let execution = |(index, (status, kind)): (usize, &(&str, &str))| {
            json!({
                "pipelineExecutionId": format!("execution-{}", executions.len() - index),
                "status": status,
                "executionType": kind,
                "startTime": 1_000_000 - index,
            })
        };
        let executions = executions.iter().enumerate().map(execution).collect();
        self.state.lock().unwrap().executions.insert((region.into(), pipeline.into()), executions);
    }

    /// The alarms of a type, such as `MetricAlarms`.
    pub(crate) fn alarms(&self, region: &str, kind: &str, alarms: &[Value]) {
        self.state.lock().unwrap().alarms.insert((region.into(), kind.into()), alarms.to_vec());
    }

    /// Answers an action in a region, or in all regions (`*`), with an error.
    pub(crate) fn refuse(&self, region: &str, action: &str, status: u16, code: &str, message: &str) {
        let error = json!({"__type": code, "message": message});
        self.state.lock().unwrap().refused.insert((region.into(), action.into()), (status, error));
    }

    /// Denies an action for a project or pipeline.
    pub(crate) fn deny(&self, action: &str, name: &str) {
        self.state.lock().unwrap().denied.insert((action.into(), name.into()));
    }

    /// The actions that were called, with their region: `ListProjects eu-west-1`.
    pub(crate) fn called(&self) -> Vec<String> {
        self.state.lock().unwrap().called.clone()
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Answer {
        let target = request.header("x-amz-target").expect("a request in AWS JSON");
        let action = target.split('.').nth(1).unwrap();
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let region = request.header("authorization").unwrap().split('/').nth(2).unwrap();
        let input: Value = serde_json::from_slice(&request.body).unwrap();
        self.called.push(format!("{action} {region}"));
        let refused = |region: &str| self.refused.get(&(region.to_owned(), action.to_owned()));
        if let Some((status, error)) = refused(region).or_else(|| refused("*")) {
            return Answer::json(*status, error);
        }
        let name = |field: &str| input[field].as_str().unwrap_or_default().to_owned();
        let is_denied = |field: &str| self.denied.contains(&(action.to_owned(), name(field)));
        if is_denied("projectName") || is_denied("pipelineName") {
            return error("AccessDeniedException", "no");
        }
        let names = |lists: &Lists| -> Vec<Value> {
            lists.keys().filter(|(in_region, _)| in_region == region).map(|(_, name)| json!(name)).collect()
        };
        let list = |lists: &Lists, name: String| lists.get(&(region.to_owned(), name)).cloned();
        let output = match action {
            "ListProjects" => page(names(&self.builds), "projects", &input, "nextToken"),
            "ListBuildsForProject" => match list(&self.builds, name("projectName")) {
                Some(builds) => {
                    let ids = builds.iter().map(|build| build["id"].clone()).collect();
                    if self.has_new_builds {
                        let project = name("projectName");
                        let new = json!({
                            "id": format!("{project}:{}", builds.len() + 1),
                            "buildStatus": "IN_PROGRESS",
                            "startTime": builds[0]["startTime"],
                        });
                        self.builds.get_mut(&(region.to_owned(), project)).unwrap().insert(0, new);
                    }
                    page(ids, "ids", &input, "nextToken")
                }
                None => return error("ResourceNotFoundException", "it does not exist"),
            },
            "BatchGetBuilds" => {
                let ids = input["ids"].as_array().unwrap();
                assert!(!ids.is_empty(), "AWS refuses an empty list");
                let builds = self
                    .builds
                    .iter()
                    .filter(|((in_region, _), _)| in_region == region)
                    .flat_map(|(_, builds)| builds);
                json!({"builds": builds.filter(|build| ids.contains(&build["id"])).collect::<Vec<_>>()})
            }
            "ListPipelines" => {
                let pipelines = names(&self.executions).iter().map(|name| json!({"name": name})).collect();
                page(pipelines, "pipelines", &input, "nextToken")
            }
            "ListPipelineExecutions" => match list(&self.executions, name("pipelineName")) {
                Some(executions) => page(executions, "pipelineExecutionSummaries", &input, "nextToken"),
                None => return error("PipelineNotFoundException", "it does not exist"),
            },
            "DescribeAlarms" => {
                // As in AWS, only the requested types are listed.
                let types = input["AlarmTypes"].as_array().unwrap();
                let alarms = self.alarms.iter().filter(|((in_region, kind), _)| {
                    in_region == region && types.contains(&json!(kind.trim_end_matches('s')))
                });
                let alarms: Vec<Value> = alarms
                    .flat_map(|((_, kind), alarms)| alarms.iter().map(move |alarm| json!([kind, alarm])))
                    .collect();
                let mut output = page(alarms, "alarms", &input, "NextToken");
                let page_alarms = output.as_object_mut().unwrap().remove("alarms").unwrap();
                for alarm in page_alarms.as_array().unwrap() {
                    let kind = alarm[0].as_str().unwrap();
                    if output[kind].is_null() {
                        output[kind] = json!([]);
                    }
                    output[kind].as_array_mut().unwrap().push(alarm[1].clone());
                }
                output
            }
            other => panic!("the fake does not know {other}"),
        };
        Answer::json(200, &output)
    }
}

/// The page of items that the token in the input requests. The token is the index of the first item.
fn page(items: Vec<Value>, items_field: &str, input: &Value, token_field: &str) -> Value {
    let start: usize = input[token_field].as_str().map_or(0, |token| token.parse().unwrap());
    let mut output = json!({});
    if start + PAGE_SIZE < items.len() {
        output[token_field] = json!((start + PAGE_SIZE).to_string());
    }
    output[items_field] = items.into_iter().skip(start).take(PAGE_SIZE).collect();
    output
}

fn error(code: &str, message: &str) -> Answer {
    Answer::json(400, &json!({"__type": code, "message": message}))
}

fn seconds(time: SystemTime) -> Value {
    json!(time.duration_since(UNIX_EPOCH).unwrap().as_secs_f64())
}
