//! Histories that look like those of real repositories and are always the same for the same seed. Benchmarks and tests use them.

use std::time::Duration;

use super::{
    commit::Commit,
    deployment::Deployment,
    issue::Issue,
    job::Conclusion,
    pull_request::{PullRequest, Review},
    repository::Repository,
    run::Run,
};

const MINUTES_PER_DAY: u64 = 24 * 60;

/// A deterministic sequence of pseudorandom numbers, `SplitMix64`: <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Debug, Clone)]
struct RandomNumbers(u64);

impl RandomNumbers {
    /// The next number below a limit.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// At most `max` random ages, the oldest first. Each is between 2 minutes and `days` days and 1 minute.
    fn ages(&mut self, max: u64, days: u64) -> Vec<Duration> {
        let count = self.below(max + 1);
        let mut minutes: Vec<u64> = (0..count).map(|_| 2 + self.below(days * MINUTES_PER_DAY)).collect();
        minutes.sort_unstable_by(|one, other| other.cmp(one));
        minutes.into_iter().map(Duration::from_mins).collect()
    }
}

impl Repository {
    /// Fills the repository with the history of a seed: a first commit of 60 days ago, commits of the last 14 days, runs
    /// and deployments at the same times, and pull requests and issues of the last 30 days.
    pub fn seeded_history(&self, seed: u64) {
        let mut numbers = RandomNumbers(seed);
        let mut deployment_numbers = RandomNumbers(!seed);
        self.commit(Commit::new("The first commit").age(Duration::from_hours(24 * 60)));
        for (number, age) in numbers.ages(110, 14).into_iter().enumerate() {
            let kind = if numbers.below(40) == 0 { "Hotfix" } else { "Change" };
            self.commit(Commit::new(format!("{kind} number {number}")).age(age));
            let failed = numbers.below(8) == 0;
            let conclusion = if failed { Conclusion::Failure } else { Conclusion::Success };
            self.run(Run::new("checks.yml").conclusion(conclusion).jobs(3, conclusion).age(age));
            if deployment_numbers.below(10) == 0 {
                self.seeded_deployment(&mut deployment_numbers, age);
            }
        }
        // At least one run, so that metrics about tests have data.
        self.run(Run::new("checks.yml").jobs(3, Conclusion::Success));
        for (number, age) in numbers.ages(20, 30).into_iter().enumerate() {
            let opened =
                PullRequest::new(format!("Change {number}")).age(age).lines(1 + numbers.below(500), 3);
            self.pull_request(match numbers.below(3) {
                0 => opened,
                1 => opened.review(age / 2, Review::new("bob")).merge(age / 3),
                _ => opened.close(age / 2),
            });
        }
        for (number, age) in numbers.ages(12, 30).into_iter().enumerate() {
            let opened = Issue::new(format!("Problem {number}")).age(age);
            self.issue(if numbers.below(2) == 0 { opened } else { opened.close(age / 2) });
        }
    }

    /// Adds the results of a few minutes of work: a commit, a run, a pull request, an issue and a deployment.
    pub fn seeded_change(&self, seed: u64) {
        let mut numbers = RandomNumbers(seed);
        let age = Duration::from_mins(1);
        self.commit(Commit::new(format!("Change {}", numbers.below(1_000))));
        self.run(Run::new("checks.yml").jobs(3, Conclusion::Success));
        self.pull_request(PullRequest::new(format!("Change {}", numbers.below(1_000))).age(age));
        self.issue(Issue::new(format!("Problem {}", numbers.below(1_000))).age(age));
        self.seeded_deployment(&mut numbers, age);
    }

    /// Deploys the last commit. The deployment sometimes fails.
    fn seeded_deployment(&self, numbers: &mut RandomNumbers, age: Duration) {
        let state = if numbers.below(8) == 0 { "FAILURE" } else { "SUCCESS" };
        let deployment = Deployment::new("production", self.tip("main")).age(age);
        self.deployment(deployment.status("IN_PROGRESS", age).status(state, age / 2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::FakeGitHub;

    #[test]
    fn equal_seeds_give_equal_ages_and_different_seeds_give_different_ages() {
        let ages = |seed| RandomNumbers(seed).ages(110, 14);
        assert_eq!(ages(1), ages(1));
        assert_ne!(ages(1), ages(2));
        assert!(ages(1).is_sorted_by(|one, other| one >= other) && ages(1).len() <= 110);
    }

    #[test]
    fn a_seeded_change_adds_a_commit() {
        let github = FakeGitHub::start();
        let repository = github.repository("acme/shop");
        repository.seeded_history(1);
        let tip = repository.tip("main");
        repository.seeded_change(1);
        assert_ne!(repository.tip("main"), tip);
    }
}
