//! When people last did something about an open pull request. `updatedAt` alone does not show that, because labels and
//! the comments of bots change it.

use std::time::SystemTime;

use super::pull_request::PullRequest;

/// The time of the last activity: an event, whoever caused it, a review or comment of a person, or the last commit. If there is
/// none of these, the creation. Without a history, the last update.
pub(super) fn last_activity(pull_request: &PullRequest) -> SystemTime {
    let Some(history) = &pull_request.history else { return pull_request.updated_at };
    let events = history.events.iter().map(|event| event.at);
    let reviews = history.reviews.iter().filter(|review| !review.author.is_bot());
    let comments = history.comments.iter().filter(|comment| !comment.author.is_bot());
    let instants = events
        .chain(reviews.map(|review| review.submitted_at))
        .chain(comments.map(|comment| comment.created_at))
        // The clock of the committer may be ahead.
        .chain(history.last_commit.map(|committed| committed.min(pull_request.updated_at)));
    instants.fold(pull_request.created_at, SystemTime::max)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            example::{at, comment, event, person, pull_request, review},
            pull_request::EventKind,
        },
        *,
    };
    use crate::github::Account;

    #[test]
    fn reviews_and_comments_of_bots_are_not_activity() {
        let bot = || Account::Bot("stale".to_owned());
        let mut touched = pull_request(1);
        touched.updated_at = at(900);
        assert_eq!(last_activity(&touched), at(0), "a label");

        let history = touched.history.as_mut().unwrap();
        history.comments = vec![comment(10, person("ada")), comment(800, bot())];
        assert_eq!(last_activity(&touched), at(10), "the author's comment");

        touched.history.as_mut().unwrap().reviews =
            vec![review(20, person("ben"), "a"), review(801, bot(), "a")];
        assert_eq!(last_activity(&touched), at(20), "a review");

        touched.history.as_mut().unwrap().events = vec![event(30, EventKind::ForcePushed)];
        assert_eq!(last_activity(&touched), at(30), "a force push");

        touched.history.as_mut().unwrap().comments.push(comment(40, Account::Deleted));
        assert_eq!(last_activity(&touched), at(40), "a comment of a person whose account was deleted");
    }

    #[test]
    fn a_commit_is_activity_and_cannot_be_later_than_the_last_update() {
        let mut pushed = pull_request(1);
        pushed.updated_at = at(50);
        pushed.history.as_mut().unwrap().last_commit = Some(at(40));
        assert_eq!(last_activity(&pushed), at(40));

        pushed.history.as_mut().unwrap().last_commit = Some(at(9_999));
        assert_eq!(last_activity(&pushed), at(50), "the committer's clock is ahead");
    }

    #[test]
    fn without_a_history_the_last_update_is_the_last_activity() {
        let mut old = pull_request(1);
        old.updated_at = at(50);
        old.history = None;
        assert_eq!(last_activity(&old), at(50));
    }
}
