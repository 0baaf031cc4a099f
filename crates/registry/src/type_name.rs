//! The names of types in messages.

use std::any::type_name;

/// The name of a type without its path: `RecentCommits`.
pub(crate) fn short_type_name<T>() -> &'static str {
    let name = type_name::<T>();
    let end_of_path = name.find('<').unwrap_or(name.len());
    let start = name[..end_of_path].rfind("::").map_or(0, |position| position + 2);
    &name[start..]
}
