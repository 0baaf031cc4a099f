//! A folder, an environment and a program to run there, as a person at a terminal has them. The environment of the tests is not
//! passed on to the program. If a check fails, the message contains the command and its output.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rexpect::session::{Options, spawn_with_options};
use serde_json::Value;
use tempfile::TempDir;

/// Timeout of [`Scene::run`]. The longest runs of the tests take about two minutes.
const RUN_TIMEOUT: Duration = Duration::from_mins(10);

/// A folder and an environment in which a program is run.
#[derive(Debug)]
pub struct Scene {
    program: PathBuf,
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// The result of a program. A failed check panics with the command and its output.
pub struct ProgramOutput {
    command: String,
    output: Output,
}

impl Scene {
    /// An empty folder. The program keeps its state in `.state` in this folder, and does not use the metadata service of EC2.
    ///
    /// # Panics
    /// If no temporary folder can be created.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let state = folder.path().join(".state").display().to_string();
        Self { program: program.into(), folder, environment: vec![] }
            .variable("AWS_EC2_METADATA_DISABLED", "true")
            .variable("SYSTEM_HEALTH_STATE_DIR", state)
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Writes a file into the folder.
    ///
    /// # Panics
    /// If the file cannot be written.
    #[must_use]
    pub fn file(self, name: &str, content: &str) -> Self {
        fs::write(self.folder.path().join(name), content).expect("write a file");
        self
    }

    /// Makes the folder a git work tree with the branch `main` and no commits.
    #[must_use]
    pub fn git_work_tree(self) -> Self {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self
    }

    /// Adds an empty commit that was made this long ago.
    ///
    /// # Panics
    /// If git fails, or the clock is set to a time before 1970.
    #[must_use]
    pub fn commit(self, message: &str, age: Duration) -> Self {
        self.git_ago(age, &["commit", "--quiet", "--allow-empty", "--message", message]);
        self
    }

    /// Adds the remote `origin`. Its branch `main` has all commits so far, as if it had been fetched for the last time this long
    /// ago.
    ///
    /// # Panics
    /// If git fails.
    #[must_use]
    pub fn origin(self, url: &str, fetched: Duration) -> Self {
        const BRANCH: &str = "refs/remotes/origin/main";
        self.git(&["remote", "add", "origin", url]);
        self.git_ago(fetched, &["update-ref", "-m", "fetch: storing head", BRANCH, "HEAD"]);
        self.git(&["symbolic-ref", "refs/remotes/origin/HEAD", BRANCH]);
        self
    }

    /// Runs git in the folder.
    pub fn git(&self, arguments: &[&str]) {
        self.git_ago(Duration::ZERO, arguments);
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program with these arguments, ready to run.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program to its end. A program that does not end within ten minutes is killed.
    ///
    /// # Panics
    /// If the program cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> ProgramOutput {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.spawn().expect("start the program");
        // The sender is dropped when the program has ended. Then the thread ends, too.
        let (_running, end) = mpsc::channel::<()>();
        let id = program.id().to_string();
        thread::spawn(move || {
            if end.recv_timeout(RUN_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
        });
        let output = program.wait_with_output().expect("the output of the program");
        ProgramOutput { command: format!("{command:?}"), output }
    }

    /// Runs the program on a terminal of its own and returns all that it wrote there, stdout and stderr
    /// together.
    ///
    /// # Panics
    /// If there is no terminal, or if the program does not end within a minute.
    #[must_use]
    pub fn run_on_a_terminal(&self, arguments: &[&str]) -> String {
        let options = Options::new().timeout_ms(Some(60_000));
        let mut session = spawn_with_options(self.command(arguments), options).expect("a terminal");
        session.exp_eof().expect("the program's end")
    }

    /// Runs the program on a terminal of its own, answers its question, and returns what it wrote there before and after the
    /// question.
    ///
    /// # Panics
    /// If there is no terminal, or if the program does not ask this question or does not end within a minute.
    #[must_use]
    pub fn answer_on_a_terminal(&self, arguments: &[&str], question: &str, answer: &str) -> String {
        let options = Options::new().timeout_ms(Some(60_000));
        let mut command = self.command(arguments);
        command.stdin(Stdio::inherit());
        let mut session = spawn_with_options(command, options).expect("a terminal");
        let before = session.exp_string(question).expect("the question");
        session.send_line(answer).expect("the answer");
        before + &session.exp_eof().expect("the program's end")
    }

    /// Runs git. The times that git records are this long ago.
    fn git_ago(&self, age: Duration, arguments: &[&str]) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let date = &format!("{} +0000", now.saturating_sub(age).as_secs());
        let status = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.folder.path())
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .envs([("GIT_AUTHOR_DATE", date), ("GIT_COMMITTER_DATE", date)])
            .status()
            .expect("start git");
        assert!(status.success(), "git {arguments:?} failed");
    }
}

impl ProgramOutput {
    /// The result of a program that the test started itself.
    #[must_use]
    pub fn new(command: &Command, output: Output) -> Self {
        Self { command: format!("{command:?}"), output }
    }

    /// Checks the exit status.
    ///
    /// # Panics
    /// If the program ended with another status.
    #[must_use]
    pub fn with_status(self, status: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(status), "the exit status of {self}");
        self
    }

    /// The exit status; `None` after a signal.
    #[must_use]
    pub fn status(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// What was written to stdout.
    #[must_use]
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// What was written to stderr.
    #[must_use]
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// The JSON document on stdout.
    ///
    /// # Panics
    /// If stdout is not a JSON document.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.output.stdout)
            .unwrap_or_else(|error| panic!("{error} on stdout of {self}"))
    }

    /// One metric of the JSON document on stdout.
    ///
    /// # Panics
    /// If there is no metric with this key.
    #[must_use]
    pub fn metric(&self, key: &str) -> Value {
        let document = self.json();
        let metrics = document["metrics"].as_array().unwrap_or_else(|| panic!("no metrics in {self}"));
        metrics
            .iter()
            .find(|metric| metric["key"] == key)
            .unwrap_or_else(|| panic!("no {key} in {self}"))
            .clone()
    }

    /// Checks that stderr contains a text.
    ///
    /// # Panics
    /// If stderr does not contain the text.
    pub fn says(&self, text: &str) {
        assert!(self.stderr().contains(text), "stderr should say `{text}`: {self}");
    }
}

/// Waits for the next second. A run in the same second as the previous run would have the same time, and replace the values of
/// that run.
pub fn next_second() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    thread::sleep(Duration::from_nanos(1_000_000_000 - u64::from(since.subsec_nanos())));
}

impl fmt::Display for ProgramOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.command)?;
        writeln!(f, "{}", self.output.status)?;
        write!(f, "--- stdout\n{}\n--- stderr\n{}", self.stdout(), self.stderr())
    }
}

impl fmt::Debug for ProgramOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
