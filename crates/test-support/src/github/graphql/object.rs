//! An object of the graph.

use super::{field::Field, resolved::Resolved};

/// An object of the graph, of a type of GitHub's schema.
pub(super) trait Object {
    /// The name of its type in GitHub's schema, such as `PullRequest`.
    fn type_name(&self) -> &'static str;

    /// The interfaces and unions that its type belongs to, such as `Node`.
    fn interfaces(&self) -> &'static [&'static str] {
        &[]
    }

    /// The value of a field. `None` if the fake does not know the field.
    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>>;
}
