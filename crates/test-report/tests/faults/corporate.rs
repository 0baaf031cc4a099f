//! A corporate network: everything goes through a proxy with a password, and servers have certificates of a private
//! authority.

use system_health_test_support::{
    corporate::CorporateNetwork,
    datadog::DatadogIntake,
    moto::Moto,
    scene::{ProgramOutput, Scene, next_second},
};

use crate::scenario::{Scenario, TOKEN, World, delivery};

const RUN: [&str; 8] =
    ["--push", "--no-self-metrics", "--only", "commits.hotfix", "--only", "test.value", "--deadline", "20s"];

/// Stands for a file with the certificate of an authority that issued none of the servers' certificates.
const OTHER: &str = "another authority";

/// The faults: a description, the variable that causes the fault, its value, and a part of the run's message.
const FAULTS: [(&str, &str, &str, &str); 7] = [
    (
        "the proxy refuses the password",
        "HTTPS_PROXY",
        "http://me:wr0ng@127.0.0.1",
        "(HTTPS_PROXY) refused the connection",
    ),
    (
        "the proxy is down",
        "HTTPS_PROXY",
        "http://me:wr0ng@127.0.0.1:1",
        "cannot reach the proxy 127.0.0.1:1 (HTTPS_PROXY)",
    ),
    ("HTTPS_PROXY names no proxy", "HTTPS_PROXY", "htp://me:wr0ng@proxy", "HTTPS_PROXY has a scheme other"),
    ("AWS_CA_BUNDLE cannot be read", "AWS_CA_BUNDLE", "/nowhere/ca.pem", "/nowhere/ca.pem"),
    ("SSL_CERT_FILE cannot be read", "SSL_CERT_FILE", "/nowhere/ca.pem", "SSL_CERT_FILE"),
    ("AWS_CA_BUNDLE has another authority", "AWS_CA_BUNDLE", OTHER, "in AWS_CA_BUNDLE or SSL_CERT_FILE"),
    ("SSL_CERT_FILE has another authority", "SSL_CERT_FILE", OTHER, "certificate in SSL_CERT_FILE"),
];

pub(crate) fn scenarios() -> Vec<Scenario> {
    let row = |fault: &str, delivered, status| Scenario {
        place: "corporate network",
        fault: fault.to_owned(),
        delivered,
        status,
    };
    let mut rows = vec![row("a proxy with a password and a private authority", "all", 0)];
    let delivered = "nothing yet; all but GitHub's metrics with the next run";
    rows.extend(FAULTS.map(|(fault, ..)| row(fault, delivered, 3)));
    rows
}

struct Corporation {
    world: World,
    _moto: Moto,
    network: CorporateNetwork,
}

impl Corporation {
    fn start() -> Self {
        let (world, moto) = (World::new(), Moto::start());
        moto.create_secret("github/dashboard-token", TOKEN);
        moto.create_secret("datadog/api-key", DatadogIntake::KEY);
        let servers = [
            ("github.test", world.github.url()),
            ("datadog.test", world.intake.url()),
            ("aws.test", moto.url()),
        ];
        let servers: Vec<_> = servers.iter().map(|(name, url)| (*name, &**url)).collect();
        Self { network: CorporateNetwork::start(&servers), world, _moto: moto }
    }

    /// A scene with everything that a run needs. `wrong` replaces one of the variables.
    fn scene(&self, wrong: Option<(&str, &str)>) -> Scene {
        let authority = self.network.authority().display().to_string();
        let variables = [
            ("GITHUB_API_URL", self.network.url("github.test")),
            ("DD_URL", self.network.url("datadog.test")),
            ("AWS_ENDPOINT_URL", self.network.url("aws.test")),
            ("AWS_REGION", Moto::REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI".to_owned()),
            ("AWS_CA_BUNDLE", authority.clone()),
            ("SSL_CERT_FILE", authority),
            ("HTTPS_PROXY", self.network.proxy()),
        ];
        let scene = Scene::new(env!("CARGO_BIN_EXE_test-report"))
            .file("system-health.toml", "[repository]\nname = 'acme/shop'\nbranch = 'main'\n[github]\n");
        variables.into_iter().fold(scene, |scene, (name, value)| {
            let value =
                wrong.filter(|(wrong, _)| *wrong == name).map_or(value, |(_, wrong)| wrong.to_owned());
            scene.variable(name, value)
        })
    }

    fn assert_hides_secrets(ended: &ProgramOutput) {
        for secret in [TOKEN, DatadogIntake::KEY, "hunter2", "wr0ng", "wJalrXUtnFEMI"] {
            assert!(!ended.to_string().replace(&command(ended), "").contains(secret), "{secret}: {ended}");
        }
    }
}

/// The first line of a run's text: the command, which contains the variables that the test set.
fn command(ended: &ProgramOutput) -> String {
    ended.to_string().lines().next().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "needs a proxy and moto: run cargo xtask test"]
fn github_datadog_and_aws_are_reached_through_the_proxy() {
    let corporation = Corporation::start();

    let ended = corporation.scene(None).run(&RUN).with_status(0);

    assert_eq!(ended.metric("commits.hotfix")["state"], "value", "{ended}");
    assert_eq!(corporation.world.delivered("commits.hotfix").len(), 1, "{ended}");
    assert_eq!(corporation.world.delivered("test.value").len(), 1, "{ended}");
    Corporation::assert_hides_secrets(&ended);
}

#[test]
#[ignore = "needs a proxy and moto: run cargo xtask test"]
fn faults_of_the_network_are_reported_and_nothing_is_lost() {
    let corporation = Corporation::start();
    let other = CorporateNetwork::start(&[]);
    for (fault, variable, value, message) in FAULTS {
        let proxy = corporation.network.proxy();
        let port = proxy.rsplit(':').next().unwrap();
        let value = match value {
            OTHER => other.authority().display().to_string(),
            url if url.ends_with("127.0.0.1") => format!("{url}:{port}"),
            value => value.to_owned(),
        };
        let before = corporation.world.delivered("test.value").len();
        // Without secrets in the environment, the run would fail at AWS, before it uses them for other services.
        // `AWS_CA_BUNDLE` affects only AWS.
        let scene = corporation.scene(Some((variable, &value)));
        let scene = if variable == "AWS_CA_BUNDLE" {
            scene
        } else {
            scene.variable("GITHUB_TOKEN", TOKEN).variable("DD_API_KEY", DatadogIntake::KEY)
        };

        let ended = scene.run(&RUN).with_status(3);

        assert_eq!(corporation.world.delivered("test.value").len(), before, "{fault}: {ended}");
        assert_eq!(ended.metric("commits.hotfix")["state"], "error", "{fault}: {ended}");
        assert!(ended.stderr().contains(message), "{fault}: {ended}");
        Corporation::assert_hides_secrets(&ended);
        next_second();
        let correct = match variable {
            "HTTPS_PROXY" => corporation.network.proxy(),
            _ => corporation.network.authority().display().to_string(),
        };
        let next = scene.variable(variable, correct).run(&RUN).with_status(0);
        assert_eq!(delivery(&next)["points_of_earlier_runs"], 1, "{fault}: {next}");
        assert_eq!(delivery(&next)["left"], 0, "{fault}: {next}");
    }
}
