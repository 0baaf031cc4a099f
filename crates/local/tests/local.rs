//! Tests of lines in files and on standard output.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

use futures::StreamExt;
use serde_json::{Value, json};
use system_health_local as _;
use system_health_registry::{
    Capabilities, Context, Destination, Event, Fate, Grade, Kind, Level, Point, Repeat, Settings, Sink,
    SinkType, Tag,
};
use system_health_test_support::tools::run_contract_script;
use tokio::time::Instant;
#[cfg(target_os = "linux")]
use tokio::time::advance;

/// This variable is set in the child process that writes to its standard output.
const CHILD: &str = "SYSTEM_HEALTH_TEST_CHILD";

fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045)
}

fn gauge(value: f64) -> Point {
    let tags = ["branch:main", "nightly"].map(|tag| Tag::parse(tag).unwrap()).into();
    let unit = Some("commit".to_owned());
    Point {
        key: "commits.hotfix".to_owned(),
        kind: Kind::Gauge,
        unit,
        tags,
        timestamp: time(),
        since: None,
        value: value.into(),
    }
}

fn count() -> Point {
    Point { kind: Kind::Count { interval: Duration::from_mins(15) }, unit: None, ..gauge(0.5) }
}

fn event() -> Event {
    let event = Event::new("deploy-1", "Deployed \"4.2\"").unwrap().with_level(Level::Success);
    event.at(time()).unwrap().with_tag("service", "shop").unwrap().with_link("https://example.com/1").unwrap()
}

fn destinations(table: &str) -> Result<Vec<Box<dyn Destination>>, String> {
    let text = format!("[local]\n{table}");
    let settings = Settings::builder().toml(Path::new("system-health.toml"), &text).unwrap();
    let settings = settings.build().map_err(|error| error.to_string())?;
    let sink = SinkType::linked().into_iter().find(|sink| sink.name == "local").unwrap();
    (sink.configure)(&settings).map_err(|error| error.to_string())
}

fn to_file(file: &Path) -> Box<dyn Destination> {
    destinations(&format!("file = \"{}\"", file.display())).unwrap().remove(0)
}

async fn sink(destination: &dyn Destination) -> Box<dyn Sink> {
    destination.connect(Context::new()).await.unwrap()
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

async fn deliver(sink: &dyn Sink, points: &[Point]) -> Vec<(usize, Fate)> {
    let settlements: Vec<_> = sink.deliver(points, deadline()).collect().await;
    let mut fates: Vec<_> = settlements
        .into_iter()
        .flat_map(|settlement| settlement.points.map(move |position| (position, settlement.fate.clone())))
        .collect();
    fates.sort_by_key(|(position, _)| *position);
    assert!(fates.iter().map(|(position, _)| *position).eq(0..points.len()), "{fates:?}");
    fates
}

async fn preview(points: &[Point], events: &[Event]) -> Value {
    let destination = destinations("stdout = true").unwrap().remove(0);
    destination.preview(Context::new(), points, events).await.unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn written_lines() -> [Value; 3] {
    [
        json!({
            "type": "point", "key": "commits.hotfix", "kind": "gauge", "unit": "commit",
            "tags": ["branch:main", "nightly"], "timestamp": "2026-01-02T03:04:05Z", "value": 3.0,
        }),
        json!({
            "type": "point", "key": "commits.hotfix", "kind": "count", "interval_seconds": 900, "unit": null,
            "tags": ["branch:main", "nightly"], "timestamp": "2026-01-02T03:04:05Z", "value": 0.5,
        }),
        json!({
            "type": "event", "id": "deploy-1", "title": "Deployed \"4.2\"", "text": null, "tags": ["service:shop"],
            "level": "success", "timestamp": "2026-01-02T03:04:05Z", "link": "https://example.com/1",
        }),
    ]
}

#[tokio::test]
async fn points_and_events_are_appended_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("points.jsonl");
    let sink = sink(&*to_file(&file)).await;

    deliver(&*sink, &[gauge(3.0), count()]).await;
    let fate = sink.announce(&event(), deadline()).await;

    assert!(matches!(fate, Fate::Accepted), "{fate:?}");
    assert_eq!(lines(&fs::read_to_string(file).unwrap()), written_lines());
}

#[tokio::test]
async fn only_values_that_are_not_finite_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("points.jsonl");

    let points = [gauge(f64::NAN), gauge(1.0), gauge(2.0), gauge(f64::INFINITY), gauge(3.0)];
    let fates = deliver(&*sink(&*to_file(&file)).await, &points).await;

    let accepted: Vec<_> = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::Accepted))
        .map(|(position, _)| *position)
        .collect();
    assert_eq!(accepted, [1, 2, 4]);
    assert!(
        matches!(&fates[0].1, Fate::Refused(error) if error.to_string().contains("`commits.hotfix` is NaN"))
    );
    assert_eq!(lines(&fs::read_to_string(file).unwrap()).len(), 3);
}

#[tokio::test]
async fn an_incomplete_last_line_is_ended_before_new_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("points.jsonl");
    fs::write(&file, "{\"type\":\"po").unwrap();

    deliver(&*sink(&*to_file(&file)).await, &[gauge(3.0)]).await;

    let text = fs::read_to_string(file).unwrap();
    let (cut, appended) = text.split_once('\n').unwrap();
    assert_eq!((cut, lines(appended)), ("{\"type\":\"po", vec![written_lines()[0].clone()]));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn points_are_neither_accepted_nor_refused_if_the_disk_is_full() {
    // Writing to this device fails as on a full disk.
    let sink = sink(&*to_file(Path::new("/dev/full"))).await;

    let fates = deliver(&*sink, &[gauge(3.0)]).await;

    assert!(!matches!(fates[0].1, Fate::Accepted | Fate::Refused(_)), "{fates:?}");
}

#[tokio::test]
async fn points_are_left_if_the_folder_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let destination = to_file(&folder.path().join("missing/points.jsonl"));
    let sink = sink(&*destination).await;

    let fates = deliver(&*sink, &[gauge(3.0)]).await;
    let fate = sink.announce(&event(), deadline()).await;

    assert!(matches!(fates[0].1, Fate::Left(_)) && matches!(fate, Fate::Left(_)), "{fates:?} {fate:?}");
    let missing = folder.path().join("missing");
    let expected = format!(
        "cannot write to {}: the folder {} does not exist",
        missing.join("points.jsonl").display(),
        missing.display()
    );
    assert!(matches!(&fate, Fate::Left(error) if error.to_string() == expected), "{fate:?}");
    assert_eq!(sink.check(deadline()).await.unwrap_err().to_string(), expected);
    let finding = destination.diagnose(Context::new()).await.remove(0);
    assert_eq!((finding.grade, finding.message), (Grade::Failed, expected));
}

#[tokio::test]
async fn nothing_is_written_after_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("points.jsonl");
    let sink = sink(&*to_file(&file)).await;

    let fate = sink.announce(&event(), Instant::now()).await;

    let expected = format!("no time was left to write to {} before the run's deadline", file.display());
    assert!(matches!(&fate, Fate::Left(error) if error.to_string() == expected), "{fate:?}");
    assert!(!file.exists());
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn only_the_error_about_a_pipe_asks_for_a_reader() {
    const LIMIT: Duration = Duration::from_secs(5);
    let folder = tempfile::tempdir().unwrap();
    let (file, pipe) = (folder.path().join("points.jsonl"), folder.path().join("pipe"));
    fs::write(&file, "").unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, hint) in [(file, ""), (pipe, "; does a process read from it?")] {
        // The sink waits for this lock, as it does while another process writes.
        let other = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        other.lock().unwrap();

        let (sink, event) = (sink(&*to_file(&path)).await, event());

        let announcing = sink.announce(&event, Instant::now() + LIMIT);
        let (fate, ()) = futures::future::join(announcing, advance(LIMIT)).await;

        other.unlock().unwrap();
        let expected = format!("writing to {} was not finished at the run's deadline{hint}", path.display());
        assert!(matches!(&fate, Fate::Unknown(error) if error.to_string() == expected), "{fate:?}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn points_are_left_if_no_process_reads_from_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let sink = sink(&*to_file(&pipe)).await;

    let without_reader = deliver(&*sink, &[gauge(3.0)]).await;
    let reader = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let with_reader = deliver(&*sink, &[gauge(3.0)]).await;

    let expected = format!("cannot write to {}: no process reads from it", pipe.display());
    assert!(
        matches!(&without_reader[0].1, Fate::Left(error) if error.to_string() == expected),
        "{without_reader:?}"
    );
    assert!(matches!(with_reader[0].1, Fate::Accepted), "{with_reader:?}");
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).unwrap();
    assert_eq!(lines(&line), written_lines()[..1]);
}

#[tokio::test]
async fn a_check_does_not_leave_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let destination = to_file(&folder.path().join("points.jsonl"));

    sink(&*destination).await.check(deadline()).await.unwrap();
    assert_eq!(destination.diagnose(Context::new()).await[0].grade, Grade::Ok);

    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn only_lines_are_written_to_standard_output() {
    let destination = destinations("stdout = true").unwrap().remove(0);
    if env::var_os(CHILD).is_some() {
        let sink = sink(&*destination).await;
        deliver(&*sink, &[gauge(3.0), count()]).await;
        sink.announce(&event(), deadline()).await;
        return;
    }
    let this_test = ["--exact", "only_lines_are_written_to_standard_output", "--nocapture", "--quiet"];
    let output = Command::new(env::current_exe().unwrap()).args(this_test).env(CHILD, "1").output().unwrap();

    // The test harness also prints text before and after the lines of the sink.
    let text = String::from_utf8(output.stdout).unwrap();
    let start = text.find('{').unwrap();
    let end = text.rfind('}').unwrap() + 1;
    assert_eq!(lines(&text[start..end]), written_lines());
}

#[test]
fn the_settings_choose_the_destinations() {
    let addresses = |table: &str| -> Result<Vec<String>, String> {
        Ok(destinations(table)?.iter().map(|destination| destination.address()).collect())
    };

    assert_eq!(addresses("").unwrap(), [""; 0]);
    // What a relative path means depends on the working folder, so an address is absolute.
    let file = env::current_dir().unwrap().join("a/b.jsonl");
    let file = file.to_str().unwrap();
    assert_eq!(addresses("stdout = true\nfile = \"a/b.jsonl\"").unwrap(), [file, "stdout"]);
    let empty = addresses("file = \"\"").unwrap_err();
    assert_eq!(empty, "system-health.toml:2:1: `file` in [local]: the path is empty");
}

#[test]
fn repeated_lines_add_up() {
    let capabilities = destinations("stdout = true").unwrap()[0].capabilities();

    let Capabilities { gauges, counts, rates, distributions, .. } = capabilities;
    assert_eq!([gauges, counts, rates, distributions], [Repeat::AddsUp; 4]);
    assert!(capabilities.keeps_timestamps && capabilities.max_event_age.is_some());
}

#[test]
fn only_the_destination_stdout_owns_standard_output() {
    let owns = |table: &str| destinations(table).unwrap()[0].owns_stdout();

    assert!(owns("stdout = true") && !owns("file = \"a.jsonl\""));
}

#[tokio::test]
async fn a_preview_contains_the_lines_and_the_refused_points() {
    let preview = preview(&[gauge(3.0), gauge(f64::NAN), count()], &[event()]).await;

    let refused = ["the value of `commits.hotfix` is NaN, which is not a finite number"];
    assert_eq!(preview, json!({ "lines": written_lines(), "refused": refused }));
}

#[tokio::test]
#[ignore = "needs a schema validator: run cargo xtask test"]
async fn lines_obey_the_schema() {
    let events = [event(), Event::new("a", "b").unwrap().with_text("c").unwrap()];
    let preview = preview(&[gauge(3.0), count()], &events).await;
    let mut documents = preview["lines"].as_array().unwrap().clone();
    let valid_count = documents.len();
    let mut add_wrong_line = |field: &str, value: Value| {
        let mut line = documents[0].clone();
        line.as_object_mut().unwrap().insert(field.to_owned(), value);
        documents.push(line);
    };
    add_wrong_line("interval_seconds", json!(900));
    add_wrong_line("title", json!("an event's"));
    add_wrong_line("timestamp", json!(1_767_323_045));
    add_wrong_line("value", json!("3"));

    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/local.schema.json");
    let input = serde_json::to_vec(&documents).unwrap();
    let faults: Vec<Vec<String>> =
        serde_json::from_str(&run_contract_script("json_schema_check.py", &[&schema], &input)).unwrap();

    assert!(faults[..valid_count].iter().all(Vec::is_empty), "{faults:?}");
    assert!(faults[valid_count..].iter().all(|faults| !faults.is_empty()), "{faults:?}");
}
