//! A list of objects in pages: <https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api>.

use super::{
    field::Field,
    object::{Object, Resolved},
};

/// Maximum page size.
const MAX_PAGE_SIZE: u64 = 100;

/// A page of a list.
pub(super) struct Connection<I> {
    items: Vec<I>,
    /// The index of the page's first item, and the index after its last item. `None` if the query does not ask for a page. Then
    /// the query gets only the number of items.
    page: Option<(usize, usize)>,
    name: String,
}

struct Edge<'a, I> {
    item: &'a I,
    position: usize,
}

struct PageInfo {
    page: (usize, usize),
    total: usize,
}

/// Lets a reference to an object be used as an object.
struct ByReference<'a, I>(&'a I);

impl<I: Object> Connection<I> {
    /// The page that the arguments of the field ask for.
    pub(super) fn resolve<'a>(field: &Field<'_>, items: Vec<I>) -> Resolved<'a>
    where
        I: 'a,
    {
        let name = field.name;
        let size = match (field.integer("first"), field.integer("last")) {
            (None, None) => return Resolved::object(Self { items, page: None, name: name.to_owned() }),
            (Some(size), _) | (None, Some(size)) => size,
        };
        if size > MAX_PAGE_SIZE {
            let message = format!(
                "Requesting {size} records on the `{name}` connection exceeds the `first` limit of {MAX_PAGE_SIZE} records."
            );
            return Resolved::error("EXCESSIVE_PAGINATION", message);
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let after = field.text("after").map_or(Some(0), position);
        let before = field.text("before").map_or(Some(items.len() + 1), position);
        let (Some(start), Some(before)) = (after, before) else {
            return Resolved::error("INVALID_CURSOR_ARGUMENTS", "The cursor is not valid.");
        };
        let start = start.min(items.len());
        let end = before.saturating_sub(1).clamp(start, items.len());
        let page = if field.integer("first").is_some() {
            (start, end.min(start + size))
        } else {
            (start.max(end.saturating_sub(size)), end)
        };
        Resolved::object(Self { items, page: Some(page), name: name.to_owned() })
    }
}

/// The cursor of the item at this position, counted from 1. It is opaque, as GitHub's cursors are.
fn cursor(position: usize) -> String {
    format!("Y3Vyc29yOnYyOp{position:06}")
}

/// The position of the item with this cursor. `None` if the cursor is not valid.
fn position(cursor: &str) -> Option<usize> {
    cursor.strip_prefix("Y3Vyc29yOnYyOp")?.parse().ok()
}

impl<I: Object> Object for Connection<I> {
    fn type_name(&self) -> &'static str {
        // Queries have no fragments on connections, so the name of the type is not needed.
        "Connection"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        if field.name == "totalCount" {
            return Some(Resolved::value(self.items.len()));
        }
        let Some((start, end)) = self.page else {
            let message = format!(
                "You must provide a `first` or `last` value to properly paginate the `{}` connection.",
                self.name
            );
            return Some(Resolved::error("MISSING_PAGINATION_BOUNDARIES", message));
        };
        let page = || self.items.iter().enumerate().take(end).skip(start);
        Some(match field.name {
            "nodes" => Resolved::List(page().map(|(_, item)| Resolved::object(ByReference(item))).collect()),
            "edges" => Resolved::List(
                page().map(|(n, item)| Resolved::object(Edge { item, position: n + 1 })).collect(),
            ),
            "pageInfo" => Resolved::object(PageInfo { page: (start, end), total: self.items.len() }),
            _ => return None,
        })
    }
}

impl<I: Object> Object for Edge<'_, I> {
    fn type_name(&self) -> &'static str {
        // Queries have no fragments on edges, so the name of the type is not needed.
        "Edge"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "cursor" => Resolved::value(cursor(self.position)),
            "node" => Resolved::object(ByReference(self.item)),
            _ => return None,
        })
    }
}

impl Object for PageInfo {
    fn type_name(&self) -> &'static str {
        "PageInfo"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let (start, end) = self.page;
        let cursor_at = |position| Resolved::value((start < end).then(|| cursor(position)));
        Some(match field.name {
            "hasNextPage" => Resolved::value(end < self.total),
            "hasPreviousPage" => Resolved::value(start > 0),
            "startCursor" => cursor_at(start + 1),
            "endCursor" => cursor_at(end),
            _ => return None,
        })
    }
}

impl<I: Object> Object for ByReference<'_, I> {
    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn interfaces(&self) -> &'static [&'static str] {
        self.0.interfaces()
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        self.0.resolve(field)
    }
}
