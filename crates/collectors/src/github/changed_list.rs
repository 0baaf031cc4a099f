//! Reads a list that may change while it is read. The list is ordered by the last update, the latest first, and is read back to
//! a given time.
//!
//! # Why nothing is missed
//! An item matters if it was created, closed or merged after `since`. Each of these events updates the item, and `updatedAt`
//! never goes back. So its `updatedAt` is after `since`, too, and it stands before all items that were last updated at `since`
//! or earlier.
//!
//! An item that is updated between two requests moves to the start of the list. If it was on no page before, it is on no
//! later page either. Its `updatedAt` is then not before that of the first item of the first page, because GitHub's clock
//! does not go back. So after a pass of several requests, the list is read again from its start down to the `updatedAt` of
//! that first item, until a pass needs a single request or finds nothing new. A pass that finds nothing new may need several
//! requests, because many items may have been updated in the second at which the pass ends. Such a pass may still miss an item
//! that is updated again while the pass reads.

use std::{collections::BTreeMap, time::SystemTime};

use serde::Deserialize;

use crate::date::format_date;

/// Maximum number of passes. In a list that changes faster than it can be read, more would not help.
const MAX_PASSES: u32 = 5;

/// An item of a list that is ordered by `updatedAt`.
pub(crate) trait Updated {
    /// The number that identifies the item in its repository.
    fn number(&self) -> u64;
    fn updated_at(&self) -> SystemTime;
}

/// A page of a connection. See <https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api>.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connection<T> {
    pub(crate) page_info: PageInfo,
    pub(crate) nodes: Vec<T>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

/// Why a list could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListError {
    #[error("GitHub says that there is a next page, but gave no new cursor for it")]
    NoCursor,
    #[error(
        "GitHub's list is not in the order of `updatedAt`: #{number}, updated at {updated}, follows an item that was updated \
         earlier, so older items may be missing"
    )]
    Order { number: u64, updated: String },
    #[error(
        "the list has more than {0} items in the period that is read and would be cut off; raise `max_pages` in [github]"
    )]
    TooLong(usize),
    #[error("the list was read {MAX_PASSES} times, and had changed each time")]
    KeepsChanging,
}

/// The list as far as it is known.
#[derive(Debug)]
pub(crate) struct ChangedList<T> {
    since: SystemTime,
    max_items: usize,
    items: BTreeMap<u64, T>,
    pass: Pass,
    passes: u32,
}

/// One pass over the list, from its start.
#[derive(Debug)]
struct Pass {
    /// The pass ends at the first item that was updated before this time, or not after the `since` of the list.
    until: SystemTime,
    /// The `updatedAt` of the first item of the pass.
    newest: Option<SystemTime>,
    /// The earliest `updatedAt` of the pass so far, to check the order of the next items.
    oldest: Option<SystemTime>,
    next: Option<NextPage>,
    requests: u32,
    /// Whether the pass found an item that is new or was updated since an earlier pass.
    has_news: bool,
}

/// Where the next page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NextPage(pub(crate) Option<String>);

impl PageInfo {
    /// Where the next page starts, if there is one. A page that is its own next page is an error, because the list would never
    /// end.
    pub(crate) fn next(&self, current: Option<&NextPage>) -> Result<Option<NextPage>, ListError> {
        if !self.has_next_page {
            return Ok(None);
        }
        let next = self.end_cursor.clone().map(|cursor| NextPage(Some(cursor)));
        if next.is_none() || next.as_ref() == current { Err(ListError::NoCursor) } else { Ok(next) }
    }
}

impl NextPage {
    pub(crate) const FIRST: Self = Self(None);

    /// The cursor after which the page starts. `None` for the first page.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl Pass {
    const fn new(until: SystemTime) -> Self {
        Self { until, newest: None, oldest: None, next: Some(NextPage::FIRST), requests: 0, has_news: false }
    }
}

impl<T: Updated> ChangedList<T> {
    /// A list of which nothing is known yet. Items that were last updated at `since` or before do not matter.
    pub(crate) fn new(since: SystemTime, max_items: usize) -> Self {
        Self { since, max_items, items: BTreeMap::new(), pass: Pass::new(since), passes: 1 }
    }

    /// The page to request. `None` after the end of a pass.
    pub(crate) fn next_page(&self) -> Option<&NextPage> {
        self.pass.next.as_ref()
    }

    /// Adds the page that [`Self::next_page`] named. An item that was read before is replaced.
    pub(crate) fn add(&mut self, page: Connection<T>) -> Result<(), ListError> {
        self.pass.next = page.page_info.next(self.pass.next.as_ref())?;
        for item in page.nodes {
            let updated = item.updated_at();
            let newest = *self.pass.newest.get_or_insert(updated);
            // An item that is updated while GitHub makes the page may be in the wrong place, but is not older than the first.
            if self.pass.oldest.is_some_and(|oldest| updated > oldest) && updated < newest {
                return Err(ListError::Order {
                    number: item.number(),
                    updated: format_date(updated).to_string(),
                });
            }
            self.pass.oldest = Some(self.pass.oldest.map_or(updated, |oldest| oldest.min(updated)));
            if updated <= self.since || updated < self.pass.until {
                self.pass.next = None;
                break;
            }
            let known = self.items.insert(item.number(), item);
            self.pass.has_news |= known.is_none_or(|known| known.updated_at() != updated);
        }
        if self.items.len() > self.max_items { Err(ListError::TooLong(self.max_items)) } else { Ok(()) }
    }

    /// Starts a pass over what has changed since the last pass started.
    pub(crate) fn start_pass(&mut self) -> Result<(), ListError> {
        self.passes += 1;
        if self.passes > MAX_PASSES {
            return Err(ListError::KeepsChanging);
        }
        let until = self.pass.newest.unwrap_or(self.since);
        self.pass = Pass::new(until);
        Ok(())
    }

    /// Counts a request since the start of the pass. Requests for another list count, too, because this list may change
    /// meanwhile.
    pub(crate) const fn count_request(&mut self) {
        self.pass.requests += 1;
    }

    /// At the end of a pass: whether no other pass is needed.
    pub(crate) const fn is_settled(&self) -> bool {
        self.pass.requests <= 1 || (self.passes > 1 && !self.pass.has_news)
    }

    pub(crate) fn contains(&self, number: u64) -> bool {
        self.items.contains_key(&number)
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.values()
    }

    pub(crate) fn into_items(self) -> BTreeMap<u64, T> {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::*;

    /// An item, and the second in which it was last updated.
    #[derive(Debug, Clone, PartialEq)]
    struct Item {
        number: u64,
        updated: u64,
    }

    impl Updated for Item {
        fn number(&self) -> u64 {
            self.number
        }

        fn updated_at(&self) -> SystemTime {
            at(self.updated)
        }
    }

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    /// A page of a list. Its cursors are positions (`by_position`), or they name the last item of the page before.
    fn page(list: &[Item], after: &NextPage, size: usize, by_position: bool) -> Connection<Item> {
        let mut ordered = list.to_vec();
        ordered.sort_by_key(|item| std::cmp::Reverse((item.updated, item.number)));
        let start = match &after.0 {
            None => 0,
            Some(cursor) if by_position => cursor.parse().unwrap(),
            Some(cursor) => {
                let (updated, number) = cursor.split_once(' ').unwrap();
                let before: (u64, u64) = (updated.parse().unwrap(), number.parse().unwrap());
                ordered.iter().take_while(|item| (item.updated, item.number) >= before).count()
            }
        };
        let nodes: Vec<_> = ordered.iter().skip(start).take(size).cloned().collect();
        let end = start + nodes.len();
        let cursor = nodes.last().map(|item| {
            if by_position { end.to_string() } else { format!("{} {}", item.updated, item.number) }
        });
        Connection { page_info: PageInfo { has_next_page: end < ordered.len(), end_cursor: cursor }, nodes }
    }

    fn items(updated: &[u64]) -> Vec<Item> {
        (1..).zip(updated).map(|(number, &updated)| Item { number, updated }).collect()
    }

    #[test]
    fn reading_stops_at_the_start_of_the_window() {
        let list = items(&[10, 20, 30, 40, 50]);
        let mut read = ChangedList::new(at(20), 100);
        let mut requests = 0;
        while let Some(next) = read.next_page().cloned() {
            read.add(page(&list, &next, 2, true)).unwrap();
            requests += 1;
        }
        assert_eq!(read.items().map(|item| item.updated).collect::<Vec<_>>(), [30, 40, 50]);
        assert_eq!(requests, 2, "the second page has an item that does not matter");
    }

    #[test]
    fn a_list_in_another_order_or_without_end_is_an_error() {
        let list = |nodes: Vec<Item>, has_next_page, end_cursor| Connection {
            page_info: PageInfo { has_next_page, end_cursor },
            nodes,
        };
        let mut read = ChangedList::new(at(0), 2);
        assert_eq!(
            read.add(list(items(&[9, 5, 7]), false, None)).unwrap_err().to_string(),
            "GitHub's list is not in the order of `updatedAt`: #3, updated at 1970-01-01T00:00:07Z, follows an item that was updated earlier, so older items may be missing"
        );
        let mut read = ChangedList::new(at(0), 9);
        let around_a_newer_one = read.add(list(items(&[9, 5, 10, 7]), false, None));
        assert!(matches!(around_a_newer_one, Err(ListError::Order { number: 4, .. })));
        let mut read = ChangedList::new(at(0), 2);
        assert_eq!(read.add(list(items(&[9]), true, None)), Err(ListError::NoCursor));
        let mut read = ChangedList::new(at(0), 2);
        read.add(list(items(&[9]), true, Some("x".to_owned()))).unwrap();
        assert_eq!(read.add(list(items(&[9]), true, Some("x".to_owned()))), Err(ListError::NoCursor));
        let mut read = ChangedList::new(at(0), 2);
        assert_eq!(read.add(list(items(&[9, 8, 7]), false, None)), Err(ListError::TooLong(2)));
        let mut read = ChangedList::<Item>::new(at(0), 2);
        assert_eq!((0..5).find_map(|_| read.start_pass().err()), Some(ListError::KeepsChanging));
    }

    proptest! {
        #[test]
        fn nothing_that_matters_is_missed_while_the_list_changes(
            updated in prop::collection::vec(0..100_u64, 0..30),
            touched in prop::collection::vec(prop::option::of(0..30_usize), 0..12),
            since in 0..100_u64,
            size in 1..7_usize,
            by_position: bool,
        ) {
            let mut list = items(&updated);
            let mattered: Vec<u64> =
                list.iter().filter(|item| item.updated > since).map(|item| item.number).collect();
            let mut read = ChangedList::new(at(since), 1_000);
            let mut touched = touched.into_iter();
            let mut now = 100;
            loop {
                let mut is_touched = false;
                while let Some(next) = read.next_page().cloned() {
                    read.add(page(&list, &next, size, by_position)).unwrap();
                    read.count_request();
                    // Something happens between two requests, perhaps within the same second.
                    if let Some(index) = touched.next().flatten().filter(|index| *index < list.len()) {
                        list[index].updated = now;
                        is_touched = true;
                    } else {
                        now += 1;
                    }
                }
                // A pass of several requests without news has only items of one second. If an item is updated during such a
                // pass, the pass may miss the item, so the test reads the list again.
                if read.is_settled() && (read.pass.requests == 1 || !is_touched) {
                    break;
                }
                prop_assume!(read.start_pass().is_ok());
            }
            let found: Vec<u64> = read.items().map(|item| item.number).collect();
            for number in mattered {
                prop_assert!(found.contains(&number), "#{number} of {list:?} is missing in {found:?}");
            }
        }
    }
}
