//! Pagination: GitHub splits lists into pages. Once the number of the last page is known, the other pages are fetched
//! concurrently. A list that cannot be read to its end is an error, and no part of it is returned.

use futures::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    api_client::GitHub,
    cause::Cause,
    error::GitHubError,
    link::{Links, page_number, with_page, with_parameter},
    request::Request,
};

/// Maximum number of pages fetched concurrently.
const MAX_CONCURRENT: usize = 8;

/// The pages of a list, each of type `P`: an array, or an object that holds one.
#[derive(Debug)]
#[must_use = "no request is made until a page is read"]
pub struct Pages<P> {
    github: GitHub,
    links: Links,
    read_count: u32,
    may_change: fn(&P) -> bool,
}

impl<P: DeserializeOwned + Send> Pages<P> {
    pub(super) fn new(github: GitHub, first: Url) -> Self {
        let links = Links { next: Some(first), ..Links::default() };
        Self { github, links, read_count: 0, may_change: |_| true }
    }

    /// For the next run, keeps only the pages that may still change. The caller saves the others in another form.
    pub(crate) fn keep_if(mut self, may_change: fn(&P) -> bool) -> Self {
        self.may_change = may_change;
        self
    }

    /// The next page, `None` at the end of the list. After an error, the same page is read again.
    pub async fn next(&mut self) -> Result<Option<P>, GitHubError> {
        let Some(url) = self.links.next.clone() else { return Ok(None) };
        self.check_length(&url, self.read_count + 1)?;
        let (page, links) = self.github.get_page(&url, self.may_change).await?;
        self.set_links(&url, links)?;
        self.read_count += 1;
        Ok(Some(page))
    }

    /// Replaces a parameter in the link to the next page, if the link has it.
    pub(crate) fn replace_parameter(&mut self, name: &str, value: &str) {
        if let Some(next) = &mut self.links.next
            && next.query_pairs().any(|(key, _)| key == name)
        {
            *next = with_parameter(next, name, value);
        }
    }

    /// All pages, in their order.
    pub async fn all(mut self) -> Result<Vec<P>, GitHubError> {
        let mut pages = Vec::new();
        while let Some(page) = self.next().await? {
            pages.push(page);
            pages.append(&mut self.remaining_pages().await?);
        }
        Ok(pages)
    }

    /// All pages that follow, including the last one. Empty if their numbers are not known.
    async fn remaining_pages(&mut self) -> Result<Vec<P>, GitHubError> {
        let numbers = self.links.next.as_ref().and_then(page_number).zip(self.links.last_page());
        let Some((url, (next, last))) = self.links.next.clone().zip(numbers) else { return Ok(Vec::new()) };
        self.check_length(&url, last)?;
        let (github, may_change) = (self.github.clone(), self.may_change);
        let responses: Vec<(P, Links)> = stream::iter(next..=last)
            .map(|number| {
                let (github, url) = (github.clone(), with_page(&url, number));
                async move { github.get_page(&url, may_change).await }
            })
            .buffered(MAX_CONCURRENT)
            .try_collect()
            .await?;
        let (mut pages, mut links): (Vec<P>, Vec<Links>) = responses.into_iter().unzip();
        let mut before_last = links.iter().zip(next..last).enumerate();
        if let Some((index, (_, page))) = before_last.find(|(_, (links, _))| links.next.is_none()) {
            // Links of this run are right about the last page. If a later page has items, a page without a next page is wrong.
            if !self.links.are_kept || links.iter().skip(index + 1).any(|links| !links.is_page_empty) {
                return Err(permanent(&url, Cause::CutOff { page, last }));
            }
            // The list has become shorter since the run that kept the links.
            pages.truncate(index + 1);
            links.truncate(index + 1);
        }
        // The list may have grown in the meantime, so the links of the last page decide whether there are more pages.
        if let Some(links) = links.pop() {
            self.set_links(&url, links)?;
        }
        self.read_count = self.read_count.max(last);
        Ok(pages)
    }

    /// Stores the links of a page. A link to another host is an error.
    fn set_links(&mut self, url: &Url, links: Links) -> Result<(), GitHubError> {
        let targets = [("link to the next page", &links.next), ("link to the last page", &links.last)];
        for (what, target) in targets {
            let Some(target) = target else { continue };
            self.github.check_origin(what, target).map_err(|cause| permanent(url, cause))?;
        }
        self.links = links;
        Ok(())
    }

    fn check_length(&self, url: &Url, pages: u32) -> Result<(), GitHubError> {
        let max = self.github.max_pages();
        if pages > max { Err(permanent(url, Cause::TooManyPages(max))) } else { Ok(()) }
    }
}

fn permanent(url: &Url, cause: Cause) -> GitHubError {
    GitHubError::new(Request::Get(url), cause)
}
