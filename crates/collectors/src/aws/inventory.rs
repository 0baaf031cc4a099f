//! What was read in all regions: each project, pipeline or list of alarms, or why it could not be read.

use futures::{StreamExt, future::BoxFuture, stream};
use system_health_registry::{ItemError, Reading, Sample, SampleError, Unavailable};

use super::AwsError;

/// Maximum number of names of a region that are read concurrently.
const CONCURRENT_READS: usize = 4;

/// What was read in all regions, in the order of their names.
#[derive(Debug, Clone)]
pub(super) struct Inventory<T>(Vec<Entry<T>>);

/// One thing that was read in a region.
#[derive(Debug, Clone)]
pub(super) struct Entry<T> {
    pub(super) region: String,
    /// The tag and the name, such as `project` and `shop`, or `None` if the entry is about the whole region.
    pub(super) name: Option<(&'static str, String)>,
    pub(super) content: Result<T, AwsError>,
}

impl<T> Inventory<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.0.iter()
    }

    /// The samples of each entry, with its tags. An entry that could not be read is a failed item.
    ///
    /// If the AWS credentials may read nothing of it, this is no data with the name of the permission. `nothing` is the reason
    /// of no data if there are no samples.
    pub(super) fn reading(
        &self,
        samples: impl Fn(&Entry<T>, &T) -> Result<Vec<Sample>, Unavailable>,
        nothing: &str,
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
        reading(found, &failures, nothing)
    }
}

impl<T> FromIterator<Entry<T>> for Inventory<T> {
    fn from_iter<I: IntoIterator<Item = Entry<T>>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
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

    fn failed(&self, error: &AwsError) -> ItemError {
        let item = ItemError::new(error.clone()).with_tag("region", &self.region);
        match &self.name {
            Some((tag, name)) => item.with_tag(tag, name),
            None => item,
        }
    }
}

/// Reads something for each of the names in a region, such as of its projects. `tag` is the tag of the names. A project that was
/// deleted in the meantime is left out.
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

/// A reading of samples and failed entries.
pub(super) fn reading<T>(
    samples: Vec<Sample>,
    failures: &[(&Entry<T>, &AwsError)],
    nothing: &str,
) -> Result<Reading, Unavailable> {
    if samples.is_empty() {
        let missing: Option<Vec<String>> =
            failures.iter().map(|(_, error)| error.missing_permission()).collect();
        match missing.as_deref() {
            Some([]) => return Err(Unavailable::no_data(nothing)),
            Some([first, ..]) => return Err(Unavailable::no_data(first)),
            None => {}
        }
    }
    Reading::new(samples, failures.iter().map(|(entry, error)| entry.failed(error)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: AwsError = AwsError::TooMany { what: "builds", limit: 1, setting: "max_builds" };

    fn entry(name: &str, content: Result<u32, AwsError>) -> Entry<u32> {
        Entry { region: "eu-west-1".into(), name: Some(("project", name.into())), content }
    }

    fn read(entries: impl IntoIterator<Item = Entry<u32>>) -> Result<Reading, Unavailable> {
        let inventory: Inventory<u32> = entries.into_iter().collect();
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
            "project:b region:eu-west-1: there are more than 1 builds; raise `max_builds` in [aws], or select fewer"
        );
    }

    #[test]
    fn nothing_is_no_data_and_a_failure_is_an_error() {
        assert!(matches!(read([]), Err(Unavailable::NoData(none)) if none.reason() == "there is nothing"));
        assert!(matches!(read([entry("a", Ok(0))]), Err(Unavailable::NoData(_))));
        assert!(matches!(read([entry("a", Ok(0)), entry("b", Err(LIMIT))]), Err(Unavailable::Error(_))));
    }
}
