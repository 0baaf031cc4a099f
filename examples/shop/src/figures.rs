//! A source: one metric for each line of a file that another program writes.

use std::fs;

use anyhow::Context as _;
use serde::Deserialize;
use system_health_registry::{
    DescribedReading, Facts, settings::SettingPath, settings_table, system_health_source,
};

/// One metric for each line of the shop's figures.
#[system_health_source(name = "figures", timeout = "1m")]
fn figures(settings: FigureSettings) -> anyhow::Result<Vec<DescribedReading>> {
    let Some(file) = settings.file else { return Ok(Vec::new()) };
    Ok(fs::read_to_string(file)?.lines().filter_map(described).collect())
}

/// Parses `KEY<TAB>VALUE<TAB>DESCRIPTION`. If the value is not a number, the metric has an error.
fn described(line: &str) -> Option<DescribedReading> {
    let mut fields = line.split('\t');
    let (key, text, description) = (fields.next()?, fields.next()?, fields.next()?);
    let value = text.parse::<f64>().with_context(|| format!("`{text}` is not a number"));
    Some(DescribedReading::new(Facts::new(key, description), value))
}

/// The table `[figures]` of the settings file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct FigureSettings {
    /// The file with the figures. Without it, there are no metrics.
    file: Option<SettingPath>,
}

settings_table!(FigureSettings, "figures");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_a_number_is_an_error() {
        assert!(described("shop.orders\t7\tOrders of today.").unwrap().result.is_ok());
        assert!(described("shop.orders\tmany\tOrders of today.").unwrap().result.is_err());
    }
}
