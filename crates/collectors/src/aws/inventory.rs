//! What was read in all regions: each project, pipeline or list of alarms, or why it could not be read.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, future::BoxFuture, stream};
use system_health_credentials::AwsMessage;
use system_health_registry::{ItemError, Reading, Sample, SampleError, Unavailable};

use super::AwsError;

/// Maximum number of projects or pipelines of a region that are read concurrently.
const CONCURRENT_READS: usize = 4;

/// What was read in all regions, in the order of the regions' names.
#[derive(Debug, Clone)]
pub(super) struct Inventory<T>(Vec<Entry<T>>);

/// One project, one pipeline, or all alarms of a region. If the names in a region cannot be listed, the region has
/// one entry with the error.
#[derive(Debug, Clone)]
pub(super) struct Entry<T> {
    pub(super) region: String,
    /// The name of the tag and its value, such as `project` and `shop`, or `None` if the entry is about the whole region.
    pub(super) name: Option<(&'static str, String)>,
    pub(super) content: Result<T, AwsError>,
}

impl<T> Inventory<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.0.iter()
    }

    /// If AWS denied access to some entries and others were read, the missing permissions are logged, because the denied
    /// entries have no samples.
    pub(super) fn new(entries: impl IntoIterator<Item = Entry<T>>) -> Self {
        let entries: Vec<Entry<T>> = entries.into_iter().collect();
        let failures = entries.iter().filter_map(|entry| Some((entry, entry.content.as_ref().err()?)));
        if let Some(missing) = missing_permissions(failures)
            && entries.iter().any(|entry| entry.content.is_ok())
        {
            tracing::info!(target: "system_health", "{missing}");
        }
        Self(entries)
    }

    /// The samples of each entry, with its tags. An entry that could not be read is a failed item, unless AWS denied access
    /// to it.
    ///
    /// `no_data_reason` is the reason of no data if there are no samples, no failed items and no missing permissions.
    pub(super) fn reading(
        &self,
        samples: impl Fn(&Entry<T>, &T) -> Result<Vec<Sample>, Unavailable>,
        no_data_reason: &str,
    ) -> Result<Reading, Unavailable> {
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for entry in self.iter() {
            match &entry.content {
                Ok(content) => {
                    for sample in samples(entry, content)? {
                        found.push(entry.tagged(sample)?);
                    }
                }
                Err(error) => failures.push((entry, error)),
            }
        }
        reading(found, &failures, no_data_reason)
    }
}

impl<T> Entry<T> {
    fn tagged(&self, sample: Sample) -> Result<Sample, SampleError> {
        let sample = sample.with_tag("region", &self.region)?;
        match &self.name {
            Some((tag, name)) => sample.with_tag(tag, name),
            None => Ok(sample),
        }
    }

    fn failed_item(&self, error: &AwsError) -> ItemError {
        let item = ItemError::new(error.clone()).with_tag("region", &self.region);
        match &self.name {
            Some((tag, name)) => item.with_tag(tag, name),
            None => item,
        }
    }
}

/// Makes an entry for each name in a region, such as for each project. `tag` is the name of the tag, such as `project`. What
/// was deleted in the meantime is left out.
pub(super) async fn read_each<'a, T>(
    region: &str,
    tag: &'static str,
    names: Result<Vec<String>, AwsError>,
    read: impl Fn(String) -> BoxFuture<'a, Result<T, AwsError>>,
) -> Vec<Entry<T>> {
    let region = region.to_owned();
    let names = match names {
        Ok(names) => names,
        Err(error) => return vec![Entry { region, name: None, content: Err(error) }],
    };
    let contents = stream::iter(names.clone()).map(read).buffered(CONCURRENT_READS).collect::<Vec<_>>().await;
    let entry = |(name, content)| Entry { region: region.clone(), name: Some((tag, name)), content };
    let entries = names.into_iter().zip(contents).map(entry);
    let is_deleted = |entry: &Entry<T>| entry.content.as_ref().is_err_and(AwsError::is_not_found);
    entries.filter(|entry| !is_deleted(entry)).collect()
}

/// A reading of samples and failed entries. An entry to which AWS denied access is not a failed item, because it would fail in
/// each run until somebody changes the permissions. If there are neither samples nor failed items, there is no data. The
/// reason lists the missing permissions. If none is missing, it is `no_data_reason`.
pub(super) fn reading<T>(
    samples: Vec<Sample>,
    failures: &[(&Entry<T>, &AwsError)],
    no_data_reason: &str,
) -> Result<Reading, Unavailable> {
    let failed_items = failures.iter().filter(|(_, error)| error.denied_action().is_none());
    let failed_items: Vec<ItemError> = failed_items.map(|(entry, error)| entry.failed_item(error)).collect();
    if samples.is_empty() && failed_items.is_empty() {
        let missing = missing_permissions(failures.iter().copied());
        return Err(Unavailable::no_data(missing.unwrap_or_else(|| no_data_reason.to_owned())));
    }
    Reading::new(samples, failed_items)
}

/// The permissions that are missing, each once, with the regions. `None` if AWS denied nothing.
fn missing_permissions<'e, T: 'e>(
    failures: impl IntoIterator<Item = (&'e Entry<T>, &'e AwsError)>,
) -> Option<String> {
    let mut missing = BTreeMap::<&str, (BTreeSet<&str>, &AwsMessage)>::new();
    for (entry, error) in failures {
        if let Some((action, message)) = error.denied_action() {
            missing.entry(action).or_insert_with(|| (BTreeSet::new(), message)).0.insert(&entry.region);
        }
    }
    let texts = missing.iter().map(|(action, (regions, message))| {
        let regions = regions.iter().copied().collect::<Vec<_>>().join(", ");
        format!("the AWS credentials need the permission `{action}` in {regions}: {message}")
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: AwsError = AwsError::TooMany {
        what: "builds",
        limit: 1,
        setting: "max_builds",
        alternative: "set a shorter window in [metrics]",
    };

    fn entry(name: &str, content: Result<u32, AwsError>) -> Entry<u32> {
        Entry { region: "eu-west-1".into(), name: Some(("project", name.into())), content }
    }

    fn read(entries: impl IntoIterator<Item = Entry<u32>>) -> Result<Reading, Unavailable> {
        let inventory = Inventory::new(entries);
        inventory.reading(
            |_, number| (0..*number).map(|number| Ok(Sample::new(number)?)).collect(),
            "there is nothing",
        )
    }

    #[test]
    fn one_failed_project_does_not_hide_the_others() {
        let reading = read([entry("a", Ok(1)), entry("b", Err(LIMIT))]).unwrap();

        let tags: Vec<String> = reading.samples()[0].tags().iter().map(ToString::to_string).collect();
        assert_eq!(tags, ["project:a", "region:eu-west-1"]);
        assert_eq!(
            reading.failed_items()[0].to_string(),
            "project:b region:eu-west-1: there are more than 1 builds; raise `max_builds` in [aws], or set a shorter \
             window in [metrics]"
        );
    }

    #[test]
    fn without_samples_there_is_no_data_or_an_error_if_a_project_failed() {
        assert!(matches!(read([]), Err(Unavailable::NoData(none)) if none.reason() == "there is nothing"));
        assert!(matches!(read([entry("a", Ok(0))]), Err(Unavailable::NoData(_))));
        assert!(matches!(read([entry("a", Ok(0)), entry("b", Err(LIMIT))]), Err(Unavailable::Error(_))));
    }
}
