//! The titles of groups on dashboards. A group is all metrics whose keys have the same first part.

use crate::__private::GroupTitle;

inventory::collect!(GroupTitle);

/// Gives a group of metrics a title for dashboards. Without one, the title of the group `build_queues` is `Build queues`.
///
/// ```
/// system_health_registry::group_title!("prs", "Pull requests");
///
/// assert_eq!(system_health_registry::group_title("prs"), "Pull requests");
/// assert_eq!(system_health_registry::group_title("build_queues"), "Build queues");
/// ```
#[macro_export]
macro_rules! group_title {
    ($group:literal, $title:literal) => {
        $crate::__private::inventory::submit! {
            $crate::__private::GroupTitle { group: $group, title: $title }
        }
    };
}

/// The title of a group: the one that a crate has registered, or the name of the group with a capital letter. If several
/// crates register a title, the first one in alphabetical order is used.
#[must_use]
pub fn group_title(group: &str) -> String {
    let registered = inventory::iter::<GroupTitle>.into_iter().filter(|known| known.group == group);
    registered.map(|known| known.title).min().map_or_else(|| from_name(group), str::to_owned)
}

fn from_name(group: &str) -> String {
    let words = group.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::group_title!("queues", "Queues of messages");
    crate::group_title!("queues", "All queues");

    #[test]
    fn a_group_without_a_registered_title_has_its_name_as_title() {
        assert_eq!(group_title("commits"), "Commits");
        assert_eq!(group_title("build_queues"), "Build queues");
        assert_eq!(group_title(""), "");
    }

    #[test]
    fn the_alphabetically_first_of_several_titles_is_used() {
        assert_eq!(group_title("queues"), "All queues");
    }
}
