//! Markdown, in the flavour of GitHub: a run for a job's summary or a pull request's comment, and the
//! catalog for the documentation.

use std::fmt;

use system_health_registry::{Catalog, Metric, Outcome, Report, State};

use super::value::Value;
use crate::delivery::{Delivery, Fate};

/// More samples of one metric than this are counted, not shown.
const MOST_SAMPLES: usize = 20;

/// A report and its deliveries.
pub(crate) struct MarkdownReport<'a> {
    report: &'a Report,
    deliveries: &'a [Delivery],
}

/// The catalog: what each metric says, by the first word of its key.
pub(crate) struct MarkdownList<'a>(pub(crate) &'a Catalog);

/// Text in a cell of a table.
struct Cell<'a>(&'a str);

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, word) in self.0.split_whitespace().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            // What would end the cell, or be taken for HTML.
            f.write_str(&word.replace('|', "\\|").replace('<', "&lt;"))?;
        }
        Ok(())
    }
}

/// Text as code in a cell of a table.
struct Code<'a>(&'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0.replace('|', "\\|").replace('`', "'"))
    }
}

/// An address as the target of a link in a cell of a table: percent-encoded where it could end the link
/// or the cell. An `&` could begin an entity, so it is one itself.
struct Target<'a>(&'a str);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '|' | '(' | ')' | '<' | '>' | '[' | ']' | '\\' | '`' | '"' | '\'' => {
                write!(f, "%{:02X}", u32::from(c))
            }
            _ => write!(f, "{c}"),
        })
    }
}

impl<'a> MarkdownReport<'a> {
    /// Shows a report.
    pub(crate) fn new(report: &'a Report, deliveries: &'a [Delivery]) -> Self {
        Self { report, deliveries }
    }
}

impl fmt::Display for MarkdownReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| metric | value | goal | |\n|---|---:|---|---|")?;
        for outcome in self.report.run().outcomes() {
            let key = Code(outcome.metric.key());
            match &outcome.state {
                State::NoData(no_data) => writeln!(f, "| {key} | | | no data: {} |", Cell(no_data.reason()))?,
                State::Error(error) => {
                    writeln!(f, "| {key} | | | **error**: {} |", Cell(&error.to_string()))?;
                }
                State::Value(_) => values(f, outcome)?,
            }
        }
        for delivery in self.deliveries {
            match &delivery.fate {
                Fate::Pushed(_) => writeln!(f, "\n{}", delivery.to_string().trim_end())?,
                Fate::DryRun { series, .. } => {
                    writeln!(f, "\nWould be delivered to {}: {series} series.", delivery.sink)?;
                }
            }
        }
        Ok(())
    }
}

fn values(f: &mut fmt::Formatter<'_>, outcome: &Outcome) -> fmt::Result {
    let metric = &outcome.metric;
    for sample in outcome.samples().iter().take(MOST_SAMPLES) {
        let value = Value(sample.value());
        write!(f, "| {} | ", Code(metric.key()))?;
        match sample.link() {
            None => write!(f, "{value}")?,
            Some(link) => write!(f, "[{value}]({})", Target(link))?,
        }
        if let Some(unit) = metric.unit() {
            write!(f, " {}", Cell(unit))?;
        }
        match metric.goal() {
            None => write!(f, " | | ")?,
            Some(goal) if goal.is_met_by(sample.value()) => {
                write!(f, " | {} | met", Code(&goal.to_string()))?;
            }
            Some(goal) => write!(f, " | {} | **missed**", Code(&goal.to_string()))?,
        }
        for tag in sample.tags() {
            write!(f, " {}", Code(tag.as_str()))?;
        }
        writeln!(f, " |")?;
    }
    match outcome.samples().len().checked_sub(MOST_SAMPLES) {
        Some(hidden @ 1..) => writeln!(f, "| {} | | | {hidden} more samples |", Code(metric.key())),
        _ => Ok(()),
    }
}

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
    writeln!(f, "\n### {}\n\n{}\n\n| | |\n|---|---|", Code(metric.key()), metric.description().trim())?;
    writeln!(f, "| kind | {} |", Cell(&metric.kind().to_string()))?;
    let goal = metric.goal().map(|goal| Code(&goal.to_string()).to_string());
    let codes = |texts: &[&str]| {
        let codes: Vec<String> = texts.iter().map(|text| Code(text).to_string()).collect();
        Some(codes.join(" ")).filter(|codes| !codes.is_empty())
    };
    let window = metric.window().map(|window| humantime::format_duration(window).to_string());
    let alias = metric.alias().map(|alias| format!("{} until {}", Code(alias.key()), alias.until_day()));
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
    let source = metric.source();
    writeln!(f, "| source | {} {} |", Code(source.crate_name()), Code(source.file()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;
    use system_health_registry::{Aggregate, Alias, Reading, Source};

    use super::*;
    use crate::output::JsonList;

    #[test]
    fn an_entry_has_every_fact_that_is_known() {
        let metric =
            Metric::new("queue.waiting", "Waiting messages.", Source::new("mail", "lib.rs", 7), |_| {
                Box::pin(async { Ok(Reading::no_data("a test")) })
            });
        let metric = metric
            .with_unit("message")
            .with_goal("< 5".parse().unwrap())
            .with_recovery(3.5)
            .with_window(Duration::from_mins(90))
            .with_aggregate(Aggregate::Max)
            .with_tags(&["team:mail", "area:queues"])
            .with_owner("team-mail")
            .with_notify(&["@slack-mail", "@a|b"])
            .with_runbook("https://wiki.example.com/mail")
            .with_alias(Alias::new("queue.length", Duration::from_hours(24) * 20_849));
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

    #[test]
    fn no_text_breaks_out_of_its_cell() {
        assert_eq!(Cell("a | b\n<img> *c*").to_string(), "a \\| b &lt;img> *c*");
        assert_eq!(Code("a`b|c").to_string(), "`a'b\\|c`");
        assert_eq!(
            Target("https://a/b_c|d)](x)<e>\\`?f=\"g'&copy;=%20é").to_string(),
            "https://a/b_c%7Cd%29%5D%28x%29%3Ce%3E%5C%60?f=%22g%27&amp;copy;=%20é"
        );
    }
}
