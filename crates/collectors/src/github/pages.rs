//! Lists, which GitHub splits into pages. Once the number of the last page is known, the pages before it are
//! fetched concurrently. A list that cannot be read to its end is an error: no part of it is returned.

use std::marker::PhantomData;

use futures::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    client::GitHub,
    error::{Cause, GitHubError},
    link::{Links, page_number, with_page},
};

/// Maximum number of pages fetched concurrently.
const CONCURRENT: usize = 8;

/// The pages of a list, each of type `P`: an array, or an object that holds one.
#[derive(Debug)]
#[must_use = "no request is made until a page is read"]
pub struct Pages<P> {
    github: GitHub,
    links: Links,
    read: u32,
    page: PhantomData<fn() -> P>,
}

impl<P: DeserializeOwned + Send> Pages<P> {
    pub(super) fn new(github: GitHub, first: Url) -> Self {
        Self { github, links: Links { next: Some(first), last: None }, read: 0, page: PhantomData }
    }

    /// The next page, `None` at the end of the list.
    pub async fn next(&mut self) -> Result<Option<P>, GitHubError> {
        let Some(url) = self.links.next.take() else { return Ok(None) };
        self.check_length(&url, self.read + 1)?;
        let (page, links) = self.github.get_page(&url).await?;
        self.follow(&url, links)?;
        self.read += 1;
        Ok(Some(page))
    }

    /// All pages, in their order.
    pub async fn all(mut self) -> Result<Vec<P>, GitHubError> {
        let mut pages = Vec::new();
        while let Some(page) = self.next().await? {
            pages.push(page);
            pages.append(&mut self.up_to_last().await?);
        }
        Ok(pages)
    }

    /// The pages from the next one to the last one. None if their numbers are not known.
    async fn up_to_last(&mut self) -> Result<Vec<P>, GitHubError> {
        let numbers = self.links.next.as_ref().and_then(page_number).zip(self.links.last_page());
        let Some((url, (next, last))) = self.links.next.clone().zip(numbers) else { return Ok(Vec::new()) };
        self.check_length(&url, last)?;
        let github = self.github.clone();
        let answers: Vec<(P, Links)> = stream::iter(next..=last)
            .map(|number| {
                let (github, url) = (github.clone(), with_page(&url, number));
                async move { github.get_page(&url).await }
            })
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        let (pages, mut links): (Vec<P>, Vec<Links>) = answers.into_iter().unzip();
        let mut before_last = links.iter().zip(next..last);
        if let Some((_, page)) = before_last.find(|(links, _)| links.next.is_none()) {
            return Err(permanent(&url, Cause::CutOff { page, last }));
        }
        // The list may have grown since, so only the links of the last page say whether it goes on.
        if let Some(links) = links.pop() {
            self.follow(&url, links)?;
        }
        self.read = self.read.max(last);
        Ok(pages)
    }

    /// Keeps the links of a page. A link to another server is an error.
    fn follow(&mut self, url: &Url, links: Links) -> Result<(), GitHubError> {
        for target in links.next.iter().chain(&links.last) {
            self.github
                .check_origin("link to the next page", target)
                .map_err(|cause| permanent(url, cause))?;
        }
        self.links = links;
        Ok(())
    }

    fn check_length(&self, url: &Url, pages: u32) -> Result<(), GitHubError> {
        let most = self.github.max_pages();
        if pages > most { Err(permanent(url, Cause::TooManyPages(most))) } else { Ok(()) }
    }
}

fn permanent(url: &Url, cause: Cause) -> GitHubError {
    GitHubError::new(url.path(), cause)
}
