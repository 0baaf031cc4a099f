//! How well the classifiers do on commits of public histories that a person labelled. The classifiers were
//! developed with the part `develop`; the part `evaluate` only measures them.

use std::{fmt, fs, path::Path};

use serde::Deserialize;
use system_health_collectors::commits::{Classification, Classifier};

#[derive(Deserialize)]
struct Labelled {
    repository: String,
    id: String,
    message: String,
    revert: bool,
    hotfix: bool,
    split: Split,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Split {
    Develop,
    Evaluate,
}

/// Returns one of the labels of a commit.
type Label = fn(&Labelled) -> bool;

/// A classifier's results for commits, compared with their labels.
#[derive(Default)]
struct Score {
    /// Commits that the classifier counts and that have the label.
    right: u32,
    /// Commits that the classifier counts and that do not have the label.
    wrong: u32,
    /// Commits that have the label and that the classifier does not count.
    missed: u32,
}

impl Score {
    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.wrong)
    }

    fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.missed)
    }
}

/// As the cells after the key in a row of the table in the documentation.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { right, wrong, missed } = self;
        write!(f, "{right} | {wrong} | {missed} | {:.3} | {:.3}", self.precision(), self.recall())
    }
}

fn labelled() -> Vec<Labelled> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labels/commits.jsonl");
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn score(split: &Split, classifier: &Classifier, label: Label) -> Score {
    let mut score = Score::default();
    for commit in labelled().iter().filter(|commit| commit.split == *split) {
        match (matches!(classifier.classify(&commit.message), Classification::Counts(_)), label(commit)) {
            (true, true) => score.right += 1,
            (true, false) => score.wrong += 1,
            (false, true) => score.missed += 1,
            (false, false) => {}
        }
        // Print the errors, for whoever develops the classifiers.
        if *split == Split::Develop
            && label(commit) != matches!(classifier.classify(&commit.message), Classification::Counts(_))
        {
            println!("{} {} {:?}", commit.repository, commit.id, commit.message);
        }
    }
    score
}

#[test]
fn precision_and_recall_are_those_that_the_documentation_states() {
    let documentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let documentation = fs::read_to_string(documentation).unwrap();
    let metrics: [(&str, Classifier, Label); 2] = [
        ("commits.reverts", Classifier::reverts(), |commit| commit.revert),
        ("commits.hotfix", Classifier::hotfixes(), |commit| commit.hotfix),
    ];
    for (key, classifier, label) in &metrics {
        println!("develop: {key} {}", score(&Split::Develop, classifier, *label));
    }
    for (key, classifier, label) in metrics {
        let score = score(&Split::Evaluate, &classifier, label);
        let row = format!("| `{key}` | {score} |");

        assert!(documentation.contains(&row), "docs/metrics.md should state\n{row}");
        assert!(score.precision() >= 0.95, "{row}");
        assert!(score.recall() >= 0.9, "{row}");
    }
}

#[test]
fn there_are_enough_labelled_commits() {
    for split in [Split::Develop, Split::Evaluate] {
        let count = labelled().iter().filter(|commit| commit.split == split).count();
        assert!(count >= 300, "{count}");
    }
}
