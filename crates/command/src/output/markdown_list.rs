//! The catalog in Markdown, for the documentation.

use std::fmt;

use system_health_registry::{Catalog, Metric, OptionValue};
use system_health_reporter::markdown::{Cell, CodeCell};

/// The facts of all metrics, grouped by the first word of the key.
pub(crate) struct MarkdownList<'a>(pub(crate) &'a Catalog);

impl fmt::Display for MarkdownList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Catalog of metrics\n\n<!-- Written by the command `list --format markdown`. -->")?;
        let mut group = None;
        for metric in self.0.metrics() {
            let first_word = metric.key().split('.').next();
            if group != first_word {
                writeln!(f, "\n## {}", first_word.unwrap_or_default())?;
                group = first_word;
            }
            write_entry(f, metric)?;
        }
        Ok(())
    }
}

fn write_entry(f: &mut fmt::Formatter<'_>, metric: &Metric) -> fmt::Result {
    writeln!(f, "\n### {}\n\n{}\n\n| | |\n|---|---|", CodeCell(metric.key()), metric.description().trim())?;
    if let Some(subject) = metric.subject_type() {
        writeln!(f, "| each | {} |", CodeCell(subject))?;
    }
    for (option, value) in metric.options().filter(|(option, _)| option.name != "key") {
        writeln!(f, "| {} | {} |", option.name, cell(&value))?;
    }
    // Without the line number, because edits above the metric change it.
    let location = metric.location();
    match location.crate_name().zip(location.file_and_line()) {
        Some((name, (file, _))) => writeln!(f, "| source | {} {} |", CodeCell(name), CodeCell(file)),
        None => writeln!(f, "| source | {} |", Cell(&location.to_string())),
    }
}

fn cell(value: &OptionValue) -> String {
    match value {
        // A `|` would end the cell.
        OptionValue::Text(url) if url.starts_with("https://") => format!("<{}>", url.replace('|', "%7C")),
        OptionValue::Text(text) => CodeCell(text).to_string(),
        OptionValue::Bool(value) => CodeCell(&value.to_string()).to_string(),
        OptionValue::Number(number) => CodeCell(&number.to_string()).to_string(),
        OptionValue::List(texts) => {
            texts.iter().map(|text| CodeCell(text).to_string()).collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;
    use system_health_registry::{Aggregate, Alias, Facts, Location, Monitoring, Unavailable};
    use system_health_reporter::Selection;

    use super::*;
    use crate::output::JsonList;

    #[test]
    fn an_entry_has_all_options_that_are_set() {
        let facts = Facts::new("queue.waiting", "Waiting messages.")
            .with_unit("message")
            .with_goal("< 5".parse().unwrap())
            .with_aggregate(Aggregate::Max)
            .with_tags(["team:mail", "area:queues"])
            .with_monitoring(Monitoring {
                owner: Some("team-mail".to_owned()),
                runbook: Some("https://wiki.example.com/mail".to_owned()),
                window: Some(Duration::from_mins(90)),
                recovery: Some(3.5),
                notify: vec!["@slack-mail".to_owned(), "@a|b".to_owned()],
            })
            .with_alias(Alias::new("queue.length", Duration::from_hours(24) * 20_849));
        let metric = Metric::new(facts, Location::code("mail", "lib.rs", 7), |_| {
            Box::pin(async { Err(Unavailable::no_data("a test")) })
        });
        let catalog = Catalog::new([metric]).unwrap();

        assert_snapshot!(MarkdownList(&catalog), @r"
        # Catalog of metrics

        <!-- Written by the command `list --format markdown`. -->

        ## queue

        ### `queue.waiting`

        Waiting messages.

        | | |
        |---|---|
        | kind | `gauge` |
        | unit | `message` |
        | goal | `< 5` |
        | tags | `team:mail` `area:queues` |
        | aggregate | `max` |
        | alias | `queue.length` |
        | alias_until | `2027-01-31` |
        | owner | `team-mail` |
        | runbook | <https://wiki.example.com/mail> |
        | window | `1h 30m` |
        | recovery | `3.5` |
        | notify | `@slack-mail` `@a\|b` |
        | source | `mail` `lib.rs` |
        ");
        let json = serde_json::to_value(JsonList::new(&catalog, &Selection::default())).unwrap();
        assert_snapshot!(json, @r#"[{"about_reporter":false,"aggregate":"max","alias":"queue.length","alias_until":"2027-01-31","backfill":false,"by":null,"collected":true,"crate":"mail","description":"Waiting messages.","enabled":true,"every":null,"file":"lib.rs","goal":"< 5","group":"queue","group_title":"Queue","interval":null,"key":"queue.waiting","kind":"gauge","line":7,"notify":["@slack-mail","@a|b"],"only_now":null,"owner":"team-mail","recovery":3.5,"requests":null,"runbook":"https://wiki.example.com/mail","tags":["team:mail","area:queues"],"timeout":"30s","unit":"message","window":"1h 30m"}]"#);
    }
}
