//! Distributions in Datadog's format. The endpoint accepts values, not buckets, so the value of each bucket is repeated.
//! Datadog builds its own sketch from the values. See
//! <https://docs.datadoghq.com/api/latest/metrics/#submit-distribution-points>.

use std::iter;

use datadog_api_client::datadogV1::model::{
    DistributionPointItem, DistributionPointsPayload, DistributionPointsSeries, DistributionPointsType,
};
use serde_json::{Value, json};
use system_health_registry::{Distribution, Point, Tag};

use super::{
    cut::ENVELOPE,
    json_size::{json_size, number_size},
};
use crate::{
    client::{DatadogError, MAX_JSON_SIZE, MAX_VALUES},
    seconds::seconds,
};

/// Maximum size of a number that is written without an exponent, and a comma, in bytes: -5e-324 has 327 bytes.
const MAX_NUMBER_SIZE: usize = 328;
/// The maximum number of values that a preview shows one by one.
const MAX_SHOWN_VALUES: u64 = 100;

/// The payload for distributions: one series for each, with all its values. It omits points that are not distributions.
pub(crate) fn distribution_payload<'a>(
    points: impl IntoIterator<Item = &'a Point>,
) -> DistributionPointsPayload {
    let series = |point: &'a Point| {
        let values =
            point.value.distribution()?.values().flat_map(|(value, count)| {
                iter::repeat_n(value, usize::try_from(count).unwrap_or(usize::MAX))
            });
        Some(with_values(point, values.collect()))
    };
    DistributionPointsPayload::new(points.into_iter().filter_map(series).collect())
}

/// The payloads for a distribution that may be too large for one. Together, they have all its values.
pub(crate) fn parts(point: &Point, limit: usize) -> impl Iterator<Item = DistributionPointsPayload> {
    let empty = json_size(&with_values(point, Vec::new())).unwrap_or(limit);
    let room = limit.saturating_sub(ENVELOPE + empty);
    let mut buckets = point.value.distribution().into_iter().flat_map(Distribution::values);
    let mut split_bucket = None;
    iter::from_fn(move || {
        let (mut part, mut remaining) = (Vec::new(), room);
        while let Some((value, count)) = split_bucket.take().or_else(|| buckets.next()) {
            // A comma follows each value.
            let size = number_size(value) + 1;
            let fitting = usize::try_from(count).unwrap_or(usize::MAX).min(remaining / size);
            part.extend(iter::repeat_n(value, fitting));
            remaining -= fitting * size;
            let unsent = count - fitting as u64;
            if unsent > 0 {
                split_bucket = Some((value, unsent));
                break;
            }
        }
        (!part.is_empty()).then(|| DistributionPointsPayload::new(vec![with_values(point, part)]))
    })
}

/// The size of a distribution in a payload, in bytes. It may be larger than a payload. Fails if it cannot be sent in parts
/// either.
pub(crate) fn distribution_size(point: &Point, distribution: &Distribution) -> Result<usize, DatadogError> {
    if distribution.count() > MAX_VALUES {
        return Err(DatadogError::TooManyValues { count: distribution.count(), limit: MAX_VALUES });
    }
    let empty = json_size(&with_values(point, Vec::new()))?;
    let smallest_part = ENVELOPE + empty + MAX_NUMBER_SIZE;
    if smallest_part > MAX_JSON_SIZE {
        return Err(DatadogError::TooLarge { size: smallest_part, form: "of JSON", limit: MAX_JSON_SIZE });
    }
    let size = |(value, count): (f64, u64)| {
        usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(number_size(value) + 1)
    };
    let values = distribution.values().map(size).fold(0, usize::saturating_add);
    // No comma follows the last value.
    Ok(empty.saturating_add(values).saturating_sub(1))
}

/// The payload as a preview shows it: a distribution of many values is only described.
pub(crate) fn distribution_preview<'a>(
    points: impl IntoIterator<Item = &'a Point>,
) -> Result<Value, serde_json::Error> {
    let preview = |point: &'a Point| {
        let distribution = point.value.distribution()?;
        if distribution.count() <= MAX_SHOWN_VALUES {
            return Some(
                serde_json::to_value(distribution_payload([point]))
                    .map(|mut payload| payload["series"][0].take()),
            );
        }
        Some(serde_json::to_value(with_values(point, Vec::new())).map(|mut series| {
            series["points"][0][1] = distribution.to_string().into();
            series
        }))
    };
    let series = points.into_iter().filter_map(preview).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "series": series }))
}

fn with_values(point: &Point, values: Vec<f64>) -> DistributionPointsSeries {
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    let time = DistributionPointItem::DistributionPointTimestamp(seconds(point.timestamp) as f64);
    let values = DistributionPointItem::DistributionPointData(values);
    DistributionPointsSeries::new(point.key.clone(), vec![vec![time, values]])
        .tags(point.tags.iter().map(Tag::to_string).collect())
        .type_(DistributionPointsType::DISTRIBUTION)
}
