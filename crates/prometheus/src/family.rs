//! Groups points into families. A family is all series of one metric. Points that cannot be part of a family are
//! refused here, because Prometheus refuses a whole page if one line is invalid.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use system_health_registry::{Descriptions, Kind, Point, Tag};

use crate::{
    label::{LabelSet, Labels, labels},
    name::metric_name,
    series_value::{FamilyType, SeriesValue},
    unit::{BaseUnit, Conversion},
};

/// Families by their names.
pub(crate) type Families = BTreeMap<String, Family>;

/// Names of the metrics that the Pushgateway adds to every group. It drops pushed metrics with these names.
const RESERVED: [&str; 2] = ["push_time_seconds", "push_failure_time_seconds"];

/// All series of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Family {
    /// The key from which the name is made.
    pub(crate) key: String,
    pub(crate) help: String,
    /// The base unit, such as `seconds`.
    pub(crate) unit: Option<&'static str>,
    pub(crate) exposed_as: FamilyType,
    pub(crate) series: BTreeMap<Labels, LabelledValue>,
}

/// A value, with the tags from which its labels were made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabelledValue {
    /// One text, because that takes less memory than a set.
    pub(crate) tags: String,
    pub(crate) value: SeriesValue,
}

/// Groups points into families.
#[derive(Debug, Clone, Default)]
pub(crate) struct Encoder {
    /// The reporter's name.
    pub(crate) reporter: Option<Arc<str>>,
    /// The descriptions of the metrics.
    pub(crate) descriptions: Descriptions,
}

/// Points, grouped into families.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    /// The families by name, each with the positions of its points.
    pub(crate) families: BTreeMap<String, (Family, Vec<usize>)>,
    /// The points that cannot be delivered.
    pub(crate) refused: RefusedPoints,
}

/// The series that points belong to, by the name of the metric, and sorted by labels.
pub(crate) type Grouped = BTreeMap<String, Vec<SeriesPoints>>;

/// The points of one series, by position. There is at least one, and the last one counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeriesPoints {
    pub(crate) labels: Labels,
    pub(crate) positions: Vec<usize>,
}

/// The points that cannot be delivered, by position.
pub(crate) type RefusedPoints = BTreeMap<usize, PointError>;

/// Why a point cannot be delivered to Prometheus.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum PointError {
    /// Several keys have the same name.
    #[error("the keys `{}` would all have the name `{name}` in Prometheus; rename all but one", .keys.join("`, `"))]
    SameName { name: String, keys: Vec<String> },
    /// Two series have the same labels.
    #[error(
        "`{key}` with the tags [{one}] and with [{other}] would be one series in Prometheus, `{series}`; rename a tag"
    )]
    SameSeries { key: String, one: String, other: String, series: String },
    /// A name of the Pushgateway.
    #[error(
        "`{key}` would have the name `{name}` in Prometheus, which the Pushgateway uses itself; rename the metric"
    )]
    ReservedName { key: String, name: String },
    /// NaN or infinite.
    #[error("the value of `{key}` is {value}, which is not a finite number")]
    NotFinite { key: String, value: f64 },
    /// A value of another kind than the other values of its metric.
    #[error(
        "the values of `{key}` have different kinds, which Prometheus does not accept in one metric; give each kind a key of its \
         own"
    )]
    OtherKind { key: String },
    /// A value of an earlier run.
    #[error(
        "the value of `{0}` is from an earlier run, and Prometheus would show it as a current value, because a Pushgateway or a \
         textfile accepts no timestamps"
    )]
    Superseded(String),
}

impl Encoder {
    /// Groups the points at some positions into families. `known` contains the families that the same run has already
    /// delivered. New series are added to them.
    pub(crate) fn encode(
        &self,
        points: &[Point],
        positions: impl IntoIterator<Item = usize>,
        known: &Families,
    ) -> Encoded {
        let (grouped, refused) = self.group(points, positions, known);
        let mut families = BTreeMap::new();
        for (name, grouped_series) in grouped {
            let newest = grouped_series.iter().flat_map(|series| &series.positions).max();
            let Some(newest) = newest.and_then(|at| points.get(*at)) else { continue };
            let (exposed_as, mut series) = match known.get(&name) {
                Some(known) => (known.exposed_as, known.series.clone()),
                None => (FamilyType::from_point(newest), BTreeMap::new()),
            };
            let mut family_positions = Vec::with_capacity(grouped_series.len());
            let values = grouped_series.into_iter().filter_map(|SeriesPoints { labels, positions }| {
                let point = positions.last().and_then(|at| points.get(*at))?;
                family_positions.extend(positions);
                let value = SeriesValue::from_point(point, conversion(point));
                Some((labels, LabelledValue { tags: tag_list(&point.tags), value }))
            });
            series.append(&mut values.collect());
            let unit = base_unit(newest).map(|unit| unit.suffix);
            let (key, help) = (newest.key.clone(), self.help(newest));
            families.insert(name, (Family { key, help, unit, exposed_as, series }, family_positions));
        }
        Encoded { families, refused }
    }

    /// Groups the points at some positions by name and labels.
    pub(crate) fn group(
        &self,
        points: &[Point],
        positions: impl IntoIterator<Item = usize>,
        known: &Families,
    ) -> (Grouped, RefusedPoints) {
        let (mut grouped, mut refused) = (Grouped::new(), RefusedPoints::new());
        let mut names = BTreeMap::<String, BTreeMap<&str, Vec<usize>>>::new();
        let positions: Vec<usize> = positions.into_iter().collect();
        let metric = |at: &usize| points.get(*at).map(|point| (&point.key, point.kind, &point.unit));
        // The points of a metric are usually adjacent, so its name is made only once.
        for positions in positions.chunk_by(|one, next| metric(one) == metric(next)) {
            let Some(first) = positions.first().and_then(|at| points.get(*at)) else { continue };
            let name = metric_name(&first.key, first.kind, base_unit(first));
            if RESERVED.contains(&&*name) {
                let error = PointError::ReservedName { key: first.key.clone(), name };
                refused.extend(positions.iter().map(|at| (*at, error.clone())));
                continue;
            }
            let conversion = conversion(first);
            let not_finite = |at: &usize| {
                let value = conversion.apply(points.get(*at)?.value.number()?);
                (!value.is_finite()).then(|| (*at, PointError::NotFinite { key: first.key.clone(), value }))
            };
            let finite: Vec<usize> =
                positions.iter().copied().filter(|at| not_finite(at).is_none()).collect();
            refused.extend(positions.iter().filter_map(not_finite));
            if !finite.is_empty() {
                names.entry(name).or_default().entry(&first.key).or_default().extend(finite);
            }
        }
        for (name, by_key) in names {
            let known = known.get(&name);
            let keys: BTreeSet<&str> =
                by_key.keys().copied().chain(known.map(|family| family.key.as_str())).collect();
            if keys.len() > 1 {
                let keys = keys.into_iter().map(str::to_owned).collect();
                let error = PointError::SameName { name, keys };
                let positions = by_key.into_values().flatten();
                refused.extend(positions.map(|position| (position, error.clone())));
                continue;
            }
            let positions = by_key.into_values().flatten().collect();
            let series = self.series(&name, points, positions, known, &mut refused);
            if !series.is_empty() {
                grouped.insert(name, series);
            }
        }
        (grouped, refused)
    }

    /// The series of the points of one metric.
    fn series(
        &self,
        name: &str,
        points: &[Point],
        positions: Vec<usize>,
        known: Option<&Family>,
        refused: &mut RefusedPoints,
    ) -> Vec<SeriesPoints> {
        let newest = positions.last().and_then(|at| points.get(*at));
        let exposed_as = known.map(|known| known.exposed_as).or(newest.map(FamilyType::from_point));
        let mut labelled = Vec::with_capacity(positions.len());
        for position in positions {
            let Some(point) = points.get(position) else { continue };
            if Some(FamilyType::from_point(point)) == exposed_as {
                labelled.push((labels(&point.tags, self.reporter.as_deref()), position));
            } else {
                refused.insert(position, PointError::OtherKind { key: point.key.clone() });
            }
        }
        labelled.sort();
        let mut series = Vec::<SeriesPoints>::with_capacity(labelled.len());
        for (labels, position) in labelled {
            match series.last_mut() {
                Some(last) if last.labels == labels => last.positions.push(position),
                _ => series.push(SeriesPoints { labels, positions: vec![position] }),
            }
        }
        // If different tags have the same labels, it is not clear which of the points is the right one.
        series.retain(|series| {
            let clash = clash(name, points, series, known);
            if let Some(error) = &clash {
                refused.extend(series.positions.iter().map(|position| (*position, error.clone())));
            }
            clash.is_none()
        });
        series
    }

    /// The help text: the description, the kind of a count or a rate, and the unit if the name does not contain it.
    fn help(&self, point: &Point) -> String {
        let description = self.descriptions.get(&point.key);
        let mut help = match description.as_deref().map(str::trim) {
            None | Some("") => format!("The metric {} of system-health.", point.key),
            Some(description) => description.to_owned(),
        };
        let unit = point.unit.as_deref().filter(|unit| BaseUnit::from_unit(unit).is_none());
        let unit = unit.map(|unit| format!("unit: {unit}"));
        let kind =
            matches!(point.kind, Kind::Count { .. } | Kind::Rate { .. }).then(|| point.kind.to_string());
        let details: Vec<String> = kind.into_iter().chain(unit).collect();
        if !details.is_empty() {
            help = format!("{help} ({})", details.join(", "));
        }
        help.replace(|c: char| c != '\n' && c.is_control(), " ")
    }
}

/// The error of a series if its points have different tags, or if its value that was delivered before has other tags.
fn clash(
    name: &str,
    points: &[Point],
    SeriesPoints { labels, positions }: &SeriesPoints,
    known: Option<&Family>,
) -> Option<PointError> {
    let mut series_points = positions.iter().filter_map(|at| points.get(*at));
    let first = series_points.next()?;
    let delivered = known.and_then(|known| Some(known.series.get(labels)?.tags.as_str()));
    let other_delivered = delivered.filter(|delivered| *delivered != tag_list(&first.tags));
    let (one, other) = if let Some(delivered) = other_delivered {
        (delivered.to_owned(), first)
    } else {
        let other = series_points.find(|other| other.tags != first.tags)?;
        (tag_list(&first.tags), other)
    };
    Some(PointError::SameSeries {
        key: first.key.clone(),
        one,
        other: tag_list(&other.tags),
        series: format!("{name}{}", LabelSet(labels)),
    })
}

fn base_unit(point: &Point) -> Option<BaseUnit> {
    point.unit.as_deref().and_then(BaseUnit::from_unit)
}

/// The conversion of a point's value into its base unit.
pub(crate) fn conversion(point: &Point) -> Conversion {
    base_unit(point).map_or(Conversion::Same, |unit| unit.conversion)
}

/// The tags as text. Different sets have different texts, because a tag contains no comma.
fn tag_list(tags: &BTreeSet<Tag>) -> String {
    let mut text = String::with_capacity(tags.iter().map(|tag| tag.as_str().len() + 2).sum());
    for tag in tags {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(tag.as_str());
    }
    text
}
