//! Groups points into families. A family is all series of one metric. Points that cannot be part of a family are
//! refused here, because Prometheus refuses a whole page if one line is invalid.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use system_health_registry::{Descriptions, Kind, Point, Tag};

use crate::{
    label::{Labels, label_set, labels},
    name::metric_name,
    series_value::{FamilyType, SeriesValue},
    unit::{BaseUnit, Conversion},
};

/// Families by their names.
pub(crate) type Families = BTreeMap<String, Family>;

/// Names of the Pushgateway's own metrics in every group. It drops other metrics with these names.
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

/// The points of each series, by the name of the metric and by labels. The last point of a series counts. A series may have no
/// points: all of them were refused, because different tags became the same labels.
pub(crate) type Grouped = BTreeMap<String, BTreeMap<Labels, Vec<usize>>>;

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
        "the value of `{0}` is from an earlier run, and Prometheus would show it as a current value, because it accepts no \
         timestamps here"
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
        for (name, by_labels) in grouped {
            let newest = by_labels.values().flatten().max().and_then(|at| points.get(*at));
            let Some(newest) = newest else { continue };
            let (exposed_as, series) = match known.get(&name) {
                Some(known) => (known.exposed_as, known.series.clone()),
                None => (FamilyType::from_point(newest), BTreeMap::new()),
            };
            let unit = base_unit(newest).map(|unit| unit.suffix);
            let mut family =
                Family { key: newest.key.clone(), help: self.help(newest), unit, exposed_as, series };
            let mut taken = Vec::with_capacity(by_labels.len());
            for (labels, positions) in by_labels {
                // If all points of a series are refused, the value that was delivered before stays.
                if let Some(point) = positions.last().and_then(|at| points.get(*at)) {
                    let value = SeriesValue::from_point(point, conversion(point));
                    family.series.insert(labels, LabelledValue { tags: tag_list(&point.tags), value });
                }
                taken.extend(positions);
            }
            families.insert(name, (family, taken));
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
        for position in positions {
            let Some(point) = points.get(position) else { continue };
            match checked_name(point) {
                Ok(name) => names.entry(name).or_default().entry(&point.key).or_default().push(position),
                Err(error) => drop(refused.insert(position, error)),
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
    ) -> BTreeMap<Labels, Vec<usize>> {
        let newest = positions.last().and_then(|at| points.get(*at));
        let exposed_as = known.map(|known| known.exposed_as).or(newest.map(FamilyType::from_point));
        let mut series = BTreeMap::<Labels, Vec<usize>>::new();
        let mut clashes = BTreeMap::<Labels, PointError>::new();
        for position in positions {
            let Some(point) = points.get(position) else { continue };
            if Some(FamilyType::from_point(point)) != exposed_as {
                refused.insert(position, PointError::OtherKind { key: point.key.clone() });
                continue;
            }
            let labels = labels(&point.tags, self.reporter.as_deref());
            let delivered = known.and_then(|known| Some(known.series.get(&labels)?.tags.as_str()));
            let entry = series.entry(labels);
            let one = match &entry {
                Entry::Occupied(positions) => {
                    let first = positions.get().first().and_then(|at| points.get(*at));
                    first.filter(|first| first.tags != point.tags).map(|first| tag_list(&first.tags))
                }
                Entry::Vacant(_) => delivered.filter(|one| *one != tag_list(&point.tags)).map(str::to_owned),
            };
            if let Some(one) = one {
                let other = tag_list(&point.tags);
                let shown = format!("{name}{}", label_set(entry.key()));
                let error = PointError::SameSeries { key: point.key.clone(), one, other, series: shown };
                clashes.entry(entry.key().clone()).or_insert(error);
            }
            entry.or_default().push(position);
        }
        for (labels, error) in clashes {
            // It is not clear which of the points is the right one, so all of them are refused.
            let positions = series.get_mut(&labels).map(std::mem::take).unwrap_or_default();
            refused.extend(positions.into_iter().map(|position| (position, error.clone())));
        }
        series
    }

    /// The help text: the description, and the kind and unit if the name does not contain them.
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

fn checked_name(point: &Point) -> Result<String, PointError> {
    let key = || point.key.clone();
    let name = metric_name(&point.key, point.kind, base_unit(point));
    if let Some(number) = point.value.number() {
        let value = conversion(point).apply(number);
        if !value.is_finite() {
            return Err(PointError::NotFinite { key: key(), value });
        }
    }
    if RESERVED.contains(&&*name) {
        return Err(PointError::ReservedName { key: key(), name });
    }
    Ok(name)
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
    tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ")
}
