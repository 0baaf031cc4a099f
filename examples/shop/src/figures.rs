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
    fs::read_to_string(file)?.lines().map(described).collect()
}

/// Parses `KEY<TAB>VALUE<TAB>DESCRIPTION`. If the value is not a number, the metric has an error. If a field is missing, the
/// source has one.
fn described(line: &str) -> anyhow::Result<DescribedReading> {
    let mut fields = line.split('\t');
    let mut next = |name: &str| fields.next().with_context(|| format!("the line `{line}` has no {name}"));
    let (key, text, description) = (next("key")?, next("value")?, next("description")?);
    let value = text.parse::<f64>().with_context(|| format!("`{text}` is not a number"));
    Ok(DescribedReading::new(Facts::new(key, description), value))
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
    use system_health_registry::{Catalog, Context, Engine, OutcomeState};

    use super::*;

    #[test]
    fn a_value_that_is_not_a_number_is_an_error() {
        assert!(described("shop.orders\t7\tOrders of today.").unwrap().result.is_ok());
        assert!(described("shop.orders\tmany\tOrders of today.").unwrap().result.is_err());
    }

    #[test]
    fn a_line_with_a_missing_field_is_an_error() {
        let error = described("shop.orders\t7").err().unwrap();

        assert_eq!(error.to_string(), "the line `shop.orders\t7` has no description");
    }

    #[tokio::test]
    async fn each_line_is_a_metric() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("figures.tsv");
        let lines = ["shop.orders\t7\tOrders of today.", "shop.returns\tmany\tReturns of today."];
        fs::write(&file, lines.join("\n")).unwrap();
        let context = Context::new().provide(FigureSettings { file: Some(file.into()) });
        let catalog = Catalog::linked().unwrap().filter(|key| key.starts_with("shop."));

        let run = Engine::new().run(&catalog, &context).await;

        let [source] = run.sources() else { panic!("{:?}", run.sources()) };
        assert_eq!(*source.result.as_ref().unwrap(), 2); // both metrics, also the failed one
        assert!(source.refused.is_empty(), "{:?}", source.refused);
        let states: Vec<_> =
            run.outcomes().iter().map(|outcome| (outcome.metric.key(), outcome.state())).collect();
        assert_eq!(states, [("shop.orders", OutcomeState::Value), ("shop.returns", OutcomeState::Error)]);
    }
}
