//! The real moto server: AWS Secrets Manager, IAM, CodeBuild, CodePipeline and CloudWatch on loopback.
//!
//! By default, moto accepts any signature. In its authenticating mode, it checks signatures and policies, so that "access denied"
//! is moto's own answer and not one that a test scripted. It does not check the first requests; each test sets their number.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStderr, Stdio},
    sync::mpsc,
    time::Duration,
};

use serde_json::{Value, json};

use crate::tools;

/// Maximum time without a line of output during the start, long enough for Python on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A running moto server; killed on drop. The test that starts one needs provisioned tools.
#[derive(Debug)]
pub struct Moto {
    process: Child,
    address: String,
}

/// An access key of a user that moto knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// For `AWS_ACCESS_KEY_ID`.
    pub id: String,
    /// For `AWS_SECRET_ACCESS_KEY`.
    pub secret: String,
}

impl Moto {
    /// The region in which everything is created, for `AWS_REGION`.
    pub const REGION: &str = "us-east-1";

    /// Starts a server that accepts any signature.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts a server that accepts this number of requests without a check, and checks the signatures and policies of all later
    /// requests. [`Self::create_user`] sends two requests.
    #[must_use]
    pub fn start_authenticating(free_actions: u32) -> Self {
        Self::start_with(Some(free_actions))
    }

    fn start_with(free_actions: Option<u32>) -> Self {
        let mut command = tools::python();
        // moto binds a free port itself and names it on its standard error.
        command
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some(free_actions) = free_actions {
            command.env("INITIAL_NO_AUTH_ACTION_COUNT", free_actions.to_string());
        }
        let mut process = command.spawn().expect("start moto");
        let stderr = process.stderr.take().expect("a pipe from moto");
        match address_in(stderr) {
            Ok(address) => Self { process, address },
            Err(output) => {
                let _ = process.kill();
                let _ = process.wait();
                panic!("moto did not start; run `cargo xtask tools`. Its output:\n{output}");
            }
        }
    }

    /// The server's URL, for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Creates a secret.
    pub fn create_secret(&self, name: &str, value: &str) {
        self.secrets_manager("CreateSecret", &json!({"Name": name, "SecretString": value}));
    }

    /// Marks a secret as deleted. AWS does the same, and removes the secret some days later.
    pub fn delete_secret(&self, name: &str) {
        self.secrets_manager("DeleteSecret", &json!({"SecretId": name}));
    }

    /// Creates a user with an access key and without any permissions.
    #[must_use]
    pub fn create_user(&self, name: &str) -> AccessKey {
        self.iam("CreateUser", name, "");
        let answer = self.iam("CreateAccessKey", name, "");
        AccessKey { id: element(&answer, "AccessKeyId"), secret: element(&answer, "SecretAccessKey") }
    }

    /// Gives a user the permissions of a policy.
    pub fn put_user_policy(&self, name: &str, policy: &str) {
        let document = encoded(policy);
        self.iam("PutUserPolicy", name, &format!("&PolicyName=reporter&PolicyDocument={document}"));
    }

    /// Creates a project in CodeBuild, and starts a number of builds. Each build ends within five minutes after its start, so
    /// the end may be in the future.
    pub fn create_project(&self, name: &str, builds: u32) {
        self.json(
            "codebuild",
            "CodeBuild_20161006.CreateProject",
            &json!({
                "name": name,
                "source": {"type": "S3", "location": "bucket/source.zip"},
                "artifacts": {"type": "NO_ARTIFACTS"},
                "environment": {
                    "type": "LINUX_CONTAINER", "image": "image", "computeType": "BUILD_GENERAL1_SMALL",
                },
                "serviceRole": "arn:aws:iam::123456789012:role/service-role/builder",
            }),
        );
        for _ in 0..builds {
            self.json("codebuild", "CodeBuild_20161006.StartBuild", &json!({"projectName": name}));
        }
    }

    /// Creates a role, and a pipeline in CodePipeline that uses the role. Its one execution succeeds at once.
    pub fn create_pipeline(&self, name: &str) {
        let trust = json!({"Statement": [{"Principal": {"Service": "codepipeline.amazonaws.com"}}]});
        let trust = encoded(&trust.to_string());
        let form = format!("&RoleName=pipeline&AssumeRolePolicyDocument={trust}");
        let answer = self.iam("CreateRole", "", &form);
        let stage = |name| json!({"name": name, "actions": []});
        self.json(
            "codepipeline",
            "CodePipeline_20150709.CreatePipeline",
            &json!({"pipeline": {
                "name": name,
                "roleArn": element(&answer, "Arn"),
                "artifactStore": {"type": "S3", "location": "bucket"},
                "stages": [stage("Source"), stage("Deploy")],
                "version": 1,
            }}),
        );
        self.json("codepipeline", "CodePipeline_20150709.StartPipelineExecution", &json!({"name": name}));
    }

    /// Creates an alarm of CloudWatch in a state: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub fn create_alarm(&self, name: &str, state: &str) {
        let alarm = json!({
            "AlarmName": name, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1,
            "MetricName": "cpu", "Namespace": "shop", "Period": 60, "Statistic": "Average", "Threshold": 1.0,
        });
        self.json("monitoring", "GraniteServiceVersion20100801.PutMetricAlarm", &alarm);
        let state = json!({"AlarmName": name, "StateValue": state, "StateReason": "set by a test"});
        self.json("monitoring", "GraniteServiceVersion20100801.SetAlarmState", &state);
    }

    /// The only data point of a metric of CloudWatch: its time, its sample count, its sum and its unit.
    ///
    /// # Panics
    /// If the metric has no data point, or several.
    #[must_use]
    pub fn metric_statistics(&self, namespace: &str, metric: &str, dimensions: &Value) -> Value {
        let (start, end) = (0, 4_000_000_000_u64);
        let query = json!({
            "Namespace": namespace, "MetricName": metric, "Dimensions": dimensions, "StartTime": start, "EndTime": end,
            "Period": 60, "Statistics": ["SampleCount", "Sum"],
        });
        let target = "X-Amz-Target: GraniteServiceVersion20100801.GetMetricStatistics";
        let answer = self.post("monitoring", "application/x-amz-json-1.0", &[target], &query.to_string());
        let answer: Value = serde_json::from_str(&answer).expect("moto's answer in JSON");
        let points = answer["Datapoints"].as_array().expect("a list of data points");
        assert_eq!(points.len(), 1, "{answer}");
        points[0].clone()
    }

    fn secrets_manager(&self, action: &str, body: &Value) {
        self.json("secretsmanager", &format!("secretsmanager.{action}"), body);
    }

    fn json(&self, service: &str, target: &str, body: &Value) {
        let target = format!("X-Amz-Target: {target}");
        self.post(service, "application/x-amz-json-1.1", &[&target], &body.to_string());
    }

    fn iam(&self, action: &str, user: &str, parameters: &str) -> String {
        let form = format!("Action={action}&Version=2010-05-08&UserName={user}{parameters}");
        self.post("iam", "application/x-www-form-urlencoded", &[], &form)
    }

    /// Sends a request with a signature that only names the service; returns the answer's body.
    fn post(&self, service: &str, content_type: &str, headers: &[&str], body: &str) -> String {
        let scope = format!("test/20260101/{}/{service}/aws4_request", Self::REGION);
        let mut request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\
             Content-Length: {}\r\n",
            self.address,
            body.len()
        );
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        let mut stream = TcpStream::connect(&self.address).expect("connect to moto");
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).expect("send to moto");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read moto's answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "moto refused {headers:?} {body}:\n{answer}");
        answer.split_once("\r\n\r\n").expect("an answer with a body").1.to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address that the server prints, or its whole output if it prints no address. A thread continues to read, so that the
/// server never blocks on a full pipe.
fn address_in(stderr: ChildStderr) -> Result<String, String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let mut output = String::new();
    while let Ok(line) = lines.recv_timeout(START_TIMEOUT) {
        if let Some((_, address)) = line.split_once("Running on http://") {
            return Ok(address.trim().to_owned());
        }
        output.push_str(&line);
        output.push('\n');
    }
    Err(output)
}

/// Encodes a text for a form.
fn encoded(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

/// The text of the first element with this name in an XML answer.
fn element(xml: &str, name: &str) -> String {
    let text = xml.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once("</"));
    text.unwrap_or_else(|| panic!("no {name} in {xml}")).0.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "needs moto: run cargo xtask test"]
    fn a_created_secret_can_be_read_and_deleted() {
        let moto = Moto::start();

        moto.create_secret("github/dashboard-token", "ghp_example");
        let read = json!({"SecretId": "github/dashboard-token"}).to_string();
        let target = ["X-Amz-Target: secretsmanager.GetSecretValue"];
        let answer = moto.post("secretsmanager", "application/x-amz-json-1.1", &target, &read);
        moto.delete_secret("github/dashboard-token");

        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["SecretString"], "ghp_example");
    }

    #[test]
    #[ignore = "needs moto: run cargo xtask test"]
    #[should_panic(expected = r#"{"Name":"datadog/app-key""#)]
    fn free_actions_run_out() {
        let moto = Moto::start_authenticating(3);
        moto.create_secret("datadog/api-key", "example");
        let key = moto.create_user("nobody");
        assert!(key.id.starts_with("AKIA") && !key.secret.is_empty(), "{key:?}");

        moto.create_secret("datadog/app-key", "example");
    }
}
