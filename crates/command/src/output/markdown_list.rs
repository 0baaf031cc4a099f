//! The catalog in Markdown, for the documentation.

use std::fmt;

use system_health_registry::{Catalog, Metric};
use system_health_reporter::markdown::{Cell, CodeCell};

/// The catalog: what each metric says, by the first word of its key.
pub(crate) struct MarkdownList<'a>(pub(crate) &'a Catalog);

impl fmt::Display for MarkdownList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Metrics\n\n<!-- Written by `report list --format markdown`. -->")?;
        let mut group = None;
        for metric in self.0.metrics() {
            let of = metric.key().split('.').next();
            if group != of {
                writeln!(f, "\n## {}", of.unwrap_or_default())?;
                group = of;
            }
            entry(f, metric)?;
        }
        Ok(())
    }
}

fn entry(f: &mut fmt::Formatter<'_>, metric: &Metric) -> fmt::Result {
    writeln!(f, "\n### {}\n\n{}\n\n| | |\n|---|---|", CodeCell(metric.key()), metric.description().trim())?;
    if let Some(subject) = metric.subject_type() {
        writeln!(f, "| each | {} |", CodeCell(subject))?;
    }
    writeln!(f, "| kind | {} |", Cell(&metric.kind().to_string()))?;
    let goal = metric.goal().map(|goal| CodeCell(&goal.to_string()).to_string());
    let codes = |texts: &[String]| {
        let codes: Vec<String> = texts.iter().map(|text| CodeCell(text).to_string()).collect();
        Some(codes.join(" ")).filter(|codes| !codes.is_empty())
    };
    let window = metric.window().map(|window| humantime::format_duration(window).to_string());
    let alias = metric.alias().map(|alias| format!("{} until {}", CodeCell(alias.key()), alias.until_day()));
    let facts = [
        ("unit", metric.unit().map(|unit| Cell(unit).to_string())),
        ("goal", goal),
        ("recovery", metric.recovery().map(|recovery| recovery.to_string())),
        ("window", window),
        ("aggregate", metric.aggregate().map(|aggregate| aggregate.to_string())),
        ("tags", codes(metric.tags())),
        ("owner", metric.owner().map(|owner| Cell(owner).to_string())),
        ("notify", codes(metric.notify())),
        ("runbook", metric.runbook().map(|url| format!("<{url}>"))),
        ("alias", alias),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            writeln!(f, "| {name} | {fact} |")?;
        }
    }
    // Without the line, which changes with every edit of the file.
    let location = metric.location();
    match location.crate_name().zip(location.line()) {
        Some((name, (file, _))) => writeln!(f, "| source | {} {} |", CodeCell(name), CodeCell(file)),
        None => writeln!(f, "| source | {} |", Cell(&location.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;
    use system_health_registry::{Aggregate, Alias, Facts, Location, Unavailable};

    use super::*;
    use crate::output::JsonList;

    #[test]
    fn an_entry_has_every_fact_that_is_known() {
        let facts = Facts::new("queue.waiting", "Waiting messages.")
            .with_unit("message")
            .with_goal("< 5".parse().unwrap())
            .with_recovery(3.5)
            .with_window(Duration::from_mins(90))
            .with_aggregate(Aggregate::Max)
            .with_tags(["team:mail", "area:queues"])
            .with_owner("team-mail")
            .with_notify(["@slack-mail", "@a|b"])
            .with_runbook("https://wiki.example.com/mail")
            .with_alias(Alias::new("queue.length", Duration::from_hours(24) * 20_849));
        let metric = Metric::new(facts, Location::code("mail", "lib.rs", 7), |_| {
            Box::pin(async { Err(Unavailable::no_data("a test")) })
        });
        let catalog = Catalog::new([metric]).unwrap();

        assert_snapshot!(MarkdownList(&catalog), @r"
        # Metrics

        <!-- Written by `report list --format markdown`. -->

        ## queue

        ### `queue.waiting`

        Waiting messages.

        | | |
        |---|---|
        | kind | gauge |
        | unit | message |
        | goal | `< 5` |
        | recovery | 3.5 |
        | window | 1h 30m |
        | aggregate | max |
        | tags | `team:mail` `area:queues` |
        | owner | team-mail |
        | notify | `@slack-mail` `@a\|b` |
        | runbook | <https://wiki.example.com/mail> |
        | alias | `queue.length` until 2027-01-31 |
        | source | `mail` `lib.rs` |
        ");
        let json = serde_json::to_value(JsonList::new(&catalog)).unwrap();
        assert_snapshot!(json, @r#"[{"aggregate":"max","alias":{"key":"queue.length","until":"2027-01-31"},"crate":"mail","description":"Waiting messages.","file":"lib.rs","goal":"< 5","interval_seconds":null,"key":"queue.waiting","kind":"gauge","line":7,"notify":["@slack-mail","@a|b"],"owner":"team-mail","recovery":3.5,"runbook":"https://wiki.example.com/mail","tags":["team:mail","area:queues"],"timeout_seconds":null,"unit":"message","window_seconds":5400}]"#);
    }
}
