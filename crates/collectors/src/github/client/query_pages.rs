//! The pages of a list in a GraphQL query.
//!
//! How much GitHub can answer in time depends on what the query asks for, and on the repository. So the page becomes
//! smaller if GitHub gives up: <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{api_client::GitHub, cause::Cause, error::GitHubError};
use crate::github::{Connection, NextPage};

/// The maximum size of a page.
const MAX_PAGE_SIZE: u32 = 100;

/// The pages of a list in a GraphQL query, each with its items.
///
/// The query has the variables `$first: Int!` and `$after: String`, and passes them to the field of the list. From that
/// field, it selects `nodes { ... } pageInfo { hasNextPage endCursor }`. If GitHub does not answer in time, the page size is
/// halved.
#[derive(Debug)]
#[must_use = "no request is made until a page is read"]
pub struct QueryPages<N> {
    github: GitHub,
    query: &'static str,
    variables: Value,
    /// Where the list is in the answer.
    list: &'static [&'static str],
    page_size: u32,
    items_read: u64,
    /// `None` at the end of the list.
    next: Option<NextPage>,
    nodes: PhantomData<fn() -> N>,
}

impl<N: DeserializeOwned + Send> QueryPages<N> {
    pub(super) fn new(
        github: GitHub,
        query: &'static str,
        variables: Value,
        list: &'static [&'static str],
    ) -> Self {
        let next = Some(NextPage::FIRST);
        Self {
            github,
            query,
            variables,
            list,
            page_size: MAX_PAGE_SIZE,
            items_read: 0,
            next,
            nodes: PhantomData,
        }
    }

    /// Reads the list in pages of at most this many items, for queries that ask for much about each item. The maximum is 100.
    pub fn page_size(self, items: u32) -> Self {
        Self { page_size: items.clamp(1, MAX_PAGE_SIZE), ..self }
    }

    /// The items of the next page, `None` at the end of the list. After an error, the same page is read again.
    pub async fn next(&mut self) -> Result<Option<Vec<N>>, GitHubError> {
        let Some(current) = self.next.clone() else { return Ok(None) };
        let max = self.github.max_pages();
        if self.items_read >= u64::from(max) * u64::from(MAX_PAGE_SIZE) {
            return Err(self.github.failed_query(Cause::TooManyPages(max)));
        }
        let Connection { nodes, page_info } = self.page(&current).await?;
        self.next = match page_info.next(Some(&current)) {
            Ok(next) if next.is_none() || !nodes.is_empty() => next,
            _ => return Err(self.github.failed_query(Cause::NoCursor)),
        };
        self.items_read += nodes.len() as u64;
        Ok(Some(nodes))
    }

    /// All items, in their order.
    pub async fn all(mut self) -> Result<Vec<N>, GitHubError> {
        let mut items = Vec::new();
        while let Some(mut nodes) = self.next().await? {
            items.append(&mut nodes);
        }
        Ok(items)
    }

    /// Reads a page. Its size is halved until GitHub can answer.
    async fn page(&mut self, page: &NextPage) -> Result<Connection<N>, GitHubError> {
        let variables = |size: u32| {
            let mut variables = self.variables.clone();
            variables["first"] = size.into();
            variables["after"] = page.cursor().into();
            variables
        };
        let data = self.github.query_data_sized(self.query, &mut self.page_size, variables).await?;
        self.github.part_of_data(data, self.list)
    }
}
