//! Tests the release's script for the chart, with real Helm and a registry that stores what it gets.
#![cfg(unix)]

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::Path,
    process::{Command, Output},
    sync::Mutex,
};

use sha2::{Digest, Sha256};
use system_health_test_support::{
    scene::next_second,
    server::{Answer, Request, Server},
    tools,
};
use tempfile::TempDir;

const IMAGE: &str = "ghcr.io/acme/system-health";

/// A registry as Helm uses it.
/// See <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.
fn registry() -> Server {
    let stored: Mutex<BTreeMap<String, (String, Vec<u8>)>> = Mutex::default();
    Server::start(move |request: &Request| {
        let mut stored = stored.lock().unwrap();
        let empty = |status| Answer { status, headers: vec![], body: vec![] };
        let digest = |body: &[u8]| -> String {
            Sha256::digest(body).iter().fold("sha256:".to_owned(), |mut digest, byte| {
                write!(digest, "{byte:02x}").unwrap();
                digest
            })
        };
        let (path, last) = request.path().rsplit_once('/').unwrap();
        match &*request.method {
            "POST" => empty(202).with_header("location", &format!("{}upload", request.path())),
            "PUT" => {
                let content_digest = digest(&request.body);
                let content_type = request.header("content-type").unwrap_or_default().to_owned();
                // A blob is uploaded below `blobs/uploads` and read below `blobs`. A manifest is read by its tag or its digest.
                let folder = path.strip_suffix("/uploads").unwrap_or(path);
                for name in [&*content_digest, last] {
                    stored.insert(format!("{folder}/{name}"), (content_type.clone(), request.body.clone()));
                }
                empty(201).with_header("docker-content-digest", &content_digest)
            }
            _ => match stored.get(request.path()) {
                Some((content_type, body)) => Answer { status: 200, headers: vec![], body: body.clone() }
                    .with_header("content-type", content_type)
                    .with_header("docker-content-digest", &digest(body)),
                None => Answer::json(404, &serde_json::json!({"errors": [{"code": "MANIFEST_UNKNOWN"}]})),
            },
        }
    })
}

/// A copy of what the script needs of the repository.
fn checkout() -> TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let copy = tempfile::tempdir().unwrap();
    for folder in [".ci", "charts"] {
        let copied = Command::new("cp").arg("-R").arg(root.join(folder)).arg(copy.path()).status().unwrap();
        assert!(copied.success());
    }
    copy
}

struct Release<'a> {
    helm: &'a str,
    registry: &'a Server,
    checkout: &'a TempDir,
}

impl Release<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        let folder = |helm: &str| tools::file(&format!("{helm}/helm")).parent().unwrap().to_owned();
        let charts = self.registry.url().replace("http://", "oci://") + "/acme/charts";
        Command::new(self.checkout.path().join(".ci/publish-chart"))
            .args(arguments)
            .args([IMAGE, "9.9.9", &charts, "--plain-http"])
            .env_clear()
            .env("HOME", self.checkout.path())
            .env("PATH", format!("{}:/usr/bin:/bin", folder(self.helm).display()))
            .output()
            .unwrap()
    }

    /// The digest that a successful run prints.
    fn publish(&self) -> String {
        let ended = self.run(&[]);
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let output = String::from_utf8(ended.stdout).unwrap();
        output.trim().strip_prefix("Digest: sha256:").unwrap_or_else(|| panic!("{output}")).to_owned()
    }

    /// The error message of a failed run.
    fn refusal(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        String::from_utf8(ended.stderr).unwrap()
    }

    /// How many times a version was pushed.
    fn pushes(&self) -> usize {
        let is_version = |tag: &str| !tag.starts_with("sha256:");
        let requests = self.registry.requests();
        let puts = requests.iter().filter(|request| request.method == "PUT");
        puts.filter_map(|request| request.target.split_once("/manifests/"))
            .filter(|(_, tag)| is_version(tag))
            .count()
    }

    fn replace(&self, file: &str, text: &str, by: &str) {
        let file = self.checkout.path().join("charts/cronjob").join(file);
        let content = fs::read_to_string(&file).unwrap();
        assert!(content.contains(text), "{content}");
        fs::write(file, content.replacen(text, by, 1)).unwrap();
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_content_of_a_published_version_of_the_chart_never_changes() {
    for helm in ["helm3", "helm4"] {
        let (registry, checkout) = (registry(), checkout());
        let release = Release { helm, registry: &registry, checkout: &checkout };

        // A new version is pushed, with the image of the release; the check before it pushes nothing.
        assert!(release.run(&["--check"]).status.success());
        assert_eq!(release.pushes(), 0);
        let first = release.publish();
        assert_eq!(release.pushes(), 1);
        let archive = checkout.path().join("dist/system-health-0.1.0.tgz");
        let values = Command::new("tar").arg("-xzOf").arg(&archive).arg("system-health/values.yaml").output();
        assert!(
            String::from_utf8(values.unwrap().stdout).unwrap().contains(&format!("repository: {IMAGE}\n"))
        );

        // The same content is not pushed again, although its archive contains other times. The published archive is used.
        let published = fs::read(&archive).unwrap();
        fs::remove_file(&archive).unwrap();
        next_second();
        assert_eq!(release.publish(), first);
        assert!(fs::read(&archive).unwrap() == published, "the archive is not the published one");
        assert_eq!(release.pushes(), 1);

        // Other content needs another version.
        release.replace("values.yaml", "suspend: false", "suspend: true");
        for arguments in [&[][..], &["--check"]] {
            let output = release.refusal(arguments);
            assert!(
                output.contains("the chart 0.1.0 is published with other contents: raise `version`"),
                "{output}"
            );
            assert!(output.contains("suspend: true"), "{output}");
        }
        assert_eq!(release.pushes(), 1);
        release.replace("Chart.yaml", "version: 0.1.0", "version: 0.1.1");
        assert_ne!(release.publish(), first);
        assert_eq!(release.pushes(), 2);
    }
}

#[test]
fn if_an_argument_is_missing_the_script_prints_its_usage() {
    let checkout = checkout();
    for arguments in [&[][..], &["--check"], &[IMAGE, "9.9.9"]] {
        let script = checkout.path().join(".ci/publish-chart");
        let ended = Command::new(script).args(arguments).output().unwrap();

        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        let output = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(output, "usage: publish-chart [--check] IMAGE APP_VERSION REPOSITORY [HELM_OPTION...]\n");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn nothing_is_published_if_the_registry_refuses_to_say_what_is_published() {
    for helm in ["helm3", "helm4"] {
        let (registry, checkout) = (registry(), checkout());
        registry.fail("/manifests/", Answer::json(403, &serde_json::json!({"errors": [{"code": "DENIED"}]})));
        let release = Release { helm, registry: &registry, checkout: &checkout };

        let output = release.refusal(&[]);

        assert!(output.contains("cannot find out whether the chart 0.1.0 is published"), "{output}");
        assert_eq!(release.pushes(), 0);
    }
}
