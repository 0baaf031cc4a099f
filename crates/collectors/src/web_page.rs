//! Web pages that show what is behind a value. The program does not request them. For GitHub, they come from URLs in its
//! responses, so they are right on every GitHub server. For a clone, they are derived from its remote.

use system_health_registry::Sample;
use url::Url;

/// Adds a link to the page. A URL that cannot be used is left out, because the value is more important than its link.
pub(crate) fn with_page_link(sample: Sample, page: Option<&str>) -> Sample {
    match page.map(|page| sample.clone().with_link(page)) {
        Some(Ok(linked)) => linked,
        Some(Err(_)) | None => sample,
    }
}

/// The page that lists the commits of a branch, from the page of the repository.
pub(crate) fn commits_page(repository: &str, branch: &str) -> Option<String> {
    let mut page = Url::parse(repository).ok()?;
    page.path_segments_mut().ok()?.push("commits").extend(branch.split('/'));
    Some(page.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_commits_is_below_the_page_of_the_repository() {
        for (branch, expected) in [
            ("main", "main"),
            ("release/2.x", "release/2.x"),
            ("fix#1?", "fix%231%3F"),
            ("100%/ünï", "100%25/%C3%BCn%C3%AF"),
        ] {
            let expected = format!("https://github.com/acme/shop/commits/{expected}");
            assert_eq!(commits_page("https://github.com/acme/shop", branch), Some(expected));
        }
    }

    #[test]
    fn an_unusable_link_is_left_out() {
        let sample = Sample::new(3.0).unwrap();

        let link = |page| with_page_link(sample.clone(), page).link().map(str::to_owned);

        assert_eq!(link(Some("https://github.com/acme")).as_deref(), Some("https://github.com/acme"));
        assert_eq!(link(Some("javascript:alert(1)")), None);
        assert_eq!(link(None), None);
    }
}
