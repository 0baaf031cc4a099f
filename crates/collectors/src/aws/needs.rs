//! What the metrics about a service of AWS need. Each service declares its needs beside its requests.

use futures::future::BoxFuture;
use system_health_registry::{Context, Unavailable};

/// What the metrics whose keys match a pattern need.
pub(crate) struct AwsNeeds {
    /// A key, or the beginning of keys and a `*`, such as `aws.codebuild.*`.
    pub(crate) keys: &'static str,
    /// The actions that the metrics call, in this order. A permission has the name of its action.
    pub(crate) actions: &'static [&'static str],
    /// Makes the requests of a run. The metrics share the responses.
    pub(crate) read: for<'a> fn(&'a Context) -> BoxFuture<'a, Result<(), Unavailable>>,
}

impl AwsNeeds {
    /// Whether the metric with this key has these needs.
    pub(crate) fn is_for(&self, key: &str) -> bool {
        match self.keys.strip_suffix('*') {
            Some(start) => key.starts_with(start),
            None => key == self.keys,
        }
    }
}
