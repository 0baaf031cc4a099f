//! Replaces the diagnosis of GitHub in a program that was built without the feature `github`.

use system_health_registry::{Catalog, Context, Finding};

/// Says that GitHub is not used.
pub(crate) async fn github(_context: &Context, _catalog: &Catalog) -> Vec<Finding> {
    vec![Finding::ok("GitHub", "is not used: this program was built without the feature `github`")]
}
