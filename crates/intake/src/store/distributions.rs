//! The values of distributions. Unlike submitted points, submitted values do not replace earlier ones.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Transaction, params};

use super::{
    Store, StoreError,
    points::{SeriesIds, series_row},
};

/// Metric, tags, and seconds since 1970.
pub type DistributionId = (String, BTreeSet<String>, i64);

/// Values of a distribution, each with the number of times that it counts.
pub type WeightedValues = Vec<(f64, f64)>;

impl Store {
    /// Adds values.
    pub(crate) fn add_values(
        &mut self,
        distributions: &[(DistributionId, WeightedValues)],
    ) -> Result<(), StoreError> {
        self.write(|transaction| add(transaction, distributions))
    }

    /// Replaces the stored values of the same series and seconds.
    pub(crate) fn put_values(
        &mut self,
        distributions: &[(DistributionId, WeightedValues)],
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut ids = SeriesIds::new(transaction)?;
            let mut remove =
                transaction.prepare("DELETE FROM distribution_values WHERE series = ?1 AND time = ?2")?;
            for ((metric, tags, time), _) in distributions {
                remove.execute(params![ids.id(metric, tags)?, time])?;
            }
            add(transaction, distributions)
        })
    }

    /// All values, in the order of their arrival.
    pub(crate) fn values(&self) -> Result<BTreeMap<DistributionId, Vec<f64>>, StoreError> {
        self.read(|connection| {
            let mut series = connection.prepare("SELECT id, metric, tags FROM series")?;
            let series: Vec<_> = series.query_map([], series_row)?.collect::<Result<_, _>>()?;
            let mut select = connection
                .prepare("SELECT time, value FROM distribution_values WHERE series = ?1 ORDER BY rowid")?;
            let mut all = BTreeMap::<_, Vec<f64>>::new();
            for (id, metric, tags) in series {
                let rows = select.query_map([id], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
                for row in rows {
                    let (time, value) = row?;
                    all.entry((metric.clone(), tags.clone(), time)).or_default().push(value);
                }
            }
            Ok(all)
        })
    }
}

fn add(
    transaction: &Transaction<'_>,
    distributions: &[(DistributionId, WeightedValues)],
) -> rusqlite::Result<()> {
    let mut ids = SeriesIds::new(transaction)?;
    let mut add = transaction.prepare("INSERT INTO distribution_values VALUES (?1, ?2, ?3, ?4)")?;
    for ((metric, tags, time), values) in distributions {
        let series = ids.id(metric, tags)?;
        for (value, weight) in values {
            add.execute(params![series, time, value, weight])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_new_values_cannot_be_stored_the_old_ones_stay() {
        let mut store = Store::in_memory().unwrap();
        let distribution = |value: f64| [(("a".to_owned(), BTreeSet::new(), 10), vec![(value, 1.0)])];
        store.put_values(&distribution(1.0)).unwrap();
        store.put_values(&distribution(2.0)).unwrap();

        // SQLite stores NaN as NULL, and the schema refuses it.
        assert!(store.put_values(&distribution(f64::NAN)).is_err());

        assert_eq!(store.values().unwrap().into_values().collect::<Vec<_>>(), [[2.0]]);
    }
}
