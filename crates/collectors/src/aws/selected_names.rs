//! Collects the names that the settings select, from a list that is read page by page.

use std::collections::BTreeSet;

use super::{AwsError, NamePatterns, name_list::NameList};

/// The selected names so far.
pub(super) struct SelectedNames<'a> {
    /// Each name once. A name may be on two pages if the list changes while it is read.
    names: BTreeSet<String>,
    pages: usize,
    patterns: &'a NamePatterns,
    /// The maximum number of selected names: `max_names` in `[aws]`.
    limit: u32,
    /// What has these names, such as `projects`.
    what: &'static str,
}

impl<'a> SelectedNames<'a> {
    pub(super) fn new(what: &'static str, patterns: &'a NamePatterns, limit: u32) -> Self {
        Self { names: BTreeSet::new(), pages: 0, patterns, limit, what }
    }

    /// Adds the selected names of a page. Fails if there are too many.
    pub(super) fn add<'b>(&mut self, page: impl IntoIterator<Item = &'b str>) -> Result<(), AwsError> {
        self.pages += 1;
        let selected = page.into_iter().filter(|name| self.patterns.matches(name));
        self.names.extend(selected.map(str::to_owned));
        if self.names.len() > self.limit as usize {
            return Err(AwsError::TooMany {
                what: self.what,
                limit: self.limit,
                setting: "max_names",
                alternative: "select fewer",
            });
        }
        Ok(())
    }

    /// The names of all pages, sorted.
    pub(super) fn into_list(self) -> NameList {
        NameList { names: self.names.into_iter().collect(), requests: self.pages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_on_two_pages_is_listed_and_counted_once() {
        let all = NamePatterns::all();
        let mut names = SelectedNames::new("projects", &all, 3);
        names.add(["web", "shop"]).unwrap();
        names.add(["shop", "pay"]).unwrap();

        let list = names.into_list();

        assert_eq!(list, NameList { names: vec!["pay".into(), "shop".into(), "web".into()], requests: 2 });
    }

    #[test]
    fn more_names_than_the_limit_are_refused() {
        let all = NamePatterns::all();
        let mut names = SelectedNames::new("projects", &all, 2);
        names.add(["web", "shop"]).unwrap();

        assert!(matches!(names.add(["pay"]), Err(AwsError::TooMany { limit: 2, .. })));
    }
}
