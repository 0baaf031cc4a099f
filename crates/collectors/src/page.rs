//! The pages of GitHub that show what is behind a value. Their addresses come with what was asked for
//! anyway, so that they work on every GitHub and cost no request. For a clone, they follow from its remote.

use system_health_registry::Sample;
use url::Url;

/// The sample with a link to the page. A value is worth more than its link: one that cannot be used is left
/// out.
pub(crate) fn linked(sample: Sample, page: Option<&str>) -> Sample {
    match page.map(|page| sample.clone().with_link(page)) {
        Some(Ok(linked)) => linked,
        Some(Err(_)) | None => sample,
    }
}

/// The page that lists the commits of a branch, from the page of a commit, `…/acme/app/commit/<sha>`.
pub(crate) fn of_commits(commit_page: &str, sha: &str, branch: &str) -> Option<String> {
    of_branch(commit_page.strip_suffix(sha)?.strip_suffix("/commit/")?, branch)
}

/// The page that lists the commits of a branch, from the page of the repository.
pub(crate) fn of_branch(repository: &str, branch: &str) -> Option<String> {
    let mut page = Url::parse(repository).ok()?;
    page.path_segments_mut().ok()?.push("commits").extend(branch.split('/'));
    Some(page.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_commits_is_beside_the_page_of_a_commit() {
        let page = |commit_page: &str, branch: &str| of_commits(commit_page, "abc", branch);
        let shop = "https://github.com/acme/shop/commit/abc";
        for (branch, expected) in [
            ("main", "main"),
            ("release/2.x", "release/2.x"),
            ("fix#1?", "fix%231%3F"),
            ("100%/ünï", "100%25/%C3%BCn%C3%AF"),
        ] {
            let expected = format!("https://github.com/acme/shop/commits/{expected}");
            assert_eq!(page(shop, branch), Some(expected));
        }
        assert_eq!(
            page("http://ghe.example.com:8080/acme/shop/commit/abc", "main").as_deref(),
            Some("http://ghe.example.com:8080/acme/shop/commits/main")
        );
        for other in ["", "https://github.com/acme/shop/commit/def", "https://github.com/abc", "/commit/abc"]
        {
            assert_eq!(page(other, "main"), None, "{other}");
        }
    }

    #[test]
    fn a_page_that_cannot_be_linked_costs_no_value() {
        let sample = Sample::new(3.0).unwrap();

        let link = |page| linked(sample.clone(), page).link().map(str::to_owned);

        assert_eq!(link(Some("https://github.com/acme")).as_deref(), Some("https://github.com/acme"));
        assert_eq!(link(Some("javascript:alert(1)")), None);
        assert_eq!(link(None), None);
    }
}
