//! The values of a list's items, with the evidence of what counted and what did not.

use system_health_registry::{EvidenceItem, NoData, Sample, SampleError, Unavailable};

use crate::{statistics::quantile_samples, web_page::with_page_link};

/// The values of the items that counted, and the evidence.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) values: Vec<f64>,
    pub(crate) evidence: Vec<EvidenceItem>,
}

impl Measured {
    /// The number of values, with a link to the page of the list, if there is one.
    pub(crate) fn count(self, page: Option<&str>) -> Result<Sample, SampleError> {
        Ok(with_page_link(Sample::new(self.values.len())?.with_evidence(self.evidence), page))
    }

    /// The quantiles of the values, with links to the page of the list, if there is one. If there are no values, there is no
    /// data, and `what` names the items in the reason.
    pub(crate) fn quantiles(self, what: &str, page: Option<&str>) -> Result<Vec<Sample>, Unavailable> {
        let Self { values, evidence } = self;
        let samples = match quantile_samples(values, what) {
            Err(Unavailable::NoData(none)) => {
                return Err(NoData::new(none.reason()).with_evidence(evidence).into());
            }
            samples => samples?,
        };
        // One list of the items is enough: it is the same for all quantiles.
        let mut evidence = Some(evidence);
        let with_page = |sample: Sample| {
            let sample = sample.with_evidence(evidence.take().unwrap_or_default());
            with_page_link(sample, page)
        };
        Ok(samples.into_iter().map(with_page).collect())
    }
}
