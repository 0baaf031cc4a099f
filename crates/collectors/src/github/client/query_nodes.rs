//! Queries about objects by their node ids: <https://docs.github.com/en/graphql/guides/using-global-node-ids>.

use anyhow::ensure;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::api_client::GitHub;

#[derive(Debug, Deserialize)]
struct NodesResponse<N> {
    nodes: Vec<Option<N>>,
}

impl GitHub {
    /// Asks a query about at most `max` objects at once, and about fewer if GitHub does not answer in time. The query gets the
    /// ids in `$ids: [ID!]!` and returns the list `nodes`. The answer is in the order of the ids, with `None` in place of an
    /// object that GitHub does not find.
    pub(crate) async fn query_nodes<N: DeserializeOwned>(
        &self,
        query: &'static str,
        ids: &[&str],
        max: u32,
        variables: &Value,
    ) -> anyhow::Result<Vec<Option<N>>> {
        let mut found = Vec::new();
        let mut size = max;
        while found.len() < ids.len() {
            let remaining = &ids[found.len()..];
            // If the size were larger than the number of ids, half of it could lead to the same query again.
            size = size.min(u32::try_from(remaining.len()).unwrap_or(u32::MAX));
            let count = |size: u32| usize::try_from(size).unwrap_or(usize::MAX).min(remaining.len());
            let with_ids = |size: u32| {
                let mut variables = variables.clone();
                variables["ids"] = remaining[..count(size)].into();
                variables
            };
            let NodesResponse { nodes } = self.query_sized(query, &mut size, with_ids).await?;
            let (answered, asked) = (nodes.len(), count(size));
            // Otherwise it would not be clear which object an answer is about.
            ensure!(
                answered == asked,
                "GitHub was asked about {asked} objects, but answered about {answered}"
            );
            found.extend(nodes);
        }
        Ok(found)
    }
}
