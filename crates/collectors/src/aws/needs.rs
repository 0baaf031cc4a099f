//! What the metrics of a service need of AWS. Each service declares it beside its requests.

use futures::future::BoxFuture;
use system_health_registry::{Context, Unavailable};

/// What the metrics whose keys match a pattern need.
pub(crate) struct AwsNeeds {
    /// A key, or the beginning of keys and a `*`, such as `aws.codebuild.*`.
    pub(crate) keys: &'static str,
    /// The actions that they call, in this order. A permission has the name of its action.
    pub(crate) actions: &'static [&'static str],
    /// Makes the requests of a run. They are shared with the metrics.
    pub(crate) read: for<'a> fn(&'a Context) -> BoxFuture<'a, Result<(), Unavailable>>,
}

impl AwsNeeds {
    /// Whether a metric needs it.
    pub(crate) fn is_for(&self, key: &str) -> bool {
        match self.keys.strip_suffix('*') {
            Some(start) => key.starts_with(start),
            None => key == self.keys,
        }
    }
}
