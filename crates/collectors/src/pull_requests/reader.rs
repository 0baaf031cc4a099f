//! Reads the pull requests from GitHub. `docs/metrics.md` says which, and why nothing is missed.

use std::{collections::BTreeMap, time::SystemTime};

use anyhow::{Context as _, bail};
use serde_json::json;

use super::{
    current_list::PullRequestList,
    pull_request::PullRequest,
    query::{
        ChangedPullRequest, HISTORY, HistoryPageResponse, LISTS, ListsResponse, PullRequestResponse,
        RepositoryResponse,
    },
};
use crate::github::{
    BotLogins, ChangedList, Connection, GitHubError, GitHubRepository, ListError, NextPage, Updated as _,
};

/// The number of pull requests on a page, each with up to 100 reviews, 100 comments and 100 events: about 15,000 of the 500,000
/// nodes that GitHub allows. See <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>.
const CHANGED_PAGE_SIZE: u32 = 50;

/// What has been read of the lists so far.
struct Lists {
    changed: ChangedList<ChangedPullRequest>,
    old: OldList,
    web_page: String,
    /// The number of open pull requests, as GitHub counts them.
    open: u64,
}

/// The open pull requests that were not updated after `since`, the least recently updated first. A pull request that is updated
/// while they are read is not missed, because the list of changed pull requests then contains it.
struct OldList {
    since: SystemTime,
    next: Option<NextPage>,
    items: BTreeMap<u64, PullRequestResponse>,
    max_items: usize,
    is_second_pass: bool,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "GitHub counts {counted} open pull requests in {repository}, but listed {listed}; they may have changed while they were read"
)]
struct Incomplete {
    repository: String,
    counted: u64,
    listed: u64,
}

/// All open pull requests, and those that were closed after `since`.
pub(super) async fn read(
    repository: &GitHubRepository,
    since: SystemTime,
    bots: &BotLogins,
) -> anyhow::Result<PullRequestList> {
    let lists = read_lists(repository, since).await;
    let lists = lists.with_context(|| format!("cannot list the pull requests of {}", repository.name()))?;
    let mut all: BTreeMap<u64, PullRequest> =
        lists.old.items.into_iter().map(|(number, old)| (number, old.into_pull_request(bots))).collect();
    for (number, mut changed) in lists.changed.into_items() {
        // If the old list was read before this pull request was updated, that list has an outdated copy.
        all.remove(&number);
        if changed.pull_request.is_open_or_closed_after(since) {
            let history = read_history(repository, &mut changed).await;
            history.with_context(|| format!("cannot read #{number} in {}", repository.name()))?;
            all.insert(number, changed.into_pull_request(bots));
        }
    }
    Ok(PullRequestList::new(lists.web_page, all.into_values().collect()))
}

async fn read_lists(repository: &GitHubRepository, since: SystemTime) -> anyhow::Result<Lists> {
    let mut lists = Lists::new(since, repository.github().max_items());
    let mut size = CHANGED_PAGE_SIZE;
    loop {
        while !lists.is_read() {
            let response = request_lists(repository, &lists, &mut size).await?;
            lists.add(response)?;
        }
        if lists.changed.is_settled() {
            if lists.is_complete() {
                return Ok(lists);
            }
            if lists.old.is_second_pass {
                let repository = repository.name().to_string();
                bail!(Incomplete { repository, counted: lists.open, listed: lists.known_open() });
            }
            // If a pull request leaves the list between two requests, those after it move forward, and the next page may skip
            // one of them.
            lists.old.start_second_pass();
        }
        lists.changed.start_pass()?;
    }
}

/// The next page of each list.
async fn request_lists(
    repository: &GitHubRepository,
    lists: &Lists,
    size: &mut u32,
) -> Result<RepositoryResponse, GitHubError> {
    let (changed, old) = (lists.changed.next_page(), lists.old.next.as_ref());
    let variables = |size: u32| {
        json!({
            "withChanged": changed.is_some(),
            "changedFirst": size,
            "changedAfter": changed.and_then(NextPage::cursor),
            "withOld": old.is_some(),
            // Old pull requests have no reviews, comments or events in the query, so a page may have twice as many.
            "oldFirst": size * 2,
            "oldAfter": old.and_then(NextPage::cursor),
        })
    };
    let response = repository.query_sized::<ListsResponse>(LISTS, size, variables).await?;
    Ok(response.repository)
}

/// Reads the remaining reviews, comments and events of a pull request, which did not fit on the page of the list.
async fn read_history(repository: &GitHubRepository, changed: &mut ChangedPullRequest) -> anyhow::Result<()> {
    let number = changed.pull_request.number;
    let max_pages = repository.github().max_pages();
    // The page of the list contains the first page.
    let mut page_count = 1;
    loop {
        let history = &changed.history;
        let reviews = history.reviews.page_info.next(None)?;
        let comments = history.comments.page_info.next(None)?;
        let events = history.timeline_items.page_info.next(None)?;
        if reviews.is_none() && comments.is_none() && events.is_none() {
            return Ok(());
        }
        if page_count >= max_pages {
            bail!(
                "it has more pages of reviews, comments or events than `max_pages` in [github] allows ({max_pages}) and would \
                 be cut off; raise `max_pages`"
            );
        }
        let cursor = |next: &Option<NextPage>| next.as_ref().and_then(NextPage::cursor).map(str::to_owned);
        let variables = json!({
            "number": number,
            "withReviews": reviews.is_some(),
            "reviewsAfter": cursor(&reviews),
            "withComments": comments.is_some(),
            "commentsAfter": cursor(&comments),
            "withEvents": events.is_some(),
            "eventsAfter": cursor(&events),
        });
        let page = repository.query::<HistoryPageResponse>(HISTORY, variables).await?;
        changed.history.extend(page.repository.pull_request);
        page_count += 1;
    }
}

impl Lists {
    fn new(since: SystemTime, max_items: usize) -> Self {
        Self {
            changed: ChangedList::new(since, max_items),
            old: OldList::new(since, max_items),
            web_page: String::new(),
            open: 0,
        }
    }

    fn is_read(&self) -> bool {
        self.changed.next_page().is_none() && self.old.next.is_none()
    }

    fn add(&mut self, response: RepositoryResponse) -> Result<(), ListError> {
        self.web_page = format!("{}/pulls", response.url);
        self.open = response.open.total_count;
        self.changed.count_request();
        if let Some(old) = response.old {
            self.old.add(old)?;
        }
        if let Some(changed) = response.changed {
            self.changed.add(changed)?;
        }
        Ok(())
    }

    /// The number of open pull requests in the lists. If a pull request is in both lists, it was updated while they were
    /// read. Then its state in the list of changed pull requests counts.
    fn known_open(&self) -> u64 {
        let changed = self.changed.items().filter(|item| item.pull_request.is_open()).count();
        let old = self.old.items.keys().filter(|number| !self.changed.contains(**number)).count();
        (changed + old) as u64
    }

    /// Whether no open pull request is missing.
    fn is_complete(&self) -> bool {
        self.known_open() >= self.open
    }
}

impl OldList {
    fn new(since: SystemTime, max_items: usize) -> Self {
        let (next, items) = (Some(NextPage::FIRST), BTreeMap::new());
        Self { since, next, items, max_items, is_second_pass: false }
    }

    fn start_second_pass(&mut self) {
        (self.next, self.is_second_pass) = (Some(NextPage::FIRST), true);
    }

    fn add(&mut self, page: Connection<PullRequestResponse>) -> Result<(), ListError> {
        self.next = page.page_info.next(self.next.as_ref())?;
        for item in page.nodes {
            if item.updated_at() > self.since {
                self.next = None;
                break;
            }
            self.items.insert(item.number, item);
        }
        if self.items.len() > self.max_items { Err(ListError::TooLong(self.max_items)) } else { Ok(()) }
    }
}
