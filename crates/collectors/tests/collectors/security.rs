//! Which alerts `security.alerts_open` counts, and how they are read.

use serde_json::json;
use system_health_test_support::{
    github::{Alert, FakeGitHub, refusal},
    server::Answer,
};

use crate::stage::{Stage, collected, evidence_of};

const KEY: &str = "security.alerts_open";
const NO_ALERTS: [&str; 13] = [
    "0 kind:dependabot severity:critical",
    "0 kind:dependabot severity:high",
    "0 kind:dependabot severity:medium",
    "0 kind:dependabot severity:low",
    "0 kind:code_scanning severity:critical",
    "0 kind:code_scanning severity:high",
    "0 kind:code_scanning severity:medium",
    "0 kind:code_scanning severity:low",
    "0 kind:code_scanning severity:error",
    "0 kind:code_scanning severity:warning",
    "0 kind:code_scanning severity:note",
    "0 kind:code_scanning severity:unrated",
    "0 kind:secret_scanning severity:unrated",
];

fn github(alerts: impl IntoIterator<Item = Alert>) -> FakeGitHub {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1);
    for alert in alerts {
        shop.alert(alert);
    }
    github
}

/// The lines of [`collected`], without the samples that are 0.
async fn without_zeros(github: &FakeGitHub) -> Vec<String> {
    let lines = collected(&Stage::on(github), KEY).await;
    lines.into_iter().filter(|line| !line.starts_with("0 ")).collect()
}

fn error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message }))
}

#[tokio::test]
async fn without_alerts_every_severity_is_0() {
    assert_eq!(collected(&Stage::on(&github([])), KEY).await, NO_ALERTS);
}

#[tokio::test]
async fn open_alerts_are_counted_by_severity_and_kind() {
    let github = github([
        Alert::dependabot("high"),
        Alert::dependabot("high"),
        Alert::dependabot("low"),
        Alert::dependabot("critical").closed(),
        Alert::code_scanning(Some("error"), Some("high")),
        Alert::code_scanning(Some("error"), None),
        Alert::code_scanning(Some("none"), None),
        Alert::code_scanning(None, None),
        Alert::code_scanning(Some("warning"), None).closed(),
        Alert::secret(),
        Alert::secret().closed(),
    ]);
    assert_eq!(
        without_zeros(&github).await,
        [
            "2 kind:dependabot severity:high",
            "1 kind:dependabot severity:low",
            "1 kind:code_scanning severity:high",
            "1 kind:code_scanning severity:error",
            "2 kind:code_scanning severity:unrated",
            "1 kind:secret_scanning severity:unrated",
        ]
    );
    assert_eq!(github.requests().len(), 3);
    let evidence = evidence_of(&Stage::on(&github), KEY).await;
    assert_eq!(evidence[0], "+ #1 Socks have holes: it is open");
}

#[tokio::test]
async fn all_pages_are_read_whether_they_have_cursors_or_numbers() {
    let alerts = (0..250)
        .flat_map(|_| [Alert::dependabot("low"), Alert::code_scanning(Some("note"), None), Alert::secret()]);
    let github = github(alerts);
    assert_eq!(
        without_zeros(&github).await,
        [
            "250 kind:dependabot severity:low",
            "250 kind:code_scanning severity:note",
            "250 kind:secret_scanning severity:unrated",
        ]
    );
    assert_eq!(github.requests().len(), 9);
}

#[tokio::test]
async fn secrets_themselves_are_not_read() {
    let github = github([Alert::secret()]);
    without_zeros(&github).await;
    let requests = github.requests();
    let secrets = requests.iter().find(|request| request.path().contains("secret-scanning")).unwrap();
    assert!(secrets.query().contains("hide_secret=true"), "{}", secrets.query());
}

#[tokio::test]
async fn a_kind_that_may_not_be_read_or_is_off_does_not_affect_the_others() {
    for refusal in [
        refusal::forbidden(),
        error(403, "Dependabot alerts are disabled for this repository."),
        error(404, "Not Found"),
    ] {
        let github = github([Alert::dependabot("high"), Alert::secret()]);
        github.fail("/dependabot/alerts", refusal);
        assert_eq!(collected(&Stage::on(&github), KEY).await.len(), 9, "the samples of the two other kinds");
        assert_eq!(without_zeros(&github).await, ["1 kind:secret_scanning severity:unrated"]);
    }
}

#[tokio::test]
async fn if_no_kind_can_be_read_there_is_no_data_with_all_reasons() {
    let github = github([]);
    github.fail("/dependabot/alerts", refusal::forbidden());
    github.fail(
        "/code-scanning/alerts",
        error(403, "Advanced Security must be enabled for this repository to use code scanning."),
    );
    github.fail("/secret-scanning/alerts", error(404, "Secret scanning is disabled on this repository."));
    let lines = collected(&Stage::on(&github), KEY).await;
    for part in [
        "no data: the GitHub token needs the permission `Dependabot alerts` (read) for acme/shop: ",
        "; code_scanning is not in use in acme/shop: GitHub answered 403 Forbidden: Advanced Security must be enabled",
        "; secret_scanning is not in use in acme/shop, or the GitHub token needs the permission `Secret scanning alerts` (read): ",
    ] {
        assert!(lines[0].contains(part), "{part}: {lines:?}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_to_its_end_fails_and_is_not_cut_off() {
    let github = github((0..150).map(|_| Alert::dependabot("low")));
    let settings = format!(
        "[github]\napi_url = \"{}\"\nmax_pages = 1\n[repository]\nname = \"acme/shop\"",
        github.url()
    );
    let lines = collected(&Stage::empty().token().settings(&settings), KEY).await;
    assert_eq!(lines.len(), 10, "the samples of two kinds, and the failed one: {lines:?}");
    assert!(
        lines[9].starts_with("failed: ")
            && lines[9].contains("more pages than `max_pages` in [github] allows (1)"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn an_unknown_severity_fails_and_is_not_left_out() {
    let github = github([Alert::dependabot("dire")]);
    let lines = without_zeros(&github).await;
    assert!(lines[0].contains("alert #1 has the unknown severity `dire`"), "{lines:?}");
}

#[tokio::test]
async fn if_max_requests_is_reached_the_whole_metric_fails() {
    let github = github([Alert::dependabot("high"), Alert::secret()]);
    let settings = format!(
        "[github]\napi_url = \"{}\"\nmax_requests = 2\n[repository]\nname = \"acme/shop\"",
        github.url()
    );
    let lines = collected(&Stage::empty().token().settings(&settings), KEY).await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    let limit =
        ": not sent, because this run has made as many requests as `max_requests` in [github] allows: 2";
    assert!(line.starts_with("error: ") && line.ends_with(limit), "{line}");
    assert_eq!(github.requests().len(), 2);
}
